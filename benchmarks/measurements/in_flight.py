"""What so many deploys in flight cost, and how long the end of a rollout takes to the record and to Slack."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks import names, process_figures, redis_figures
from benchmarks.aws_limits import ECS_LIMITS, GROUP_OF_API, READS
from benchmarks.percentiles import spread
from benchmarks.played import call_counts
from benchmarks.results import Figures, with_prefix
from benchmarks.seeding import Seeds
from benchmarks.system import CALLER, System
from deploys.records.deploy import Deploy

END_WORD = "ucceeded"
"""What the texts about a good end have in them, at the beginning of a sentence or within."""
POLL_SECONDS = 0.5
SETTLED_SECONDS = 8.0
"""How long looks have to come in rounds to be believed (seconds)."""
SETTLE_SECONDS = 120.0
"""The longest wait until each new deploy has been looked at once (seconds)."""


@dataclass(frozen=True)
class InFlightPlan:
    """How one number of deploys in flight is measured."""

    settle_seconds: float
    """The longest wait until the new deploys are looked at together with the others (seconds)."""
    window_seconds: float
    """How long the cost is measured (seconds)."""
    ends: int
    """Rollouts that end for the lags (count)."""
    seconds_between_ends: float
    longest_wait: float
    """After the last end, how long its text may take to be measured (seconds)."""


@dataclass
class InFlight:
    """The deploys in flight of a system."""

    system: System
    seeds: Seeds
    model: Deploy
    next_index: int = 1
    ids: dict[str, str] = field(default_factory=dict)
    """Deploys in flight, by service."""

    def fill(self, count: int) -> float:
        """Has so many in flight; returns the seconds until each of the new ones was looked at."""
        missing = count - len(self.ids)
        indexes = range(self.next_index, self.next_index + missing)
        self.next_index += missing
        new = self.seeds.put_in_flight(self.model, indexes) if missing > 0 else {}
        self.ids |= new
        began, waiting = time.monotonic(), list(new.values())

        def all_looked_at() -> bool:
            while waiting and self.seeds.version(waiting[-1]):
                waiting.pop()
            return not waiting

        _wait_until(all_looked_at, SETTLE_SECONDS)
        return time.monotonic() - began

    def settle(self, longest: float) -> float:
        """Waits until looks come in rounds, as for deploys that have been in flight for a while; the seconds.

        New ones are looked at one by one at first.
        """
        began = time.monotonic()
        _wait_until(self._looks_in_rounds, longest)
        return time.monotonic() - began

    def _looks_in_rounds(self) -> bool:
        now = time.time()
        counts = call_counts.between(self.system.ecs.calls(), now - SETTLED_SECONDS, now, CALLER)
        looks = call_counts.by_api(counts).get("DescribeServices", 0)
        return looks <= most_looks(len(self.ids), SETTLED_SECONDS)

    def indexes(self) -> list[int]:
        """Indexes of the services in flight."""
        return [names.index_of(each) for each in self.ids]

    def end(self, count: int, seconds_between: float) -> dict[str, str]:
        """So many of the rollouts end, one after the other from now on; their deploys by service."""
        ending = dict(list(self.ids.items())[:count])
        after = {service: 1.0 + nth * seconds_between for nth, service in enumerate(ending)}
        self.system.ecs.ask("end", after=after)
        for service in ending:
            del self.ids[service]
        return ending


def most_looks(in_flight: int, seconds: float) -> float:
    """DescribeServices calls within so many seconds, if looks come in rounds: a few more than the full calls
    that are needed. Pure."""
    return 2 + 1.5 * math.ceil(in_flight / 10) * (seconds / 5.3)


def measure_cost(system: System, seconds: float) -> Figures:
    """CPU, memory, calls, commands and jobs in a window of so many seconds from now."""
    commands, jobs = redis_figures.commands_done(system.redis), system.jobs_done()
    cpu = {name: process_figures.cpu_seconds(system.pids(name)) for name in ("worker", "scheduler", "web")}
    began, clock = time.time(), time.monotonic()
    with redis_figures.QueueSamples(system.redis) as queue:
        time.sleep(seconds)
        took = time.monotonic() - clock
        figures: Figures = {
            "redis_commands_per_second": (redis_figures.commands_done(system.redis) - commands) / took,
            "jobs_per_second": (system.jobs_done() - jobs) / took,
            **{
                f"cpu_cores/{name}": (process_figures.cpu_seconds(system.pids(name)) - used) / took
                for name, used in cpu.items()
            },
        }
    calls = call_counts.between(system.ecs.calls(), began, began + took, CALLER)
    seconds_counted = max(1.0, int(began + took) - int(began) - 1)
    by_api = call_counts.by_api(calls)
    reads = sum(count for api, count in by_api.items() if api.startswith(READS))
    return figures | {
        "jobs_waiting/median": queue.median,
        "jobs_waiting/max": queue.max,
        "memory_megabytes": process_figures.pss_megabytes(system.pids()),
        **{f"memory_megabytes/{name}": process_figures.pss_megabytes(system.pids(name)) for name in cpu},
        "round_seconds": system.round_seconds(),
        "aws_reads_per_second": reads / seconds_counted,
        **{f"calls_per_second/{api}": count / seconds_counted for api, count in by_api.items()},
        **largest_share_of_limit(calls, int(seconds_counted)),
    }


def largest_share_of_limit(calls: Sequence[call_counts.CallCount], seconds: int) -> Figures:
    """How much of its documented rate the busiest group of APIs used, on average over the window."""
    used = dict.fromkeys(ECS_LIMITS, 0)
    for each in calls:
        if group := GROUP_OF_API.get(each.api):
            used[group] += each.calls
    return {
        "share_of_limit": max(
            used[group] / (limit.per_second * seconds) for group, limit in ECS_LIMITS.items()
        )
    }


def measure_lags(flight: InFlight, plan: InFlightPlan) -> Figures:
    """Some rollouts end: how long until the record has it, and until a text in Slack says so."""
    before = flight.system.slack.ask("texts", **{"from": 10**9})["count"]
    ending = flight.end(plan.ends, plan.seconds_between_ends)
    real = _ends_in_ecs(flight.system, ending)
    deadline = time.monotonic() + plan.ends * plan.seconds_between_ends + plan.longest_wait
    told: dict[str, float] = {}
    while len(told) < len(ending) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        told = told_at(flight.system, ending, before)
    ended = flight.seeds.ended_at(list(ending.values()))
    to_record = [ended[each] - real[service] for service, each in ending.items() if each in ended]
    to_slack = [at - real[service] for service, at in told.items()]
    between = [at - ended[ending[service]] for service, at in told.items() if ending[service] in ended]
    return {
        **with_prefix("lag_to_record", spread(to_record)),
        **with_prefix("lag_to_slack", spread(to_slack)),
        **with_prefix("record_to_slack", spread(between)),
        "ends": float(len(ending)),
        "ends_not_recorded": float(len(ending) - len(to_record)),
        "ends_not_told": float(len(ending) - len(to_slack)),
    }


def told_at(system: System, ending: Mapping[str, str], first_text: int) -> dict[str, float]:
    """When Slack first got a text about the end of each of these services' deploys (epoch seconds)."""
    found: dict[str, float] = {}
    for text in system.slack.ask("texts", **{"from": first_text})["texts"]:
        if END_WORD in text["text"]:
            for service in services_named(text["text"]):
                if service in ending:
                    found.setdefault(service, text["at"])
    return found


def services_named(text: str) -> list[str]:
    """The services that a text names. Pure."""
    prefix = names.service(0)[: -len("000000")]
    return [prefix + rest[:6] for rest in text.split(prefix)[1:]]


def _ends_in_ecs(system: System, ending: Mapping[str, str]) -> dict[str, float]:
    """When the rollouts of these services end (epoch seconds). To be asked before they do: the next deploy of
    a service may begin then."""
    rollouts = system.ecs.ask("rollouts")["rollouts"]
    return {service: rollouts[service][-1]["ends_at"] for service in ending}


def _wait_until(ready: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def measure_many_at_once(flight: InFlight, count: int, seconds: float, longest_wait: float) -> Figures:
    """So many of those in flight end within so many seconds: the lags to the record."""
    ending = flight.end(count, seconds / max(1, count))
    real = _ends_in_ecs(flight.system, ending)
    last = time.monotonic() + seconds + longest_wait
    ids = list(ending.values())
    _wait_until(lambda: len(flight.seeds.ended_at(ids)) == len(ids), last - time.monotonic())
    ended = flight.seeds.ended_at(ids)
    lags = [ended[each] - real[service] for service, each in ending.items() if each in ended]
    return {
        **with_prefix("many_end/lag_to_record", spread(lags)),
        "many_end/seconds": seconds,
        "many_end/ends": float(len(ids)),
        "many_end/not_recorded": float(len(ids) - len(lags)),
    }
