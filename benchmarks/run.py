"""One run of the benchmark, part by part."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from redis.exceptions import RedisError

from benchmarks.forms import BURST_ROLLOUT_SECONDS, Form, Part
from benchmarks.measurements import (
    acknowledgements,
    burst,
    history_cost,
    in_flight,
    one_deploy,
    rivals,
    startup,
    worker_killed,
)
from benchmarks.measurements.in_flight import InFlight
from benchmarks.measurements.one_deploy import OneDeploy
from benchmarks.redis_figures import sets_per_second
from benchmarks.results import Figures, Results, this_commit, this_machine, with_prefix
from benchmarks.seeding import Seeds, add_history
from benchmarks.system import System, fast_ecs, played_system, sandbox_ecs
from slipway.demo.process_group import DemoFailed

EDITS_PER_MINUTE = 40
"""What Slack takes of chat.update while deploys are in flight."""
SPARE_SERVICES = 50
"""Services beside those in flight: rollouts that end are replaced."""
COMMANDS_PER_SECOND = 8.0
"""In Socket Mode."""
EVENTS_BEGIN_SECONDS, EVENTS_END_SECONDS = 3.0, 35.0
"""Until the workers go by the events, and until they do no more after these have ended."""
FEW_SERVICES = 5
"""For the acknowledgements of an idle system, and for the other ways to deploy."""


@dataclass
class Run:
    """A run under way."""

    form: Form
    workers: int
    say: Callable[[str], None]
    figures: dict[str, Figures] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    def note(self, subject: str, figures: Figures) -> None:
        """Keeps the figures of a subject."""
        self.figures[subject] = {**self.figures.get(subject, {}), **figures}

    def has_time(self, what: str) -> bool:
        """Whether a part may begin; the run stops by itself."""
        gone = time.monotonic() - self._began
        if gone < self.form.limit_seconds:
            self.say(f"{gone:4.0f} s  {what}")
            return True
        self.notes.append(f"Not measured, because the time was up: {what}.")
        return False

    def try_part(self, part: str, measure: Callable[[Run], None]) -> None:
        """Measures a part, and goes on without the rest of it if a process ended or a deploy got stuck."""
        try:
            measure(self)
        except (DemoFailed, RuntimeError, OSError, RedisError) as error:
            self.say(f"{part} could not be measured to its end: {error}")
            self.notes.append(f"Not measured to its end: {part} ({type(error).__name__}).")
            self.failed.append(part)

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._began


def run(form: Form, workers: int, say: Callable[[str], None], parts: Collection[Part]) -> Results:
    """Measures these parts of a form, one after the other. One that cannot be measured to its end is among
    the `failed` ones of the results; what it had measured by then is kept."""
    machine, began_at = this_machine(), datetime.now(UTC)
    going = Run(form, workers, say)
    measured: dict[Part, tuple[str, Callable[[Run], None]]] = {
        "one_deploy": ("one deploy alone, and others' ways beside it", _one_deploy),
        "in_flight": ("deploys in flight", _in_flight),
        "burst": (f"{form.burst} deploys asked for at once", _burst),
        "history": (f"questions, with {form.ended_deploys} ended deploys", _history),
    }
    for part, (what, measure) in measured.items():
        if part in parts and going.has_time(what):
            going.try_part(part, measure)
    if left_out := [each for each in form.parts if each not in parts]:
        going.notes.append(f"Not measured, because only some parts were asked for: {', '.join(left_out)}.")
    return Results(
        form=form.name,
        commit=this_commit(Path(__file__).parent),
        began_at=began_at.isoformat(timespec="seconds"),
        seconds=round(going.seconds, 1),
        workers=workers,
        machine=machine,
        figures=going.figures,
        notes=tuple(going.notes),
        failed=tuple(going.failed),
    )


def _one_deploy(going: Run) -> None:
    """In two systems at the same time, of which one has ECS's events; the other ways use a third."""
    form = going.form
    with ExitStack() as stack:
        ecs = fast_ecs(FEW_SERVICES, rollout_seconds=form.rollout_seconds)
        others = stack.enter_context(played_system(ecs))
        without = stack.enter_context(played_system(sandbox_ecs(form.sandbox_speed)))
        with_events = stack.enter_context(played_system(sandbox_ecs(form.sandbox_speed)))
        with_events.start_events(one_deploy.create_event_queue(with_events))
        deploys = [OneDeploy(each, _start_workers(each, going.workers)) for each in (without, with_events)]
        with rivals.start(others) as started:
            alone, eventful = one_deploy.measure(deploys, form.rollout_seconds)
            going.note("one_deploy", alone)
            going.note("one_deploy_with_events", eventful)
            going.note("rivals", started.wait())
        going.notes += [f"Could not be run beside it: {each}." for each in started.missing]


def _start_workers(system: System, workers: int) -> Seeds:
    system.start_scheduler()
    system.start_workers(workers)
    seeds = Seeds(system)
    seeds.introduce_people()
    return seeds


def _in_flight(going: Run) -> None:
    form = going.form
    most = max(form.levels)
    services = most + SPARE_SERVICES + form.plan.ends * len(form.levels)
    with played_system(fast_ecs(services), edits_per_minute=EDITS_PER_MINUTE) as system:
        system.env["WATCH_SECONDS"] = str(form.watch_seconds)
        going.note("startup", startup.start_all(system, going.workers))
        seeds = Seeds(system)
        seeds.introduce_people()
        bare = acknowledgements.start_bare_web(system)
        if form.idle_requests and going.has_time("acknowledgements, idle"):
            going.note(
                "ack",
                acknowledgements.idle(system, bare, form.idle_requests, range(services)[-FEW_SERVICES:]),
            )
        flight = InFlight(system, seeds, seeds.follow_first())
        for level in form.levels:
            if going.has_time(f"{level} in flight"):
                _level(going, flight, level)
        flight.fill(most)
        asked = flight.indexes()[most // 2 :]
        if form.socket_commands and going.has_time("acknowledgements in Socket Mode"):
            going.note("startup", startup.measure(system, "bot", system.start_bot))
            seeds.introduce_people()
            measured = acknowledgements.by_socket_mode(
                system, form.socket_commands, COMMANDS_PER_SECOND, asked
            )
            going.note("socket_mode", measured)
        if going.has_time("acknowledgements under load"):
            seeds.introduce_people()
            measured = acknowledgements.over_http(system, bare, form.http_rates, form.http_requests, asked)
            going.note("ack", measured)
        if form.many_end_seconds and going.has_time("half of those in flight end"):
            measured = in_flight.measure_many_at_once(
                flight, most // 2, form.many_end_seconds, form.plan.longest_wait * 2
            )
            going.note(f"in_flight/{most}", measured)
        going.note("redis", {"sets_per_second": sets_per_second(system.redis)})


def _level(going: Run, flight: InFlight, level: int) -> None:
    form, subject = going.form, f"in_flight/{level}"
    going.note(subject, {"seconds_until_all_were_looked_at": flight.fill(level)})
    going.note(subject, {"seconds_until_looks_came_in_rounds": flight.settle(form.plan.settle_seconds)})
    going.note(subject, in_flight.measure_cost(flight.system, form.plan.window_seconds))
    going.note(subject, in_flight.measure_lags(flight, form.plan))
    if level in form.event_levels:
        _with_events(going, flight, level)
    if form.kills and level == form.kill_level and going.has_time("a worker is killed"):
        flight.fill(level)
        going.note("worker_killed", worker_killed.kill_and_recover(flight, form.kills))


def _with_events(going: Run, flight: InFlight, level: int) -> None:
    flight.fill(level)
    going.note("startup", startup.measure(flight.system, "events", flight.system.start_events))
    time.sleep(EVENTS_BEGIN_SECONDS)
    measured = in_flight.measure_lags(
        flight, replace(going.form.plan, ends=max(1, going.form.plan.ends // 2))
    )
    flight.system.stop("events")
    going.note(f"in_flight/{level}", with_prefix("with_events", measured))
    time.sleep(EVENTS_END_SECONDS)


def _history(going: Run) -> None:
    """In a system of its own, where nothing else goes on."""
    with played_system(fast_ecs(FEW_SERVICES, rollout_seconds=1)) as system:
        seeds = _start_workers(system, going.workers)
        system.start_web()
        [deploy_id] = seeds.ask_for([0])
        model = seeds.wait_for(deploy_id, lambda deploy: deploy.outcome is not None)
        add_history(system.redis, model, going.form.ended_deploys, FEW_SERVICES)
        seeds.introduce_people()
        going.note("history", history_cost.measure(system, going.form.repeats))


def _burst(going: Run) -> None:
    form = going.form
    ecs = fast_ecs(form.burst, limited=True, rollout_seconds=BURST_ROLLOUT_SECONDS)
    with played_system(ecs, edits_per_minute=EDITS_PER_MINUTE) as system:
        seeds = _start_workers(system, going.workers)
        going.note("burst", burst.measure(system, seeds, form.burst, form.burst_seconds))
