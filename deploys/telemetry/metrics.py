"""The metrics: what each means, its labels, and which processes have it.

No label has an id, a person or anything that was typed: each has a few values that the code knows, a service
of services.yml, or an operation of AWS's or Slack's API.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum

from deploys.aws_limits import LIMITS
from deploys.records.phases import Outcome, Phase
from deploys.telemetry.metrics_pipe import METRICS_PIPE

BOT, WEB, WORKER, SCHEDULER, EVENTS = "bot", "web", "worker", "scheduler", "events"
ALL = (BOT, WEB, WORKER, SCHEDULER, EVENTS)
CALLERS_OF_AWS = (WORKER, EVENTS)
REQUESTS = (BOT, WEB)
CALLERS_OF_SLACK = (BOT, WEB, WORKER)


class Kind(StrEnum):
    """How Prometheus counts it."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True)
class Metric:
    """One metric. Reporting it costs next to nothing, never waits and never raises."""

    name: str
    kind: Kind
    about: str
    processes: Sequence[str]
    labels: Sequence[str] = ()
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """All values of a label. If every label has them, all series begin at 0, so that an alert sees the first
    count; without that it would see a series that begins at 1."""
    buckets: Sequence[float] = ()
    looked_up: bool = False
    """Whether it is read when it is scraped. The others are reported."""

    def add(self, amount: float = 1.0, **labels: str) -> None:
        """Counts."""
        self._report(amount, labels)

    def observe(self, value: float, **labels: str) -> None:
        """Adds a value to the histogram."""
        self._report(value, labels)

    def set(self, value: float, **labels: str) -> None:
        """Sets the gauge."""
        self._report(value, labels)

    @contextmanager
    def timed(self, **labels: str) -> Iterator[None]:
        """Adds the seconds that the block took, whatever its end."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.observe(time.monotonic() - began, **labels)

    def _report(self, value: float, labels: Mapping[str, str]) -> None:
        if METRICS_PIPE.is_open:
            METRICS_PIPE.send(self.name, value, [labels[name] for name in self.labels])


def _counter(name: str, about: str, processes: Sequence[str], **labels: Sequence[str]) -> Metric:
    return Metric(name, Kind.COUNTER, about, processes, tuple(labels), _known(labels))


def _gauge(name: str, about: str, processes: Sequence[str], **labels: Sequence[str]) -> Metric:
    return Metric(name, Kind.GAUGE, about, processes, tuple(labels), _known(labels))


def _looked_up(name: str, about: str, processes: Sequence[str], **labels: Sequence[str]) -> Metric:
    return replace(_gauge(name, about, processes, **labels), looked_up=True)


def _histogram(
    name: str, about: str, processes: Sequence[str], buckets: Sequence[float], **labels: Sequence[str]
) -> Metric:
    return Metric(name, Kind.HISTOGRAM, about, processes, tuple(labels), _known(labels), (*buckets, math.inf))


def _known(labels: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    return {name: values for name, values in labels.items() if values}


ANY: Sequence[str] = ()
"""The values of a label are not known beforehand."""
CALL_RESULTS = ("ok", "throttled", "refused", "failed")
REQUEST_KINDS = ("command", "click", "event", "form", "menu", "other")
_OUTCOMES = tuple(each.value for each in Outcome)
_PHASES = tuple(each.value for each in Phase if each is not Phase.ENDED)
_CALL_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_LAG_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_PHASE_SECONDS = (1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 14400)

# Every process
PROCESS_INFO = _gauge(
    "slipway_process_info", "1; which process this is, and its version", ALL, process=ANY, version=ANY
)
LAST_LOOP = _looked_up(
    "slipway_last_loop_age_seconds",
    "Seconds since the process's main loop last moved; of each worker by its number, `worker` is empty else",
    ALL,
    worker=ANY,
)
SERVICES_FILE_REJECTED = _gauge(
    "slipway_services_file_rejected",
    "1 while services.yml cannot be used and what it said before stays in force, else 0",
    (BOT, WEB, WORKER),
)
REDIS_UP = _looked_up("slipway_redis_up", "1 if Redis answered this process's scrape, else 0", ALL)
REDIS_SECONDS = _looked_up("slipway_redis_ping_seconds", "Seconds that Redis took to answer a PING", ALL)
METRICS_LOST = _counter(
    "slipway_metrics_lost_total",
    "Reports of metrics that could not be delivered, so that counts are too low",
    ALL,
)

# Requests
ACK_SECONDS = _histogram(
    "slipway_ack_seconds",
    "Seconds from the arrival of a request of Slack's until its answer; Slack waits for 3",
    REQUESTS,
    (0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 5),
    kind=REQUEST_KINDS,
)
SLACK_CONNECTED = _gauge("slipway_slack_connected", "1 while the bot is connected to Slack, else 0", (BOT,))

# Deploys, as the workers move them
DEPLOYS = _counter(
    "slipway_deploys_total",
    "Deploys whose outcome became known; begins at 0 for every service of services.yml",
    (WORKER,),
    service=ANY,
    outcome=ANY,
)
DEPLOY_SECONDS = _histogram(
    "slipway_deploy_duration_seconds",
    "Seconds from the request of a deploy until its outcome, waiting included",
    (WORKER,),
    (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 86400),
    outcome=_OUTCOMES,
)
PHASE_SECONDS = _histogram(
    "slipway_phase_duration_seconds",
    "Seconds that deploys spent in a phase",
    (WORKER,),
    _PHASE_SECONDS,
    phase=ANY,
)
STEP_LAG = _histogram(
    "slipway_step_lag_seconds",
    "Seconds by which the step of a deploy began late; `watch` reads a rollout, `advance` is any other",
    (WORKER,),
    _LAG_SECONDS,
    step=("advance", "watch"),
)
STEP_ERRORS = _counter(
    "slipway_step_errors_total",
    "Steps that failed and are tried again, or that ended their deploy; not checks that said no",
    (WORKER,),
)
LEASES_LOST = _counter(
    "slipway_leases_lost_total",
    "Leases that ran out, were taken over, or were too short for a call, while a worker had the deploy or "
    "thread",
    (WORKER,),
    of=("deploy", "thread"),
)
JOBS = _counter("slipway_jobs_total", "Jobs that ended", (WORKER,), job_name=ANY, result=ANY)
JOB_SECONDS = _histogram(
    "slipway_job_duration_seconds",
    "Seconds that a job ran",
    (WORKER,),
    (*_CALL_SECONDS, 30, 60),
    job_name=ANY,
)
JOB_WAIT = _histogram(
    "slipway_job_wait_seconds", "Seconds that a job waited for a worker", (WORKER,), _LAG_SECONDS
)
AWS_CALLS = _counter(
    "slipway_aws_calls_total", "Calls to AWS", CALLERS_OF_AWS, api=ANY, operation=ANY, result=ANY
)
AWS_SECONDS = _histogram(
    "slipway_aws_call_duration_seconds",
    "Seconds that a call to AWS took",
    CALLERS_OF_AWS,
    _CALL_SECONDS,
    api=ANY,
)
AWS_BUDGET_WAITS = _counter(
    "slipway_aws_budget_waits_total",
    "Steps and queries that had to wait because Slipway's share of a limit of AWS's was used up",
    (WORKER,),
    limit=tuple(each.name for each in LIMITS),
)
SLACK_CALLS = _counter(
    "slipway_slack_calls_total", "Calls to Slack's Web API", CALLERS_OF_SLACK, method=ANY, result=ANY
)
SLACK_SECONDS = _histogram(
    "slipway_slack_call_duration_seconds",
    "Seconds that a call to Slack's Web API took",
    CALLERS_OF_SLACK,
    _CALL_SECONDS,
    method=ANY,
)

# Events of ECS
ECS_EVENTS = _counter(
    "slipway_ecs_events_total",
    "Events of ECS that were received: they made a deploy due, were about none, or were not understood",
    (EVENTS,),
    result=("made due", "no deploy", "not understood"),
)
ECS_EVENT_AGE = _histogram(
    "slipway_ecs_event_age_seconds",
    "Seconds from the arrival of an event in the queue until it was received",
    (EVENTS,),
    _LAG_SECONDS,
)

# What Redis knows, told by the scheduler alone
ECS_EVENTS_ARRIVE = _looked_up(
    "slipway_ecs_events_arrive",
    "1 while events of ECS are received, so that ECS is read every minute only, else 0",
    (SCHEDULER,),
)
ECS_EVENTS_MISSED = _looked_up(
    "slipway_ecs_events_missed",
    "1 for ten minutes after a rollout ended of which no event told although events are received, else 0",
    (SCHEDULER,),
)
IN_PROGRESS = _looked_up(
    "slipway_deploys_in_progress", "Deploys that have not ended, by phase", (SCHEDULER,), phase=_PHASES
)
OLDEST_IN_PHASE = _looked_up(
    "slipway_oldest_in_phase_seconds",
    "Seconds that the deploy that is longest in its phase has been there, held ones left out; 0 if none is",
    (SCHEDULER,),
    phase=_PHASES,
)
QUEUED = _looked_up(
    "slipway_queued_deploys", "Deploys of a service that wait in its queue", (SCHEDULER,), service=ANY
)
DUE_LAG = _looked_up(
    "slipway_due_lag_seconds",
    "Seconds by which the longest overdue step is late; steps as in slipway_step_lag_seconds",
    (SCHEDULER,),
    step=("advance", "watch"),
)
THREADS_BEHIND = _looked_up(
    "slipway_threads_behind", "Threads that have something to show, now or later", (SCHEDULER,)
)
THREAD_LAG = _looked_up(
    "slipway_thread_lag_seconds",
    "Seconds by which the longest overdue thread is behind its record",
    (SCHEDULER,),
)
JOBS_WAITING = _looked_up("slipway_jobs_waiting", "Jobs that wait for a worker", (SCHEDULER,))
WATCH_INTERVAL = _looked_up(
    "slipway_watch_interval_seconds",
    "Seconds between two looks at the rollouts of an account and region, the longest; 0 if none is watched",
    (SCHEDULER,),
)
AWS_BUDGET_TOKENS = _looked_up(
    "slipway_aws_budget_tokens",
    "Calls of Slipway's share of AWS's limit that are left now, in the account and region with the fewest",
    (SCHEDULER,),
    limit=ANY,
)
AWS_BUDGET_WAITING = _looked_up(
    "slipway_aws_budget_waiting",
    "Deploys and others that wait for their turn to call AWS",
    (SCHEDULER,),
    limit=tuple(each.name for each in LIMITS),
)
WORKERS = _looked_up("slipway_workers", "Workers that are alive", (SCHEDULER,))
STOPPED = _looked_up("slipway_all_deploys_stopped", "1 while all deploys are stopped, else 0", (SCHEDULER,))
LOST_DEPLOYS = _looked_up(
    "slipway_lost_deploys", "Services that a deploy left behind whose record is lost", (SCHEDULER,)
)
REDIS_MEMORY = _looked_up("slipway_redis_memory_used_bytes", "Memory that Redis uses", (SCHEDULER,))
REDIS_MEMORY_LIMIT = _looked_up(
    "slipway_redis_memory_limit_bytes", "Redis's `maxmemory`; 0: none", (SCHEDULER,)
)
REDIS_DISK_OK = _looked_up(
    "slipway_redis_disk_ok", "1 if Redis could write its append-only file and snapshots, else 0", (SCHEDULER,)
)

METRICS: Mapping[str, Metric] = {
    each.name: each for each in list(globals().values()) if isinstance(each, Metric)
}
"""By name, in the order above."""


def metrics_of(process: str) -> list[Metric]:
    """Those that a process has."""
    return [each for each in METRICS.values() if process in each.processes]


def begin_services(names: Iterable[str]) -> None:
    """Lets the counts of these services begin at 0: an alert does not see a series that begins at 1."""
    for name in names:
        METRICS_PIPE.begin_service(name)
