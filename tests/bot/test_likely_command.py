"""What was mistyped comes with the command that was probably meant, if that is a safe guess."""

from __future__ import annotations

import pytest

from deploys import buttons
from deploys.catalogue.catalogue import Catalogue
from deploys.records.request import Verb
from deploys.stores import redis_keys
from tests.bot.batch_setup import add_service_groups
from tests.bot.bot_harness import ALICE, BOB, BotHarness
from tests.bot.test_refused_requests import offered, press, privately_offered, refused


@pytest.fixture
def catalogue(catalogue: Catalogue) -> Catalogue:
    return add_service_groups(catalogue)


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ("stauts", ["Run /deploy status"]),
        ("stauts web", ["Run /deploy status web"]),
        ("rolback web 1.4.1", ["Run /deploy rollback web 1.4.1"]),
        ("restrat web", ["Run /deploy restart web"]),
        ("cancle web", ["Run /deploy cancel web"]),
        ("lokc web for 2h checking the graphs", ["Run /deploy lock web for 2h"]),
        ("lokc", ["Run /deploy locks"]),  # `lock` and `unlock` need more words
        ("unlcok web", ["Run /deploy unlock web"]),
        ("rolback wbe", []),  # two guesses at once are none
        ("web to 1.4.2", ["Run /deploy web 1.4.2"]),
        ("web to staging", []),
        ("web 1.4.2 to staging", []),
        ("web 1.4.2 --force", []),
        ("rollback web to 1.4.1", ["Run /deploy rollback web 1.4.1"]),
        ("web registry.example.com/web:1.4.2", ["Run /deploy web 1.4.2"]),
        ("lock web for 2hours checking the graphs", ["Run /deploy lock web for 2h"]),
        ("lock web for 2 hours checking the graphs", ["Run /deploy lock web for 2h"]),
        ("web,api,web 1.4.2", ["Run /deploy web,api 1.4.2"]),
        ("web,,api 1.4.2", ["Run /deploy web,api 1.4.2"]),
        ("restart web,api", ["Run /deploy restart web", "Run /deploy restart api"]),
        ("restart web,wbe", ["Run /deploy restart web"]),
        ("web", []),
        ("pause web", []),
        ("", []),
    ],
)
def test_what_is_offered(bot: BotHarness, typed: str, labels: list[str]) -> None:
    assert offered(bot.read_ack(bot.send_command(f"/deploy {typed}")).get("blocks", [])) == labels
    assert len(bot.redis.keys(redis_keys.refused_request("*"))) == len(labels)
    assert bot.context.store.active() == []


def test_the_button_stands_right_below_what_was_wrong(bot: BotHarness) -> None:
    mistake, row, usage, *_ = bot.type_for_blocks("/deploy rolback web 1.4.1")

    assert mistake["text"]["text"] == "I do not know `rolback`. Did you mean `/deploy rollback`?"
    [button] = row["elements"]
    assert button["confirm"]["text"]["text"] == "This does what typing /deploy rollback web 1.4.1 does."
    assert usage["text"]["text"].startswith("• `/deploy SERVICE TAG [reason]`")


def test_it_does_what_typing_it_does_once(bot: BotHarness) -> None:
    bot.type("/deploy rolback web 1.4.1")
    request_id = refused(bot).id

    assert press(bot, buttons.RUN_INSTEAD, request_id).startswith("Queued: rollback of `web` to `1.4.1`")
    new = bot.only_deploy()
    assert (new.verb, new.rollback_target, new.request.requester) == (Verb.ROLLBACK, "1.4.1", ALICE)
    assert press(bot, buttons.RUN_INSTEAD, request_id).startswith("This button was used already")


def test_a_question_needs_no_confirmation_and_keeps_its_person(bot: BotHarness) -> None:
    _, row, *_ = bot.type_for_blocks("/deploy stauts web")

    assert "confirm" not in row["elements"][0]
    assert press(bot, buttons.RUN_INSTEAD, refused(bot).id, by=BOB).startswith("This button was offered to")
    assert press(bot, buttons.RUN_INSTEAD, refused(bot).id).startswith("Nothing of `web` is under way.")


def test_a_lock_keeps_its_length_and_whom_its_reason_mentions(bot: BotHarness) -> None:
    bot.send_command(f"/deploy lokc web for 2h ask <@{BOB}>", by=ALICE)

    press(bot, buttons.RUN_INSTEAD, refused(bot).id)
    [lock] = bot.context.locks.all(bot.clock())
    assert (lock.expires_at, lock.named) == (lock.since + 7200, (BOB,))


def test_after_a_mention_the_button_comes_from_a_worker(bot: BotHarness) -> None:
    bot.mention("@slipway rolback web 1.4.1")

    assert privately_offered(bot) == ["Run /deploy rollback web 1.4.1"]


@pytest.mark.parametrize(
    ("typed", "labels", "pressed", "queued"),
    [
        ("web api 1.4.2 new prices", ["Run /deploy web,api 1.4.2"], 0, ["web", "api"]),
        ("web api fixes: it", [], 0, []),  # `fixes:` could be a tag, but nobody would call one so
        ("web,money 1.4.2", ["Run /deploy money 1.4.2"], 0, ["web", "ledger"]),
        ("api,money 1.4.2", ["Run /deploy api,web,ledger 1.4.2"], 0, ["api", "web", "ledger"]),
        ("ledger,shopfront 1.4.2", [], 0, []),  # the order of the group would be lost
        ("restart shopfront", ["Run /deploy restart web", "Run /deploy restart api"], 1, ["api"]),
        ("web,aip 1.4.2", ["Run /deploy web,api 1.4.2", "Deploy only web"], 0, ["web", "api"]),
        ("api,aip 1.4.2", ["Deploy only api"], 0, []),  # it is in the list already
    ],
)
def test_several_services_that_were_not_written_as_a_list(
    bot: BotHarness, typed: str, labels: list[str], pressed: int, queued: list[str]
) -> None:
    ack = bot.read_ack(bot.send_command(f"/deploy {typed}"))

    assert offered(ack.get("blocks", [])) == labels
    if queued:
        answer = press(bot, buttons.RUN_INSTEAD, refused(bot).id, question=pressed)
        assert answer.startswith("Queued: ")
    assert [each.service.name for each in bot.context.store.active()] == queued


def test_the_reason_behind_a_list_without_commas_is_kept(bot: BotHarness) -> None:
    bot.type("/deploy web api 1.4.2 new prices")

    press(bot, buttons.RUN_INSTEAD, refused(bot).id, question=0)
    assert {(each.tag, each.request.reason) for each in bot.context.store.active()} == {
        ("1.4.2", "new prices")
    }


def test_a_made_up_number_of_a_choice_does_nothing(bot: BotHarness) -> None:
    bot.type("/deploy restart shopfront")

    assert press(bot, buttons.RUN_INSTEAD, refused(bot).id, question=7).startswith("This button was used")
    assert bot.context.store.active() == []
