"""Who ends a lock, stops and resumes all deploys, from where; who may read of it; and of two at once, one
does it and the other is told who."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from deploys import buttons
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import ServiceGroup
from deploys.records.audit_entry import AuditEntry
from deploys.records.lock import Lock
from deploys.stores import audit
from deploys.stores.notices import Notices
from deploys.stores.slack_directory import ChannelKind
from tests.bot.bot_harness import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    DEPLOYS_CHANNEL,
    GENERAL_CHANNEL,
    TEAM,
    BotHarness,
)
from tests.builders import a_deploy, a_service
from tests.slack_directory import KnownDirectory, a_channel, a_person

DEPLOYERS, APPROVERS = "S01DEPLOYERS", "S02APPROVERS"
SECRET_CHANNEL, DIRECT = "C03SECRET0", "D01ALICE00"


@pytest.fixture
def catalogue() -> Catalogue:
    """`vault` may be seen in a channel of its own alone."""
    allowed = {"deployers": (ALICE, DEPLOYERS), "approvers": (APPROVERS,)}
    services = (
        a_service("web", **allowed, channels=(DEPLOYS_CHANNEL,)),
        a_service("vault", **allowed, channels=(SECRET_CHANNEL,)),
    )
    return Catalogue(
        {each.name: each for each in services},
        {"shop": ServiceGroup(name="shop", services=("web",))},
    )


def directory(bot: BotHarness) -> KnownDirectory:
    known = bot.context.directory
    assert isinstance(known, KnownDirectory)
    return known


def make_shared(bot: BotHarness) -> str:
    directory(bot).channels[DEPLOYS_CHANNEL] = a_channel(is_shared=True)
    return "This channel is shared with another organisation"


def make_guest(bot: BotHarness) -> str:
    directory(bot).people[ALICE] = a_person(is_guest=True)
    return "You are a guest of this workspace"


def forget_alice(bot: BotHarness) -> str:
    directory(bot).people[ALICE] = None
    return "Slack did not say who you are"


@pytest.mark.parametrize("change", [make_shared, make_guest, forget_alice])
def test_the_owner_of_a_lock_needs_the_same_access_to_end_it(
    bot: BotHarness, monkeypatch: pytest.MonkeyPatch, change: Callable[[BotHarness], str]
) -> None:
    monkeypatch.setattr("bot.listeners.KNOWLEDGE_WAIT_SECONDS", 0.0)
    bot.type("/deploy lock web checking the graphs")

    refusal = change(bot)

    assert bot.type("/deploy unlock web").startswith(refusal)
    assert len(bot.context.locks.all(bot.clock())) == 1


def test_who_may_lock_no_longer_leaves_the_lock_to_those_who_may_override(bot: BotHarness) -> None:
    bot.type("/deploy lock web checking the graphs", by=DAVE)
    bot.context.access._groups.save_members(DEPLOYERS, [ALICE], bot.clock())
    bot.context.access._groups.save_members(APPROVERS, [BOB], bot.clock())

    assert bot.type("/deploy unlock web", by=DAVE).startswith("You may not lock `web`.")
    assert bot.type("/deploy unlock web", by=BOB).startswith("Unlocked: `web`.")


@pytest.mark.parametrize("typed", ["/deploy unlock vault", "/deploy unlock vault it is urgent"])
@pytest.mark.parametrize("locked", [True, False])
def test_nobody_reads_of_a_lock_where_its_service_may_not_be_seen(
    bot: BotHarness, typed: str, locked: bool
) -> None:
    if locked:
        bot.type("/deploy lock vault the keys leaked", channel=SECRET_CHANNEL)

    assert bot.type(typed, by=BOB) == (
        f"`vault` cannot be asked about in this channel, only in <#{SECRET_CHANNEL}>, as `channels` in "
        "`services.yml` says."
    )
    assert len(bot.context.locks.all(bot.clock())) == locked


@pytest.mark.parametrize("locked", [True, False])
def test_a_lock_of_a_name_that_left_the_file_is_told_to_those_who_see_a_service(
    bot: BotHarness, locked: bool
) -> None:
    if locked:
        lock = Lock(
            id="abcd2345",
            target="gone",
            services=("gone",),
            owner=ALICE,
            reason="the keys leaked",
            since=bot.clock(),
            channel=SECRET_CHANNEL,
            team=TEAM,
        )
        bot.context.locks.take(lock, AuditEntry(at="1", who=ALICE, what="locked", catalogue="1"))
    directory(bot).people[CAROL] = a_person(is_guest=True)

    by_guest = bot.type("/deploy unlock gone", by=CAROL)
    by_member = bot.type("/deploy unlock gone it is an outage", by="U05ERIN000")

    assert by_guest.startswith("There is no service `gone` here.")
    assert ("the keys leaked" in by_member) is locked
    if locked:
        assert bot.type("/deploy unlock gone").startswith("Unlocked: `gone`."), "by its owner"


@pytest.mark.parametrize("verb", ["lock", "unlock"])
def test_a_misspelt_name_suggests_no_service_that_may_not_be_seen(bot: BotHarness, verb: str) -> None:
    assert bot.type(f"/deploy {verb} vaalt it is urgent") == (
        "There is no service `vaalt` here. The services are: `web`. `/deploy help` lists all of them."
    )


def test_who_may_break_it_elsewhere_is_told_where(bot: BotHarness) -> None:
    bot.type("/deploy lock vault the keys leaked", channel=SECRET_CHANNEL)
    bot.type("/deploy lock shop the graphs")
    make_shared(bot)

    assert bot.type("/deploy unlock shop", by=BOB).startswith("This channel is shared with another")


def test_the_reason_for_ending_a_lock_is_told_and_written_down(bot: BotHarness) -> None:
    bot.type("/deploy lock web checking the graphs")
    bot.type("/deploy unlock web it is an outage", by=BOB)
    bot.type("/deploy lock web once more")
    bot.type("/deploy unlock web done")

    [notice] = Notices(bot.redis).all()
    assert notice.text == (
        f"<@{BOB}> has broken your lock of `web` (checking the graphs): it is an outage. What waited for it "
        "goes on."
    )
    ended = [each for each in audit.trail(bot.redis) if each["what"] in ("lock broken", "unlocked")]
    assert [(each["who"], each["why"]) for each in ended] == [(BOB, "it is an outage"), (ALICE, "done")]


@pytest.mark.parametrize(
    ("place", "by", "done"),
    [
        ({}, ALICE, True),
        ({"kind": ChannelKind.PRIVATE}, ALICE, True),
        ({"is_shared": True}, ALICE, False),
        ({"kind": ChannelKind.GROUP_DIRECT}, ALICE, False),
        ({"kind": ChannelKind.HIDDEN}, ALICE, False),
    ],
)
@pytest.mark.parametrize("typed", ["stop-all the database is slow", "resume-all"])
def test_all_deploys_are_not_stopped_or_resumed_where_nothing_may_be_changed(
    bot: BotHarness, typed: str, place: dict[str, Any], by: str, done: bool
) -> None:
    """In whatever channel, since it is about all services."""
    if typed == "resume-all":
        bot.type("/deploy stop-all an incident")
    was_stopped = bot.context.stops.find() is not None
    directory(bot).channels[GENERAL_CHANNEL] = a_channel(**place)

    answer = bot.type(f"/deploy {typed}", by=by, channel=GENERAL_CHANNEL)

    assert answer.startswith("This is about all services, and not to be asked for here:") is not done
    assert ((bot.context.stops.find() is not None) != was_stopped) is done


@pytest.mark.parametrize("typed", ["stop-all the database is slow", "resume-all"])
def test_nor_in_a_direct_message_nor_by_a_guest(bot: BotHarness, typed: str) -> None:
    if typed == "resume-all":
        bot.type("/deploy stop-all an incident")
    before = bot.context.stops.find()

    in_direct_message = bot.type(f"/deploy {typed}", channel=DIRECT)
    make_guest(bot)
    by_guest = bot.type(f"/deploy {typed}")

    assert in_direct_message.startswith("This is about all services")
    assert by_guest.startswith(
        ("You may not stop all deploys.", "All deploys are stopped. You may not resume")
    )
    assert bot.context.stops.find() == before


def test_what_slack_does_not_say_refuses_and_is_not_called_a_no(bot: BotHarness) -> None:
    bot.clock.advance(400)  # who is in which group is too old

    assert bot.type("/deploy stop-all the database is slow", by=DAVE) == (
        "Slack did not say what I have to know to decide this. Nothing was changed. Try again in a minute."
    )
    assert bot.context.stops.find() is None


def test_who_may_not_stop_all_is_told_who_may(bot: BotHarness) -> None:
    assert bot.type("/deploy stop-all the database is slow", by=CAROL) == (
        "You may not stop all deploys. Those who may deploy or approve some service may: "
        f"<@{ALICE}>, <!subteam^{DEPLOYERS}>, <!subteam^{APPROVERS}>."
    )


@pytest.mark.parametrize("typed", ["status", "locks", "resume-all"])
def test_who_may_see_no_service_reads_nothing_of_a_stop(bot: BotHarness, typed: str) -> None:
    bot.type("/deploy stop-all the keys leaked")
    directory(bot).people[CAROL] = a_person(is_guest=True)

    assert "the keys leaked" not in bot.type(f"/deploy {typed}", by=CAROL)
    assert "the keys leaked" in bot.type(f"/deploy {typed}", by=DAVE) or typed == "resume-all"


def press_at_once(bot: BotHarness, action_id: str, about: str, *, times: int = 12) -> list[str]:
    """Bob and dave press it at the same moment, on the Home tab; what they read."""
    bot.clear_jobs()
    payloads = []
    for number in range(times):
        payload = bot.click_payload(action_id, a_deploy(id=about), by=(BOB, DAVE)[number % 2], question=0)
        del payload["channel"]
        payloads.append(payload | {"container": {"type": "view", "view_id": "V1"}})
    ready = Barrier(times)

    def press(number: int) -> int:
        ready.wait(timeout=30)
        return bot.send_payload(payloads[number]).status

    with ThreadPoolExecutor(times) as pool:
        assert set(pool.map(press, range(times))) == {200}
    return [text for *_, text in bot.queued_answers()]


def test_of_many_who_break_a_lock_at_once_one_does_and_the_others_are_told_who(bot: BotHarness) -> None:
    bot.type("/deploy lock web checking the graphs")
    [lock] = bot.context.locks.all(bot.clock())

    answers = press_at_once(bot, buttons.UNLOCK, lock.id)

    [broken] = [each for each in audit.trail(bot.redis) if each["what"] == "lock broken"]
    over = (
        "That lock is over, so there is nothing left to do about it. "
        f"<@{broken['who']}> broke it just now. What it held goes on, and what "
        "it refused can be asked for again."
    )
    others = [each for each in answers if not each.startswith("Unlocked: `web`.")]
    assert len(others) == len(answers) - 1 == 11
    not_locked = f"`web` is not locked. <@{broken['who']}> broke it just now. `/deploy locks` lists what is."
    assert set(others) <= {over, not_locked}
    assert len(Notices(bot.redis).all()) == 1


def test_of_many_who_resume_at_once_one_does_and_the_others_are_told_who(bot: BotHarness) -> None:
    bot.type("/deploy stop-all the database is slow")
    stop = bot.context.stops.find()
    assert stop is not None

    answers = press_at_once(bot, buttons.RESUME_ALL, stop.id)

    [resumed] = [each for each in audit.trail(bot.redis) if each["what"] == "all deploys resumed"]
    others = [each for each in answers if not each.startswith("Resumed: ")]
    assert (
        others
        == [
            "Deploys are not stopped, so there is nothing to resume. "
            f"<@{resumed['who']}> resumed them just now."
        ]
        * 11
    )


def test_the_owner_who_comes_second_is_told_who_broke_it(bot: BotHarness) -> None:
    bot.type("/deploy lock web checking the graphs")
    [lock] = bot.context.locks.all(bot.clock())
    bot.type("/deploy unlock web", by=BOB)
    bot.clock.advance(90)

    bot.click(buttons.UNLOCK, a_deploy(id=lock.id), by=ALICE, question=0)

    [*_, answer] = bot.queued_answers()
    assert answer[3] == (
        f"That lock is over, so there is nothing left to do about it. <@{BOB}> broke it 1 min ago. What "
        "it held goes on, and what it refused can be asked for again."
    )
