"""Phase CHECKING: ECS says that the rollout succeeded; now what was asked for has to hold for a while.

Single misses are borne: what turns the deploy back is an address that misses several times in a row, or an
alarm that two looks find ringing. A look that could not be made is neither good nor bad; the end is good only
when the last look of each kind was. For looks that fail for AWS's sake the check goes on a while; then it is
rolled back, because nobody knows that it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from deploys.around import after
from deploys.catalogue.service import CheckAfter
from deploys.checked import Check
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from deploys.errors import AwsError, SlipwayError
from workers import http_check
from workers.ecs import alarms
from workers.ecs.alarms import AlarmSeen
from workers.ecs.seen import ServiceSeen
from workers.flows.best_effort import attempt, best_effort
from workers.flows.ending import end, go_back, gone, look_again, superseded
from workers.flows.rollout import wants_no_task
from workers.flows.serving import recounted
from workers.flows.stop_start import taken
from workers.flows.words import checking as words
from workers.flows.words import emptied as emptied_words
from workers.flows.words import endings, reasons
from workers.http_check import Answer
from workers.turn import Next, Turn

EVERY_SECONDS = 10.0
"""Between two looks. Each is one request to the address and one read of all alarms."""
MISSES = 3
"""Requests in a row that were not answered with 2xx, after which it is rolled back (count)."""
PATIENCE_SECONDS = 600.0
"""How much longer than asked for a check goes on when its alarms cannot be read at its end."""


class Verdict(Enum):
    """What the looks so far mean."""

    GOING = "going"
    HELD = "held"
    MISSED = "missed"  # the address misses too often
    RINGS = "rings"  # an alarm rings
    UNMADE = "unmade"  # nobody could tell, for too long


@dataclass(frozen=True)
class Look:
    """What one look showed."""

    answer: Answer | None = None
    """None: no address is asked."""
    ringing: tuple[AlarmSeen, ...] = ()
    unread: str = ""
    """Why the alarms could not be read; empty when they were, or none are asked."""


def succeed(deploy: Deploy, turn: Turn, took: float) -> Next:
    """The rollout has succeeded: the end, or the check before it. took: seconds since the request."""
    wanted = after(deploy)
    if wanted is None:
        return end(deploy, turn, Outcome.SUCCEEDED, endings.succeeded(deploy, took))
    now = turn.now()
    told = deploy.saying(now, MilestoneKind.PROGRESS, words.begins(wanted), check=Check())
    return Next(told.at(Phase.CHECKING, now))


def check(deploy: Deploy, turn: Turn) -> Next:
    """One look; ends well, goes back or goes on."""
    wanted = after(deploy)
    if wanted is None:
        raise ValueError(f"deploy {deploy.id} has nothing to check after its rollout")
    if deploy.cancel:
        return back(deploy, turn, Outcome.CANCELLED, reasons.cancel_reason(deploy.cancel.user))
    if (left := _not_ours_any_more(deploy, turn)) is not None:
        return left
    looked = look(wanted, turn)
    deploy = deploy.evolve(check=counted(deploy.check or Check(), wanted, looked))
    made = deploy.check or Check()
    lasted = turn.now() - deploy.phase_since
    verdict = judge(made, wanted, looked, lasted)
    if verdict is Verdict.RINGS:
        rings = f"rings {' '.join(alarm.name for alarm in looked.ringing)}"
        again = look_again(deploy, turn, rings)
        return again or back(deploy, turn, Outcome.ROLLED_BACK, words.rang(looked.ringing))
    if verdict is Verdict.MISSED:
        return back(deploy, turn, Outcome.ROLLED_BACK, words.missed(wanted, made))
    if verdict is Verdict.UNMADE:
        return back(deploy, turn, Outcome.ROLLED_BACK, words.unmade(wanted, made.unread, lasted))
    if verdict is Verdict.HELD:
        deploy = recounted(_as_it_runs(deploy, turn), turn)
        took = turn.now() - deploy.requested_at
        text = f"{endings.succeeded(deploy, took)} {words.held(wanted, made, lasted)}"
        return end(deploy, turn, Outcome.SUCCEEDED, text)
    left_over = wanted.lasts - lasted
    soon = min(EVERY_SECONDS, left_over) if left_over > 0 else EVERY_SECONDS
    return Next(deploy.evolve(seen_end=""), after=max(soon, 1.0))


def look(wanted: CheckAfter, turn: Turn) -> Look:
    """Reads the alarms and asks the address, once each."""
    ringing, unread = _alarms(wanted.alarms, turn)
    return Look(http_check.look(wanted.http) if wanted.http else None, ringing, unread)


def counted(made: Check, wanted: CheckAfter, looked: Look) -> Check:
    """The record with one more look in it. Pure."""
    if looked.answer is not None:
        good = looked.answer.good
        made = made.evolve(
            requests=made.requests + 1,
            answered=made.answered + int(good),
            misses=0 if good else made.misses + 1,
            last_miss=made.last_miss if good else looked.answer.words,
        )
    read = bool(wanted.alarms) and not looked.unread
    return made.evolve(alarm_reads=made.alarm_reads + int(read), unread=looked.unread)


def judge(made: Check, wanted: CheckAfter, looked: Look, lasted: float) -> Verdict:
    """What it means after `lasted` seconds. Pure."""
    if looked.ringing:
        return Verdict.RINGS
    if made.misses >= MISSES:
        return Verdict.MISSED
    if lasted < wanted.lasts or made.misses:
        return Verdict.GOING
    if made.unread:
        return Verdict.UNMADE if lasted >= wanted.lasts + PATIENCE_SECONDS else Verdict.GOING
    return Verdict.HELD


def overdue(deploy: Deploy, now: float) -> bool:
    """Whether the check lasts longer than any look could explain, as its step fails again and again."""
    wanted = after(deploy)
    return wanted is None or now - deploy.phase_since > wanted.lasts + PATIENCE_SECONDS


def back(deploy: Deploy, turn: Turn, back_to: Outcome, reason: str) -> Next:
    """From here the old revision comes back. A stopped service's downtime so far is kept: it served since."""
    if deploy.downtime is not None:
        since = turn.now() - deploy.downtime
        deploy = deploy.evolve(serving_at=None, stop_requested_at=since)
    return go_back(deploy, turn, back_to, reason)


def _not_ours_any_more(deploy: Deploy, turn: Turn) -> Next | None:
    """Its end, where the service was deleted or somebody else's deployment has it; else None."""
    try:
        seen = turn.service()
    except AwsError:
        return None  # a look that could not be made
    if seen is None or seen.status != "ACTIVE":
        return gone(deploy, turn, seen)
    if seen.revision != deploy.new_revision:
        return _superseded(deploy, turn, seen)
    return _emptied(deploy, turn) if wants_no_task(seen) else None


def _emptied(deploy: Deploy, turn: Turn) -> Next:
    if again := look_again(deploy, turn, "emptied"):
        return again
    if deploy.original is not None:
        return back(deploy, turn, Outcome.ROLLED_BACK, emptied_words.reason_of_check())
    told = emptied_words.superseded_in_check(deploy)
    return end(deploy.evolve(emptied=True), turn, Outcome.SUPERSEDED, told)


def _as_it_runs(deploy: Deploy, turn: Turn) -> Deploy:
    """With the counts of now: tasks may have stopped, or been added, since the rollout succeeded."""
    seen = best_effort(turn.service, None)
    ours = [each for each in seen.deployments if each.revision == deploy.new_revision] if seen else []
    if not ours:
        return deploy
    now = deploy.rollout.evolve(
        new_desired=sum(each.desired for each in ours),
        new_pending=sum(each.pending for each in ours),
        new_running=sum(each.running for each in ours),
    )
    return deploy.evolve(rollout=now)


def _superseded(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Next:
    return (taken if deploy.original else superseded)(deploy, turn, seen)


def _alarms(names: Sequence[str], turn: Turn) -> tuple[tuple[AlarmSeen, ...], str]:
    """Those that ring, and why they could not all be read."""
    if not names:
        return (), ""
    seen = attempt(lambda: alarms.read(turn.region, names))
    if isinstance(seen, SlipwayError):
        return (), seen.message
    ringing = tuple(alarm for alarm in seen.values() if alarm.rings)
    missing = [name for name in names if name not in seen]
    return ringing, words.gone(missing) if missing else ""
