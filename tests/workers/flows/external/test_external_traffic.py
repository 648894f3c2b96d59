"""`/deploy follow shop`: an external rollout that shifts traffic is followed stage by stage, and its
pauses are never answered."""

from __future__ import annotations

import re

import pytest

from deploys.decisions import answer_pause
from deploys.deploy_text import status_text
from deploys.errors import QuestionClosed
from deploys.pauses import external_pause, unanswered_pause
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from deploys.records.traffic import HookAction, PauseEnd
from tests.workers.engine_harness import BOB, EngineHarness
from tests.workers.flows.external_rollouts import (
    changing_calls,
    end_message,
    request_follow,
    start_external_rollout,
    without_times,
)
from tests.workers.flows.native_deployments import (
    answer_in_console,
    attach_alarm,
    configure_native_service,
    pause_hook,
    set_attached_alarm,
    stage_and_traffic,
    wait_until,
    wait_until_ended,
)
from workers.thread.card import deploy_card

HOW_TO_ANSWER = (
    "I did not start this rollout: continue it or roll it back in the ECS console, or with "
    "`aws ecs continue-service-deployment`, until THEN. If nobody answers, ECS {then} by itself."
)


def thread_texts(harness: EngineHarness, deploy_id: str) -> list[str]:
    """The thread, without times."""
    return [without_times(each.text) for each in harness.get(deploy_id).thread_messages]


def wait_until_paused(harness: EngineHarness, deploy_id: str) -> Deploy:
    wait_until(harness, lambda: external_pause(harness.get(deploy_id)))
    return harness.get(deploy_id)


def pause_ends(harness: EngineHarness, deploy_id: str) -> list[PauseEnd | None]:
    shift = harness.get(deploy_id).traffic
    return [pause.end for pause in shift.pauses] if shift else []


def test_every_stage_weight_and_pause_is_told_and_nothing_is_changed(harness: EngineHarness) -> None:
    configure_native_service(harness, "shop", pause_hook())
    start_external_rollout(harness, "1.4.2", "shop")
    before = changing_calls(harness)
    deploy_id = request_follow(harness, "shop")
    waiting = wait_until_paused(harness, deploy_id)

    assert unanswered_pause(waiting) is None
    assert status_text(waiting) == "is followed, and paused until somebody answers in ECS"
    assert changing_calls(harness) == before
    answer_in_console(harness, "shop", "CONTINUE")
    wait_until_ended(harness, deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.SUCCEEDED
    assert pause_ends(harness, deploy_id) == [PauseEnd.ANSWERED_ELSEWHERE]
    assert thread_texts(harness, deploy_id) == [
        "Following deployment `ecs-svc/N`, started THEN: it moves `shop` to `1.4.2` (revision `shop:32`). I "
        "did not start it. I only follow it and change nothing; deploys of `shop` wait until it ends. It is "
        "canary: 10 % of the production traffic moves for SOME TIME, then the rest; then both versions run "
        "for SOME TIME (bake time).",
        "The new tasks run and get the test traffic. Production traffic still goes to the old ones.",
        "*Paused* once the test traffic has moved. All production traffic still goes to the old tasks. "
        + HOW_TO_ANSWER.format(then="rolls back"),
        "Somebody let the rollout continue.",
        "10 % of the production traffic goes to the new tasks now, for SOME TIME before more does.",
        "All production traffic goes to the new tasks now. The old ones still run.",
        "Baking for SOME TIME, until THEN: the old tasks still run, so a rollback is quick.",
        "*Succeeded.* The rollout I followed has ended: `shop` runs `1.4.2` (revision `shop:32`), 3 of 3 "
        "new tasks running, after SOME TIME.",
    ]
    assert [
        call for call in changing_calls(harness)[len(before) :] if call != "ContinueServiceDeployment"
    ] == []
    assert changing_calls(harness).count("ContinueServiceDeployment") == 1, "the one of the console"


def test_the_card_shows_stage_weights_and_the_pause_without_buttons_for_it(harness: EngineHarness) -> None:
    configure_native_service(harness, "shop", pause_hook())
    start_external_rollout(harness, "1.4.2", "shop")
    deploy = wait_until_paused(harness, request_follow(harness, "shop"))

    shown = deploy_card(deploy, (), harness.ecs.now())
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "THEN", shown.text)

    assert "*paused once the test traffic has moved, waiting for an answer in ECS, 3 of 3 new tasks" in text
    assert (
        "Production traffic: new 0 %, old 100 %. Test traffic: new 100 %.\nTo be answered in ECS until "
        "THEN; if nobody answers, ECS rolls back by itself."
    ) in text
    [row] = [block for block in shown.blocks if block["type"] == "actions"]
    assert [button["action_id"] for button in row["elements"]] == ["deploy:cancel"]


@pytest.mark.parametrize("action", list(HookAction))
def test_a_button_made_for_it_would_change_nothing(harness: EngineHarness, action: HookAction) -> None:
    configure_native_service(harness, "shop", pause_hook())
    start_external_rollout(harness, "1.4.2", "shop")
    deploy = wait_until_paused(harness, request_follow(harness, "shop"))

    with pytest.raises(QuestionClosed, match="is followed"):
        answer_pause(deploy, BOB, action, 1, harness.ecs.now())


@pytest.mark.parametrize("action", list(HookAction))
def test_a_pause_that_nobody_answers(harness: EngineHarness, action: HookAction) -> None:
    configure_native_service(harness, "shop", pause_hook(minutes=1, action=action.value))
    start_external_rollout(harness, "1.4.2", "shop")
    deploy_id = request_follow(harness, "shop")
    wait_until_ended(harness, deploy_id)

    assert pause_ends(harness, deploy_id) == [PauseEnd.TIMED_OUT]
    if action is HookAction.CONTINUE:
        assert harness.get(deploy_id).outcome is Outcome.SUCCEEDED
        assert "Nobody answered the pause in time, so ECS continues by itself." in thread_texts(
            harness, deploy_id
        )
    else:
        assert harness.get(deploy_id).outcome is Outcome.ROLLED_BACK
        assert end_message(harness, deploy_id) == (
            "*Rolled back* to `shop:31`, by ECS, not by me: nobody answered in time at the pause once the "
            "test traffic has moved, so ECS rolls back by itself."
        )


def test_a_pause_that_somebody_rolls_back_is_not_called_continued(harness: EngineHarness) -> None:
    configure_native_service(harness, "shop", pause_hook())
    start_external_rollout(harness, "1.4.2", "shop")
    deploy_id = request_follow(harness, "shop")
    wait_until_paused(harness, deploy_id)
    answer_in_console(harness, "shop", "ROLLBACK")
    wait_until_ended(harness, deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.ROLLED_BACK
    assert "Somebody let the rollout continue." not in thread_texts(harness, deploy_id)
    assert end_message(harness, deploy_id).startswith(
        "*Rolled back* to `shop:31`, by ECS, not by me: the pause once the test traffic has moved was ended "
        "outside Slipway, and ECS rolls back."
    )


def test_two_pauses_at_once_are_reported_one_after_another(harness: EngineHarness) -> None:
    configure_native_service(
        harness, "shop", pause_hook(minutes=30), pause_hook(minutes=1, action="CONTINUE")
    )
    start_external_rollout(harness, "1.4.2", "shop")
    deploy_id = request_follow(harness, "shop")
    wait_until(harness, lambda: len(pause_ends(harness, deploy_id)) == 2)

    assert pause_ends(harness, deploy_id) == [PauseEnd.TIMED_OUT, None]
    first, second = (text for text in thread_texts(harness, deploy_id) if text.startswith("*Paused*"))
    assert first.endswith(HOW_TO_ANSWER.format(then="continues"))
    assert second.endswith(HOW_TO_ANSWER.format(then="rolls back"))


def test_joined_while_it_bakes_it_promises_no_more_than_it_knows(harness: EngineHarness) -> None:
    configure_native_service(harness, "site", bakeTimeInMinutes=2)
    start_external_rollout(harness, "1.4.2", "site")
    wait_until(harness, lambda: stage_and_traffic(harness, "site")[0] == "BAKE_TIME")
    harness.ecs.advance(60)
    deploy_id = request_follow(harness, "site")
    wait_until(harness, lambda: len(harness.get(deploy_id).thread_messages) > 1)

    assert thread_texts(harness, deploy_id)[1:] == [
        "All production traffic goes to the new tasks now. The old ones still run.",
        "Baking, until THEN at the latest: the old tasks still run, so a rollback is quick.",
    ]
    shown = deploy_card(harness.get(deploy_id), (), harness.ecs.now()).text
    assert re.search(r"Baking until .* UTC at the latest\.\n", shown)


def test_a_pause_and_the_bake_time_do_not_count_against_the_deadline(harness: EngineHarness) -> None:
    configure_native_service(harness, "shop", pause_hook(minutes=10, action="CONTINUE"))
    start_external_rollout(harness, "1.4.2", "shop")
    deploy_id = request_follow(harness, "shop", deadline=120)
    wait_until(harness, lambda: not harness.get(deploy_id).in_progress, seconds=2400, step=20)

    assert harness.get(deploy_id).outcome is Outcome.SUCCEEDED


def test_when_the_deadline_is_over_it_says_what_did_not_count_and_where_it_stood(
    harness: EngineHarness,
) -> None:
    configure_native_service(harness, "shop")
    start_external_rollout(harness, "1.5.0-noroom", "shop")
    deploy_id = request_follow(harness, "shop", deadline=60)
    wait_until_ended(harness, deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.EXPIRED
    told_last = end_message(harness, deploy_id)
    assert (
        " after I started to follow it. Bake and step times and the time at pauses do not count." in told_last
    )
    assert "and 3 old tasks. All production traffic still goes to the old tasks. `/deploy follow" in told_last


def test_whoever_stops_following_at_a_pause_is_told_that_it_waits(harness: EngineHarness) -> None:
    configure_native_service(harness, "shop", pause_hook())
    start_external_rollout(harness, "1.4.2", "shop")
    deploy_id = request_follow(harness, "shop")
    wait_until_paused(harness, deploy_id)
    harness.cancel(deploy_id)
    wait_until_ended(harness, deploy_id)

    assert end_message(harness, deploy_id).endswith(
        "When I last looked, 3 of 3 new tasks ran, and 3 old tasks. All production traffic still goes to the "
        "old tasks. It was paused once the test traffic has moved."
    )


def test_an_alarm_is_named_though_the_versions_cannot_be_read(harness: EngineHarness) -> None:
    attach_alarm(harness, "site")
    start_external_rollout(harness, "1.4.2", "site")
    deploy_id = request_follow(harness, "site", containers=("nowhere",))
    wait_until(harness, lambda: stage_and_traffic(harness, "site")[0] == "BAKE_TIME", step=1.0)
    assert harness.get(deploy_id).phase is Phase.FOLLOWING_EXTERNAL
    assert harness.get(deploy_id).plan is None

    set_attached_alarm(harness, "ALARM")
    wait_until_ended(harness, deploy_id)

    why = "the alarm `site-5xx` went off, and ECS rolls back by itself."
    assert harness.thread_text(deploy_id, ThreadMessageKind.PROBLEM) == f"Rolling back to `site:5`: {why}"
    assert end_message(harness, deploy_id) == f"*Rolled back* to `site:5`, by ECS, not by me: {why}"


def test_a_rollback_that_began_and_ended_between_two_looks_has_its_reason(harness: EngineHarness) -> None:
    configure_native_service(harness, "shop", pause_hook())
    start_external_rollout(harness, "1.4.2", "shop")
    deploy_id = request_follow(harness, "shop")
    wait_until_paused(harness, deploy_id)
    answer_in_console(harness, "shop", "ROLLBACK")
    harness.ecs.advance(300)
    wait_until_ended(harness, deploy_id)

    assert "was ended outside Slipway, and ECS rolls back." in end_message(harness, deploy_id)
