"""A worker was killed at its first change of a service, and the next call is denied: the state is unknown."""

from __future__ import annotations

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.autoscaled_service import (
    SERVICE,
    autoscale_billing,
    desired_count,
    scalable_target,
    start_approved_deploy,
)
from tests.workers.flows.strict_order import assert_strict_order, restore_tags
from tests.workers.flows.worker_kills import WorkerKilled, kill_worker
from workers.messages import progress


def request_until_killed(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, service: str, *, after: bool
) -> str:
    """Requests a deploy whose worker is killed at its first UpdateService, before or after AWS gets it."""
    deploy_id = harness.request_deploy(service, "1.4.2", approvals=0)
    with (
        kill_worker(monkeypatch, at_call=1, after=after, operations={"UpdateService"}),
        pytest.raises(WorkerKilled),
    ):
        harness.until_over(deploy_id)
    harness.expire_heartbeat(deploy_id)
    harness.engine = harness.new_engine()
    return deploy_id


@pytest.mark.parametrize(
    ("denied", "after"), [("DescribeServices", False), ("DescribeServices", True), ("UpdateService", False)]
)
@pytest.mark.parametrize(("service", "tasks"), [("web", 3), ("billing", 2)])
def test_it_is_brought_back_and_not_called_unchanged(
    harness: EngineHarness,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    tasks: int,
    denied: str,
    after: bool,
) -> None:
    """The next worker cannot know whether the call may still arrive."""
    deploy_id = request_until_killed(harness, monkeypatch, service, after=after)
    harness.ecs.faults.add(operation=denied, kind="access-denied", times=6)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "nothing was changed" not in harness.thread_text(deploy_id)
    assert (harness.describe_service(service)["desiredCount"], harness.running_tags(service)) == (
        tasks,
        {"1.4.0"},
    )
    assert restore_tags(harness, service) == []
    assert harness.leftover_keys() == []


def test_a_stop_that_aws_turned_away_was_no_stop(harness: EngineHarness) -> None:
    """A throttled stop was not done. If it is cancelled then, nothing is restored and there was no
    downtime."""
    deploy_id = harness.request_deploy(SERVICE, "1.4.2", approvals=0)
    harness.ecs.faults.add(operation="UpdateService", kind="throttle", times=None)
    harness.until(
        lambda: harness.get(deploy_id).phase is Phase.STOPPING and harness.get(deploy_id).retries.attempts > 1
    )
    harness.cancel(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert (deploy.outcome, deploy.downtime_seconds) == (Outcome.CANCELLED, None)
    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == (
        f"Cancelled by <@{deploy.request.requester}> before the service was touched."
    )
    assert len(restore_tags(harness, SERVICE)) == 0


def test_a_count_that_moves_while_the_stop_is_turned_away_is_the_one_brought_back(
    harness: EngineHarness,
) -> None:
    deploy_id = harness.request_deploy(SERVICE, "1.4.2", approvals=0)
    harness.ecs.faults.add(operation="UpdateService", kind="throttle", times=3)
    harness.until(
        lambda: (
            harness.get(deploy_id).phase is Phase.STOPPING and harness.get(deploy_id).retries.attempts == 3
        )
    )
    harness.ecs_client.update_service(cluster="production", service=SERVICE, desiredCount=4)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.stop.restore_point is not None
    assert (deploy.stop.restore_point.desired_count, desired_count(harness)) == (4, 4)
    stops = [m.text for m in deploy.thread_messages if "Stopping: the desired count" in m.text]
    assert [text.partition("goes from ")[2][0] for text in stops] == ["2", "4"], "each once"
    assert stops[-1] == progress.stopping_old_tasks(deploy, deploy.stop.restore_point)
    assert_strict_order(harness, SERVICE)


@pytest.mark.parametrize("kind", ["timeout-before", "timeout-after"])
def test_a_suspension_without_an_answer_says_nothing_about_the_service(
    harness: EngineHarness, kind: str
) -> None:
    autoscale_billing(harness)
    before = scalable_target(harness)
    harness.ecs.faults.add(operation="RegisterScalableTarget", kind=kind)
    harness.ecs.faults.add(operation="ecs:UpdateService", kind="access-denied", times=None)

    deploy = harness.until_over(start_approved_deploy(harness))

    assert deploy.outcome is Outcome.REFUSED
    assert harness.thread_text(deploy.id, ThreadMessageKind.END).startswith(
        "*Refused*, the service was not touched: "
    )
    assert (desired_count(harness), scalable_target(harness)) == (2, before)
