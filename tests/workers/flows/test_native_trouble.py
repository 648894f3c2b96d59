"""Pauses in trouble: what the thread says of them is true, and *Roll back* is never in vain."""

from __future__ import annotations

import pytest

from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from deploys.pauses import unanswered
from deploys.traffic import HookAction, PauseAnswer
from tests.builders import a_deploy, a_native_service, a_plan
from tests.workers.flows.followed import changing
from tests.workers.flows.natives import Json, a_pause, configure, replies, story, until, until_over
from tests.workers.flows.test_native import quiet, watch_alarm
from tests.workers.flows.test_native_pauses import continued, until_asked
from tests.workers.flows.test_rollout import a_deployment, enum, own, service_with
from tests.workers.yard import ALICE, BOB, Yard
from workers.flows.restoring import is_back

CONTINUE, ROLLBACK = HookAction.CONTINUE, HookAction.ROLLBACK
TRIED = "POST_TEST_TRAFFIC_SHIFT"


def a_function(name: str, *stages: str) -> Json:
    """A Lambda hook; the sandbox lets those fail whose name ends in `-fail`."""
    return {
        "targetType": "AWS_LAMBDA",
        "hookTargetArn": f"arn:aws:lambda:eu-west-1:123456789012:function:{name}",
        "roleArn": "arn:aws:iam::123456789012:role/hooks",
        "lifecycleStages": list(stages) or [TRIED],
    }


def paused(yard: Yard, *hooks: Json) -> str:
    """`/deploy shop 1.4.2`, at its first pause; its id."""
    configure(yard, "shop", *hooks)
    deploy_id = yard.ask("shop", "1.4.2")
    until_asked(yard, deploy_id)
    return deploy_id


def last(yard: Yard, deploy_id: str) -> str:
    return replies(yard, deploy_id)[-1]


@pytest.mark.parametrize("hooks", [(), (a_pause(),)], ids=["alone", "beside a pause"])
def test_a_lambda_hook_that_fails_is_named(yard: Yard, hooks: tuple[Json, ...]) -> None:
    configure(yard, "shop", *hooks, a_function("smoke-fail"), a_function("warm-up"))
    deploy_id = yard.ask("shop", "1.4.2")
    until_over(yard, deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.ROLLED_BACK
    assert last(yard, deploy_id) == (
        "*Rolled back* to `shop:31`: ECS rolls back by itself (Service deployment rolled back because "
        "POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. Lifecycle hook target "
        "arn:aws:lambda:eu-west-1:123456789012:function:smoke-fail returned FAILED status). The Lambda "
        "function `smoke-fail` of a lifecycle hook did not succeed; its log says why."
    )


def test_an_alarm_that_goes_off_at_a_pause_is_the_reason(yard: Yard) -> None:
    watch_alarm(yard, "shop", a_pause())
    deploy_id = yard.ask("shop", "1.4.2")
    until_asked(yard, deploy_id)

    quiet(yard, "ALARM")
    until_over(yard, deploy_id)

    assert last(yard, deploy_id) == (
        "*Rolled back* to `shop:31`: the alarm `site-5xx` went off, and ECS rolls back by itself."
    )


@pytest.mark.parametrize("action", list(HookAction))
def test_an_answer_that_ecs_did_not_take_in_time_is_not_called_no_answer(
    yard: Yard, action: HookAction
) -> None:
    yard.ecs.faults.add(operation="ContinueServiceDeployment", kind="access-denied", times=None)
    deploy_id = paused(yard, a_pause(minutes=1, action=action.value))
    yard.answer(deploy_id, CONTINUE)
    until_over(yard, deploy_id)

    told = "\n".join(replies(yard, deploy_id))
    assert "obody answered" not in told
    if action is CONTINUE:
        assert yard.get(deploy_id).outcome is Outcome.SUCCEEDED
        assert (
            f"<@{BOB}> pressed *Continue*, but ECS did not take it before the time of the pause was up. ECS "
            "continues by itself."
        ) in told
    else:
        assert yard.get(deploy_id).outcome is Outcome.ROLLED_BACK
        assert last(yard, deploy_id) == (
            f"*Rolled back* to `shop:31`: <@{BOB}> pressed *Continue* at the pause once the test traffic has "
            "moved, but ECS did not take it before the time was up, and then ECS rolls back by itself."
        )


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        ({"kind": "access-denied"}, 1),
        ({"kind": "error", "code": "ClientException", "status": 400}, 2),  # the look may have been stale
    ],
)
def test_roll_back_takes_the_other_way_where_ecs_does_not_take_the_answer(
    yard: Yard, fault: Json, tries: int
) -> None:
    deploy_id = paused(yard, a_pause(minutes=60))
    yard.ecs.faults.add(operation="ContinueServiceDeployment", times=None, **fault)

    yard.answer(deploy_id, ROLLBACK)
    until_over(yard, deploy_id)

    assert len(continued(yard)) == tries

    why = f"<@{BOB}> pressed *Roll back* at the pause once the test traffic has moved."
    assert yard.get(deploy_id).outcome is Outcome.ROLLED_BACK
    assert replies(yard, deploy_id)[-2:] == [
        f"Rolling back to `shop:31`: {why}",
        f"*Rolled back* to `shop:31`: {why}",
    ]
    newest = story(yard, "shop")
    assert newest
    assert newest.status == "ROLLBACK_SUCCESSFUL"
    assert len(yard.ecs.calls("StopServiceDeployment")) == 1


def test_of_two_pauses_at_once_the_one_that_ends_first_is_asked_first(yard: Yard) -> None:
    deploy_id = paused(yard, a_pause(minutes=30), a_pause(minutes=2))
    deploy = yard.get(deploy_id)
    first = unanswered(deploy)
    assert first
    assert first.expires_at
    assert first.expires_at - deploy.shift.stage_since < 180  # type: ignore[union-attr]

    yard.answer(deploy_id, CONTINUE)
    until_asked(yard, deploy_id, 2)
    yard.answer(deploy_id, CONTINUE)
    until_over(yard, deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.SUCCEEDED
    assert len(continued(yard)) == 2


def test_cancelled_before_ecs_lists_the_rollout_it_is_stopped_and_not_replaced(yard: Yard) -> None:
    """A new deployment of the old version would start its tasks and shift its traffic anew."""
    configure(yard, "shop", a_pause())
    deploy_id = yard.ask("shop", "1.4.2")
    until(yard, lambda: yard.get(deploy_id).phase is Phase.FOLLOWING, step=0.2)
    updates = len(yard.ecs.calls("UpdateService"))
    yard.cancel(deploy_id)
    until_over(yard, deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.CANCELLED
    assert len(yard.ecs.calls("StopServiceDeployment")) == 1
    assert len(yard.ecs.calls("UpdateService")) == updates
    assert f"cancelled by <@{ALICE}>" in yard.said(deploy_id, MilestoneKind.PROGRESS)
    assert yard.leftovers() == []


def test_a_throttled_look_does_not_replace_the_rollout_either(yard: Yard) -> None:
    deploy_id = paused(yard, a_pause())
    updates = len(yard.ecs.calls("UpdateService"))
    yard.ecs.faults.add(operation="DescribeServiceDeployments", kind="throttle", times=4)
    yard.cancel(deploy_id)
    until_over(yard, deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.CANCELLED
    assert len(yard.ecs.calls("StopServiceDeployment")) == 1
    assert len(yard.ecs.calls("UpdateService")) == updates


def test_where_service_deployments_are_not_allowed_the_old_version_is_set_again(yard: Yard) -> None:
    yard.ecs.faults.add(operation="ListServiceDeployments", kind="access-denied", times=None)
    configure(yard, "shop")
    deploy_id = yard.ask("shop", "1.4.2")
    until(yard, lambda: yard.get(deploy_id).phase is Phase.FOLLOWING)
    updates = len(yard.ecs.calls("UpdateService"))
    yard.cancel(deploy_id)
    until_over(yard, deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.CANCELLED
    assert len(yard.ecs.calls("UpdateService")) == updates + 1


def test_a_roll_back_that_ecs_took_and_forgot_is_made_good(yard: Yard) -> None:
    deploy_id = paused(yard, a_pause(minutes=60))
    why = f"<@{BOB}> pressed *Roll back* at the pause once the test traffic has moved."
    taken_at = yard.ecs.now()

    def taken(deploy: Deploy) -> Deploy:
        assert deploy.shift
        assert deploy.shift.pause
        answer = PauseAnswer(user=BOB, action=ROLLBACK, at=taken_at, tried=True, taken_at=taken_at)
        told = deploy.shift.with_pause(deploy.shift.pause.evolve(answer=answer))
        return deploy.evolve(shift=told, reason=why)

    yard.store.amend(deploy_id, taken, by=BOB, what="rollback")
    until_over(yard, deploy_id)

    deploy = yard.get(deploy_id)
    assert deploy.ended_at is not None
    assert deploy.outcome is Outcome.ROLLED_BACK
    assert 30 <= deploy.ended_at - taken_at < 120
    assert last(yard, deploy_id) == f"*Rolled back* to `shop:31`: {why}"


def test_a_way_back_that_ecs_never_finishes_does_not_hold_the_line_for_ever(yard: Yard) -> None:
    deploy_id = paused(yard, a_pause(minutes=60))
    newest = story(yard, "shop")
    assert newest
    with yard.ecs.region.moment() as region:
        region.update_service_deployment(newest.arn, status="ROLLBACK_IN_PROGRESS")
    until(yard, lambda: not yard.get(deploy_id).live, seconds=7200, step=120)

    deploy = yard.get(deploy_id)
    assert deploy.outcome is Outcome.FAILED
    assert last(yard, deploy_id).startswith(
        "*Failed*: the way back to `shop:31` did not finish within 22 min 00 s. The service is set to it, "
        "with its count; ECS keeps trying to start its tasks. Look at the service's events now."
    )
    assert yard.leftovers() == []


@pytest.mark.parametrize(
    ("status", "calls"),
    [
        ("PENDING", ["StopServiceDeployment"]),
        ("IN_PROGRESS", ["StopServiceDeployment"]),
        ("STOP_REQUESTED", []),
        ("ROLLBACK_REQUESTED", []),
        ("ROLLBACK_IN_PROGRESS", []),
        ("ROLLBACK_SUCCESSFUL", ["TagResource", "UpdateService"]),
        ("ROLLBACK_FAILED", ["TagResource", "UpdateService"]),
        ("STOPPED", ["TagResource", "UpdateService"]),
        ("SUCCESSFUL", ["TagResource", "UpdateService"]),
    ],
)
def test_what_the_way_back_asks_of_ecs(yard: Yard, status: str, calls: list[str]) -> None:
    """What goes back already is not asked again; what has ended cannot be stopped."""
    deploy_id = paused(yard, a_pause())
    newest = story(yard, "shop")
    assert newest
    with yard.ecs.region.moment() as region:
        region.update_service_deployment(newest.arn, status=status)
    before = len(changing(yard))
    yard.store.amend(deploy_id, lambda d: d.at(Phase.RESTORING, yard.ecs.now()), by=BOB, what="back")
    yard.engine.advance(deploy_id)

    assert changing(yard)[before:] == calls
    assert yard.get(deploy_id).phase is Phase.FOLLOWING_BACK


def test_that_it_is_back_stands_once_a_second_look_agrees(yard: Yard) -> None:
    deploy_id = paused(yard, a_pause())
    yard.cancel(deploy_id)
    yard.until_phase(deploy_id, Phase.FOLLOWING_BACK)
    yard.ecs.advance(300)

    yard.engine.advance(deploy_id)
    assert yard.get(deploy_id).live
    yard.ecs.advance(10)
    yard.engine.advance(deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.CANCELLED


@pytest.mark.parametrize("status", sorted(enum("ServiceDeploymentStatus")))
def test_while_ecs_goes_back_it_is_not_back(status: str) -> None:
    deploy = a_deploy(a_native_service(), plan=a_plan(old_revision="old"))
    seen = service_with(a_deployment(revision="old", state="COMPLETED"))

    back = is_back(deploy, seen, own(status))

    assert back is (status not in ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "STOP_REQUESTED"))
