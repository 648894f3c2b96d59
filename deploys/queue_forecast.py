"""What a waiting deploy waits for, and when it is expected to start: by how long the last deploys took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from deploys.decisions import is_approved
from deploys.deploy_text import action_label, deploy_name, requested_by
from deploys.formatting import TimeFormat, duration
from deploys.holds.held_deploys import HoldSource, first_hold
from deploys.records.batch import Batch, Skipped, WaitsFor, check_batch_order, open_before
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.redis_round_trip import RoundTrip
from deploys.stores.claims import QueueRead
from deploys.stores.deploy_reader import RECENT_OF_SERVICE, DeployReader

MAX_HOLDS = 10
"""Holds one behind the other before no start is told (count)."""
DURATIONS_USED = 5
"""The newest of these whose duration counts (count)."""
_RAN = frozenset({Outcome.SUCCEEDED, Outcome.ROLLED_BACK})


@dataclass(frozen=True)
class QueueForecast:
    """A place in a queue, and what is known about the start. It stays the same until the queue moves or the
    expected start has passed."""

    place: int | None = None
    """2: one deploy of its service is ahead. None: it waits for another deploy of its batch."""
    starts_at: float | None = None
    """When it is expected to start (epoch seconds); None: nobody can tell."""
    approval_of: Deploy | None = None
    """A deploy ahead that needs an approval first."""
    after_first: float | None = None
    """The first of those ahead takes longer than usual: how long after its end this one is expected to start
    (seconds; 0: at once)."""


@dataclass(frozen=True)
class WaitingDeploy:
    """A deploy, and what it waits for."""

    deploy: Deploy
    ahead: tuple[Deploy, ...] = ()
    """The deploys that it waits for, the active one first; empty once it can start."""
    forecast: QueueForecast | None = None
    """None if it waits for no other."""


class QueueReader:
    """Reads what deploys wait for, as of `now` (epoch seconds). Each queue, record and history is read once.

    hold_sources: what may hold a deploy when its turn comes.
    """

    def __init__(self, store: DeployReader, now: float, hold_sources: Sequence[HoldSource] = ()) -> None:
        self._store = store
        self._now = now
        self._hold_sources = hold_sources
        self._queues: dict[str, list[str]] = {}
        self._records: dict[str, Deploy] = {}
        self._recent: dict[str, list[Deploy]] = {}
        self._batches: dict[str, tuple[Batch, list[Deploy]] | None] = {}

    def know(self, deploy: Deploy, read: QueueRead) -> None:
        """This was read already of what the deploy waits for."""
        self._queues[deploy.queue] = [*(each.id for each in read.ahead), deploy.id]
        self._records |= {each.id: each for each in read.ahead}
        self._recent[deploy.service.name] = list(read.recent)

    def read_all(self, deploys: Sequence[Deploy]) -> list[WaitingDeploy]:
        """What each of them waits for, with few questions to Redis."""
        self._read([each for each in deploys if _is_queued(each)])
        return [self.read(each) for each in deploys]

    def _read(self, deploys: Sequence[Deploy]) -> None:
        """What is not known yet of the queues and batches of these deploys."""
        unread = [each for each in deploys if each.queue not in self._queues]
        ids = dict.fromkeys(each.batch_id for each in deploys if each.batch_id)
        unread_ids = [each for each in ids if each not in self._batches]
        if not unread and not unread_ids:
            return
        trip = RoundTrip(self._store.redis)
        queues = self._store.ask_for_queues(trip, unread)
        batches = self._store.ask_for_batches(trip, unread_ids)
        trip.run()
        found = queues()
        self._queues |= found.ids
        self._records |= found.records
        self._recent |= found.recent
        self._batches |= dict.fromkeys(unread_ids)
        self._read_members(batches())

    def _read_members(self, batches: Sequence[Batch]) -> None:
        ids = dict.fromkeys(member for batch in batches for member in batch.deploys)
        found = self._store.get_all(ids)
        members = {each.id: each for each in found}
        for batch in batches:
            self._batches[batch.id] = batch, [members[each] for each in batch.deploys if each in members]

    def _read_recent(self, services: Iterable[str]) -> None:
        if unread := [each for each in dict.fromkeys(services) if each not in self._recent]:
            self._recent |= self._store.recent_of_each(unread, RECENT_OF_SERVICE)

    def _ids_ahead(self, deploy: Deploy) -> list[str]:
        queue = self._queues[deploy.queue]
        return queue[: queue.index(deploy.id)] if deploy.id in queue else []

    def read(self, deploy: Deploy) -> WaitingDeploy:
        """What it waits for. One that is first in its queue may still wait for the one before it in its
        batch."""
        found = self._read_unheld(deploy)
        if found.forecast is None or not self._hold_sources:
            return found
        return replace(found, forecast=self._with_holds(deploy, found.forecast))

    def _with_holds(self, deploy: Deploy, found: QueueForecast) -> QueueForecast:
        """A start at which something would hold it is none: it starts once nothing does."""
        at = found.starts_at
        if found.after_first is not None:
            at = self._now + found.after_first
        for _ in range(MAX_HOLDS):
            hold = None if at is None else first_hold(self._hold_sources, deploy, at)
            if hold is None:
                return found
            if hold.until is None:
                break
            at, found = hold.until, QueueForecast(found.place, starts_at=hold.until)
        return QueueForecast(found.place)

    def _read_unheld(self, deploy: Deploy) -> WaitingDeploy:
        if not _is_queued(deploy):
            return WaitingDeploy(deploy)
        self._read([deploy])
        ahead = tuple(self._records[each] for each in self._ids_ahead(deploy) if each in self._records)
        if not ahead:
            return self._read_batch(deploy)
        recent = self._recent.get(deploy.service.name, [])
        forecasts = [forecast(ahead, recent, self._now), self._read_batch(deploy).forecast]
        return WaitingDeploy(deploy, ahead, _latest([each for each in forecasts if each]))

    def _read_batch(self, deploy: Deploy) -> WaitingDeploy:
        if (found := self._batch_of(deploy)) is None:
            return WaitingDeploy(deploy)
        batch, members = found
        match check_batch_order(batch, members, deploy):
            case Skipped(other):
                return WaitingDeploy(deploy, (other,))
            case WaitsFor(other):
                before = open_before(batch, members, deploy)
                self._read_recent(each.service.name for each in before)
                recent = {each.id: self._recent[each.service.name] for each in before}
                return WaitingDeploy(deploy, (other,), batch_forecast(before, recent, self._now))
        return WaitingDeploy(deploy)

    def _batch_of(self, deploy: Deploy) -> tuple[Batch, list[Deploy]] | None:
        return self._batches[deploy.batch_id] if deploy.batch_id else None


def _is_queued(deploy: Deploy) -> bool:
    return deploy.phase is Phase.WAITING and deploy.in_progress


def forecast(ahead: Sequence[Deploy], recent: Sequence[Deploy], now: float) -> QueueForecast:
    """Pure. ahead: the deploys of its service before it, the active one first. recent: deploys of its
    service, newest first. now: epoch seconds."""
    place = len(ahead) + 1
    if waiting := next((each for each in ahead if _needs_approval(each)), None):
        return QueueForecast(place, approval_of=waiting)
    usual = usual_seconds(recent)
    if usual is None or any(_has_unknown_end(each) for each in ahead) or _waits_for_batch(ahead[0]):
        return QueueForecast(place)
    return _expected(place, ahead[0], recent, usual, usual * (len(ahead) - 1), now)


def batch_forecast(
    before: Sequence[Deploy], recent: Mapping[str, Sequence[Deploy]], now: float
) -> QueueForecast:
    """Pure, for a deploy that waits for others of its batch. before: those before it that have not ended, in
    order. recent: by id, the deploys of each one's service, newest first."""
    if waiting := next((each for each in before if _needs_approval(each)), None):
        return QueueForecast(approval_of=waiting)
    first, *others = before
    usual = usual_seconds(recent[first.id])
    rest = [usual_seconds(recent[each.id]) for each in others]
    known = [each for each in rest if each is not None]
    is_unknown = usual is None or len(known) < len(rest) or first.phase is Phase.WAITING
    if usual is None or is_unknown or any(_has_unknown_end(each) for each in before):
        return QueueForecast()
    return _expected(None, first, recent[first.id], usual, sum(known), now)


def _expected(
    place: int | None, first: Deploy, recent: Sequence[Deploy], usual: float, others: float, now: float
) -> QueueForecast:
    """first: the deploy that runs now. usual, others: how long it, and those behind it, take (seconds)."""
    if first.ended_at is None:
        starts_at = _begun_at(first, recent) + usual + others
    else:  # it is only looked at once more
        starts_at = first.ended_at + others
    if starts_at <= now:
        return QueueForecast(place, after_first=others)
    return QueueForecast(place, starts_at=starts_at)


def _latest(forecasts: Sequence[QueueForecast]) -> QueueForecast:
    """Of a queue and a batch, that which lets it start later; none is known if one of them is not."""
    place = forecasts[0].place
    if waiting := next((each for each in forecasts if each.approval_of), None):
        return replace(waiting, place=place)
    if any(each.starts_at is None and each.after_first is None for each in forecasts):
        return QueueForecast(place)
    known = [each for each in forecasts if each.starts_at is not None]
    latest = max(known or forecasts, key=lambda each: each.starts_at or each.after_first or 0.0)
    return replace(latest, place=place)


def usual_seconds(recent: Sequence[Deploy]) -> float | None:
    """How long a deploy of this service takes (seconds), without its time in the queue and at an approval;
    None if none is known that ran. recent: newest first."""
    durations = [
        each.ended_at - _begun_at(each, recent[number + 1 :])
        for number, each in enumerate(recent)
        if each.outcome in _RAN and each.verb.sets_version and each.verb is not Verb.FOLLOW and each.ended_at
    ]
    return max(0.0, median(durations[:DURATIONS_USED])) if durations else None


def forecast_text(found: QueueForecast, when: TimeFormat) -> str:
    """`2nd in the queue, expected to start at about 14:05`; empty if neither is known."""
    place = f"{ordinal(found.place)} in the queue" if found.place else ""
    return ", ".join(filter(None, (place, start_text(found, when))))


def start_text(found: QueueForecast, when: TimeFormat) -> str:
    """`expected to start at about 14:05`; empty if nobody can tell. It names no time that has passed."""
    if other := found.approval_of:
        what = action_label(other) if found.place else deploy_name(other)
        return f"to start once {what} {requested_by(other)} is approved and has ended"
    if found.starts_at is not None:
        return f"expected to start at about {when(found.starts_at)}"
    if found.after_first:
        return f"expected to start about {duration(found.after_first)} after the deploy that runs now ends"
    return "expected to start any moment now" if found.after_first is not None else ""


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`"""
    endings = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if number % 100 in (11, 12, 13) else endings.get(number % 10, "th")
    return f"{number}{ending}"


def _begun_at(deploy: Deploy, earlier: Sequence[Deploy]) -> float:
    """When nothing kept it waiting any more: neither the deploys before it nor an approval."""
    decided = [each.at for each in deploy.approval.decisions]
    if deploy.began_at is not None:
        return max([deploy.began_at, *decided])
    ends = [each.ended_at for each in earlier if each.ended_at is not None and each.id != deploy.id]
    return max([deploy.request.requested_at, *ends, *decided])


def _has_unknown_end(deploy: Deploy) -> bool:
    return deploy.hold is not None or deploy.verb is Verb.FOLLOW


def _waits_for_batch(first: Deploy) -> bool:
    """Whether the first in a queue waits for others: a deploy that was asked for alone starts at once."""
    return first.phase is Phase.WAITING and first.batch_id is not None


def _needs_approval(deploy: Deploy) -> bool:
    asks_later = deploy.phase in (Phase.WAITING, Phase.PLANNING, Phase.AWAITING_APPROVAL)
    needs = bool(deploy.service.approvals) and deploy.verb is not Verb.FOLLOW
    return asks_later and needs and not is_approved(deploy)
