"""Redis loses everything while a service is stopped: orphan recovery brings it back by its tags."""

from __future__ import annotations

import pytest

from deploys.errors import LeftStopped
from deploys.records.phases import Outcome, Phase
from deploys.records.restore_point import ALL_SUSPENDED, SuspendedState
from deploys.records.thread_messages import ThreadMessageKind
from deploys.short_names import short_arn
from deploys.stores import audit
from tests.builders import NOW, a_service, a_stop_start_service
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.autoscaled_service import suspend_by_hand
from tests.workers.flows.strict_order import assert_strict_order, restore_tags
from tests.workers.lost_deploys import (
    BEFORE,
    SERVICE,
    a_recovery,
    desired_count,
    lose_redis,
    read_suspension,
    scan_twice,
    start_deploy,
)
from workers.ecs.state import ServiceState
from workers.flows.stopped_service.restore_tags import read_restore_tags
from workers.orphan_recovery import OrphanRecovery, rebuild_record


@pytest.fixture
def recovery(harness: EngineHarness) -> OrphanRecovery:
    """Knows a rolling service and two stop-start services."""
    return a_recovery(
        harness, a_service("web"), a_stop_start_service("ledger"), a_stop_start_service(SERVICE)
    )


def test_a_service_left_at_zero_comes_back_with_its_scaling_and_a_message(
    harness: EngineHarness, recovery: OrphanRecovery
) -> None:
    lost = start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)

    scan_twice(harness, recovery)
    deploy = harness.until_over(lost.id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert (desired_count(harness), harness.running_tags(SERVICE), read_suspension()) == (
        2,
        {"1.4.0"},
        BEFORE,
    )
    assert restore_tags(harness, SERVICE) == []
    assert_strict_order(harness, SERVICE)
    assert (deploy.tag, deploy.request.requester, deploy.request.channel) == (
        lost.tag,
        lost.request.requester,
        lost.request.channel,
    )
    first = deploy.thread_messages[0]
    assert lost.stop.restore_point is not None
    assert first.broadcast
    assert first.text == (
        "*Needs attention*: I found `billing` stopped by this deploy, and no record of it: Redis lost its "
        f"data. I bring back `{short_arn(lost.stop.restore_point.revision)}` with 2 tasks, as the tags on "
        "the ECS service say."
    )
    assert audit.trail(harness.redis, lost.id)[0]["what"] == "found marked, without a record"
    assert harness.leftover_keys() == []


def test_a_new_version_that_was_being_rolled_back_is_not_started_again(
    harness: EngineHarness, recovery: OrphanRecovery
) -> None:
    lost = start_deploy(harness, Phase.FOLLOWING)
    harness.cancel(lost.id)
    harness.until(lambda: desired_count(harness) == 0)
    lose_redis(harness)

    scan_twice(harness, recovery)

    assert harness.until_over(lost.id).outcome is Outcome.ROLLED_BACK
    assert (desired_count(harness), harness.running_tags(SERVICE), read_suspension()) == (
        2,
        {"1.4.0"},
        BEFORE,
    )
    assert_strict_order(harness, SERVICE)


def test_scaling_that_was_suspended_again_in_the_rollback_is_restored_as_somebody_had_set_it(
    harness: EngineHarness, recovery: OrphanRecovery
) -> None:
    lost = start_deploy(harness, Phase.FOLLOWING)
    resumed = SuspendedState(scale_in=True)
    suspend_by_hand(resumed)
    harness.cancel(lost.id)
    harness.until(lambda: read_suspension() == ALL_SUSPENDED)
    lose_redis(harness)

    scan_twice(harness, recovery)

    assert harness.until_over(lost.id).outcome is not None
    assert read_suspension() == resumed


def test_a_service_that_runs_is_left_as_it_is_but_for_scaling_and_tags(
    harness: EngineHarness, recovery: OrphanRecovery
) -> None:
    lost = start_deploy(harness, Phase.FOLLOWING)
    lose_redis(harness)
    harness.ecs.client("ecs").update_service(cluster="production", service=SERVICE, desiredCount=3)

    scan_twice(harness, recovery)
    deploy = harness.until_over(lost.id)

    assert deploy.outcome is Outcome.FAILED
    assert (desired_count(harness), harness.running_tags(SERVICE), read_suspension()) == (
        3,
        {"1.4.2"},
        BEFORE,
    )
    assert restore_tags(harness, SERVICE) == []
    revision = harness.describe_service(SERVICE)["taskDefinition"].rsplit("/", 1)[-1]
    (end,) = [m for m in deploy.thread_messages if m.kind is ThreadMessageKind.END]
    assert end.broadcast
    assert end.text == (
        "*Failed*: Redis lost its data, and with it how far this deploy got. `billing` is set to 3 tasks of "
        f"`{revision}`; I leave it. Application Auto Scaling is put back as it was. Check that this is the "
        "version you want."
    )


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.FOLLOWING, Phase.SETTLING])
def test_a_deploy_that_has_a_record_is_never_touched(
    harness: EngineHarness, recovery: OrphanRecovery, phase: Phase
) -> None:
    deploy = start_deploy(harness, phase)
    recovery.scan()
    harness.ecs.advance(300)
    recovery.scan()

    assert harness.get(deploy.id).version == deploy.version
    assert harness.until_over(deploy.id).outcome is Outcome.SUCCEEDED


def test_a_deploy_that_was_requested_meanwhile_has_the_service_to_itself(
    harness: EngineHarness, recovery: OrphanRecovery
) -> None:
    lost = start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)
    recovery.scan()
    harness.ecs.advance(300)
    other = harness.request_deploy(SERVICE, "1.5.0")

    recovery.scan()
    assert harness.store.get(lost.id) is None
    refused = harness.until_over(other)
    recovery.scan()

    assert refused.outcome is Outcome.REFUSED
    assert LeftStopped(service=SERVICE, deploy=lost.id, count=2).message in refused.outcome_reason
    assert harness.until_over(lost.id).outcome is Outcome.ROLLED_BACK


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.EXPIRED])
def test_a_record_that_ended_without_knowing_of_the_stop_is_reopened(
    harness: EngineHarness, recovery: OrphanRecovery, outcome: Outcome
) -> None:
    deploy = start_deploy(harness, Phase.DRAINING)
    harness.ecs.advance(60)
    claim = harness.store.claim(deploy.id, "worker", 60)
    assert claim is not None
    unknowing = claim.deploy.in_phase(
        Phase.ENDED,
        NOW,
        outcome=outcome,
        ended_at=NOW,
        stop={"restore_point": None, "scaling": None, "requested_at": None},
    )
    harness.store.commit(claim, unknowing, due_at=NOW)
    following = harness.until_over(harness.request_deploy(SERVICE, "1.5.0"))
    assert LeftStopped(service=SERVICE, deploy=deploy.id, count=2).message in following.outcome_reason

    scan_twice(harness, recovery)
    again = harness.until_over(deploy.id)

    assert again.outcome is Outcome.ROLLED_BACK
    assert (desired_count(harness), harness.running_tags(SERVICE), read_suspension()) == (
        2,
        {"1.4.0"},
        BEFORE,
    )
    assert restore_tags(harness, SERVICE) == []
    assert audit.trail(harness.redis, deploy.id)[-1]["what"] == "ended"
    assert "found stopped after its end" in [each["what"] for each in audit.trail(harness.redis, deploy.id)]
    assert harness.leftover_keys() == []


def test_a_protected_old_task_is_neither_doubled_nor_waited_for(
    harness: EngineHarness, recovery: OrphanRecovery
) -> None:
    ecs = harness.ecs.client("ecs")
    arns = ecs.list_tasks(cluster="production", serviceName=SERVICE)["taskArns"]
    ecs.update_task_protection(cluster="production", tasks=arns[:1], protectionEnabled=True)
    lost = start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)

    scan_twice(harness, recovery)

    assert harness.until_over(lost.id).outcome is Outcome.ROLLED_BACK
    born = [task for task in harness.ecs.state()["tasks"] if task["service"] == SERVICE]
    assert (desired_count(harness), len(born)) == (2, 3)


def test_a_service_whose_tags_say_less_is_still_brought_back() -> None:
    tags = read_restore_tags({"slipway:restore": "w7x8y9zt/2"})
    assert tags is not None
    ecs_service = ServiceState("arn", "ledger", "ACTIVE", "arn:aws:ecs:x:1:task-definition/ledger:7", 0, 0, 0)

    deploy = rebuild_record(a_stop_start_service(channels=("C09",)), ecs_service, tags, NOW)

    assert deploy.stop.restore_point is not None
    assert (deploy.stop.restore_point.revision, deploy.stop.restore_point.desired_count) == (
        ecs_service.revision,
        2,
    )
    assert (deploy.phase, deploy.request.channel, deploy.stop.scaling) == (Phase.RESTORING, "C09", None)
