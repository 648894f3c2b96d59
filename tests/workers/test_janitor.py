"""Redis is lost while a service is stopped: the janitor finds it by its marks and brings it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from deploys import audit, keys
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase, Verb
from deploys.errors import LeftStopped
from deploys.lost import LostDeploys
from deploys.scaling import EVERYTHING, Suspension
from tests.builders import NOW, a_deploy, a_service, a_stop_start_service, an_original
from tests.workers.flows.test_stop_start import assert_strict_order, restore_tags
from tests.workers.yard import PACE, SilentBell, Yard
from workers.clock import JANITOR_SECONDS
from workers.ecs import scaling, services
from workers.ecs.seen import ServiceSeen
from workers.ecs.session import Aws
from workers.flows import marks
from workers.flows.words.measures import short
from workers.janitor import Janitor, rebuilt

SERVICE = "billing"
BEFORE = Suspension(scheduled=True)


@pytest.fixture
def janitor(yard: Yard) -> Janitor:
    """One that knows a rolling service and two that stop and start."""
    known = [a_service("web"), a_stop_start_service("ledger"), a_stop_start_service(SERVICE)]
    return Janitor(
        known,
        yard.store,
        yard.redis,
        Aws(),
        SilentBell(),
        settle_seconds=PACE.settle_seconds,
        now=yard.ecs.now,
    )


def begin(yard: Yard, phase: Phase, tag: str = "1.4.2") -> Deploy:
    """A deploy of billing, which is scaled, that got as far as this."""
    yard.ecs.autoscale(SERVICE, minimum=2, maximum=6)
    scaling.suspend(Aws().region("eu-west-1"), "production", SERVICE, BEFORE)
    deploy_id = yard.ask(SERVICE, tag)
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    return yard.until_phase(deploy_id, phase)


def redis_is_lost(yard: Yard) -> None:
    yard.redis.flushall()


def wait(yard: Yard, seconds: float) -> None:
    for _ in range(int(seconds / 10)):
        yard.tick(10)


def suspended() -> Suspension:
    target = scaling.target(Aws().region("eu-west-1"), "production", SERVICE)
    assert target is not None
    return target.suspended


def desired(yard: Yard) -> int:
    count: int = yard.service(SERVICE)["desiredCount"]
    return count


def test_a_service_that_cannot_be_read_does_not_hide_the_others(
    yard: Yard, janitor: Janitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are read together, ten a call."""
    begin(yard, Phase.DRAINING)
    redis_is_lost(yard)
    real = services.describe

    def describe(region: Any, cluster: str, names: Sequence[str]) -> dict[str, ServiceSeen]:
        if "ledger" in names:
            raise KeyError("serviceArn")
        return real(region, cluster, names)

    monkeypatch.setattr(services, "describe", describe)
    two_looks(yard, janitor)

    assert [deploy.service.name for deploy in yard.store.live()] == [SERVICE]


def two_looks(yard: Yard, janitor: Janitor) -> None:
    janitor.look()
    wait(yard, 80)
    janitor.look()


def test_a_service_left_at_zero_comes_back_with_its_scaling_and_is_told_of(
    yard: Yard, janitor: Janitor
) -> None:
    lost = begin(yard, Phase.DRAINING)
    redis_is_lost(yard)

    two_looks(yard, janitor)
    deploy = yard.until_over(lost.id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert (desired(yard), yard.images_running(SERVICE), suspended()) == (2, {"1.4.0"}, BEFORE)
    assert restore_tags(yard, SERVICE) == []
    assert_strict_order(yard, SERVICE)
    assert (deploy.tag, deploy.requester, deploy.channel) == (lost.tag, lost.requester, lost.channel)
    first = deploy.milestones[0]
    assert lost.original is not None
    assert first.broadcast
    assert first.text == (
        "*Needs a look*: I found `billing` stopped by this deploy, and no record of it: Redis lost its data. "
        f"I bring back `{short(lost.original.revision)}` with 2 tasks, as the marks on the ECS service say."
    )
    assert audit.trail(yard.redis, lost.id)[0]["what"] == "found marked, without a record"
    assert yard.leftovers() == []


def test_a_new_version_that_was_being_taken_back_is_not_started_again(yard: Yard, janitor: Janitor) -> None:
    lost = begin(yard, Phase.FOLLOWING)
    yard.cancel(lost.id)
    yard.until(lambda: desired(yard) == 0)
    redis_is_lost(yard)

    two_looks(yard, janitor)

    assert yard.until_over(lost.id).outcome is Outcome.ROLLED_BACK
    assert (desired(yard), yard.images_running(SERVICE), suspended()) == (2, {"1.4.0"}, BEFORE)
    assert_strict_order(yard, SERVICE)


def test_scaling_that_was_suspended_again_on_the_way_back_is_put_back_as_somebody_had_set_it(
    yard: Yard, janitor: Janitor
) -> None:
    lost = begin(yard, Phase.FOLLOWING)
    resumed = Suspension(scale_in=True)
    scaling.suspend(Aws().region("eu-west-1"), "production", SERVICE, resumed)
    yard.cancel(lost.id)
    yard.until(lambda: suspended() == EVERYTHING)
    redis_is_lost(yard)

    two_looks(yard, janitor)

    assert yard.until_over(lost.id).outcome is not None
    assert suspended() == resumed


def test_a_service_that_runs_is_left_as_it_is_but_for_scaling_and_marks(yard: Yard, janitor: Janitor) -> None:
    lost = begin(yard, Phase.FOLLOWING)
    redis_is_lost(yard)
    yard.ecs.client("ecs").update_service(cluster="production", service=SERVICE, desiredCount=3)

    two_looks(yard, janitor)
    deploy = yard.until_over(lost.id)

    assert deploy.outcome is Outcome.FAILED
    assert (desired(yard), yard.images_running(SERVICE), suspended()) == (3, {"1.4.2"}, BEFORE)
    assert restore_tags(yard, SERVICE) == []
    revision = yard.service(SERVICE)["taskDefinition"].rsplit("/", 1)[-1]
    (end,) = [m for m in deploy.milestones if m.kind is MilestoneKind.END]
    assert end.broadcast
    assert end.text == (
        "*Failed*: Redis lost its data, and with it how far this deploy was. `billing` wants 3 tasks of "
        f"`{revision}`; I leave it so. Application Auto Scaling is put back as it was. Look whether that is "
        "the version you want."
    )


def test_one_look_is_not_enough_nor_two_within_a_lease_and_a_call(yard: Yard, janitor: Janitor) -> None:
    lost = begin(yard, Phase.DRAINING)
    redis_is_lost(yard)

    janitor.look()
    wait(yard, 70)
    janitor.look()

    assert yard.store.get(lost.id) is None
    assert (desired(yard), suspended()) == (0, EVERYTHING)


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.FOLLOWING, Phase.SETTLING])
def test_a_deploy_that_has_a_record_is_never_touched(yard: Yard, janitor: Janitor, phase: Phase) -> None:
    deploy = begin(yard, phase)
    janitor.look()
    yard.ecs.advance(300)
    janitor.look()

    assert yard.get(deploy.id).version == deploy.version
    assert yard.until_over(deploy.id).outcome is Outcome.SUCCEEDED


def test_a_deploy_that_was_asked_for_meanwhile_has_the_service_to_itself(
    yard: Yard, janitor: Janitor
) -> None:
    lost = begin(yard, Phase.DRAINING)
    redis_is_lost(yard)
    janitor.look()
    yard.ecs.advance(300)
    other = yard.ask(SERVICE, "1.5.0")

    janitor.look()
    assert yard.store.get(lost.id) is None
    refused = yard.until_over(other)
    janitor.look()

    assert refused.outcome is Outcome.REFUSED
    assert LeftStopped(service=SERVICE, deploy=lost.id, count=2).message in refused.reason
    assert yard.until_over(lost.id).outcome is Outcome.ROLLED_BACK


def test_two_services_at_zero_are_named_at_once_and_back_within_two_minutes(
    yard: Yard, janitor: Janitor
) -> None:
    lost = [begin(yard, Phase.DRAINING)]
    other = yard.ask("ledger", "1.4.2")
    yard.until_phase(other, Phase.AWAITING_APPROVAL)
    yard.approve(other)
    lost.append(yard.until_phase(other, Phase.DRAINING))
    redis_is_lost(yard)
    lost_at = yard.ecs.now()

    janitor.look_if_needed()
    found = LostDeploys(yard.redis).all()
    assert [(each.service, each.desired, each.count) for each in found] == [
        ("billing", 0, 2),
        ("ledger", 0, 1),
    ]
    assert {each.deploy for each in found} == {each.id for each in lost}
    while yard.ecs.now() < lost_at + 120:
        for _ in range(int(JANITOR_SECONDS)):
            yard.tick()
        janitor.look_if_needed()

    assert {yard.service(name)["desiredCount"] for name in ("billing", "ledger")} == {1, 2}
    assert [yard.images_running(name) for name in ("billing", "ledger")] == [{"1.4.0"}] * 2
    assert LostDeploys(yard.redis).all() == []


def test_it_asks_aws_every_five_minutes_and_at_once_when_redis_was_restarted_or_lost(
    yard: Yard, janitor: Janitor
) -> None:
    def looks(seconds: int) -> int:
        before = len(yard.ecs.calls("DescribeServices"))
        for _ in range(0, seconds, int(JANITOR_SECONDS)):
            janitor.look_if_needed()
            yard.ecs.advance(JANITOR_SECONDS)
        return len(yard.ecs.calls("DescribeServices")) - before

    assert looks(600) == 2
    yard.redis.set(keys.REDIS_RUN, "the one before")
    assert looks(15) == 1
    assert looks(60) == 0
    yard.redis.flushall()
    assert looks(15) == 1
    assert looks(60) == 0


def test_a_look_that_aws_did_not_answer_is_made_again(yard: Yard, janitor: Janitor) -> None:
    yard.ecs.faults.add(operation="ecs:DescribeServices", kind="throttle", times=2)

    for _ in range(3):
        janitor.look_if_needed()
        yard.ecs.advance(JANITOR_SECONDS)
    janitor.look_if_needed()

    assert len(yard.ecs.calls("DescribeServices")) == 3


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.EXPIRED])
def test_a_record_that_ended_without_knowing_of_the_stop_lives_again(
    yard: Yard, janitor: Janitor, outcome: Outcome
) -> None:
    deploy = begin(yard, Phase.DRAINING)
    yard.ecs.advance(60)
    claim = yard.store.claim(deploy.id, "worker", 60)
    assert claim is not None
    unknowing = claim.deploy.at(
        Phase.ENDED, NOW, outcome=outcome, ended_at=NOW, original=None, scaling=None, stop_requested_at=None
    )
    yard.store.commit(claim, unknowing, due_at=NOW)
    following = yard.until_over(yard.ask(SERVICE, "1.5.0"))
    assert LeftStopped(service=SERVICE, deploy=deploy.id, count=2).message in following.reason

    two_looks(yard, janitor)
    again = yard.until_over(deploy.id)

    assert again.outcome is Outcome.ROLLED_BACK
    assert (desired(yard), yard.images_running(SERVICE), suspended()) == (2, {"1.4.0"}, BEFORE)
    assert restore_tags(yard, SERVICE) == []
    assert audit.trail(yard.redis, deploy.id)[-1]["what"] == "ended"
    assert "found stopped after its end" in [each["what"] for each in audit.trail(yard.redis, deploy.id)]
    assert yard.leftovers() == []


def test_a_mark_that_somebody_took_off_between_two_looks_is_forgotten(yard: Yard, janitor: Janitor) -> None:
    begin(yard, Phase.DRAINING)
    redis_is_lost(yard)
    janitor.look()
    ecs = yard.ecs.client("ecs")
    arn = yard.service(SERVICE)["serviceArn"]
    ecs.untag_resource(resourceArn=arn, tagKeys=list(marks.KEYS))
    wait(yard, 300)

    janitor.look()

    assert yard.store.live() == []
    assert desired(yard) == 0


def test_ten_services_a_call_and_a_cluster_that_does_not_answer_keeps_no_other_from_being_seen(
    yard: Yard,
) -> None:
    many = [a_stop_start_service(f"none{n}") for n in range(24)]
    elsewhere = a_stop_start_service("far", region="eu-central-1")
    janitor = Janitor(
        [elsewhere, *many, a_stop_start_service(SERVICE)],
        yard.store,
        yard.redis,
        Aws(),
        SilentBell(),
        settle_seconds=75,
        now=yard.ecs.now,
    )
    lost = begin(yard, Phase.DRAINING)
    redis_is_lost(yard)
    yard.ecs.faults.add(operation="DescribeServices", kind="throttle", times=1)
    asked = len(yard.ecs.calls("DescribeServices"))

    two_looks(yard, janitor)

    calls = yard.ecs.calls("DescribeServices")[asked:]
    assert [len(call.params["services"]) for call in calls] == [1, 10, 10, 5, 1, 10, 10, 5]
    assert yard.until_over(lost.id).outcome is Outcome.ROLLED_BACK


def test_a_protected_old_task_is_neither_doubled_nor_waited_for(yard: Yard, janitor: Janitor) -> None:
    ecs = yard.ecs.client("ecs")
    arns = ecs.list_tasks(cluster="production", serviceName=SERVICE)["taskArns"]
    ecs.update_task_protection(cluster="production", tasks=arns[:1], protectionEnabled=True)
    lost = begin(yard, Phase.DRAINING)
    redis_is_lost(yard)

    two_looks(yard, janitor)

    assert yard.until_over(lost.id).outcome is Outcome.ROLLED_BACK
    born = [task for task in yard.ecs.state()["tasks"] if task["service"] == SERVICE]
    assert (desired(yard), len(born)) == (2, 3)


TAGS = {
    "slipway:restore": "w7x8y9zt/2",
    "slipway:revisions": "ledger:41 ledger:42",
    "slipway:asked": "rollback 1.4.2 U01ALICE00 C01DEPLOYS T01SLIPWAY",
    "slipway:suspended": "w7x8y9zt in=false out=true scheduled=false",
}


def test_marks_are_read_as_they_were_written() -> None:
    mark = marks.read(TAGS)

    assert mark == marks.Mark(
        deploy_id="w7x8y9zt",
        count=2,
        old="ledger:41",
        new="ledger:42",
        verb=Verb.ROLLBACK,
        tag="1.4.2",
        requester="U01ALICE00",
        channel="C01DEPLOYS",
        team="T01SLIPWAY",
        suspended=Suspension(scale_out=True),
    )


@pytest.mark.parametrize("value", ["", "w7x8y9zt", "w7x8y9zt/", "/2", "w7x8y9zt/two", "W7/2", "a/2/3"])
def test_a_mark_that_cannot_be_read_is_none(value: str) -> None:
    assert marks.read({**TAGS, "slipway:restore": value}) is None


def test_what_an_earlier_deploy_left_suspended_is_not_taken_for_this_ones() -> None:
    mark = marks.read({**TAGS, "slipway:suspended": "other234 in=false out=true scheduled=false"})

    assert mark is not None
    assert mark.suspended is None


def test_a_service_whose_marks_say_less_is_brought_back_all_the_same() -> None:
    mark = marks.read({"slipway:restore": "w7x8y9zt/2"})
    assert mark is not None
    seen = ServiceSeen("arn", "ledger", "ACTIVE", "arn:aws:ecs:x:1:task-definition/ledger:7", 0, 0, 0)

    deploy = rebuilt(a_stop_start_service(channels=("C09",)), seen, mark, NOW)

    assert deploy.original is not None
    assert (deploy.original.revision, deploy.original.desired_count) == (seen.revision, 2)
    assert (deploy.phase, deploy.channel, deploy.scaling) == (Phase.RESTORING, "C09", None)


def test_a_tag_too_long_for_ecs_is_left_out() -> None:
    family = "f" * 250
    deploy = a_deploy(a_stop_start_service(), new_revision=f"arn:aws:ecs:x:1:task-definition/{family}:2")

    written = marks.written(deploy, an_original(), None)

    assert set(written) == {marks.RESTORE_TAG, marks.ASKED_TAG}
