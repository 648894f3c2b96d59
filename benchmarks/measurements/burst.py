"""A thousand deploys asked for within two seconds.

Do the calls stay under half of each limit, and does who asked first go first?
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from benchmarks import names, redis_figures
from benchmarks.aws_limits import ECS_LIMITS, GROUP_OF_API
from benchmarks.percentiles import spread
from benchmarks.played import call_counts
from benchmarks.played.call_counts import CallCount
from benchmarks.results import Figures, with_prefix
from benchmarks.seeding import Seeds
from benchmarks.system import CALLER, System

WINDOW_SECONDS = 10
"""The window in which the calls are counted (seconds)."""


def measure(system: System, seeds: Seeds, count: int, observed_seconds: float) -> Figures:
    """Asks for deploys of so many services, and watches for so long or until all have ended."""
    began = time.time()
    ids = seeds.ask_for(range(count))
    asked = time.time() - began
    deadline = time.monotonic() + observed_seconds
    with redis_figures.QueueSamples(system.redis) as queue:
        while time.monotonic() < deadline and len(seeds.ended_at(ids)) < count:
            time.sleep(2)
    calls = [each for each in system.ecs.calls() if each.caller == CALLER and each.second >= int(began)]
    rollouts = system.ecs.ask("rollouts")["rollouts"]
    ended = seeds.ended_at(ids)
    lags = [
        ended[deploy_id] - rollouts[names.service(index)][-1]["ends_at"]
        for index, deploy_id in enumerate(ids)
        if deploy_id in ended
    ]
    asked_for = [names.service(index) for index in range(count)]
    begun = {each: rollouts[each][-1]["began_at"] for each in asked_for if each in rollouts}
    return {
        "asked_for": float(count),
        "asked_within_seconds": asked,
        "observed_seconds": time.time() - began,
        "begun": float(len(begun)),
        "ended": float(len(ended)),
        "jobs_waiting/median": queue.median,
        "jobs_waiting/max": queue.max,
        "throttled": float(sum(each.refused for each in calls)),
        "largest_displacement": float(largest_displacement(sorted(begun, key=lambda each: begun[each]))),
        **with_prefix("lag_to_record", spread(lags)),
        **shares_of_limits(calls),
    }


def shares_of_limits(calls: Sequence[CallCount]) -> Figures:
    """Per group of APIs: calls a second in the busiest window, and their part of what Amazon takes in a
    window of this length, beginning with a full bucket. Pure."""
    figures: Figures = {}
    largest = 0.0
    for group, limit in ECS_LIMITS.items():
        apis = [api for api, of in GROUP_OF_API.items() if of == group]
        busiest = call_counts.busiest_window(calls, apis, WINDOW_SECONDS)
        share = busiest / limit.allowed_within(WINDOW_SECONDS)
        largest = max(largest, share)
        figures[f"busiest_per_second/{group}"] = busiest / WINDOW_SECONDS
        figures[f"share_of_limit/{group}"] = share
    return figures | {"share_of_limit/largest": largest}


def largest_displacement(services: Sequence[str]) -> int:
    """How many places a service came too late or too early, at most (count). Pure.

    services: by when they began; those that were asked for first have the lower names."""
    return max((abs(place - wanted) for wanted, place in _places(services)), default=0)


def _places(services: Sequence[str]) -> list[tuple[int, int]]:
    in_order = {service: place for place, service in enumerate(sorted(services))}
    return [(in_order[service], place) for place, service in enumerate(services)]
