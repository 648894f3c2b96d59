"""A newer tag takes the place of one that waits; what has begun goes on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from deploys import buttons
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.stores import audit, redis_keys
from tests.bot.bot_harness import ALICE, CAROL, DAVE, DEPLOYS_CHANNEL, BotHarness
from tests.bot.test_refused_requests import offered, press, privately_offered, refused


def queue_behind(bot: BotHarness, *, waiting_by: str = ALICE, by: str = ALICE) -> list[str]:
    """1.4.0 runs, 1.4.1 waits, 1.4.2 is asked for; returns the buttons of its answer."""
    bot.type("/deploy web 1.4.0", by=DAVE)
    bot.commit_step(bot.only_deploy(), phase=Phase.PLANNING)
    bot.clock.advance(1)
    bot.type("/deploy web 1.4.1", by=waiting_by)
    bot.clock.advance(1)
    ack = bot.read_ack(bot.send_command("/deploy web 1.4.2", by=by))
    return offered(ack.get("blocks", []))


def queue(bot: BotHarness) -> list[Deploy]:
    found = [bot.context.store.get(each) for each in bot.context.store.service_queue("web")]
    return [each for each in found if each]


def tags(bot: BotHarness) -> list[str]:
    return [each.tag for each in queue(bot)]


def test_the_one_that_waits_is_withdrawn_and_the_new_one_has_its_place(bot: BotHarness) -> None:
    assert queue_behind(bot) == ["Replace 1.4.1, which waits"]

    assert press(bot, buttons.REPLACE_WAITING, refused(bot).id) == (
        f"`web` `1.4.1` by <@{ALICE}> is withdrawn, and `1.4.2` has its place in the queue."
    )

    running, new, old = queue(bot)
    assert (running.tag, new.tag, old.tag) == ("1.4.0", "1.4.2", "1.4.1")
    assert (running.cancel, new.cancel) == (None, None)
    assert old.cancel is not None
    assert old.cancel.user == ALICE
    assert [each.text for each in old.thread_messages] == [
        f"Replaced by `web` `1.4.2`, which <@{ALICE}> asked for."
    ]
    assert audit.trail(bot.redis, old.id)[-1]["what"] == "replaced"
    assert {("advance", (old.id,)), ("publish", ())} <= {
        (name, tuple(arguments)) for name, arguments in bot.queued_jobs()
    }


def test_it_is_offered_after_a_mention_too(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.1")
    bot.mention("@slipway deploy web 1.4.2")

    assert privately_offered(bot) == ["Replace 1.4.1, which waits"]


@pytest.mark.parametrize(
    ("waiting_by", "by", "may"),
    [
        (ALICE, ALICE, True),  # its requester
        (ALICE, DAVE, True),  # an approver
        (DAVE, ALICE, False),
    ],
)
def test_those_may_who_may_withdraw_it(bot: BotHarness, waiting_by: str, by: str, may: bool) -> None:
    assert bool(queue_behind(bot, waiting_by=waiting_by, by=by)) is may


def test_what_runs_is_never_offered(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.1")
    bot.commit_step(bot.only_deploy(), phase=Phase.PLANNING)

    assert "blocks" not in bot.read_ack(bot.send_command("/deploy web 1.4.2"))


@pytest.mark.parametrize("typed", ["/deploy restart web", "/deploy rollback web", "/deploy follow web"])
def test_only_a_deploy_replaces_one(bot: BotHarness, typed: str) -> None:
    bot.type("/deploy web 1.4.1")

    assert "blocks" not in bot.read_ack(bot.send_command(typed))


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"phase": Phase.PLANNING}, "`web` `1.4.1` is being planned"),
        (
            {"phase": Phase.ENDED, "outcome": Outcome.CANCELLED, "ended_at": 1.0},
            "`web` `1.4.1` was cancelled",
        ),
    ],
)
def test_one_that_has_begun_or_ended_meanwhile_stays_as_it_is(
    bot: BotHarness, changes: dict[str, Any], state: str
) -> None:
    queue_behind(bot)
    old = queue(bot)[1]
    bot.redis.zadd(redis_keys.DUE, {old.id: 0})
    bot.commit_step(old, **changes)
    before = [each.to_json() for each in queue(bot)]

    assert press(bot, buttons.REPLACE_WAITING, refused(bot).id) == (
        f"{state}, so nothing was replaced. Nothing was changed: both stay as they are."
    )
    assert [each.to_json() for each in queue(bot)] == before


def test_a_new_one_that_was_withdrawn_replaces_nothing(bot: BotHarness) -> None:
    queue_behind(bot)
    new = queue(bot)[2]
    bot.type(f"/deploy cancel {new.id}")

    assert "so nothing was replaced" in press(bot, buttons.REPLACE_WAITING, refused(bot).id)
    assert queue(bot)[1].cancel is None


@pytest.mark.parametrize("by", [CAROL, DAVE])
def test_nobody_else_may_press_it(bot: BotHarness, by: str) -> None:
    queue_behind(bot)

    answer = press(bot, buttons.REPLACE_WAITING, refused(bot).id, by=by)
    assert answer.startswith(f"This button was offered to <@{ALICE}>")
    assert tags(bot) == ["1.4.0", "1.4.1", "1.4.2"]


def test_it_does_nothing_with_the_id_of_another_refusal(bot: BotHarness) -> None:
    bot.type("/deploy wbe 1.4.2")

    assert press(bot, buttons.REPLACE_WAITING, refused(bot).id).startswith("This is no deploy that waits")


def test_who_lost_the_right_meanwhile_replaces_nothing(bot: BotHarness) -> None:
    queue_behind(bot, by=DAVE)
    bot.context.access._groups.save_members("S02APPROVERS", [], bot.clock())

    assert press(bot, buttons.REPLACE_WAITING, refused(bot).id, by=DAVE).startswith("You may not")
    assert tags(bot) == ["1.4.0", "1.4.1", "1.4.2"]


def test_a_worker_that_begins_it_at_the_same_time_wins_or_loses_whole(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.1")
    bot.type("/deploy web 1.4.2", channel=DEPLOYS_CHANNEL)
    old, new = queue(bot)
    store = bot.context.store
    kept = refused(bot).id

    def begin() -> bool:
        claim = store.claim(old.id, "worker", 60)
        if claim is None or claim.deploy.cancel:
            return False
        try:
            store.commit(claim, claim.deploy.in_phase(Phase.PLANNING, bot.clock()), due_at=bot.clock())
        except Exception:  # noqa: BLE001 - the record changed first
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        begun = pool.submit(begin)
        answer = pool.submit(press, bot, buttons.REPLACE_WAITING, kept)
        replaced = answer.result().endswith("has its place in the queue.")
    assert begun.result() != replaced
    assert tags(bot) == (["1.4.2", "1.4.1"] if replaced else ["1.4.1", "1.4.2"])
    assert bot.redis.zscore(redis_keys.DUE, new.id if replaced else old.id) is not None
