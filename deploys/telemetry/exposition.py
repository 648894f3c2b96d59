"""What a scrape of `/metrics` gets: the reports of the process, and what is looked up at that moment."""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from deploys.records.phases import Outcome
from deploys.redis_connection import make_client
from deploys.redis_outage import RedisOutage, describe_error
from deploys.telemetry import metrics
from deploys.telemetry.metrics import Kind, Metric
from deploys.telemetry.metrics_pipe import LOOPED, SERVICE
from deploys.telemetry.process_state import ProcessState

if TYPE_CHECKING:
    from deploys.telemetry.redis_state import Samples

log = structlog.get_logger()

REDIS_SECONDS = 1.0
"""How long a scrape waits for an answer of Redis."""
STATE_SECONDS = 5.0
"""For so long all scrapes get the same state of Redis: a scrape every second costs no more than one in 5."""


class Exposition:
    """The metrics of one process. Reports and scrapes come in different threads."""

    def __init__(self, process: str, redis_url: str, state: ProcessState, version: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._state = state
        self._redis = make_client(redis_url, timeout=REDIS_SECONDS, retries=0, backoff=NoBackoff())
        self._registry = CollectorRegistry()
        self._reported: dict[str, Counter | Gauge | Histogram | CountOfMany] = {}
        for metric in metrics.metrics_of(process):
            if metric is metrics.DEPLOYS:
                self._reported[metric.name] = CountOfMany(metric, self._registry)
            elif not metric.looked_up:
                self._reported[metric.name] = _begin(metric, self._registry)
        self._take(metrics.PROCESS_INFO.name, 1, process, version)
        self._registry.register(_LookedUp(self._redis, state))
        if process == metrics.SCHEDULER:
            from deploys.telemetry.redis_state import read_redis_state  # loads all records

            self._registry.register(_RedisState(lambda: read_redis_state(self._redis, time.time())))

    def take(self, line: bytes) -> None:
        """Takes a line of the pipe."""
        try:
            self._take(*json.loads(line))
        except (TypeError, ValueError) as error:
            log.warning("a report of a metric cannot be read", error=str(error))

    def _take(self, name: str, value: float, *labels: str) -> None:
        if name == LOOPED:
            self._state.note_loop(*labels)
            return
        if name == SERVICE:
            for outcome in Outcome:
                self._take(metrics.DEPLOYS.name, 0, *labels, outcome.value)
            return
        found = self._reported.get(name)
        if found is None:  # of another kind of process: the bot's clients and the workers' count alike
            return
        if name == metrics.SLACK_CONNECTED.name:
            self._state.note_slack(connected=bool(value))
        if isinstance(found, CountOfMany):
            found.add(value, labels)
            return
        series = found.labels(*labels) if labels else found
        if isinstance(series, Counter):
            series.inc(value)
        elif isinstance(series, Gauge):
            series.set(value)
        else:
            series.observe(value)

    def text(self) -> bytes:
        """All of it, in Prometheus's text format."""
        return generate_latest(self._registry)

    def ping_redis(self) -> str:
        """An empty text, or what is wrong with Redis."""
        try:
            self._redis.ping()
        except RedisError as error:
            return f"Redis {describe_error(error)}"
        return ""


class CountOfMany:
    """A counter with a few series for each service: `Counter` keeps a kilobyte for each of them."""

    def __init__(self, metric: Metric, registry: CollectorRegistry) -> None:
        self._metric = metric
        self._counts: dict[tuple[str, ...], float] = {}
        registry.register(self)

    def add(self, amount: float, labels: tuple[str, ...]) -> None:
        """Counts."""
        key = tuple(map(sys.intern, labels))
        self._counts[key] = self._counts.get(key, 0.0) + amount

    def describe(self) -> list[CounterMetricFamily]:
        return [CounterMetricFamily(self._metric.name, self._metric.about, labels=self._metric.labels)]

    def collect(self) -> Iterator[CounterMetricFamily]:
        [family] = self.describe()
        for labels, value in self._counts.copy().items():
            family.add_metric(labels, value)
        yield family


def _begin(metric: Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    """The metric, with all its series if they are known."""
    name, about, labels = metric.name.removesuffix("_total"), metric.about, metric.labels
    made: Counter | Gauge | Histogram
    if metric.kind is Kind.HISTOGRAM:
        made = Histogram(name, about, labels, registry=registry, buckets=metric.buckets)
    else:
        made = {Kind.COUNTER: Counter, Kind.GAUGE: Gauge}[metric.kind](name, about, labels, registry=registry)
    if labels and set(labels) == set(metric.values):
        for values in itertools.product(*(metric.values[each] for each in labels)):
            made.labels(*values)
    return made


class _LookedUp:
    """What is asked at each scrape."""

    def __init__(self, redis: Redis, state: ProcessState) -> None:
        self._redis = redis
        self._state = state

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        began = time.monotonic()
        try:
            self._redis.ping()
            up = 1
        except RedisError:
            up = 0
        yield _family(metrics.LAST_LOOP, {(name,): age for name, age in self._state.loop_ages().items()})
        yield _family(metrics.REDIS_UP, {(): up})
        yield _family(metrics.REDIS_SECONDS, {(): time.monotonic() - began})


class _RedisState:
    """What Redis knows of deploys, jobs and threads. Without an answer of Redis it has nothing."""

    def __init__(self, read: Callable[[], Samples]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._samples: Samples = {}
        self._outage = RedisOutage()

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with self._lock:
            if time.monotonic() - self._read_at >= STATE_SECONDS:
                try:
                    self._samples = self._read()
                    self._outage.record_recovery()
                except RedisError as error:
                    self._samples = {}
                    self._outage.record_failure(error)
                self._read_at = time.monotonic()
            samples = self._samples
        for name, values in samples.items():
            yield _family(metrics.METRICS[name], values)


def _family(metric: Metric, values: dict[tuple[str, ...], float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(metric.name, metric.about, labels=metric.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
