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
from bot.desk import furnish
from bot.slack_clock import SlackClock, clock_client
from deploys import buttons
from deploys.catalogue.catalogue import Catalogue
from deploys.deploy import Phase
from deploys.groups import Groups
from sandbox.slack import SlackSandbox
from tests.bot.room import ALICE, BOB, BOT, Clock, Room
from tests.bot.test_bot_process import MANIFEST

START = 1_800_000_000.25


class Machine:
    """Slack's clock, and this machine's, which is `off` by some seconds."""

    def __init__(self, off: float, slack: float = START) -> None:
        self.slack, self.off, self.up = slack, off, 50.0
        self.clock = SlackClock(wall=lambda: self.slack + self.off, elapsed=lambda: self.up)

    def pass_by(self, seconds: float) -> None:
        self.slack += seconds
        self.up += seconds

    def ask(self, there: float = 0.05, back: float = 0.05) -> None:
        """A call of Slack's Web API, and what its answer states."""
        asked_at = self.up
        self.pass_by(there)
        headers = {"date": formatdate(self.slack, usegmt=True)}
        self.pass_by(back)
        self.clock.read(headers, asked_at, self.up)


@pytest.mark.parametrize("off", [0.0, 0.6, -0.2])
def test_a_clock_that_agrees_with_slacks_counts(off: float) -> None:
    machine = Machine(off)
    machine.ask()

    assert machine.clock.now() == machine.slack + off
    assert machine.clock.ahead() == 0


@given(
    off=st.floats(-1e6, 1e6),
    begin=st.floats(0, 1),
    answers=st.lists(st.tuples(st.floats(0, 2), st.floats(0, 2), st.floats(0, 1000)), min_size=1, max_size=5),
)
def test_what_is_late_by_slacks_clock_never_passes_for_younger_where_ours_is_proven_wrong(
    off: float, begin: float, answers: list[tuple[float, float, float]]
) -> None:
    machine = Machine(off, slack=START + begin)
    for there, back, pause in answers:
        machine.ask(there, back)
        machine.pass_by(pause)

    error = machine.clock.now() - machine.slack
    slowest = sum(answers[-1][:2])
    if machine.clock.ahead():
        assert -0.001 <= error <= 1.001 + slowest + 0.3
    else:
        assert error == pytest.approx(off, abs=0.001)
    if abs(off) > 1.5 + slowest:
        assert machine.clock.ahead() * off > 0


def test_answers_at_different_fractions_of_a_second_narrow_it_down() -> None:
    machine = Machine(-0.7, slack=START)
    for _ in range(10):
        machine.ask()
        machine.pass_by(0.13)

    assert machine.clock.ahead() == pytest.approx(-0.7, abs=0.15)
    assert machine.clock.now() == pytest.approx(machine.slack, abs=0.3)


def test_setting_the_clock_right_changes_nothing_but_whose_counts() -> None:
    machine = Machine(4)
    machine.ask()
    assert machine.clock.ahead() == pytest.approx(4, abs=0.6)

    machine.off = 0.0  # NTP
    machine.pass_by(1)

    assert machine.clock.ahead() == 0
    assert machine.clock.now() == machine.slack


def test_a_clock_that_is_set_wrong_later_is_noticed_without_a_new_answer() -> None:
    machine = Machine(0)
    machine.ask()

    machine.off = -5.0

    assert machine.clock.ahead() == pytest.approx(-5, abs=0.6)
    assert 0 <= machine.clock.now() - machine.slack <= 1.2


def test_long_without_an_answer_this_machines_clock_counts_again() -> None:
    machine = Machine(4)
    machine.ask()

    machine.pass_by(24 * 3600)

    assert machine.clock.now() == machine.slack + 4


def test_what_slack_sent_proves_a_clock_behind_even_without_an_answer() -> None:
    machine = Machine(-4)

    machine.clock.heard(machine.slack)

    assert machine.clock.now() == machine.slack
    assert machine.clock.ahead() == -4
    assert not machine.clock.known


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}, {"Date": ""}])
def test_without_a_date_this_machines_clock_counts(headers: dict[str, str]) -> None:
    machine = Machine(4)

    machine.clock.read(headers, 50, 50)

    assert machine.clock.now() == machine.slack + 4
    assert not machine.clock.known


@pytest.mark.parametrize(
    ("off", "said"),
    [
        (0, []),
        (4, ["This machine's clock is 3.8 s ahead of Slack's."]),
        (-4, ["This machine's clock is 4.2 s behind Slack's."]),
    ],
)
def test_a_wrong_clock_is_named_in_the_log(off: float, said: list[str]) -> None:
    with capture_logs() as lines:
        Machine(off).ask()

    assert [line["event"] for line in lines] == [
        f"{each} Requests are judged by Slack's; keep this one right with NTP." for each in said
    ]


@pytest.mark.parametrize("off", [4.0, -4.0])
def test_slacks_answers_to_real_calls_tell_its_time(off: float) -> None:
    clock = SlackClock(wall=lambda: time.time() + off)
    with SlackSandbox(MANIFEST, rate_limits=False) as slack:
        identity.find_out(WebClient(slack.bot_token, slack.api_url), clock)
        by_start = clock.ahead()
        asked_at = clock.elapsed()
        clock.read(clock_client(slack.api_url).api_test().headers, asked_at, clock.elapsed())

    assert by_start == pytest.approx(off, abs=1)
    assert clock.ahead() == pytest.approx(off, abs=1)


# What people see of it


def room_with(off: float, catalogue: Catalogue, redis: Redis, clock: Clock, *, known: bool = True) -> Room:
    """A bot on a machine whose clock is off; Slack's is the test's."""
    slack_clock = SlackClock(wall=lambda: clock() + off, elapsed=clock)
    if known:
        slack_clock.read({"Date": formatdate(clock(), usegmt=True)}, clock(), clock())
    desk = furnish(BOT, catalogue, redis, redis, now=lambda: clock() + off, slack_clock=slack_clock)
    return Room(desk, redis, clock)


@pytest.fixture
def everybody(groups: Groups) -> Groups:
    """The user groups are known to all clocks."""
    return groups


@pytest.mark.parametrize("off", [4.0, -4.0, 120.0, -120.0])
def test_what_comes_on_time_is_done_however_wrong_the_clock_is(
    catalogue: Catalogue, redis: Redis, clock: Clock, everybody: Groups, off: float
) -> None:
    room = room_with(off, catalogue, redis, clock)

    assert room.mention("@slipway web 1.4.2").status == 200
    assert room.only().tag == "1.4.2"
    assert room.said() == []
    assert room.type("/deploy ledger 1.4.2").startswith("Queued: `ledger` `1.4.2`")
    ledger = next(each for each in room.desk.store.live() if each.service.name == "ledger")
    waiting = room.move(ledger, phase=Phase.AWAITING_APPROVAL, question=1)
    assert room.click(buttons.APPROVE, waiting, by=BOB).status == 200
    decided = room.desk.store.get(waiting.id)
    assert decided is not None
    assert len(decided.decisions) == 1


@pytest.mark.parametrize("off", [0.0, 400.0, -400.0])
def test_a_signature_is_good_for_five_minutes_of_slacks(
    catalogue: Catalogue, redis: Redis, clock: Clock, off: float
) -> None:
    room = room_with(off, catalogue, redis, clock)
    body = urlencode(room.command_payload("/deploy help", by=ALICE))
    headers = room.signed(body, "application/x-www-form-urlencoded")

    assert room.app.dispatch(BoltRequest(body=body, headers=headers)).status == 200
    later = urlencode(room.command_payload("/deploy help", by=ALICE))
    old = room.signed(later, "application/x-www-form-urlencoded")
    clock.pass_by(302)

    assert room.app.dispatch(BoltRequest(body=later, headers=old)).status == 401


def test_what_is_late_is_refused_and_a_wrong_clock_is_named_beside_it(
    catalogue: Catalogue, redis: Redis, clock: Clock
) -> None:
    room = room_with(-60.0, catalogue, redis, clock)
    payload = room.mention_payload("@slipway web 1.4.2", by=ALICE)
    clock.pass_by(7)

    room.send_json(payload)

    assert room.said()[0][3] == (
        "This reached me 8 s after you wrote it. You may have moved on since, so nothing was changed. "
        "Please write it again. (The clock of the machine that I run on is 60.5 s behind Slack's. I went by "
        "Slack's; tell whoever runs Slipway.)"
    )
    assert room.desk.store.live() == []


def test_a_clock_that_could_not_be_compared_is_not_taken_for_granted(
    catalogue: Catalogue, redis: Redis, clock: Clock
) -> None:
    room = room_with(4.0, catalogue, redis, clock, known=False)

    assert room.type("/deploy web 1.4.2") == (
        "This reached me 4 s after you sent it, when Slack had already told you that it failed. Nothing was "
        "changed. Please send it again. (I went by the clock of the machine that I run on, as Slack's could "
        "not be read. If you read this every time, that clock is wrong: tell whoever runs Slipway.)"
    )
