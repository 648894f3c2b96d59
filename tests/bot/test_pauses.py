"""Continue and Roll back at a pause: who may, and what late, repeated and stale clicks are answered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploys import buttons
from deploys.catalogue.catalogue import Catalogue
from deploys.holds.lock_text import stop_sentence
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.traffic import HookAction, PauseAnswer, PauseEnd, TrafficShift
from tests.bot.bot_harness import ALICE, BOB, CAROL, DAVE, DEPLOYS_CHANNEL, BotHarness
from tests.bot.test_refused_requests import privately_offered
from tests.builders import a_native_service, a_plan
from tests.deploys.test_pauses import a_pause

DEPLOYERS, APPROVERS = "S01DEPLOYERS", "S02APPROVERS"


@pytest.fixture
def catalogue() -> Catalogue:
    """shop's approvers let it continue; site names none."""
    allowed = {"deployers": (ALICE, DEPLOYERS), "channels": (DEPLOYS_CHANNEL,)}
    services = (
        a_native_service("shop", approvers=(APPROVERS,), **allowed),
        a_native_service("site", approvers=(), **allowed),
    )
    return Catalogue({each.name: each for each in services})


def start_and_pause(bot: BotHarness, service: str = "shop", by: str = ALICE) -> Deploy:
    bot.type(f"/deploy {service} 1.4.2", by=by)
    return pause_deploy(bot, bot.only_deploy(), Phase.FOLLOWING)


def pause_deploy(bot: BotHarness, deploy: Deploy, phase: Phase, **changes: Any) -> Deploy:
    now = bot.clock()
    pauses = (a_pause(since=now, expires_at=now + 1800, **changes),)
    shift = TrafficShift(
        stage="POST_TEST_TRAFFIC_SHIFT", new_production_percent=0.0, new_test_percent=100.0, pauses=pauses
    )
    moved = bot.commit_step(deploy, phase=phase, plan=a_plan(), traffic=shift)
    bot.post_card(moved)
    bot.clear_jobs()
    return moved


def recorded_answer(bot: BotHarness) -> PauseAnswer | None:
    shift = bot.only_deploy().traffic
    return shift.pauses[-1].answer if shift else None


def only_answer(bot: BotHarness, who: str) -> str:
    """The only private answer; it goes to this person."""
    [(channel, _, user, text)] = bot.queued_answers()
    assert (channel, user) == (DEPLOYS_CHANNEL, who)
    return text


@pytest.mark.parametrize(
    ("button", "action"),
    [(buttons.CONTINUE, HookAction.CONTINUE), (buttons.ROLL_BACK, HookAction.ROLLBACK)],
)
def test_an_answer_is_written_down_and_the_workers_are_rung(
    bot: BotHarness, button: str, action: HookAction
) -> None:
    deploy = start_and_pause(bot)

    ack = bot.click(button, deploy, by=BOB, question=1)

    assert (ack.status, ack.body) == (200, "")
    answer = recorded_answer(bot)
    assert answer is not None
    assert (answer.user, answer.action) == (BOB, action)
    assert bot.queued_jobs() == [("advance", [deploy.id]), ("publish", [])]


@pytest.mark.parametrize(
    ("service", "requester", "who", "button", "answer"),
    [
        (
            "shop",
            ALICE,
            CAROL,
            buttons.CONTINUE,
            f"You are not an approver of `shop`. Those who are: <!subteam^{APPROVERS}>"
            ", as `approvers` in `services.yml` says.",
        ),
        (
            "shop",
            ALICE,
            ALICE,
            buttons.CONTINUE,
            f"You are not an approver of `shop`. Those who are: <!subteam^{APPROVERS}>"
            ", as `approvers` in `services.yml` says.",
        ),
        (
            "shop",
            DAVE,
            DAVE,
            buttons.CONTINUE,
            "You asked for this deploy, so somebody else has to let it continue: "
            f"<!subteam^{APPROVERS}>. You may roll it back.",
        ),
        (
            "shop",
            ALICE,
            CAROL,
            buttons.ROLL_BACK,
            f"You may not roll back `shop`. Those who may: <@{ALICE}>, <!subteam^{DEPLOYERS}>, "
            f"<!subteam^{APPROVERS}>, as `deployers` and `approvers` in `services.yml` says.",
        ),
        (
            "site",
            ALICE,
            BOB,
            buttons.CONTINUE,
            f"You may not deploy `site`. Those who may: <@{ALICE}>, <!subteam^{DEPLOYERS}>"
            ", as `deployers` in `services.yml` says.",
        ),
    ],
)
def test_who_may_not(
    bot: BotHarness, service: str, requester: str, who: str, button: str, answer: str
) -> None:
    deploy = start_and_pause(bot, service, by=requester)

    bot.click(button, deploy, by=who, question=1)

    assert only_answer(bot, who) == answer
    assert recorded_answer(bot) is None


@pytest.mark.parametrize(
    ("service", "requester", "who", "button"),
    [
        ("site", ALICE, ALICE, buttons.CONTINUE),  # no approvers: people who may deploy, the requester too
        ("site", ALICE, DAVE, buttons.CONTINUE),
        ("shop", ALICE, ALICE, buttons.ROLL_BACK),  # who may cancel may roll back
    ],
)
def test_who_may(bot: BotHarness, service: str, requester: str, who: str, button: str) -> None:
    deploy = start_and_pause(bot, service, by=requester)

    bot.click(button, deploy, by=who, question=1)

    answer = recorded_answer(bot)
    assert answer is not None
    assert answer.user == who


def test_the_second_click_is_told_who_was_first(bot: BotHarness) -> None:
    deploy = start_and_pause(bot)

    bot.click(buttons.CONTINUE, deploy, by=BOB, question=1)
    bot.click(buttons.ROLL_BACK, deploy, by=DAVE, question=1)

    assert only_answer(bot, DAVE) == f"Already answered: <@{BOB}> pressed *Continue*."
    answer = recorded_answer(bot)
    assert answer is not None
    assert answer.action is HookAction.CONTINUE


def test_a_click_after_the_time_ran_out(bot: BotHarness) -> None:
    deploy = start_and_pause(bot)
    assert deploy.traffic is not None
    late = deploy.traffic.pauses[0].evolve(expires_at=bot.clock())
    bot.commit_step(deploy, traffic=deploy.traffic.with_last_pause(late))

    bot.click(buttons.CONTINUE, deploy, by=BOB, question=1)

    assert only_answer(bot, BOB) == (
        "This pause is over: its time ran out, and ECS rolls back by itself. Nothing was changed by your "
        "click."
    )


@pytest.mark.parametrize("button", [buttons.CONTINUE, buttons.ROLL_BACK])
def test_a_click_that_slack_delivered_late_changes_nothing(bot: BotHarness, button: str) -> None:
    deploy = start_and_pause(bot)
    payload = bot.click_payload(button, deploy, by=BOB, question=1)
    bot.clock.advance(3.2)

    bot.send_form({"payload": json.dumps(payload)})

    assert only_answer(bot, BOB).startswith("This reached me 3 s after you sent it")
    assert recorded_answer(bot) is None


def test_a_button_of_an_earlier_pause_does_not_answer_the_next(bot: BotHarness) -> None:
    deploy = start_and_pause(bot)
    assert deploy.traffic is not None
    first = deploy.traffic.pauses[0].evolve(end=PauseEnd.ANSWERED_ELSEWHERE, ended_at=bot.clock())
    second = a_pause(hook_id="h2", expires_at=bot.clock() + 1800)
    bot.commit_step(deploy, traffic=deploy.traffic.evolve(pauses=(first, second)))

    bot.click(buttons.CONTINUE, deploy, by=BOB, question=1)

    assert only_answer(bot, BOB) == (
        "This pause is over: somebody continued it outside Slipway. Nothing was changed by your click."
    )
    assert recorded_answer(bot) is None


def test_a_button_that_outlived_its_deploy_says_how_it_ended(bot: BotHarness) -> None:
    deploy = start_and_pause(bot)
    bot.commit_step(deploy, phase=Phase.ENDED, outcome=Outcome.SUPERSEDED, ended_at=bot.clock())

    bot.click(buttons.ROLL_BACK, deploy, by=BOB, question=1)

    assert only_answer(bot, BOB) == (
        "This question is closed: the deploy was superseded. Nothing was changed by your click."
    )


def test_status_says_that_it_waits_for_an_answer(bot: BotHarness) -> None:
    start_and_pause(bot)

    assert "`shop` `1.4.2` is paused and waits for an answer, *Continue* or *Roll back*; asked for" in (
        bot.type("/deploy status")
    )


def test_nothing_continues_while_all_deploys_are_stopped(bot: BotHarness) -> None:
    deploy = start_and_pause(bot)
    bot.type("/deploy stop-all the database is slow", by=ALICE)
    stop = bot.context.stops.find()
    assert stop is not None
    bot.clear_jobs()

    bot.click(buttons.CONTINUE, deploy, by=BOB, question=1)
    assert recorded_answer(bot) is None
    assert bot.queued_answers()[-1][3] == (
        f"{stop_sentence(stop)} The rollout stays at its pause until they are resumed, so nothing was "
        "changed. It can still be rolled back."
    )
    assert privately_offered(bot) == ["Resume all"], "bob may override"

    bot.type("/deploy resume-all", by=ALICE)
    bot.click(buttons.CONTINUE, deploy, by=BOB, question=1)
    answer = recorded_answer(bot)
    assert answer is not None
    assert answer.action is HookAction.CONTINUE


def test_a_pause_is_rolled_back_while_all_deploys_are_stopped(bot: BotHarness) -> None:
    deploy = start_and_pause(bot)
    bot.type("/deploy stop-all the database is slow", by=ALICE)

    bot.click(buttons.ROLL_BACK, deploy, by=BOB, question=1)

    answer = recorded_answer(bot)
    assert answer is not None
    assert answer.action is HookAction.ROLLBACK
