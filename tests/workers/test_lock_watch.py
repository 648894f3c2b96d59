"""Owners of locks are reminded once each, and told of their end; what Slack does not take is sent later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from deploys.formatting import slack_time
from deploys.records.audit_entry import AuditEntry
from deploys.records.hold import HoldKind
from deploys.records.lock import Lock
from deploys.records.notice import PersonalNotice
from deploys.stores import audit
from deploys.stores.locks import Locks
from deploys.stores.notices import Notices
from sandbox.slack import SlackSandbox
from tests.builders import NOW, a_deploy
from tests.workers.engine_harness import SilentJobQueue
from tests.workers.thread.publisher_harness import ManualClock, PublisherHarness
from workers.lock_watch import LockWatch, is_reminder_due, reminder
from workers.thread.slack_calls import SlackCalls

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
ALICE, DEPLOYS = "U01ALICE00", "C01DEPLOYS"
HOUR = 3600.0


def a_lock(**changes: object) -> Lock:
    lock = Lock(
        id="abcd2345",
        target="web",
        services=("web",),
        owner=ALICE,
        reason="checking the graphs",
        since=NOW,
        channel=DEPLOYS,
        team="T01SLIPWAY",
    )
    return lock.evolve(**changes)


@pytest.mark.parametrize(
    ("changes", "after", "due"),
    [
        ({}, 4 * HOUR - 1, False),
        ({}, 4 * HOUR, True),
        ({"reminded_at": NOW + 4 * HOUR}, 7 * HOUR, False),
        ({"reminded_at": NOW + 4 * HOUR}, 8 * HOUR, True),
        ({"expires_at": NOW + 2 * HOUR}, 1.75 * HOUR - 1, False),
        ({"expires_at": NOW + 2 * HOUR}, 1.75 * HOUR, True),
        ({"expires_at": NOW + 2 * HOUR, "reminded_at": NOW + 1.75 * HOUR}, 1.9 * HOUR, False),
        ({"expires_at": NOW + 600}, 449, False),
        ({"expires_at": NOW + 600}, 450, True),
    ],
)
def test_when_the_owner_is_reminded(changes: dict[str, float], after: float, due: bool) -> None:
    assert is_reminder_due(a_lock(**changes), NOW + after) is due


class LockHarness:
    """The watch with a played Slack, on a clock that the test moves."""

    def __init__(self, redis: Redis, slack: SlackSandbox) -> None:
        self.publisher = PublisherHarness(redis, slack, ManualClock())
        self.clock = self.publisher.clock
        self.slack = slack
        self.locks = Locks(redis)
        self.notices = Notices(redis)
        self.watch = self.new_watch()

    def new_watch(self) -> LockWatch:
        harness = self.publisher
        return LockWatch(
            self.locks,
            self.notices,
            harness.store,
            harness.threads,
            SilentJobQueue(),
            SlackCalls(harness.client, harness.limits),
            now=self.clock,
        )

    def lock(self, **changes: object) -> None:
        self.locks.take(a_lock(**changes), AuditEntry(at="0", who=ALICE, what="locked"))

    def run_at(self, seconds: float) -> None:
        """Several workers look at once, some time after the beginning."""
        self.clock.value = NOW + seconds
        for _ in range(3):
            self.new_watch().run()

    def posted(self) -> list[tuple[str, str]]:
        calls = self.slack.calls("chat.postMessage")
        sent = [call["args"] for call in calls if "error" not in call]
        return [(each["channel"], each["text"]) for each in sent]


@pytest.fixture
def harness(redis: Redis) -> Iterator[LockHarness]:
    with SlackSandbox(MANIFEST, rate_limits=False) as slack:
        yield LockHarness(redis, slack)


def test_the_owner_is_reminded_once_before_the_end_and_told_of_it(harness: LockHarness, redis: Redis) -> None:
    harness.lock(expires_at=NOW + 2 * HOUR)
    held = harness.publisher.store.submit(a_deploy(hold={"kind": HoldKind.LOCK, "sentence": "locked"})).deploy
    for seconds in (0, HOUR, 1.76 * HOUR, 1.8 * HOUR):
        harness.run_at(seconds)
    lock = a_lock(expires_at=NOW + 2 * HOUR)
    assert harness.posted() == [(ALICE, reminder(lock, NOW))]

    harness.run_at(2 * HOUR)
    harness.run_at(2 * HOUR + 20)

    assert harness.posted()[1:] == [
        (DEPLOYS, f"<@{ALICE}>: your lock of `web` has ended, and what waited for it goes on.")
    ]
    assert harness.locks.stored() == []
    assert held.id in [each.deploy_id for each in harness.publisher.store.due(harness.clock())]
    assert [each["what"] for each in audit.trail(redis)][-1] == "lock expired"


def test_a_lock_without_an_end_is_recalled_every_few_hours(harness: LockHarness) -> None:
    harness.lock()
    for hour in range(13):
        harness.run_at(hour * HOUR)

    assert [text.partition(":")[0] for _, text in harness.posted()] == [
        "you have locked `web` for 4h",
        "you have locked `web` for 8h",
        "you have locked `web` for 12h",
    ]


def unlock(harness: LockHarness, **changes: object) -> None:
    harness.locks.release(a_lock(**changes), AuditEntry(at="0", who=ALICE, what="unlocked"))


def edited(harness: LockHarness) -> list[tuple[str, str]]:
    """The edits that Slack took: conversation and text."""
    calls = [each for each in harness.slack.calls("chat.update") if "error" not in each]
    return [(each["args"]["channel"], each["args"]["text"]) for each in calls]


def test_a_reminder_says_that_its_lock_is_over(harness: LockHarness) -> None:
    harness.lock()
    harness.run_at(4 * HOUR)
    assert edited(harness) == []

    unlock(harness)
    harness.slack.add_fault("http-500", method="chat.update", times=1)
    harness.run_at(5 * HOUR)
    harness.run_at(5 * HOUR + 60)

    [(conversation, text)] = edited(harness)
    assert conversation.startswith("D")
    assert text == "I reminded you of your lock of `web`. It is over."
    assert harness.notices.sent() == []


def test_a_question_to_the_holder_says_that_the_lock_is_over_or_holds_on(harness: LockHarness) -> None:
    harness.lock()
    about = PersonalNotice(
        id="n",
        user=ALICE,
        channel=DEPLOYS,
        text="can it end?",
        at=NOW,
        lock=a_lock().ref,
        past_text="<@U02BOB0000> asked whether your lock of `web` can end.",
    )
    harness.locks.ask_holder(a_lock(), "U02BOB0000", NOW, about)
    harness.run_at(60)

    harness.lock(id="later234", since=NOW + 90, expires_at=NOW + 2 * HOUR)
    harness.run_at(120)

    assert edited(harness) == [
        (
            DEPLOYS,
            f"<@{ALICE}>: <@U02BOB0000> asked whether your lock of `web` can end. You have locked it again, "
            f"until {slack_time(NOW + 2 * HOUR)}.",
        )
    ]


def test_what_slack_does_not_take_is_sent_later(harness: LockHarness) -> None:
    harness.lock(expires_at=NOW + 600)
    harness.slack.add_fault("http-500", method="chat.postMessage")
    harness.run_at(500)
    assert len(harness.notices.all()) == 1

    harness.slack.clear_faults()
    harness.run_at(590)
    assert harness.notices.all() == []


def test_where_the_channel_is_closed_the_owner_gets_a_direct_message(harness: LockHarness) -> None:
    harness.lock(expires_at=NOW + 600, channel="C99GONE")
    harness.run_at(600)

    assert harness.posted()[-1] == (ALICE, "your lock of `web` has ended, and what waited for it goes on.")
    assert harness.notices.all() == []
