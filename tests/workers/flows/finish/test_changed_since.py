"""Somebody changes the service after the rollout ended and before Slipway reports it: both are reported."""

from __future__ import annotations

import re

import pytest

from deploys.catalogue.nested_keys import PostCheck
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.rollout import ChangedSince
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.external_rollouts import deploy_in_console
from workers.thread import card_state
from workers.thread.card import deploy_card


def start_approved_deploy(harness: EngineHarness, service: str, tag: str = "1.4.2") -> str:
    """Starts an approved deploy, up to FOLLOWING; its id."""
    deploy_id = harness.request_deploy(service, tag)
    if service == "ledger":
        harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        harness.approve(deploy_id)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    return deploy_id


def end_message(harness: EngineHarness, deploy: Deploy) -> str:
    """The end message, without ids and times that differ between runs."""
    text = harness.thread_text(deploy.id, ThreadMessageKind.END)
    return re.sub(r"after (\d+ min( \d+ s)?|\d+ s)", "after TIME", re.sub(r"ecs-svc/\d+", "ecs-svc/N", text))


@pytest.mark.parametrize(("service", "ours", "theirs"), [("web", 18, 19), ("ledger", 9, 10)])
def test_what_was_replaced_right_after_is_not_said_to_run(
    harness: EngineHarness, service: str, ours: int, theirs: int
) -> None:
    deploy_id = start_approved_deploy(harness, service)
    harness.until_ended_in_ecs(deploy_id)
    deploy_in_console(harness, service)

    deploy = harness.until_over(deploy_id)

    assert (deploy.outcome, deploy.rollout.changed_since) == (Outcome.SUCCEEDED, ChangedSince.REPLACED)
    assert end_message(harness, deploy) == (
        f"*Succeeded, but no longer current.* ECS completed the rollout of `{service}` to `1.4.2` (revision "
        f"`{service}:{ours}`) after TIME. Since then, somebody else's newer deployment `ecs-svc/N` moves the "
        f"service to `{service}:{theirs}`. I leave it."
    )
    assert "Strict order was broken" not in harness.thread_text(deploy_id)
    assert card_state.state_text(deploy) == "succeeded, then replaced by a newer deployment"
    assert "new tasks running" not in deploy_card(deploy, (), harness.ecs.now()).text


def test_what_was_set_to_zero_right_after_is_not_said_to_run(harness: EngineHarness) -> None:
    deploy_id = start_approved_deploy(harness, "web")
    harness.until(lambda: harness.get(deploy_id).rollout.serving_at)
    harness.ecs_client.update_service(cluster="production", service="web", desiredCount=0)

    deploy = harness.until_over(deploy_id)

    assert (deploy.outcome, deploy.rollout.changed_since) == (Outcome.SUCCEEDED, ChangedSince.SCALED_TO_ZERO)
    assert end_message(harness, deploy) == (
        "*Succeeded, but no longer current.* ECS completed the rollout of `web` to `1.4.2` (revision "
        "`web:18`) after TIME. Since then, somebody or something set the desired count to 0, so its tasks "
        "stop. I leave it."
    )
    assert card_state.state_text(deploy) == "succeeded, then scaled to 0"
    assert harness.describe_service("web")["desiredCount"] == 0


def test_a_followed_rollout_too(harness: EngineHarness) -> None:
    harness.ecs_client.update_service(cluster="production", service="web", forceNewDeployment=True)
    deploy_id = harness.request_verb(Verb.FOLLOW, "web")
    harness.until_ended_in_ecs(deploy_id)
    deploy_in_console(harness, "web")

    deploy = harness.until_over(deploy_id)

    assert (deploy.outcome, deploy.rollout.changed_since) == (Outcome.SUCCEEDED, ChangedSince.REPLACED)
    assert end_message(harness, deploy) == (
        "*Succeeded, but no longer current.* The rollout I followed has ended: ECS moved `web` to "
        "`1.4.0` (revision `web:17`) after TIME. Since then, somebody else's newer deployment `ecs-svc/N` "
        "moves the service to `web:18`. I leave it."
    )
    assert card_state.state_text(deploy) == "succeeded, then replaced by a newer deployment"


def test_a_check_that_was_asked_for_is_superseded_and_not_passed(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2", after=PostCheck(alarms=("site-5xx",), duration=60))
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.until_ended_in_ecs(deploy_id)
    deploy_in_console(harness, "ledger")

    assert harness.until_over(deploy_id).outcome is Outcome.SUPERSEDED
    assert "Strict order was broken" not in harness.thread_text(deploy_id)


def test_what_ecs_rolled_back_and_somebody_replaced_is_said_so(harness: EngineHarness) -> None:
    deploy_id = start_approved_deploy(harness, "web", "1.5.0-crash")
    harness.until_ended_in_ecs(deploy_id)
    deploy_in_console(harness, "web")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert end_message(harness, deploy).endswith(
        "\nSince then, somebody else's newer deployment `ecs-svc/N` moves the service to `web:19`. I leave "
        "it."
    )


def test_a_stale_read_beside_a_success_is_not_counted(harness: EngineHarness) -> None:
    deploy_id = start_approved_deploy(harness, "web")
    harness.until_ended_in_ecs(deploy_id)
    harness.ecs.faults.add(operation="ecs:DescribeServices", kind="stale", seconds=120)

    deploy = harness.until_over(deploy_id)

    assert (deploy.outcome, deploy.rollout.changed_since) == (Outcome.SUCCEEDED, None)
    assert "`web` runs `1.4.2`: 3 tasks running, after " in harness.thread_text(
        deploy_id, ThreadMessageKind.END
    )
