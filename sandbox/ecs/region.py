"""One account's ECS in one region: its tables, its clock and what is going to happen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any

from sandbox.ecs.agenda import Agenda, Happening
from sandbox.ecs.clock import Clock
from sandbox.ecs.images import Images
from sandbox.ecs.logs import Logs
from sandbox.ecs.names import Names
from sandbox.ecs.pace import Lifetimes, Pace
from sandbox.ecs.records import Deployment, Service, ServiceDeployment, Task, TaskDefinition, TokenUse
from sandbox.ecs.tables import Journal, Tables


class Region:
    """Everything in it is read and changed inside `moment()`, which holds its lock."""

    def __init__(
        self, account: str, name: str, clock: Clock, speed: float, lifetimes: Lifetimes, chance: Random
    ) -> None:
        self.account = account
        self.name = name
        self.clock = clock
        self.lifetimes = lifetimes
        self.pace = Pace(speed, chance)
        self.names = Names(account, name, chance)
        self.chance = chance
        self.agenda = Agenda()
        self.images = Images(account, name)
        self.logs = Logs(account, name)
        self.tables = Tables(Journal(lambda: self.now))
        self.bygone_tasks: list[Task] = []
        """Tasks that ECS no longer describes."""
        self.look: Callable[[Region, str], None] = _look_away
        """The service scheduler: called with the ARN of a service that may need something done."""
        self.passes_planned: dict[str, float] = {}
        """When the scheduler next looks at each service."""
        self.client_tokens: dict[tuple[str, str], TokenUse] = {}
        """By cluster and clientToken: what RunTask did for it."""
        self.autoscaling = False
        """Application Auto Scaling has planned its next look."""
        self._lock = threading.RLock()
        self._moment: float | None = None

    @property
    def now(self) -> float:
        """The time of the moment that is being lived, in seconds since the epoch."""
        return self.clock.now() if self._moment is None else self._moment

    @contextmanager
    def moment(self) -> Iterator[Region]:
        """Let happen what is due, then hold the region still at one instant."""
        with self._lock:
            if self._moment is not None:
                yield self
                return
            self.live_until(self.clock.now())
            self._moment = self.clock.now()
            try:
                yield self
            finally:
                self._moment = None

    def live_until(self, end: float) -> None:
        """Let everything planned up to `end` happen, each at its own time."""
        with self._lock:
            outer = self._moment
            try:
                while (due := self.agenda.take_due(end)) is not None:
                    self._moment, happening = due
                    happening()
            finally:
                self._moment = outer

    @contextmanager
    def back_in_time(self, start: float) -> Iterator[None]:
        """Begin earlier than now: what is planned inside is lived up to the present at the end."""
        with self._lock:
            self._moment = start
            try:
                yield
            finally:
                self._moment = None
            self.live_until(self.clock.now())

    def after(self, seconds: float, happening: Happening) -> None:
        """Plan for about `seconds` of a life at speed 1 from now."""
        self.agenda.plan(self.now + self.pace.about(seconds), happening)

    def after_exactly(self, seconds: float, happening: Happening) -> None:
        self.agenda.plan(self.now + self.pace.seconds(seconds), happening)

    def look_at(self, service: str, lag: float | None = None) -> None:
        """Plan the scheduler's next look at a service, unless an earlier one is planned."""
        at = self.now + self.pace.seconds(self.lifetimes.scheduler_lag if lag is None else lag)
        planned = self.passes_planned.get(service)
        if planned is not None and planned <= at:
            return
        self.passes_planned[service] = at

        def pass_over() -> None:
            if self.passes_planned.get(service) == at:
                del self.passes_planned[service]
                self.look(self, service)

        self.agenda.plan(at, pass_over)

    def update_service(self, arn: str, **changes: Any) -> Service:
        return self.tables.services.put(arn, replace(self.tables.services[arn], **changes))

    def update_deployment(self, deployment: str, **changes: Any) -> Deployment:
        row = replace(self.tables.deployments[deployment], updated_at=self.now, **changes)
        return self.tables.deployments.put(deployment, row)

    def update_service_deployment(self, arn: str, **changes: Any) -> ServiceDeployment:
        row = replace(self.tables.service_deployments[arn], updated_at=self.now, **changes)
        return self.tables.service_deployments.put(arn, row)

    def update_task(self, arn: str, **changes: Any) -> Task:
        task = self.tables.tasks[arn]
        return self.tables.tasks.put(arn, replace(task, version=task.version + 1, **changes))

    def task_definition(self, arn: str) -> TaskDefinition:
        return self.tables.task_definitions[arn]


def _look_away(region: Region, service: str) -> None:
    raise RuntimeError("this region has no service scheduler yet")
