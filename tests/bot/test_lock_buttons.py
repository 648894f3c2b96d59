"""The buttons on the answer of a locked service."""

from __future__ import annotations

from typing import Any

import pytest

from deploys import buttons
from deploys.records.hold import HoldKind
from deploys.stores import audit
from deploys.stores.locks import ASK_AGAIN_SECONDS
from deploys.stores.notices import Notices
from deploys.stores.user_groups import UserGroups
from tests.bot.bot_harness import ALICE, BOB, CAROL, DAVE, BotHarness
from tests.bot.test_refused_requests import offered, press, refused


@pytest.fixture
def request_id(bot: BotHarness) -> str:
    """dave, who may deploy and override, was refused by alice's lock."""
    bot.type("/deploy lock web checking the graphs")
    blocks = bot.type_for_blocks("/deploy web 1.4.2 new prices", by=DAVE)
    assert offered(blocks) == ["Queue it for when it is free", "Ask the holder", "Break the lock"]
    return refused(bot).id


def test_breaking_is_offered_only_to_those_who_may(bot: BotHarness) -> None:
    UserGroups(bot.redis).save_members("S02APPROVERS", [BOB], bot.clock())
    bot.type("/deploy lock web checking the graphs")

    blocks = bot.type_for_blocks("/deploy web 1.4.2", by=DAVE)
    assert offered(blocks) == ["Queue it for when it is free", "Ask the holder"]
    assert press(bot, buttons.BREAK_LOCK, refused(bot).id, by=DAVE).startswith(f"<@{ALICE}> locked")
    assert [each.owner for each in bot.context.locks.all(bot.clock())] == [ALICE]


def test_it_is_queued_and_held_until_the_lock_is_gone(bot: BotHarness, request_id: str) -> None:
    answer = press(bot, buttons.QUEUE_BEHIND_LOCK, request_id, by=DAVE)

    deploy = bot.only_deploy()
    assert (deploy.tag, deploy.request.requester, deploy.request.reason) == ("1.4.2", DAVE, "new prices")
    assert "It is held for now" in answer
    hold = bot.context.lock_holds.find_hold(deploy, bot.clock())
    assert hold is not None
    assert hold.kind is HoldKind.LOCK
    press(bot, buttons.QUEUE_BEHIND_LOCK, request_id, by=DAVE)
    assert bot.only_deploy().id == deploy.id

    bot.clear_jobs()
    bot.type("/deploy unlock web")
    assert ("advance", [deploy.id]) in bot.queued_jobs()
    assert bot.context.lock_holds.find_hold(deploy, bot.clock()) is None


def test_the_holder_is_asked_and_not_again_for_a_while(bot: BotHarness, request_id: str) -> None:
    assert press(bot, buttons.ASK_HOLDER, request_id, by=DAVE) == f"<@{ALICE}> is asked."
    [notice] = Notices(bot.redis).all()
    assert (notice.user, notice.text) == (
        ALICE,
        f"<@{DAVE}> asks whether your lock of `web` can end (checking the graphs): `/deploy web 1.4.2` "
        "waits for it. `/deploy unlock web` ends it.",
    )
    assert "watch_locks" in {job for job, _ in bot.queued_jobs()}

    bot.clock.advance(60)
    assert press(bot, buttons.ASK_HOLDER, request_id, by=DAVE) == (
        f"<@{DAVE}> has asked <@{ALICE}> about this lock 1 min ago, so I do not ask again yet."
    )
    assert len(Notices(bot.redis).all()) == 1
    assert 0 < bot.redis.ttl(bot.redis.keys("*lock-question*")[0]) <= ASK_AGAIN_SECONDS


def test_breaking_the_lock_is_confirmed_told_and_written_down(bot: BotHarness, request_id: str) -> None:
    [dialog] = [
        each["confirm"]
        for block in bot.type_for_blocks("/deploy web 1.4.2", by=DAVE)
        for each in block.get("elements", ())
        if each.get("action_id") == buttons.BREAK_LOCK
    ]
    assert dialog["title"]["text"] == "Break this lock?"

    press(bot, buttons.BREAK_LOCK, request_id, by=DAVE)

    assert bot.context.locks.all(bot.clock()) == []
    assert bot.only_deploy().request.requester == DAVE
    assert [each.user for each in Notices(bot.redis).all()] == [ALICE]
    done = [each for each in audit.trail(bot.redis) if each["what"] != "refused"]
    whats = [(each["what"], each["who"]) for each in done]
    assert whats[:2] == [("locked", ALICE), ("lock broken", DAVE)]


@pytest.mark.parametrize("button", [buttons.ASK_HOLDER, buttons.BREAK_LOCK])
def test_a_button_about_a_lock_that_was_replaced_does_nothing(
    bot: BotHarness, request_id: str, button: str
) -> None:
    bot.type("/deploy unlock web")
    bot.type("/deploy lock web again")

    assert press(bot, button, request_id, by=DAVE).startswith("That lock is over")
    assert len(bot.context.locks.all(bot.clock())) == 1
    assert Notices(bot.redis).all() == []


@pytest.mark.parametrize("button", [buttons.ASK_HOLDER, buttons.BREAK_LOCK, buttons.QUEUE_BEHIND_LOCK])
@pytest.mark.parametrize("how", [{"by": BOB}, {"by": DAVE, "request_id": "forged23"}])
def test_forged_presses_and_those_of_others_do_nothing(
    bot: BotHarness, request_id: str, button: str, how: dict[str, Any]
) -> None:
    press(bot, button, how.get("request_id", request_id), by=how["by"])

    assert bot.context.store.active() == []
    assert len(bot.context.locks.all(bot.clock())) == 1
    assert Notices(bot.redis).all() == []


def test_the_owner_of_a_lock_is_asked_and_passed_by_who_wanted_to_lock_too(bot: BotHarness) -> None:
    bot.type("/deploy lock web checking the graphs")

    blocks = bot.type_for_blocks("/deploy lock web for 2h a migration", by=DAVE)
    assert offered(blocks) == ["Ask the holder", "Break the lock"]
    assert press(bot, buttons.ASK_HOLDER, refused(bot).id, by=DAVE) == f"<@{ALICE}> is asked."
    assert Notices(bot.redis).all()[0].text == (
        f"<@{DAVE}> asks whether your lock of `web` can end (checking the graphs): `/deploy lock web for 2h` "
        "waits for it. `/deploy unlock web` ends it."
    )
    assert press(bot, buttons.BREAK_LOCK, refused(bot).id, by=DAVE).startswith("Locked: `web`")
    assert [(each.owner, each.reason) for each in bot.context.locks.all(bot.clock())] == [
        (DAVE, "a migration")
    ]


def test_who_may_not_unlock_asks_the_holder(bot: BotHarness) -> None:
    bot.type("/deploy lock web checking the graphs")

    blocks = bot.type_for_blocks("/deploy unlock web", by=CAROL)
    assert offered(blocks) == ["Ask the holder", "Ask somebody who may"]
    press(bot, buttons.ASK_HOLDER, refused(bot).id, by=CAROL)
    assert Notices(bot.redis).all()[0].text == (
        f"<@{CAROL}> asks whether your lock of `web` can end (checking the graphs). `/deploy unlock web` "
        "ends it."
    )


def test_several_services_behind_one_lock_have_the_choices_of_a_single_one(bot: BotHarness) -> None:
    bot.type("/deploy lock * checking the graphs")

    blocks = bot.type_for_blocks("/deploy web,ledger 1.4.2", by=DAVE)
    assert offered(blocks) == ["Queue all for when they are free", "Ask the holder"]
    answer = press(bot, buttons.QUEUE_BEHIND_LOCK, refused(bot).id, by=DAVE)
    assert answer.startswith("Queued: `web` and `ledger` `1.4.2`")
    assert "It is held for now" in answer
    assert [each.service.name for each in bot.context.store.active()] == ["web", "ledger"]


def test_several_services_behind_one_lock_are_deployed_once_it_is_broken(bot: BotHarness) -> None:
    bot.type("/deploy lock web checking the graphs")

    blocks = bot.type_for_blocks("/deploy web,api 1.4.2", by=DAVE)
    assert offered(blocks)[2:] == ["Break the lock", "Deploy only api"]
    assert press(bot, buttons.BREAK_LOCK, refused(bot).id, by=DAVE).startswith("Queued: `web` and `api`")
    assert bot.context.locks.all(bot.clock()) == []


def test_services_behind_several_locks_can_be_queued_together(bot: BotHarness) -> None:
    bot.type("/deploy lock web checking the graphs")
    bot.type("/deploy lock ledger closing the books")

    blocks = bot.type_for_blocks("/deploy web,ledger 1.4.2", by=DAVE)
    assert offered(blocks) == ["Queue all for when they are free"]
    assert press(bot, buttons.QUEUE_BEHIND_LOCK, refused(bot).id, by=DAVE).startswith("Queued: ")
