"""Deploys under the documented limits, second by second: what the model says is checked with it. Pure.

It has the limits and the order of need, and nothing of Slipway's code: who asked first is registered first,
looks come in rounds of ten services a call, and an end is told before progress.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field

from benchmarks.aws_limits import ECS_LIMITS, ApiLimit, TokenBucket
from benchmarks.capacity.model import (
    EDITS_PER_MINUTE,
    POSTS_PER_SECOND,
    ROUND_SECONDS,
    SERVICES_PER_CALL,
    SHARE_OF_LIMIT,
)

STEP_SECONDS = 0.1
CONFIRM_SECONDS = 2.5
"""Until the second read that has to agree."""
POST_BURST, EDIT_BURST = 5, 5


@dataclass
class SimulatedDeploy:
    """One deploy; all times in seconds from the beginning."""

    asked_at: float
    began_at: float | None = None
    ends_at: float = 0.0
    looked_at: float = 0.0
    """When it was looked at last."""
    seen_at: float | None = None
    """When a look found the end for the first time."""
    recorded_at: float | None = None
    told_at: float | None = None
    """When a message about the end was taken."""


@dataclass
class Simulation:
    """What became of the deploys, and how many calls were made."""

    deploys: list[SimulatedDeploy]
    seconds: float = 0.0
    registered: list[float] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    edits: list[float] = field(default_factory=list)

    @property
    def lags(self) -> list[float]:
        """From each end to its record (seconds)."""
        return [each.recorded_at - each.ends_at for each in self.deploys if each.recorded_at is not None]

    @property
    def told_after(self) -> list[float]:
        """From each record to the message about the end (seconds)."""
        return [
            each.told_at - each.recorded_at
            for each in self.deploys
            if each.told_at is not None and each.recorded_at is not None
        ]


def simulate(
    deploys: int, rollout_seconds: float, seconds: float, *, seed: int, in_flight: bool
) -> Simulation:
    """So many deploys for so long. in_flight: they have begun, and end one after the other during a rollout's
    time; otherwise all are asked for at once."""
    draw = random.Random(seed)
    found = Simulation([SimulatedDeploy(asked_at=nth * 0.002) for nth in range(deploys)])
    if in_flight:
        for each in found.deploys:
            each.began_at, each.ends_at = 0.0, draw.uniform(0, rollout_seconds)
            each.looked_at = -draw.uniform(0, ROUND_SECONDS)
    limits = _Limits()
    waiting = deque(each for each in found.deploys if each.began_at is None)
    untold: deque[SimulatedDeploy] = deque()
    edits: deque[SimulatedDeploy] = deque()
    while found.seconds < seconds:
        now = found.seconds
        while waiting and limits.registers.take(now):
            deploy = waiting.popleft()
            deploy.began_at = deploy.looked_at = now
            deploy.ends_at = now + rollout_seconds
            found.registered.append(now)
        untold += _look(found, limits, now)
        while untold and limits.posts.take(now):
            deploy = untold.popleft()
            deploy.told_at = now
            edits.append(deploy)
        while edits and limits.edits.take(now):
            edits.popleft()
            found.edits.append(now)
        found.seconds += STEP_SECONDS
    return found


class _Limits:
    """A bucket of each limit, at the share that Slipway uses."""

    def __init__(self) -> None:
        self.registers = TokenBucket(ECS_LIMITS["TaskDefinitionModify"].share(SHARE_OF_LIMIT), 0.0)
        self.looks = TokenBucket(ECS_LIMITS["ClusterServiceResourceRead"].share(SHARE_OF_LIMIT), 0.0)
        self.posts = TokenBucket(ApiLimit(POST_BURST, POSTS_PER_SECOND), 0.0)
        self.edits = TokenBucket(ApiLimit(EDIT_BURST, EDITS_PER_MINUTE / 60), 0.0)


def _look(found: Simulation, limits: _Limits, now: float) -> list[SimulatedDeploy]:
    """Looks at what is due, longest overdue first, ten services a call; those whose end is certain now."""
    due = [each for each in found.deploys if _is_due(each, now)]
    due.sort(key=lambda each: each.looked_at)
    recorded = []
    for start in range(0, len(due), SERVICES_PER_CALL):
        if not limits.looks.take(now):
            break
        found.looks.append(now)
        for each in due[start : start + SERVICES_PER_CALL]:
            each.looked_at = now
            if each.seen_at is not None:
                each.recorded_at = now
                recorded.append(each)
            elif now >= each.ends_at:
                each.seen_at = now
    return recorded


def _is_due(deploy: SimulatedDeploy, now: float) -> bool:
    if deploy.began_at is None or deploy.recorded_at is not None:
        return False
    return now - deploy.looked_at >= (CONFIRM_SECONDS if deploy.seen_at is not None else ROUND_SECONDS)
