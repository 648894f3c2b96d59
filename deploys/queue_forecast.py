"""When a queued deploy is expected to start: by how long the last deploys of its service took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from deploys.decisions import is_approved
from deploys.deploy_text import action_label, requested_by
from deploys.formatting import TimeFormat
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.stores.deploy_reader import DeployReader

DEPLOYS_READ = 20
"""Deploys of the service that are looked at (count)."""
DURATIONS_USED = 5
"""The newest of these whose duration counts (count)."""
_RAN = frozenset({Outcome.SUCCEEDED, Outcome.ROLLED_BACK})


@dataclass(frozen=True)
class QueueForecast:
    """A place in a queue, and what is known about the start. It stays the same until the queue moves."""

    place: int
    """2: one deploy is ahead."""
    starts_at: float | None = None
    """When it is expected to start (epoch seconds); None: nobody can tell."""
    approval_of: Deploy | None = None
    """A deploy ahead that needs an approval first."""


def read_forecast(deploy: Deploy, store: DeployReader, now: float) -> QueueForecast | None:
    """The forecast for a deploy as the store has its queue; None if it waits for no other there.
    A start that should have been by now (epoch seconds) is not told."""
    if deploy.phase is not Phase.WAITING or not deploy.in_progress:
        return None
    queue = store.service_queue(deploy.service.name)
    before = queue[: queue.index(deploy.id)] if deploy.id in queue else []
    ahead = [found for each in before if (found := store.get(each))]
    if not ahead:
        return None
    expected = forecast(ahead, store.recent(deploy.service.name, DEPLOYS_READ))
    overdue = expected.starts_at is not None and expected.starts_at <= now
    return replace(expected, starts_at=None) if overdue else expected


def forecast(ahead: Sequence[Deploy], recent: Sequence[Deploy]) -> QueueForecast:
    """Pure. ahead: the deploys before it, the active one first. recent: deploys of its service, newest
    first."""
    place = len(ahead) + 1
    if waiting := next((each for each in ahead if _needs_approval(each)), None):
        return QueueForecast(place, approval_of=waiting)
    usual = usual_seconds(recent)
    if usual is None or any(each.hold or each.verb is Verb.FOLLOW for each in ahead):
        return QueueForecast(place)
    first = ahead[0]
    if first.ended_at is not None:  # it is only looked at once more
        others = len(ahead) - 1
        return QueueForecast(place, starts_at=first.ended_at + usual * others if others else None)
    return QueueForecast(place, starts_at=_begun_at(first, recent) + usual * len(ahead))


def usual_seconds(recent: Sequence[Deploy]) -> float | None:
    """How long a deploy of this service takes (seconds), without its time in the queue and at an approval;
    None if none is known that ran. recent: newest first."""
    durations = [
        each.ended_at - _begun_at(each, recent[number + 1 :])
        for number, each in enumerate(recent)
        if each.outcome in _RAN and each.verb is not Verb.FOLLOW and each.ended_at is not None
    ]
    return max(0.0, median(durations[:DURATIONS_USED])) if durations else None


def forecast_text(found: QueueForecast, when: TimeFormat) -> str:
    """`2nd in the queue, expected to start about 14:05`"""
    return ", ".join(filter(None, (f"{ordinal(found.place)} in the queue", start_text(found, when))))


def start_text(found: QueueForecast, when: TimeFormat) -> str:
    """`expected to start about 14:05`; empty if nobody can tell."""
    if other := found.approval_of:
        return f"to start once {action_label(other)} {requested_by(other)} is approved and has ended"
    return f"expected to start about {when(found.starts_at)}" if found.starts_at else ""


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`"""
    endings = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if number % 100 in (11, 12, 13) else endings.get(number % 10, "th")
    return f"{number}{ending}"


def _begun_at(deploy: Deploy, earlier: Sequence[Deploy]) -> float:
    """When nothing kept it waiting any more: neither the deploy before it nor an approval."""
    ends = [each.ended_at for each in earlier if each.ended_at is not None and each.id != deploy.id]
    decided = [each.at for each in deploy.approval.decisions]
    return max([deploy.request.requested_at, *ends, *decided])


def _needs_approval(deploy: Deploy) -> bool:
    asks_later = deploy.phase in (Phase.WAITING, Phase.PLANNING, Phase.AWAITING_APPROVAL)
    needs = bool(deploy.service.approvals) and deploy.verb is not Verb.FOLLOW
    return asks_later and needs and not is_approved(deploy)
