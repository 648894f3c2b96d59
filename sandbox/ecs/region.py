"""One account's ECS in one region: its tables, its clock and its scheduled events."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from sandbox.ecs.aws_services.cloudwatch_logs import CloudWatchLogs
from sandbox.ecs.aws_services.ecr_images import EcrImages
from sandbox.ecs.clock import Clock
from sandbox.ecs.durations import Durations, TimeScale
from sandbox.ecs.ids import EcsIds
from sandbox.ecs.records import (
    Deployment,
    EcsService,
    EcsTask,
    ServiceDeployment,
    TaskDefinition,
    UsedClientToken,
)
from sandbox.ecs.tables import ChangeJournal, EcsTables

Callback = Callable[[], None]


class EventQueue:
    """Callbacks in the order of their time; those of the same time in the order in which they were
    scheduled."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callback]] = []
        self._sequence = itertools.count()

    @property
    def is_empty(self) -> bool:
        return not self._heap

    def schedule(self, at: float, callback: Callback) -> None:
        heapq.heappush(self._heap, (at, next(self._sequence), callback))

    def take_due(self, now: float) -> tuple[float, Callback] | None:
        """The earliest callback that is due at `now`, with the time that it was scheduled for."""
        if not self._heap or self._heap[0][0] > now:
            return None
        at, _, callback = heapq.heappop(self._heap)
        return at, callback


@dataclass(frozen=True)
class FailingStarts:
    """Tasks of revisions that were registered since then do not start."""

    since: float
    sentence: str
    """ECS's, with `{text}` and perhaps `{image}` in it."""
    text: str


class EcsRegion:
    """Everything in it is read and changed inside `hold_time()`, which holds its lock."""

    def __init__(
        self, account: str, name: str, clock: Clock, speed: float, durations: Durations, random: Random
    ) -> None:
        self.account = account
        self.name = name
        self.clock = clock
        self.durations = durations
        self.time_scale = TimeScale(speed, random)
        self.ids = EcsIds(account, name, random)
        self.random = random
        self.event_queue = EventQueue()
        self.images = EcrImages(account, name)
        self.logs = CloudWatchLogs(account, name)
        self.tables = EcsTables(ChangeJournal(lambda: self.now))
        self.failing_starts: dict[str, FailingStarts] = {}
        """Why tasks of a service do not start, by its ARN."""
        self.forgotten_tasks: list[EcsTask] = []
        """Tasks that ECS no longer describes."""
        self.reconcile: Callable[[EcsRegion, str], None] = _no_scheduler
        """The service scheduler, called with the ARN of a service that may need a change."""
        self.planned_reconciles: dict[str, float] = {}
        """When the scheduler next handles each service, by ARN."""
        self.client_tokens: dict[tuple[str, str], UsedClientToken] = {}
        """The requests of RunTask by cluster and clientToken."""
        self.is_autoscaling_scheduled = False
        """Whether the next check of Application Auto Scaling is scheduled."""
        self._lock = threading.RLock()
        self._instant: float | None = None

    @property
    def now(self) -> float:
        """The current time in the region, in seconds since the epoch."""
        return self.clock.now() if self._instant is None else self._instant

    @contextmanager
    def hold_time(self) -> Iterator[EcsRegion]:
        """Run what is due, then stop the region's time for as long as the context lasts."""
        with self._lock:
            if self._instant is not None:
                yield self
                return
            self.run_until(self.clock.now())
            self._instant = self.clock.now()
            try:
                yield self
            finally:
                self._instant = None

    def run_until(self, end: float) -> None:
        """Run everything that is scheduled up to `end`, each at its own time."""
        with self._lock:
            outer = self._instant
            try:
                while (due := self.event_queue.take_due(end)) is not None:
                    self._instant, callback = due
                    callback()
            finally:
                self._instant = outer

    @contextmanager
    def starting_in_the_past(self, start: float) -> Iterator[None]:
        """Set the time back to `start`; at the end run everything that is due by now."""
        with self._lock:
            self._instant = start
            try:
                yield
            finally:
                self._instant = None
            self.run_until(self.clock.now())

    def schedule_after(self, seconds: float, callback: Callback) -> None:
        """Schedule a callback in about `seconds`, at speed 1."""
        self.event_queue.schedule(self.now + self.time_scale.seconds_with_jitter(seconds), callback)

    def schedule_exactly_after(self, seconds: float, callback: Callback) -> None:
        self.event_queue.schedule(self.now + self.time_scale.seconds(seconds), callback)

    def schedule_reconcile(self, service_arn: str, delay: float | None = None) -> None:
        """Schedule the next reconcile of a service, unless an earlier one is scheduled."""
        at = self.now + self.time_scale.seconds(self.durations.scheduler_lag if delay is None else delay)
        planned = self.planned_reconciles.get(service_arn)
        if planned is not None and planned <= at:
            return
        self.planned_reconciles[service_arn] = at

        def pass_over() -> None:
            if self.planned_reconciles.get(service_arn) == at:
                del self.planned_reconciles[service_arn]
                self.reconcile(self, service_arn)

        self.event_queue.schedule(at, pass_over)

    def update_service(self, arn: str, **changes: Any) -> EcsService:
        return self.tables.services.put(arn, replace(self.tables.services[arn], **changes))

    def update_deployment(self, deployment: str, **changes: Any) -> Deployment:
        row = replace(self.tables.deployments[deployment], updated_at=self.now, **changes)
        return self.tables.deployments.put(deployment, row)

    def update_service_deployment(self, arn: str, **changes: Any) -> ServiceDeployment:
        row = replace(self.tables.service_deployments[arn], updated_at=self.now, **changes)
        return self.tables.service_deployments.put(arn, row)

    def update_task(self, arn: str, **changes: Any) -> EcsTask:
        task = self.tables.tasks[arn]
        return self.tables.tasks.put(arn, replace(task, version=task.version + 1, **changes))

    def task_definition(self, arn: str) -> TaskDefinition:
        return self.tables.task_definitions[arn]


def _no_scheduler(region: EcsRegion, service: str) -> None:
    raise RuntimeError("this region has no service scheduler yet")
