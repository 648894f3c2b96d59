"""`/deploy scale SERVICE COUNT [reason]`"""

from __future__ import annotations

import pytest

from bot.commands import parse
from bot.grammar import Command, ParseError, ParseErrorKind
from deploys import buttons
from deploys.records.count_change import CountChange
from deploys.records.phases import Phase
from deploys.records.request import Verb
from tests.bot.bot_harness import ALICE, CAROL, DAVE, DEPLOYS_CHANNEL, GENERAL_CHANNEL, BotHarness
from tests.bot.test_refused_requests import offered, press, refused
from tests.builders import a_plan


@pytest.mark.parametrize(
    ("text", "count", "reason"),
    [
        ("scale web 3", 3, ""),
        ("Scale Web 12 for the sale", 12, "for the sale"),
        ("scale web: 3: for the sale", 3, "for the sale"),
        ("scale web 5000", 5000, ""),
        ("scale web 0", 0, ""),
    ],
)
def test_what_is_understood(text: str, count: int, reason: str) -> None:
    assert parse(text) == Command("scale", ("web",), count=count, reason=reason)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("scale web", ParseErrorKind.MISSING_COUNT),
        ("scale web three", ParseErrorKind.INVALID_COUNT),
        ("scale web -1", ParseErrorKind.INVALID_COUNT),
        ("scale web +2", ParseErrorKind.INVALID_COUNT),
        ("scale web 5001", ParseErrorKind.INVALID_COUNT),
        ("scale web 99999999999999", ParseErrorKind.INVALID_COUNT),
        ("scale web \N{ARABIC-INDIC DIGIT THREE}", ParseErrorKind.INVALID_COUNT),
        ("scale web,api 3", ParseErrorKind.SINGLE_SERVICE_ONLY),
    ],
)
def test_what_is_not(text: str, kind: ParseErrorKind) -> None:
    with pytest.raises(ParseError) as raised:
        parse(text)

    assert raised.value.kind is kind


def test_a_mistake_says_what_is_allowed(bot: BotHarness) -> None:
    assert bot.type("/deploy scale web").startswith("How many tasks? Write `/deploy scale web COUNT`.")
    assert bot.type("/deploy scale web many").startswith(
        "`many` is not a number of tasks; anything from 0 to 5000 is allowed. Write `/deploy scale "
        "web COUNT`."
    )


def test_it_is_queued_with_its_reason(bot: BotHarness) -> None:
    answer = bot.type("/deploy scale web 5 for the sale")

    deploy = bot.only_deploy()
    assert answer == (
        f"Queued: scaling of `web` to 5 tasks (deploy `{deploy.id}`). Its thread follows here after "
        "the first checks."
    )
    assert (deploy.verb, deploy.count_change, deploy.tag) == (Verb.SCALE, CountChange(wanted=5), "")
    assert deploy.request.reason == "for the sale"
    assert bot.queued_jobs() == [("advance", [deploy.id])]


def test_it_waits_in_the_queue_of_its_service_and_is_not_queued_twice(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    answer = bot.type("/deploy scale web 5")
    again = bot.type("/deploy scale web 5", by=DAVE)
    other = bot.type("/deploy scale web 6")

    assert "number 2 in the queue of `web`, behind `1.4.2` by" in answer
    assert again.startswith(f"Nothing was added: <@{ALICE}> asked for the scaling of `web` to 5 tasks ")
    assert "number 3 in the queue of `web`, behind `1.4.2` by" in other
    assert "a scaling to 5 tasks by" in other


def test_who_may_and_where(bot: BotHarness) -> None:
    assert bot.type("/deploy scale web 5", by=CAROL) == (
        f"You may not scale `web`. Those who may: <@{ALICE}>, <!subteam^S01DEPLOYERS>, as `deployers` in "
        "`services.yml` says."
    )
    assert bot.type("/deploy scale web 5", channel=GENERAL_CHANNEL) == (
        f"`web` may not be deployed from this channel, only from <#{DEPLOYS_CHANNEL}>, as `channels` in "
        "`services.yml` says."
    )
    assert bot.context.store.active() == []


def test_zero_is_said_plainly_and_has_to_be_confirmed(bot: BotHarness) -> None:
    ack = bot.read_ack(bot.send_command("/deploy scale web 0 nobody uses it"))

    assert ack["text"] == (
        "With 0 tasks `web` does nothing at all, until somebody scales it up: `/deploy scale web "
        "COUNT`. Nothing "
        "was changed yet. If you mean it, confirm it."
    )
    assert offered(ack["blocks"]) == ["Scale to 0"]
    assert bot.context.store.active() == []

    assert press(bot, buttons.SCALE_TO_ZERO, refused(bot).id).startswith(
        "Queued: scaling of `web` to 0 tasks"
    )
    deploy = bot.only_deploy()
    assert (deploy.count_change, deploy.request.reason) == (CountChange(wanted=0), "nobody uses it")


def test_only_the_one_who_asked_confirms_it(bot: BotHarness) -> None:
    bot.type("/deploy scale web 0")

    assert press(bot, buttons.SCALE_TO_ZERO, refused(bot).id, by=DAVE).startswith(
        f"This button was offered to <@{ALICE}>"
    )
    assert bot.context.store.active() == []


def test_a_lock_refuses_it_and_its_button_queues_the_same_count(bot: BotHarness) -> None:
    bot.type("/deploy lock web the graphs", by=DAVE)
    answer = bot.type("/deploy scale web 5")
    queued = press(bot, buttons.QUEUE_BEHIND_LOCK, refused(bot).id)

    assert "`web` is locked" in answer
    assert queued.startswith("Queued: scaling of `web` to 5 tasks")
    assert bot.only_deploy().count_change == CountChange(wanted=5)


def test_cancelled_once_it_has_begun_the_answer_says_what_happens(bot: BotHarness) -> None:
    bot.type("/deploy scale web 5")
    deploy = bot.commit_step(
        bot.only_deploy(), phase=Phase.FOLLOWING_COUNT, count_change={"before": 3}, ecs={"update_tried": True}
    )

    answer = bot.type("/deploy cancel web", by=DAVE)

    assert answer.startswith(
        "Cancelling the scaling of `web` to 5 tasks: it has begun, so the count that there was "
        "before is set again."
    )
    refusal = bot.type(f"/deploy cancel {deploy.id}", by=CAROL)
    assert refusal.startswith("You may not scale `web`. Those who may: ")


def test_what_it_is_called_in_lists_and_by_itself(bot: BotHarness) -> None:
    bot.type("/deploy scale web 5")
    deploy = bot.commit_step(
        bot.only_deploy(),
        phase=Phase.FOLLOWING_COUNT,
        plan=a_plan(desired_count=3),
        rollout={"counts": {"new_desired": 5, "new_running": 4}},
    )

    assert "scaling of `web` to 5 tasks is under way" in bot.type("/deploy status web")
    assert f"scaling of `web` to 5 tasks by <@{ALICE}> is under way" in bot.ask("/deploy history web")
    shown = bot.type(f"/deploy show {deploy.id}").splitlines()
    assert "*Plan*: from 3 tasks to 5 tasks, revision `web:1`" in shown
    assert "Tasks: 4 of 5 running" in shown


def test_access_explains_who_may_scale_and_run_and_read_logs(bot: BotHarness) -> None:
    answer = bot.type("/deploy access web", by=CAROL).splitlines()

    assert "• scale it: *no*. You may not scale `web`." in "\n".join(answer)
    assert f"• who may scale it: <@{ALICE}>, <!subteam^S01DEPLOYERS> (`deployers`)" in answer
    assert "• who may run commands in it: nobody (`may_run`)" in answer
    assert "• who may read its logs: who may ask about it here" in answer
