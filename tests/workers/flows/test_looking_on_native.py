"""`/deploy follow shop`: a foreign rollout that shifts traffic is followed by its stages, never answered."""

from __future__ import annotations

import re

import pytest

from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from deploys.errors import QuestionClosed
from deploys.hooks import answer
from deploys.pauses import paused_elsewhere, unanswered
from deploys.standing import standing
from deploys.traffic import HookAction, PauseEnd
from tests.workers.flows.followed import begin_elsewhere, changing, ending, follow, steady
from tests.workers.flows.natives import a_pause, answer_in_console, configure, stage, until, until_over
from tests.workers.flows.test_native import quiet, watch_alarm
from tests.workers.yard import BOB, Yard
from workers.thread.card import card

ANSWER_IT = (
    "The rollout is not mine: whoever began it lets it continue or rolls it back in the ECS console, or with "
    "`aws ecs continue-service-deployment`, until THEN. Unanswered, ECS {then} by itself."
)


def told(yard: Yard, deploy_id: str) -> list[str]:
    """The thread, without times."""
    return [steady(each.text) for each in yard.get(deploy_id).milestones]


def until_paused(yard: Yard, deploy_id: str) -> Deploy:
    until(yard, lambda: paused_elsewhere(yard.get(deploy_id)))
    return yard.get(deploy_id)


def ends(yard: Yard, deploy_id: str) -> list[PauseEnd | None]:
    shift = yard.get(deploy_id).shift
    return [pause.end for pause in shift.pauses] if shift else []


def test_every_stage_weight_and_pause_is_told_and_nothing_is_changed(yard: Yard) -> None:
    configure(yard, "shop", a_pause())
    begin_elsewhere(yard, "1.4.2", "shop")
    before = changing(yard)
    deploy_id = follow(yard, "shop")
    waiting = until_paused(yard, deploy_id)

    assert unanswered(waiting) is None
    assert standing(waiting) == "is followed, and paused until somebody answers in ECS"
    assert changing(yard) == before
    answer_in_console(yard, "shop", "CONTINUE")
    until_over(yard, deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.SUCCEEDED
    assert ends(yard, deploy_id) == [PauseEnd.ELSEWHERE]
    assert told(yard, deploy_id) == [
        "Following deployment `ecs-svc/N`, begun THEN: it moves `shop` to `1.4.2` (revision `shop:32`). I "
        "did not begin it. I look on and change nothing; deploys of `shop` wait until it is over. It is "
        "canary: 10 % of the production traffic moves for SOME TIME, then the rest; then both versions run "
        "for SOME TIME (bake time).",
        "The new tasks run and get the test traffic. Production traffic still goes to the old ones.",
        "*Paused* once the test traffic has moved. All production traffic still goes to the old tasks. "
        + ANSWER_IT.format(then="rolls back"),
        "Somebody let the rollout continue.",
        "10 % of the production traffic goes to the new tasks now, for SOME TIME before more does.",
        "All production traffic goes to the new tasks now. The old ones still run.",
        "Baking for SOME TIME, until THEN: the old tasks still run, so going back is quick.",
        "*Succeeded.* The rollout that I followed is over: `shop` runs `1.4.2` (revision `shop:32`), 3 of 3 "
        "new tasks running, after SOME TIME.",
    ]
    assert [call for call in changing(yard)[len(before) :] if call != "ContinueServiceDeployment"] == []
    assert changing(yard).count("ContinueServiceDeployment") == 1, "the one of the console"


def test_the_card_shows_stage_weights_and_the_pause_without_buttons_for_it(yard: Yard) -> None:
    configure(yard, "shop", a_pause())
    begin_elsewhere(yard, "1.4.2", "shop")
    deploy = until_paused(yard, follow(yard, "shop"))

    shown = card(deploy, (), yard.ecs.now())
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "THEN", shown.text)

    assert "*paused once the test traffic has moved, waiting for an answer in ECS, 3 of 3 new tasks" in text
    assert (
        "Production traffic: new 0 %, old 100 %. Test traffic: new 100 %.\nWhoever began it answers in ECS, "
        "until THEN; unanswered, ECS rolls back by itself."
    ) in text
    [row] = [block for block in shown.blocks if block["type"] == "actions"]
    assert [button["action_id"] for button in row["elements"]] == ["deploy:cancel"]


@pytest.mark.parametrize("action", list(HookAction))
def test_a_button_made_for_it_would_change_nothing(yard: Yard, action: HookAction) -> None:
    configure(yard, "shop", a_pause())
    begin_elsewhere(yard, "1.4.2", "shop")
    deploy = until_paused(yard, follow(yard, "shop"))

    with pytest.raises(QuestionClosed, match="is followed"):
        answer(deploy, BOB, action, 1, yard.ecs.now())


@pytest.mark.parametrize("action", list(HookAction))
def test_a_pause_that_nobody_answers(yard: Yard, action: HookAction) -> None:
    configure(yard, "shop", a_pause(minutes=1, action=action.value))
    begin_elsewhere(yard, "1.4.2", "shop")
    deploy_id = follow(yard, "shop")
    until_over(yard, deploy_id)

    assert ends(yard, deploy_id) == [PauseEnd.TIMED_OUT]
    if action is HookAction.CONTINUE:
        assert yard.get(deploy_id).outcome is Outcome.SUCCEEDED
        assert "Nobody answered the pause in time, so ECS continues by itself." in told(yard, deploy_id)
    else:
        assert yard.get(deploy_id).outcome is Outcome.ROLLED_BACK
        assert ending(yard, deploy_id) == (
            "*Rolled back* to `shop:31`, by ECS and not by me: nobody answered in time at the pause once "
            "the test traffic has moved, and then ECS rolls back by itself."
        )


def test_a_pause_that_somebody_rolls_back_is_not_called_continued(yard: Yard) -> None:
    configure(yard, "shop", a_pause())
    begin_elsewhere(yard, "1.4.2", "shop")
    deploy_id = follow(yard, "shop")
    until_paused(yard, deploy_id)
    answer_in_console(yard, "shop", "ROLLBACK")
    until_over(yard, deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.ROLLED_BACK
    assert "Somebody let the rollout continue." not in told(yard, deploy_id)
    assert ending(yard, deploy_id).startswith(
        "*Rolled back* to `shop:31`, by ECS and not by me: the pause once the test traffic has moved was "
        "ended outside Slipway, and ECS rolls back."
    )


def test_two_pauses_at_once_are_told_one_after_another(yard: Yard) -> None:
    configure(yard, "shop", a_pause(minutes=30), a_pause(minutes=1, action="CONTINUE"))
    begin_elsewhere(yard, "1.4.2", "shop")
    deploy_id = follow(yard, "shop")
    until(yard, lambda: len(ends(yard, deploy_id)) == 2)

    assert ends(yard, deploy_id) == [PauseEnd.TIMED_OUT, None]
    first, second = (text for text in told(yard, deploy_id) if text.startswith("*Paused*"))
    assert first.endswith(ANSWER_IT.format(then="continues"))
    assert second.endswith(ANSWER_IT.format(then="rolls back"))


def test_joined_while_it_bakes_it_promises_no_more_than_it_knows(yard: Yard) -> None:
    configure(yard, "site", bakeTimeInMinutes=2)
    begin_elsewhere(yard, "1.4.2", "site")
    until(yard, lambda: stage(yard, "site")[0] == "BAKE_TIME")
    yard.ecs.advance(60)
    deploy_id = follow(yard, "site")
    until(yard, lambda: len(yard.get(deploy_id).milestones) > 1)

    assert told(yard, deploy_id)[1:] == [
        "All production traffic goes to the new tasks now. The old ones still run.",
        "Baking, until THEN at the latest: the old tasks still run, so going back is quick.",
    ]
    shown = card(yard.get(deploy_id), (), yard.ecs.now()).text
    assert re.search(r"Bakes until .* UTC at the latest\.\n", shown)


def test_a_pause_and_the_bake_time_do_not_count_against_the_deadline(yard: Yard) -> None:
    configure(yard, "shop", a_pause(minutes=10, action="CONTINUE"))
    begin_elsewhere(yard, "1.4.2", "shop")
    deploy_id = follow(yard, "shop", deadline=120)
    until(yard, lambda: not yard.get(deploy_id).live, seconds=2400, step=20)

    assert yard.get(deploy_id).outcome is Outcome.SUCCEEDED


def test_when_the_deadline_is_over_it_says_what_did_not_count_and_where_it_stood(yard: Yard) -> None:
    configure(yard, "shop")
    begin_elsewhere(yard, "1.5.0-noroom", "shop")
    deploy_id = follow(yard, "shop", deadline=60)
    until_over(yard, deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.EXPIRED
    told_last = ending(yard, deploy_id)
    assert (
        " since I began to follow it. Bake and step times and the time at pauses do not count." in told_last
    )
    assert "and 3 old tasks. All production traffic still goes to the old tasks. `/deploy follow" in told_last


def test_whoever_stops_following_at_a_pause_is_told_that_it_waits(yard: Yard) -> None:
    configure(yard, "shop", a_pause())
    begin_elsewhere(yard, "1.4.2", "shop")
    deploy_id = follow(yard, "shop")
    until_paused(yard, deploy_id)
    yard.cancel(deploy_id)
    until_over(yard, deploy_id)

    assert ending(yard, deploy_id).endswith(
        "When I last looked, 3 of 3 new tasks ran, and 3 old tasks. All production traffic still goes to the "
        "old tasks. It was paused once the test traffic has moved."
    )


def test_an_alarm_is_named_though_the_versions_cannot_be_read(yard: Yard) -> None:
    watch_alarm(yard, "site")
    begin_elsewhere(yard, "1.4.2", "site")
    deploy_id = follow(yard, "site", containers=("nowhere",))
    until(yard, lambda: stage(yard, "site")[0] == "BAKE_TIME", step=1.0)
    assert yard.get(deploy_id).phase is Phase.LOOKING_ON
    assert yard.get(deploy_id).plan is None

    quiet(yard, "ALARM")
    until_over(yard, deploy_id)

    why = "the alarm `site-5xx` went off, and ECS rolls back by itself."
    assert yard.said(deploy_id, MilestoneKind.TROUBLE) == f"Rolling back to `site:5`: {why}"
    assert ending(yard, deploy_id) == f"*Rolled back* to `site:5`, by ECS and not by me: {why}"


def test_a_way_back_that_began_and_ended_between_two_looks_has_its_reason(yard: Yard) -> None:
    configure(yard, "shop", a_pause())
    begin_elsewhere(yard, "1.4.2", "shop")
    deploy_id = follow(yard, "shop")
    until_paused(yard, deploy_id)
    answer_in_console(yard, "shop", "ROLLBACK")
    yard.ecs.advance(300)
    until_over(yard, deploy_id)

    assert "was ended outside Slipway, and ECS rolls back." in ending(yard, deploy_id)
