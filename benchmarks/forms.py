"""How much a run measures: the full form, the quick one, and a tiny one for the tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmarks.measurements.in_flight import InFlightPlan

Part = Literal["one_deploy", "in_flight", "burst", "history"]
"""What can be measured by itself."""


@dataclass(frozen=True)
class Form:
    """Numbers of a run. Times are in seconds."""

    name: Literal["full", "quick", "tiny"]
    limit_seconds: float
    """Nothing more begins later. What has begun ends by itself, within three minutes."""
    levels: tuple[int, ...]
    """Deploys in flight, in ascending order."""
    event_levels: tuple[int, ...]
    """Those at which the lags are measured with events too."""
    plan: InFlightPlan
    idle_requests: int
    """To each of the two apps: of a hundred, p99 is the second slowest; of fewer, the slowest."""
    http_rates: tuple[int, ...]
    http_requests: int
    """At each rate, to each of the two apps."""
    socket_commands: int
    kill_level: int
    """The worker is killed with so many in flight."""
    kills: int
    ended_deploys: int
    repeats: int
    """Of `status`, Home and history; 0: they are not measured."""
    sandbox_speed: float
    """Of the one deploy on the sandbox; the others' rollouts take 62 s at speed 1."""
    burst: int
    burst_seconds: float
    """How long the burst is watched at most."""
    many_end_seconds: float
    """Half of those in flight end within this time, no other deploy behind them; 0: that is not measured."""
    watch_seconds: float = 5.0
    """Slipway's WATCH_SECONDS: its default, but for the tests."""

    @property
    def rollout_seconds(self) -> float:
        """How long the rollout of the one deploy takes, and the time with nothing to do before it."""
        return ROLLOUT_SECONDS / self.sandbox_speed

    @property
    def parts(self) -> tuple[Part, ...]:
        """What it measures, in this order."""
        measured: dict[Part, object] = {
            "one_deploy": self.sandbox_speed,
            "in_flight": self.levels,
            "burst": self.burst,
            "history": self.repeats,
        }
        return tuple(part for part, how_much in measured.items() if how_much)


ROLLOUT_SECONDS = 62.0
"""A rolling deploy of the sandbox's `web` at speed 1."""
BURST_ROLLOUT_SECONDS = 60.0

FULL = Form(
    name="full",
    limit_seconds=22 * 60,
    levels=(10, 100, 500, 1000),
    event_levels=(10, 1000),
    plan=InFlightPlan(
        settle_seconds=60, window_seconds=25, ends=16, seconds_between_ends=1.7, longest_wait=45
    ),
    idle_requests=100,
    http_rates=(20, 50, 100),
    http_requests=300,
    socket_commands=69,
    kill_level=100,
    kills=2,
    ended_deploys=10_000,
    repeats=8,
    sandbox_speed=1,
    burst=1000,
    burst_seconds=150,
    many_end_seconds=30,
)
QUICK = Form(
    name="quick",
    limit_seconds=240,
    levels=(10, 100),
    event_levels=(),
    plan=InFlightPlan(settle_seconds=30, window_seconds=8, ends=4, seconds_between_ends=1, longest_wait=12),
    idle_requests=3,
    http_rates=(20,),
    http_requests=60,
    socket_commands=13,
    kill_level=0,
    kills=0,
    ended_deploys=0,
    repeats=0,
    sandbox_speed=8,
    burst=60,
    burst_seconds=15,
    many_end_seconds=0,
)
TINY = Form(
    name="tiny",
    limit_seconds=60,
    levels=(3,),
    event_levels=(),
    plan=InFlightPlan(settle_seconds=0, window_seconds=2, ends=1, seconds_between_ends=0, longest_wait=30),
    idle_requests=0,
    http_rates=(10,),
    http_requests=10,
    socket_commands=0,
    kill_level=0,
    kills=0,
    ended_deploys=0,
    repeats=0,
    sandbox_speed=0,
    burst=0,
    burst_seconds=0,
    many_end_seconds=0,
    watch_seconds=1,
)
FORMS = {each.name: each for each in (FULL, QUICK, TINY)}
