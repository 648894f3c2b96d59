"""The services of the fast ECS: their rollouts go by a timetable, and end when the benchmark says so."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks import names

Json = dict[str, Any]

TASKS = 2
"""Tasks of each service (count)."""
FIRST_TASK_SECONDS = 20.0
"""When the first task of a rollout runs (seconds after its start)."""
DRAIN_SECONDS = 1.0
"""How long the old task of a rollout still runs when ECS has almost ended it (seconds)."""


def digest_of(tag: str) -> str:
    """The digest of an image."""
    return f"sha256:{hashlib.sha256(tag.encode()).hexdigest()}"


class CallRefused(Exception):
    """An answer of AWS that is an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Rollout:
    """One deployment of a service."""

    number: str
    revision: int
    began_at: float
    """Epoch seconds."""
    ends_at: float | None
    """When it is COMPLETED (epoch seconds); None: when the benchmark says so."""

    @property
    def deployment_id(self) -> str:
        """As DescribeServices has it."""
        return f"ecs-svc/{self.number}"

    def has_ended(self, now: float) -> bool:
        """Whether it is COMPLETED."""
        return self.ends_at is not None and now >= self.ends_at

    def running(self, now: float) -> int:
        """Its tasks that run (count): all only once it has ended."""
        if self.has_ended(now):
            return TASKS
        return TASKS - 1 if now - self.began_at >= FIRST_TASK_SECONDS else 0

    def old_tasks(self, now: float) -> int:
        """Tasks of the version before that still run (count)."""
        if self.has_ended(now):
            return 0
        return 1 if self.ends_at is not None and now >= self.ends_at - DRAIN_SECONDS else TASKS


@dataclass
class BenchService:
    """One service. Its task definitions are those of the family with its name."""

    index: int
    images: list[str] = field(default_factory=lambda: [names.image(names.FIRST_TAG)])
    """The image of each revision: the first is that of revision 1."""
    definition_tags: dict[int, list[Json]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    rollouts: list[Rollout] = field(default_factory=list)
    """Oldest first; the last is PRIMARY."""

    @property
    def name(self) -> str:
        """In ECS and in services.yml."""
        return names.service(self.index)

    @property
    def arn(self) -> str:
        """Its ARN."""
        return names.arn("service", f"{names.CLUSTER}/{self.name}")

    @property
    def primary(self) -> Rollout:
        """What ECS moves it to."""
        return self.rollouts[-1]

    def definition_arn(self, revision: int) -> str:
        """ARN of a revision."""
        return names.arn("task-definition", f"{self.name}:{revision}")

    def service_deployment_arn(self, rollout: Rollout) -> str:
        """ARN of a rollout's service deployment."""
        return names.service_deployment(self.name, rollout.number)

    def service_revision_arn(self, rollout: Rollout) -> str:
        """ARN of what a rollout moves the service to."""
        return names.arn("service-revision", f"{names.CLUSTER}/{self.name}/{rollout.number}")


class EcsServices:
    """All services of the region."""

    def __init__(self, count: int, *, now: float, rollout_seconds: float | None = None) -> None:
        """rollout_seconds: how long a rollout takes; None: until `end` is called for it."""
        self.rollout_seconds = rollout_seconds
        self._services = {names.service(index): BenchService(index) for index in range(count)}
        for each in self._services.values():
            each.rollouts.append(Rollout(names.deployment_number(each.index, 1), 1, now - 3600, now - 3500))

    def find(self, name_or_arn: str) -> BenchService | None:
        """A service by its name or ARN."""
        return self._services.get(name_or_arn.rsplit("/", 1)[-1])

    def family(self, revision: str) -> tuple[BenchService, int] | None:
        """The service and number of a revision: `family:7`, an ARN, or a family for its newest."""
        family, _, number = revision.rsplit("/", 1)[-1].partition(":")
        service = self._services.get(family)
        if service is None:
            return None
        found = int(number) if number else len(service.images)
        return (service, found) if 1 <= found <= len(service.images) else None

    def service_deployment(self, arn: str) -> tuple[BenchService, Rollout] | None:
        """A service deployment by its ARN."""
        parts = arn.split("/")
        service = self._services.get(parts[-2]) if len(parts) > 2 else None
        for rollout in service.rollouts if service else ():
            if f"sd{rollout.number}" == parts[-1]:
                assert service is not None
                return service, rollout
        return None

    def register(self, family: str, image: str, tags: list[Json]) -> tuple[BenchService, int]:
        """A new revision."""
        service = self._services[family]
        service.images.append(image)
        service.definition_tags[len(service.images)] = tags
        return service, len(service.images)

    def update(self, service: BenchService, revision: int, now: float) -> Rollout:
        """Begins a rollout, as UpdateService does."""
        ends_at = now + self.rollout_seconds if self.rollout_seconds is not None else None
        number = names.deployment_number(service.index, len(service.rollouts) + 1)
        service.rollouts.append(Rollout(number, revision, now, ends_at))
        return service.primary

    # What the benchmark does

    def begin_like_first(self, indexes: Iterable[int], tags: Mapping[int, list[Json]], now: float) -> None:
        """Begins a rollout of each service, of the image that service 0 moves to: as RegisterTaskDefinition
        and UpdateService would."""
        first = self._services[names.service(0)]
        image = first.images[first.primary.revision - 1]
        for index in indexes:
            service, revision = self.register(names.service(index), image, tags.get(index, []))
            self.update(service, revision, now)

    def end(self, ends: Mapping[str, float]) -> None:
        """The rollouts of these services end then (epoch seconds)."""
        for name, at in ends.items():
            self._services[name].primary.ends_at = at

    def rollouts(self) -> dict[str, list[dict[str, float | None]]]:
        """When each rollout that somebody asked for began and ended (epoch seconds), by service."""
        return {
            name: [{"began_at": each.began_at, "ends_at": each.ends_at} for each in service.rollouts[1:]]
            for name, service in self._services.items()
            if len(service.rollouts) > 1
        }
