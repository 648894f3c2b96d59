"""Every answer AWS can give to a change: done, throttled, broken, lost before, lost after, denied."""

from __future__ import annotations

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase
from tests.workers.flows.test_crashes import assert_sound, run
from tests.workers.flows.test_stop_start import assert_strict_order
from tests.workers.yard import Yard

PASSING = ["throttle", "error", "timeout-before", "timeout-after"]


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("operation", ["RegisterTaskDefinition", "UpdateService"])
def test_a_rolling_deploy_outlasts_what_passes(yard: Yard, operation: str, kind: str) -> None:
    yard.ecs.faults.add(operation=operation, kind=kind, times=2, seconds=0.05)

    deploy = run(yard, "web", "1.4.2")

    assert deploy.outcome is Outcome.SUCCEEDED
    assert_sound(yard, deploy, "web", 3)


@pytest.mark.parametrize("kind", PASSING)
def test_a_stop_start_deploy_outlasts_what_passes(yard: Yard, kind: str) -> None:
    yard.ecs.faults.add(operation="UpdateService", kind=kind, times=4, seconds=0.05)

    deploy = run(yard, "billing", "1.4.2")

    assert deploy.outcome is Outcome.SUCCEEDED
    assert_sound(yard, deploy, "billing", 2)
    assert_strict_order(yard, "billing")


@pytest.mark.parametrize("operation", ["DescribeServices", "DescribeServiceDeployments"])
def test_a_failed_look_does_not_end_the_watch(yard: Yard, operation: str) -> None:
    yard.ecs.faults.add(operation=operation, kind="throttle", times=5)

    assert run(yard, "web", "1.4.2").outcome is Outcome.SUCCEEDED


def test_what_is_tried_again_is_said_on_the_record(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.4.2")
    yard.ecs.faults.add(operation="UpdateService", kind="throttle", times=3)

    yard.tick()

    deploy = yard.get(deploy_id)
    assert deploy.attempts == 1
    assert "ecs:UpdateService" in deploy.last_error
    yard.until_over(deploy_id)
    assert yard.get(deploy_id).attempts == 0


@pytest.mark.parametrize("operation", ["RegisterTaskDefinition", "UpdateService"])
def test_a_missing_permission_is_refused_and_named(yard: Yard, operation: str) -> None:
    yard.ecs.faults.add(operation=operation, kind="access-denied", times=100)

    deploy_id = yard.ask("web", "1.4.2")
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome in (Outcome.REFUSED, Outcome.ROLLED_BACK)
    assert f"ecs:{operation}" in yard.said(deploy_id, MilestoneKind.END)
    assert yard.images_running("web") == {"1.4.0"}


def test_a_role_that_may_not_stop_a_rollout_still_rolls_back(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.4.2")
    yard.ecs.faults.add(operation="StopServiceDeployment", kind="access-denied", times=100)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.tick(10)
    yard.cancel(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert yard.images_running("web") == {"1.4.0"}


def test_a_restore_that_is_denied_is_tried_until_it_holds_and_loudly(yard: Yard) -> None:
    deploy_id = yard.ask("billing", "1.4.2")
    yard.until(lambda: yard.get(deploy_id).question)
    yard.approve(deploy_id)
    yard.until(lambda: yard.get(deploy_id).alive)
    yard.ecs.faults.add(operation="UpdateService", kind="access-denied", times=5)
    yard.cancel(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert yard.service("billing")["desiredCount"] == 2
    loud = [m.text for m in deploy.milestones if m.kind is MilestoneKind.TROUBLE and m.broadcast]
    assert any("*Needs a look*" in text for text in loud)


def test_stale_reads_do_not_make_a_false_end(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.5.0-crash")
    yard.ecs.faults.add(operation="DescribeServices", kind="stale", times=20, seconds=10)

    assert yard.until_over(deploy_id).outcome is Outcome.ROLLED_BACK
