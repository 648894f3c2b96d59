"""Whose clock is wrong: Slack's time decides what is late, and a wrong clock of this machine is named."""

from __future__ import annotations

import time
from email.utils import formatdate
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from slack_bolt import BoltRequest
from slack_sdk import WebClient
from structlog.testing import capture_logs

from bot import identity
from bot.app_context import build_app_context
from bot.slack_clock import SlackClock, clock_client
from deploys import buttons
from deploys.catalogue.catalogue import Catalogue
from deploys.records.phases import Phase
from deploys.stores.user_groups import UserGroups
from sandbox.slack import SlackSandbox
from tests.bot.bot_harness import ALICE, BOB, BOT_IDENTITY, BotHarness, ManualClock, RecordedViews
from tests.bot.test_bot_process import MANIFEST
from tests.slack_directory import KnownDirectory

START = 1_800_000_000.25


class SkewedMachine:
    """Slack's clock, and this machine's, which is `off` by some seconds."""

    def __init__(self, offset: float, slack: float = START) -> None:
        self.slack, self.offset, self.uptime = slack, offset, 50.0
        self.clock = SlackClock(wall_clock=lambda: self.slack + self.offset, uptime=lambda: self.uptime)

    def advance(self, seconds: float) -> None:
        self.slack += seconds
        self.uptime += seconds

    def call_slack(self, there: float = 0.05, back: float = 0.05) -> None:
        """A call of Slack's Web API, and what its answer states."""
        asked_at = self.uptime
        self.advance(there)
        headers = {"date": formatdate(self.slack, usegmt=True)}
        self.advance(back)
        self.clock.compare_with_answer(headers, asked_at, self.uptime)


@pytest.mark.parametrize("off", [0.0, 0.6, -0.2])
def test_a_clock_that_agrees_with_slacks_counts(off: float) -> None:
    machine = SkewedMachine(off)
    machine.call_slack()

    assert machine.clock.now() == machine.slack + off
    assert machine.clock.seconds_ahead() == 0


@given(
    off=st.floats(-1e6, 1e6),
    begin=st.floats(0, 1),
    answers=st.lists(st.tuples(st.floats(0, 2), st.floats(0, 2), st.floats(0, 1000)), min_size=1, max_size=5),
)
def test_what_is_late_by_slacks_clock_never_passes_for_younger_where_ours_is_proven_wrong(
    off: float, begin: float, answers: list[tuple[float, float, float]]
) -> None:
    machine = SkewedMachine(off, slack=START + begin)
    for there, back, pause in answers:
        machine.call_slack(there, back)
        machine.advance(pause)

    error = machine.clock.now() - machine.slack
    slowest = sum(answers[-1][:2])
    if machine.clock.seconds_ahead():
        assert -0.001 <= error <= 1.001 + slowest + 0.3
    else:
        assert error == pytest.approx(off, abs=0.001)
    if abs(off) > 1.5 + slowest:
        assert machine.clock.seconds_ahead() * off > 0


def test_answers_at_different_fractions_of_a_second_narrow_it_down() -> None:
    machine = SkewedMachine(-0.7, slack=START)
    for _ in range(10):
        machine.call_slack()
        machine.advance(0.13)

    assert machine.clock.seconds_ahead() == pytest.approx(-0.7, abs=0.15)
    assert machine.clock.now() == pytest.approx(machine.slack, abs=0.3)


def test_setting_the_clock_right_changes_nothing_but_whose_counts() -> None:
    machine = SkewedMachine(4)
    machine.call_slack()
    assert machine.clock.seconds_ahead() == pytest.approx(4, abs=0.6)

    machine.offset = 0.0  # NTP
    machine.advance(1)

    assert machine.clock.seconds_ahead() == 0
    assert machine.clock.now() == machine.slack


def test_a_clock_that_is_set_wrong_later_is_noticed_without_a_new_answer() -> None:
    machine = SkewedMachine(0)
    machine.call_slack()

    machine.offset = -5.0

    assert machine.clock.seconds_ahead() == pytest.approx(-5, abs=0.6)
    assert 0 <= machine.clock.now() - machine.slack <= 1.2


def test_long_without_an_answer_this_machines_clock_counts_again() -> None:
    machine = SkewedMachine(4)
    machine.call_slack()

    machine.advance(24 * 3600)

    assert machine.clock.now() == machine.slack + 4


def test_what_slack_sent_proves_a_clock_behind_even_without_an_answer() -> None:
    machine = SkewedMachine(-4)

    machine.clock.note_sent_at(machine.slack)

    assert machine.clock.now() == machine.slack
    assert machine.clock.seconds_ahead() == -4
    assert not machine.clock.is_compared


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}, {"Date": ""}])
def test_without_a_date_this_machines_clock_counts(headers: dict[str, str]) -> None:
    machine = SkewedMachine(4)

    machine.clock.compare_with_answer(headers, 50, 50)

    assert machine.clock.now() == machine.slack + 4
    assert not machine.clock.is_compared


@pytest.mark.parametrize(
    ("off", "logged"),
    [
        (0, []),
        (4, ["This machine's clock is 3.8 s ahead of Slack's."]),
        (-4, ["This machine's clock is 4.2 s behind Slack's."]),
    ],
)
def test_a_wrong_clock_is_named_in_the_log(off: float, logged: list[str]) -> None:
    with capture_logs() as lines:
        SkewedMachine(off).call_slack()

    assert [line["event"] for line in lines] == [
        f"{each} Requests are judged by Slack's; keep this one right with NTP." for each in logged
    ]


@pytest.mark.parametrize("off", [4.0, -4.0])
def test_slacks_answers_to_real_calls_tell_its_time(off: float) -> None:
    clock = SlackClock(wall_clock=lambda: time.time() + off)
    with SlackSandbox(MANIFEST, rate_limits=False) as slack:
        identity.fetch_identity(WebClient(slack.bot_token, slack.api_url), clock)
        by_start = clock.seconds_ahead()
        asked_at = clock.uptime()
        clock.compare_with_answer(clock_client(slack.api_url).api_test().headers, asked_at, clock.uptime())

    assert by_start == pytest.approx(off, abs=1)
    assert clock.seconds_ahead() == pytest.approx(off, abs=1)


# What people see of it


def bot_with_skewed_clock(
    offset: float, catalogue: Catalogue, redis: Redis, clock: ManualClock, *, known: bool = True
) -> BotHarness:
    """A bot on a machine whose clock is off; Slack's is the test's."""
    slack_clock = SlackClock(wall_clock=lambda: clock() + offset, uptime=clock)
    if known:
        slack_clock.compare_with_answer({"Date": formatdate(clock(), usegmt=True)}, clock(), clock())
    context = build_app_context(
        BOT_IDENTITY,
        catalogue,
        redis,
        redis,
        now=lambda: clock() + offset,
        slack_clock=slack_clock,
        directory=KnownDirectory(redis),
        views=RecordedViews(),
    )
    return BotHarness(context, redis, clock)


@pytest.fixture
def user_groups_known(user_groups: UserGroups) -> UserGroups:
    """The user groups are known to all clocks."""
    return user_groups


@pytest.mark.parametrize("off", [4.0, -4.0, 120.0, -120.0])
def test_what_comes_on_time_is_done_however_wrong_the_clock_is(
    catalogue: Catalogue, redis: Redis, clock: ManualClock, user_groups_known: UserGroups, off: float
) -> None:
    bot = bot_with_skewed_clock(off, catalogue, redis, clock)

    assert bot.mention("@slipway web 1.4.2").status == 200
    assert bot.only_deploy().tag == "1.4.2"
    assert bot.queued_answers() == []
    assert bot.type("/deploy ledger 1.4.2").startswith("Queued: `ledger` `1.4.2`")
    ledger = next(each for each in bot.context.store.active() if each.service.name == "ledger")
    waiting = bot.commit_step(ledger, phase=Phase.AWAITING_APPROVAL, approval={"question": 1})
    assert bot.click(buttons.APPROVE, waiting, by=BOB).status == 200
    decided = bot.context.store.get(waiting.id)
    assert decided is not None
    assert len(decided.approval.decisions) == 1


@pytest.mark.parametrize("off", [0.0, 400.0, -400.0])
def test_a_signature_is_good_for_five_minutes_of_slacks(
    catalogue: Catalogue, redis: Redis, clock: ManualClock, off: float
) -> None:
    bot = bot_with_skewed_clock(off, catalogue, redis, clock)
    body = urlencode(bot.command_payload("/deploy help", by=ALICE))
    headers = bot.signed_headers(body, "application/x-www-form-urlencoded")

    assert bot.app.dispatch(BoltRequest(body=body, headers=headers)).status == 200
    later = urlencode(bot.command_payload("/deploy help", by=ALICE))
    old = bot.signed_headers(later, "application/x-www-form-urlencoded")
    clock.advance(302)

    assert bot.app.dispatch(BoltRequest(body=later, headers=old)).status == 401


def test_what_is_late_is_refused_and_a_wrong_clock_is_named_beside_it(
    catalogue: Catalogue, redis: Redis, clock: ManualClock
) -> None:
    bot = bot_with_skewed_clock(-60.0, catalogue, redis, clock)
    payload = bot.mention_payload("@slipway web 1.4.2", by=ALICE)
    clock.advance(7)

    bot.send_json(payload)

    assert bot.queued_answers()[0][3] == (
        "This reached me 8 s after you wrote it. You may have moved on since, so nothing was changed. "
        "Please write it again. (The clock of the machine that I run on is 60.5 s behind Slack's. I went by "
        "Slack's; tell the people who run Slipway.)"
    )
    assert bot.context.store.active() == []


def test_a_clock_that_could_not_be_compared_is_not_taken_for_granted(
    catalogue: Catalogue, redis: Redis, clock: ManualClock
) -> None:
    bot = bot_with_skewed_clock(4.0, catalogue, redis, clock, known=False)

    assert bot.type("/deploy web 1.4.2") == (
        "This reached me 4 s after you sent it, when Slack had already told you that it failed. Nothing was "
        "changed. Please send it again. (I went by the clock of the machine that I run on, as Slack's could "
        "not be read. If you read this every time, that clock is wrong: tell the people who run Slipway.)"
    )
