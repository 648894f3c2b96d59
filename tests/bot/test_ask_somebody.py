"""Who is refused can have those called who may; one of them runs the same request in their own name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

from deploys import buttons
from deploys.buttons.ask_somebody import SECONDS_BETWEEN
from deploys.catalogue.catalogue import Catalogue
from deploys.records.deploy import Deploy
from deploys.records.request import Verb
from deploys.stores import audit
from deploys.stores.asked_requests import AskedRequests, AskedState
from deploys.stores.refused_requests import KEPT_SECONDS
from tests.bot.batch_setup import add_service_groups
from tests.bot.bot_harness import ALICE, BOB, CAROL, DAVE, DEPLOYS_CHANNEL, GENERAL_CHANNEL, BotHarness
from tests.bot.test_refused_requests import THREAD, offered, press, refused
from tests.builders import a_deploy
from tests.slack_directory import KnownDirectory, a_channel

DEPLOYERS = f"<@{ALICE}>, <!subteam^S01DEPLOYERS>"


@pytest.fixture
def catalogue(catalogue: Catalogue) -> Catalogue:
    return add_service_groups(catalogue)


def ask(bot: BotHarness, typed: str, *, by: str = CAROL) -> str:
    """Types a command that is refused, and presses the button on the refusal; the answer."""
    blocks = bot.type_for_blocks(f"/deploy {typed}", by=by)
    assert "Ask somebody who may" in offered(blocks)
    return press(bot, buttons.ASK_SOMEBODY, refused(bot).id, by=by)


def asked(bot: BotHarness) -> AskedState:
    """The one request that others are asked to run."""
    requests = AskedRequests(bot.redis)
    [asked_id] = requests.all()
    found = requests.find(asked_id)
    assert found is not None
    return found


def run(bot: BotHarness, *, by: str, **how: Any) -> str:
    """Presses the button on the message in the channel, and returns what this person reads."""
    bot.clear_jobs()
    bot.click(buttons.RUN_ASKED, a_deploy(id=asked(bot).asked.id), by=by, **{"question": 0, **how})
    answers = bot.queued_answers()
    return answers[-1][3] if answers else ""


def told(bot: BotHarness) -> list[dict[str, str]]:
    return [dict(each) for each in audit.trail(bot.redis)]


def test_those_whom_the_refusal_names_are_called(bot: BotHarness) -> None:
    assert ask(bot, "web 1.4.2 fixes the login") == (
        f"Asked {DEPLOYERS} here to run `/deploy web 1.4.2`, which the message offers."
    )

    found = asked(bot)
    assert (found.asked.people, found.asked.refused.request.requester) == (DEPLOYERS, CAROL)
    assert "show_asked_requests" in {job for job, _ in bot.queued_jobs()}
    assert bot.context.store.active() == []
    [entry] = [each for each in told(bot) if each["what"] == "asked somebody who may"]
    assert (entry["who"], entry["verb"], entry["service"], entry["tag"], entry["why"]) == (
        CAROL,
        "deploy",
        "web",
        "1.4.2",
        "fixes the login",
    )


def test_one_of_them_runs_exactly_that_in_their_own_name(bot: BotHarness) -> None:
    ask(bot, "web 1.4.2 fixes the login")

    assert run(bot, by=DAVE).startswith("Queued: `web` `1.4.2`")

    deploy = bot.only_deploy()
    assert (deploy.tag, deploy.request.reason, deploy.request.requester) == ("1.4.2", "fixes the login", DAVE)
    assert (deploy.request.channel, deploy.verb) == (DEPLOYS_CHANNEL, Verb.DEPLOY)
    [entry] = [each for each in told(bot) if each["what"] == "ran what was asked for"]
    assert (entry["who"], entry["why"]) == (DAVE, f"asked for by {CAROL}")
    assert asked(bot).run_by == DAVE
    assert "show_asked_requests" in {job for job, _ in bot.queued_jobs()}


def test_who_may_not_is_refused_and_the_others_still_may(bot: BotHarness) -> None:
    ask(bot, "web 1.4.2")

    for each in (BOB, CAROL):
        assert run(bot, by=each).startswith("You may not deploy `web`.")
    assert bot.context.store.active() == []
    assert asked(bot).run_by == ""
    assert run(bot, by=ALICE).startswith("Queued: ")


def test_it_works_once(bot: BotHarness) -> None:
    ask(bot, "restart web")
    run(bot, by=ALICE)

    assert run(bot, by=DAVE) == (
        f"This can be run no longer: <@{ALICE}> ran it. Nothing was changed by your click."
    )
    assert len(bot.context.store.recent(None, 9)) == 1


def test_who_presses_a_moment_later_is_told_who_ran_it(bot: BotHarness) -> None:
    ask(bot, "restart web")
    message = a_deploy(id=asked(bot).asked.id)
    requests = AskedRequests(bot.redis)
    assert requests.claim(message.id, "run", by=ALICE)
    during = press_message(bot, message)
    requests.release(message.id, "run")
    run(bot, by=ALICE)
    requests.remove(message.id)  # a worker has edited the message

    assert during == (
        f"This can be run no longer: <@{ALICE}> is running it just now. Nothing was changed by your click."
    )
    assert press_message(bot, message) == (
        f"This can be run no longer: <@{ALICE}> ran it. Nothing was changed by your click."
    )


def press_message(bot: BotHarness, message: Deploy) -> str:
    """Dave presses the button on the message."""
    bot.clear_jobs()
    bot.click(buttons.RUN_ASKED, message, by=DAVE, question=0)
    return bot.queued_answers()[-1][3]


def test_of_many_presses_at_once_one_counts(bot: BotHarness) -> None:
    ask(bot, "web 1.4.2")
    message = a_deploy(id=asked(bot).asked.id)

    def click(number: int) -> int:
        return bot.click(buttons.RUN_ASKED, message, by=(ALICE, DAVE)[number % 2], question=0).status

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(click, range(10))) == {200}
    assert len(bot.context.store.recent(None, 9)) == 1
    assert sum(entry["what"] == "ran what was asked for" for entry in told(bot)) == 1


@pytest.mark.parametrize(("seconds", "dead"), [(KEPT_SECONDS - 5, False), (KEPT_SECONDS, True)])
def test_it_works_for_an_hour(bot: BotHarness, seconds: int, dead: bool) -> None:
    ask(bot, "web 1.4.2")
    bot.clock.advance(seconds)

    answer = run(bot, by=ALICE)

    assert answer.startswith("This can be run no longer: it is older than an hour") is dead
    assert bool(bot.context.store.active()) is not dead


def test_the_message_counts_only_where_it_was_asked_for(bot: BotHarness) -> None:
    ask(bot, "web 1.4.2")

    assert run(bot, by=ALICE, channel=GENERAL_CHANNEL).startswith("This message is out of date")
    assert bot.context.store.active() == []


def test_the_same_is_asked_once_in_ten_minutes(bot: BotHarness) -> None:
    ask(bot, "web 1.4.2")
    bot.type("/deploy web 1.4.3", by=CAROL)

    assert press(bot, buttons.ASK_SOMEBODY, refused(bot).id, by=CAROL) == (
        f"They were asked less than {SECONDS_BETWEEN // 60} minutes ago. Nobody was asked again."
    )
    assert asked(bot).asked.refused.tag == "1.4.2"


def test_in_a_thread_it_is_asked_there(bot: BotHarness) -> None:
    bot.mention("@slipway deploy web 1.4.2", by=CAROL, thread=THREAD)
    press(bot, buttons.ASK_SOMEBODY, refused(bot).id, by=CAROL)

    assert asked(bot).asked.refused.request.thread_ts == THREAD


def test_nobody_is_asked_in_a_direct_message(bot: BotHarness) -> None:
    assert "blocks" not in bot.read_ack(bot.send_command("/deploy web 1.4.2", by=CAROL, channel="D03CAROL00"))


def test_nobody_is_asked_where_the_service_may_not_be_talked_about(bot: BotHarness) -> None:
    answer = bot.read_ack(bot.send_command("/deploy web 1.4.2", by=CAROL, channel=GENERAL_CHANNEL))
    assert "blocks" not in answer


def test_nobody_is_asked_in_a_channel_that_is_shared_by_now(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2", by=CAROL)
    known = cast(KnownDirectory, bot.context.directory)
    known.channels[DEPLOYS_CHANNEL] = a_channel(is_shared=True)

    answer = press(bot, buttons.ASK_SOMEBODY, refused(bot).id, by=CAROL)

    assert answer.startswith("This channel is shared with another organisation")
    assert AskedRequests(bot.redis).all() == []


@pytest.mark.parametrize(
    ("typed", "people"),
    [
        ("restart web", DEPLOYERS),
        ("rollback web", DEPLOYERS),
        ("web,ledger 1.4.2", DEPLOYERS),
        ("money 1.4.2", DEPLOYERS),
        ("lock web checking the graphs", DEPLOYERS),
    ],
)
def test_what_can_be_asked_for(bot: BotHarness, typed: str, people: str) -> None:
    assert ask(bot, typed).startswith(f"Asked {people} here to run `/deploy {typed.split(' checking')[0]}`")

    assert run(bot, by=ALICE).startswith(("Queued: ", "Locked: "))


def withdrawable(bot: BotHarness) -> Deploy:
    bot.type("/deploy web 1.4.2")
    return bot.only_deploy()


def test_a_withdrawal_can_be_asked_for(bot: BotHarness) -> None:
    deploy = withdrawable(bot)

    assert ask(bot, f"cancel {deploy.id}").startswith(
        f"Asked <@{ALICE}>, <!subteam^S02APPROVERS> here to run"
    )
    assert run(bot, by=BOB).startswith("Cancelling `web` `1.4.2`")
    cancel = bot.only_deploy().cancel
    assert cancel is not None
    assert cancel.user == BOB


def test_that_deploys_go_on_can_be_asked_for(bot: BotHarness) -> None:
    bot.type("/deploy stop-all the database is slow", by=ALICE)

    assert ask(bot, "resume-all it is fast again").startswith(
        f"Asked <@{ALICE}>, <!subteam^S02APPROVERS> here"
    )
    assert run(bot, by=BOB).startswith("Resumed: deploys go on.")


def test_a_question_calls_nobody(bot: BotHarness) -> None:
    assert "Ask somebody who may" not in str(bot.read_ack(bot.send_command("/deploy status web", by=CAROL)))
