"""Redis is lost while a service is stopped: the janitor finds it by its marks and brings it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from deploys.errors import LeftStopped
from deploys.records.deploy import Deploy, Outcome, Phase, ThreadMessageKind, Verb
from deploys.records.restore_point import ALL_SUSPENDED, SuspendedState
from deploys.short_names import short_arn
from deploys.stores import audit, redis_keys
from deploys.stores.lost_deploys import LostDeploys
from tests.builders import NOW, a_deploy, a_restore_point, a_service, a_stop_start_service
from tests.workers.engine_harness import TIMING, EngineHarness, SilentJobQueue
from tests.workers.flows.strategies.test_stop_start import assert_strict_order, restore_tags
from workers.ecs import scalable_targets, services
from workers.ecs.aws.aws_clients import AwsClients
from workers.ecs.state import ServiceState
from workers.flows.stopped_service import restore_tags as restore_tags_stopped_service
from workers.orphan_recovery import OrphanRecovery, rebuild_record
from workers.scheduler import ORPHAN_RECOVERY_SECONDS

SERVICE = "billing"
BEFORE = SuspendedState(scheduled=True)


@pytest.fixture
def recovery(harness: EngineHarness) -> OrphanRecovery:
    """One that knows a rolling service and two that stop and start."""
    known = [a_service("web"), a_stop_start_service("ledger"), a_stop_start_service(SERVICE)]
    return OrphanRecovery(
        known,
        harness.store,
        harness.redis,
        AwsClients(),
        SilentJobQueue(),
        settle_seconds=TIMING.settle_seconds,
        now=harness.ecs.now,
    )


def start_deploy(yard: EngineHarness, phase: Phase, tag: str = "1.4.2") -> Deploy:
    """A deploy of billing, which is scaled, that got as far as this."""
    yard.ecs.autoscale(SERVICE, minimum=2, maximum=6)
    scalable_targets.set_suspension(AwsClients().region("eu-west-1"), "production", SERVICE, BEFORE)
    deploy_id = yard.request_deploy(SERVICE, tag)
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    return yard.until_phase(deploy_id, phase)


def lose_redis(yard: EngineHarness) -> None:
    yard.redis.flushall()


def let_time_pass(yard: EngineHarness, seconds: float) -> None:
    for _ in range(int(seconds / 10)):
        yard.tick(10)


def read_suspension() -> SuspendedState:
    target = scalable_targets.read_target(AwsClients().region("eu-west-1"), "production", SERVICE)
    assert target is not None
    return target.suspended


def desired_count(yard: EngineHarness) -> int:
    count: int = yard.describe_service(SERVICE)["desiredCount"]
    return count


def test_a_service_that_cannot_be_read_does_not_hide_the_others(
    harness: EngineHarness, recovery: OrphanRecovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are read together, ten a call."""
    start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)
    real = services.describe

    def describe(region: Any, cluster: str, names: Sequence[str]) -> dict[str, ServiceState]:
        if "ledger" in names:
            raise KeyError("serviceArn")
        return real(region, cluster, names)

    monkeypatch.setattr(services, "describe", describe)
    scan_twice(harness, recovery)

    assert [deploy.service.name for deploy in harness.store.active()] == [SERVICE]


def scan_twice(yard: EngineHarness, janitor: OrphanRecovery) -> None:
    janitor.scan()
    let_time_pass(yard, 80)
    janitor.scan()


def test_a_service_left_at_zero_comes_back_with_its_scaling_and_is_told_of(
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


def test_a_new_version_that_was_being_taken_back_is_not_started_again(
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


def test_scaling_that_was_suspended_again_on_the_way_back_is_put_back_as_somebody_had_set_it(
    harness: EngineHarness, recovery: OrphanRecovery
) -> None:
    lost = start_deploy(harness, Phase.FOLLOWING)
    resumed = SuspendedState(scale_in=True)
    scalable_targets.set_suspension(AwsClients().region("eu-west-1"), "production", SERVICE, resumed)
    harness.cancel(lost.id)
    harness.until(lambda: read_suspension() == ALL_SUSPENDED)
    lose_redis(harness)

    scan_twice(harness, recovery)

    assert harness.until_over(lost.id).outcome is not None
    assert read_suspension() == resumed


def test_a_service_that_runs_is_left_as_it_is_but_for_scaling_and_marks(
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
        "*Failed*: Redis lost its data, and with it how far this deploy got. `billing` wants 3 tasks of "
        f"`{revision}`; I leave it. Application Auto Scaling is put back as it was. Check that this is the "
        "version you want."
    )


def test_one_look_is_not_enough_nor_two_within_a_lease_and_a_call(
    harness: EngineHarness, recovery: OrphanRecovery
) -> None:
    lost = start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)

    recovery.scan()
    let_time_pass(harness, 70)
    recovery.scan()

    assert harness.store.get(lost.id) is None
    assert (desired_count(harness), read_suspension()) == (0, ALL_SUSPENDED)


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


def test_a_deploy_that_was_asked_for_meanwhile_has_the_service_to_itself(
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


def test_two_services_at_zero_are_named_at_once_and_back_within_two_minutes(
    harness: EngineHarness, recovery: OrphanRecovery
) -> None:
    lost = [start_deploy(harness, Phase.DRAINING)]
    other = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(other, Phase.AWAITING_APPROVAL)
    harness.approve(other)
    lost.append(harness.until_phase(other, Phase.DRAINING))
    lose_redis(harness)
    lost_at = harness.ecs.now()

    recovery.scan_if_due()
    found = LostDeploys(harness.redis).all()
    assert [(each.service, each.desired_count, each.restore_count) for each in found] == [
        ("billing", 0, 2),
        ("ledger", 0, 1),
    ]
    assert {each.deploy_id for each in found} == {each.id for each in lost}
    while harness.ecs.now() < lost_at + 120:
        for _ in range(int(ORPHAN_RECOVERY_SECONDS)):
            harness.tick()
        recovery.scan_if_due()

    assert {harness.describe_service(name)["desiredCount"] for name in ("billing", "ledger")} == {1, 2}
    assert [harness.running_tags(name) for name in ("billing", "ledger")] == [{"1.4.0"}] * 2
    assert LostDeploys(harness.redis).all() == []


def test_it_asks_aws_every_five_minutes_and_at_once_when_redis_was_restarted_or_lost(
    harness: EngineHarness, recovery: OrphanRecovery
) -> None:
    def looks(seconds: int) -> int:
        before = len(harness.ecs.calls("DescribeServices"))
        for _ in range(0, seconds, int(ORPHAN_RECOVERY_SECONDS)):
            recovery.scan_if_due()
            harness.ecs.advance(ORPHAN_RECOVERY_SECONDS)
        return len(harness.ecs.calls("DescribeServices")) - before

    assert looks(600) == 2
    harness.redis.set(redis_keys.REDIS_RUN, "the one before")
    assert looks(15) == 1
    assert looks(60) == 0
    harness.redis.flushall()
    assert looks(15) == 1
    assert looks(60) == 0


def test_a_look_that_aws_did_not_answer_is_made_again(
    harness: EngineHarness, recovery: OrphanRecovery
) -> None:
    harness.ecs.faults.add(operation="ecs:DescribeServices", kind="throttle", times=2)

    for _ in range(3):
        recovery.scan_if_due()
        harness.ecs.advance(ORPHAN_RECOVERY_SECONDS)
    recovery.scan_if_due()

    assert len(harness.ecs.calls("DescribeServices")) == 3


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.EXPIRED])
def test_a_record_that_ended_without_knowing_of_the_stop_lives_again(
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


def test_a_mark_that_somebody_took_off_between_two_looks_is_forgotten(
    harness: EngineHarness, recovery: OrphanRecovery
) -> None:
    start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)
    recovery.scan()
    ecs = harness.ecs.client("ecs")
    arn = harness.describe_service(SERVICE)["serviceArn"]
    ecs.untag_resource(resourceArn=arn, tagKeys=list(restore_tags_stopped_service.TAG_KEYS))
    let_time_pass(harness, 300)

    recovery.scan()

    assert harness.store.active() == []
    assert desired_count(harness) == 0


def test_ten_services_a_call_and_a_cluster_that_does_not_answer_keeps_no_other_from_being_seen(
    harness: EngineHarness,
) -> None:
    many = [a_stop_start_service(f"none{n}") for n in range(24)]
    elsewhere = a_stop_start_service("far", region="eu-central-1")
    janitor = OrphanRecovery(
        [elsewhere, *many, a_stop_start_service(SERVICE)],
        harness.store,
        harness.redis,
        AwsClients(),
        SilentJobQueue(),
        settle_seconds=75,
        now=harness.ecs.now,
    )
    lost = start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)
    harness.ecs.faults.add(operation="DescribeServices", kind="throttle", times=1)
    asked = len(harness.ecs.calls("DescribeServices"))

    scan_twice(harness, janitor)

    calls = harness.ecs.calls("DescribeServices")[asked:]
    assert [len(call.params["services"]) for call in calls] == [1, 10, 10, 5, 1, 10, 10, 5]
    assert harness.until_over(lost.id).outcome is Outcome.ROLLED_BACK


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


TAGS = {
    "slipway:restore": "w7x8y9zt/2",
    "slipway:revisions": "ledger:41 ledger:42",
    "slipway:asked": "rollback 1.4.2 U01ALICE00 C01DEPLOYS T01SLIPWAY",
    "slipway:suspended": "w7x8y9zt in=false out=true scheduled=false",
}


def test_marks_are_read_as_they_were_written() -> None:
    mark = restore_tags_stopped_service.read_restore_tags(TAGS)

    assert mark == restore_tags_stopped_service.RestoreTags(
        deploy_id="w7x8y9zt",
        desired_count=2,
        old_revision="ledger:41",
        new_revision="ledger:42",
        verb=Verb.ROLLBACK,
        tag="1.4.2",
        requester="U01ALICE00",
        channel="C01DEPLOYS",
        team="T01SLIPWAY",
        suspended=SuspendedState(scale_out=True),
    )


@pytest.mark.parametrize("value", ["", "w7x8y9zt", "w7x8y9zt/", "/2", "w7x8y9zt/two", "W7/2", "a/2/3"])
def test_a_mark_that_cannot_be_read_is_none(value: str) -> None:
    assert restore_tags_stopped_service.read_restore_tags({**TAGS, "slipway:restore": value}) is None


def test_what_an_earlier_deploy_left_suspended_is_not_taken_for_this_ones() -> None:
    mark = restore_tags_stopped_service.read_restore_tags(
        {**TAGS, "slipway:suspended": "other234 in=false out=true scheduled=false"}
    )

    assert mark is not None
    assert mark.suspended is None


def test_a_service_whose_marks_say_less_is_brought_back_all_the_same() -> None:
    mark = restore_tags_stopped_service.read_restore_tags({"slipway:restore": "w7x8y9zt/2"})
    assert mark is not None
    seen = ServiceState("arn", "ledger", "ACTIVE", "arn:aws:ecs:x:1:task-definition/ledger:7", 0, 0, 0)

    deploy = rebuild_record(a_stop_start_service(channels=("C09",)), seen, mark, NOW)

    assert deploy.stop.restore_point is not None
    assert (deploy.stop.restore_point.revision, deploy.stop.restore_point.desired_count) == (seen.revision, 2)
    assert (deploy.phase, deploy.request.channel, deploy.stop.scaling) == (Phase.RESTORING, "C09", None)


def test_a_tag_too_long_for_ecs_is_left_out() -> None:
    family = "f" * 250
    deploy = a_deploy(
        a_stop_start_service(), ecs={"new_revision": f"arn:aws:ecs:x:1:task-definition/{family}:2"}
    )

    written = restore_tags_stopped_service.build_restore_tags(deploy, a_restore_point(), None)

    assert set(written) == {
        restore_tags_stopped_service.RESTORE_TAG,
        restore_tags_stopped_service.REQUEST_TAG,
    }
