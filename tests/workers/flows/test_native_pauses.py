"""PAUSE hooks: asked in the thread, answered here, elsewhere, or by nobody."""

from __future__ import annotations

import re

import pytest

from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from deploys.errors import MembershipUnknown, NotAnApprover
from deploys.pauses import number, unanswered
from deploys.traffic import HookAction, PauseEnd
from tests.workers.flows.natives import (
    a_pause,
    answer_in_console,
    configure,
    replies,
    story,
    until,
    until_over,
    waiting,
)
from tests.workers.flows.test_crashes import Killed, dying
from tests.workers.yard import ALICE, BOB, Yard

CONTINUE, ROLLBACK = HookAction.CONTINUE, HookAction.ROLLBACK
DAVE = "U04DAVE000"


@pytest.fixture
def paused(yard: Yard) -> str:
    """`/deploy shop 1.4.2` by alice, paused for five minutes at most; its id."""
    configure(yard, "shop", a_pause())
    deploy_id = yard.ask("shop", "1.4.2")
    until_asked(yard, deploy_id)
    return deploy_id


def until_asked(yard: Yard, deploy_id: str, pause: int = 1) -> Deploy:
    until(yard, lambda: unanswered(yard.get(deploy_id)) and number(yard.get(deploy_id)) == pause)
    return yard.get(deploy_id)


def plain(text: str) -> str:
    return re.sub(r"<!date[^>]*>", "THEN", text)


def ends(deploy: Deploy) -> list[PauseEnd | None]:
    return [pause.end for pause in deploy.shift.pauses] if deploy.shift else []


def continued(yard: Yard) -> list[str]:
    """What ECS was told by Slipway."""
    return [note.operation for note in yard.ecs.calls("ContinueServiceDeployment")]


def test_the_question_says_what_waits_for_whom_how_long_and_what_then(yard: Yard, paused: str) -> None:
    [question] = [m for m in yard.get(paused).milestones if m.kind is MilestoneKind.QUESTION]

    assert question.broadcast
    text = re.sub(r"within \d min \d\d s", "within SOME TIME", plain(question.text))
    assert text == (
        f"<@{BOB}>: *paused* once the test traffic has moved. All production traffic still goes to the old "
        f"tasks. The request of <@{ALICE}> to deploy `shop` `1.4.2` waits for *Continue* or *Roll back*, by "
        "the buttons on the card above, until THEN. Unanswered, ECS rolls back by itself."
    )


def test_continue(yard: Yard, paused: str) -> None:
    yard.answer(paused, CONTINUE)
    until_over(yard, paused)

    deploy = yard.get(paused)
    assert deploy.outcome is Outcome.SUCCEEDED
    assert ends(deploy) == [PauseEnd.ANSWERED]
    told = replies(yard, paused)
    assert told[2:5] == [
        f"<@{BOB}> pressed *Continue*: the rollout goes on.",
        "10 % of the production traffic goes to the new tasks now, for 1 min 00 s before more does.",
        "All production traffic goes to the new tasks now. The old ones still run.",
    ]
    assert len(continued(yard)) == 1
    assert yard.images_running("shop") == {"1.4.2"}


def test_roll_back(yard: Yard, paused: str) -> None:
    yard.answer(paused, ROLLBACK)
    until_over(yard, paused)

    deploy = yard.get(paused)
    assert deploy.outcome is Outcome.ROLLED_BACK
    why = f"<@{BOB}> pressed *Roll back* at the pause once the test traffic has moved."
    assert replies(yard, paused)[2:] == [
        f"Rolling back to `shop:31`: {why}",
        f"*Rolled back* to `shop:31`: {why}",
    ]
    assert yard.images_running("shop") == {"1.4.0"}
    assert yard.leftovers() == []


@pytest.mark.parametrize("action", list(HookAction))
def test_nobody_answers_in_time(yard: Yard, action: HookAction) -> None:
    configure(yard, "shop", a_pause(minutes=1, action=action.value))
    deploy_id = yard.ask("shop", "1.4.2")
    until_over(yard, deploy_id)

    deploy = yard.get(deploy_id)
    assert ends(deploy) == [PauseEnd.TIMED_OUT]
    assert continued(yard) == []
    if action is CONTINUE:
        assert deploy.outcome is Outcome.SUCCEEDED
        assert ("Nobody answered the pause in time, so ECS continues by itself.") in replies(yard, deploy_id)
    else:
        assert deploy.outcome is Outcome.ROLLED_BACK
        why = (
            "nobody answered in time at the pause once the test traffic has moved, and then ECS rolls back "
            "by itself."
        )
        assert replies(yard, deploy_id)[2:] == [
            f"Rolling back to `shop:31`: {why}",
            f"*Rolled back* to `shop:31`: {why}",
        ]


def test_somebody_continues_it_in_the_console(yard: Yard, paused: str) -> None:
    answer_in_console(yard, "shop", "CONTINUE")
    until_over(yard, paused)

    assert yard.get(paused).outcome is Outcome.SUCCEEDED
    assert ends(yard.get(paused)) == [PauseEnd.ELSEWHERE]
    assert ("Somebody let the rollout continue outside Slipway, in the console or by the API.") in replies(
        yard, paused
    )


def test_the_console_was_faster_than_the_button(yard: Yard, paused: str) -> None:
    answer_in_console(yard, "shop", "CONTINUE")
    yard.answer(paused, ROLLBACK)
    until_over(yard, paused)

    assert yard.get(paused).outcome is Outcome.SUCCEEDED
    assert (
        "Somebody let the rollout continue outside Slipway, in the console or by the API. The answer of "
        f"<@{BOB}> was not needed any more."
    ) in replies(yard, paused)


@pytest.mark.parametrize("how", ["hook", "stop"])
def test_somebody_rolls_back_in_the_console(yard: Yard, paused: str, how: str) -> None:
    if how == "hook":
        answer_in_console(yard, "shop", "ROLLBACK")
        said = "Service deployment rolled back because POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed."
    else:
        newest = story(yard, "shop")
        assert newest
        ecs = yard.ecs.client("ecs")
        ecs.stop_service_deployment(serviceDeploymentArn=newest.arn, stopType="ROLLBACK")
        said = "Service deployment rolled back by user."
    until_over(yard, paused)

    assert yard.get(paused).outcome is Outcome.ROLLED_BACK
    assert replies(yard, paused)[-1] == (
        "*Rolled back* to `shop:31`: the pause once the test traffic has moved was ended outside Slipway, "
        f"and ECS rolls back. ECS says: {said}"
    )


def test_two_hooks_one_after_another_and_two_at_once(yard: Yard) -> None:
    configure(
        yard,
        "shop",
        a_pause("POST_TEST_TRAFFIC_SHIFT", "POST_PRODUCTION_TRAFFIC_SHIFT"),
        a_pause("POST_PRODUCTION_TRAFFIC_SHIFT"),
    )
    deploy_id = yard.ask("shop", "1.4.2")
    for pause in (1, 2, 3):
        until_asked(yard, deploy_id, pause)
        yard.answer(deploy_id, CONTINUE)
    until_over(yard, deploy_id)

    deploy = yard.get(deploy_id)
    assert deploy.outcome is Outcome.SUCCEEDED
    assert ends(deploy) == [PauseEnd.ANSWERED] * 3
    assert deploy.shift
    assert [pause.stage for pause in deploy.shift.pauses] == [
        "POST_TEST_TRAFFIC_SHIFT",
        "POST_PRODUCTION_TRAFFIC_SHIFT",
        "POST_PRODUCTION_TRAFFIC_SHIFT",
    ]
    questions = [m.text for m in deploy.milestones if m.kind is MilestoneKind.QUESTION]
    assert (
        "once the production traffic has moved. All production traffic goes to the new tasks."
        in (questions[1])
    )
    assert len(continued(yard)) == 3


def test_an_answer_by_somebody_who_lost_access_is_dropped_and_the_pause_waits_on(
    yard: Yard, paused: str
) -> None:
    yard.gate.refusals[DAVE] = NotAnApprover(service="shop", approvers="bob")
    yard.answer(paused, CONTINUE, DAVE)
    until(yard, lambda: unanswered(yard.get(paused)))

    assert continued(yard) == []
    assert waiting(yard, "shop")
    assert replies(yard, paused)[-1] == (
        f"The answer of <@{DAVE}> does not count: they may no longer let it continue. The pause waits on."
    )
    yard.answer(paused, CONTINUE)
    until_over(yard, paused)
    assert yard.get(paused).outcome is Outcome.SUCCEEDED


def test_while_nobody_knows_the_group_the_answer_is_kept(yard: Yard, paused: str) -> None:
    yard.gate.refusals[BOB] = MembershipUnknown(service="shop", groups="@approvers")
    yard.answer(paused, CONTINUE)
    for _ in range(10):
        yard.tick()
    assert continued(yard) == []
    assert "Slack did not say who is in @approvers" in yard.get(paused).last_error

    yard.gate.refusals.clear()
    until_over(yard, paused)

    assert yard.get(paused).outcome is Outcome.SUCCEEDED
    assert f"<@{BOB}> pressed *Continue*: the rollout goes on." in replies(yard, paused)


def test_a_missing_permission_is_named_and_the_pause_goes_on(yard: Yard, paused: str) -> None:
    yard.ecs.faults.add(operation="ContinueServiceDeployment", kind="access-denied", times=5)
    yard.answer(paused, CONTINUE)
    until(yard, lambda: "ecs:ContinueServiceDeployment" in yard.said(paused))

    assert "AWS does not allow ecs:ContinueServiceDeployment" in yard.said(paused, MilestoneKind.TROUBLE)
    assert yard.get(paused).phase is Phase.FOLLOWING


def test_the_time_at_a_pause_is_no_slowness(yard: Yard) -> None:
    configure(yard, "shop", a_pause(minutes=10))
    deploy_id = yard.ask("shop", "1.4.2", deadline=120)
    until_asked(yard, deploy_id)
    yard.ecs.advance(400)
    yard.answer(deploy_id, CONTINUE)

    until_over(yard, deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.SUCCEEDED


def test_cancelled_at_a_pause(yard: Yard, paused: str) -> None:
    yard.cancel(paused)

    assert unanswered(yard.get(paused)) is None
    until_over(yard, paused)
    assert yard.get(paused).outcome is Outcome.CANCELLED
    newest = story(yard, "shop")
    assert newest
    assert newest.status == "ROLLBACK_SUCCESSFUL"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("action", list(HookAction))
def test_a_worker_that_dies_while_it_tells_ecs(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, paused: str, action: HookAction, after: bool
) -> None:
    yard.answer(paused, action)
    with dying(monkeypatch, at=1, after=after, among={"ContinueServiceDeployment"}) as made:
        with pytest.raises(Killed):
            until(yard, lambda: False)
        yard.lease_runs_out(paused)
        yard.engine = yard.new_engine()
        until_over(yard, paused)

    deploy = yard.get(paused)
    assert len(made) == (1 if after else 2)
    assert ends(deploy) == [PauseEnd.ANSWERED]
    if action is CONTINUE:
        assert deploy.outcome is Outcome.SUCCEEDED
        assert replies(yard, paused).count(f"<@{BOB}> pressed *Continue*: the rollout goes on.") == 1
    else:
        assert deploy.outcome is Outcome.ROLLED_BACK
        assert f"<@{BOB}> pressed *Roll back* at the pause" in replies(yard, paused)[-1]
    assert yard.leftovers() == []
