"""What a service runs now, whether it is well, and who brought it there. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from deploys.catalogue.service import Service
from deploys.records.deploy import Deploy
from deploys.records.request import Verb
from deploys.short_names import short_digest
from workers.ecs.images.pinned_tags import display_tag
from workers.ecs.state import DeploymentState, RevisionState, ServiceState, TaskState

CLOCK_SKEW_SECONDS = 60.0
"""How far ECS's clock may be from ours."""


@dataclass(frozen=True)
class RunningVersion:
    """Running tasks that are alike."""

    tag: str
    """Tag of the image, or the beginning of its digest."""
    digest: str
    """sha256 digest that ECS reports; empty: it reports none."""
    revision: str
    """ARN of their task definition."""
    tasks: int
    """Running tasks (count)."""


class Health(StrEnum):
    """How a service is, in a word for a table."""

    HEALTHY = "healthy"
    ROLLING_OUT = "rolling out"
    ROLLOUT_FAILED = "rollout failed"
    UNHEALTHY = "unhealthy"
    TASKS_MISSING = "tasks missing"
    SCALED_TO_ZERO = "scaled to 0"
    DELETED = "deleted"


class HealthCheck(Enum):
    """What the container health checks say of a task."""

    PASSED = auto()
    FAILED = auto()
    NONE = auto()  # no container has one, or none has a result yet


class OriginKind(Enum):
    """How what runs came to run."""

    OUR_ROLLOUT = auto()
    ROLLED_BACK = auto()  # a deploy was rolled back to it
    OUR_REVISION = auto()  # a deploy registered the revision, and somebody else's deployment runs it
    EXTERNAL = auto()


@dataclass(frozen=True)
class Origin:
    """How what runs came to run."""

    kind: OriginKind
    deploy: Deploy | None = None
    """The deploy it is about; none for an external deployment."""
    since: float | None = None
    """Epoch seconds; None: ECS does not say."""

    @property
    def by(self) -> str:
        """The person whose deploy brought it there; empty: it was deployed outside Slipway."""
        ours = self.kind in (OriginKind.OUR_ROLLOUT, OriginKind.ROLLED_BACK)
        if not ours or self.deploy is None or self.deploy.verb is Verb.FOLLOW:
            return ""
        return self.deploy.request.requester


@dataclass(frozen=True)
class RunningNow:
    """What is known of one service."""

    service: Service
    ecs: ServiceState
    health: Health
    origin: Origin
    versions: tuple[RunningVersion, ...]
    """What the running tasks have, the most tasks first."""
    set_to: str = ""
    """The version that the service is set to."""
    registered_by: str = ""
    """Who registered the revision that the service is set to; empty: ECS does not say."""
    checks: Counter[HealthCheck] | None = None
    """The running tasks (count) by their container health checks; None: the tasks were not read."""


def judge_health(ecs: ServiceState, checks: Counter[HealthCheck] | None = None) -> Health:
    """How the service is by what ECS says of it. What is worse comes first."""
    primary = ecs.primary
    if ecs.status != "ACTIVE":
        return Health.DELETED
    if primary is not None and primary.rollout_state == "FAILED":
        return Health.ROLLOUT_FAILED
    if checks and checks[HealthCheck.FAILED]:
        return Health.UNHEALTHY
    if len(ecs.deployments) > 1 or (primary is not None and primary.rollout_state == "IN_PROGRESS"):
        return Health.ROLLING_OUT
    if ecs.desired == 0 and ecs.scheduling != "DAEMON":
        return Health.SCALED_TO_ZERO
    return Health.TASKS_MISSING if ecs.running < ecs.desired else Health.HEALTHY


def count_checks(tasks: Iterable[TaskState]) -> Counter[HealthCheck]:
    """Running tasks by their container health checks."""
    return Counter(_check_of(task) for task in tasks if task.last_status == "RUNNING")


def _check_of(task: TaskState) -> HealthCheck:
    results = {each.health for each in task.containers}
    if "UNHEALTHY" in results:
        return HealthCheck.FAILED
    return HealthCheck.PASSED if "HEALTHY" in results else HealthCheck.NONE


def group_versions(
    tasks: Iterable[TaskState], container: str, revision: RevisionState, tags: dict[str, str]
) -> tuple[RunningVersion, ...]:
    """The running tasks by what they run. container: the main one of the app. tags: by revision, of those
    that are known from deploys."""
    counts = Counter(
        (task.revision, each.image, each.digest)
        for task in tasks
        if task.last_status == "RUNNING"
        for each in task.containers
        if each.name == container
    )
    return tuple(
        RunningVersion(
            tag=_tag_of(arn, image, revision, tags) or short_digest(digest),
            digest=digest,
            revision=arn,
            tasks=count,
        )
        for (arn, image, digest), count in counts.most_common()
    )


def _tag_of(arn: str, image: str, revision: RevisionState, tags: dict[str, str]) -> str:
    """ECS reports the image as the revision names it; only the revision it was read with has its tags."""
    if not image:
        return tags.get(arn, "")
    named = display_tag(image, revision if arn == revision.arn else None)
    return tags.get(arn, named) if "@" in image and arn != revision.arn else named


def tags_by_revision(deploys: Sequence[Deploy]) -> dict[str, str]:
    """The tags of the revisions that these deploys set or found. deploys: the newest first."""
    found: dict[str, str] = {}
    for deploy in deploys:
        plan = deploy.plan
        if plan is None:
            continue
        if deploy.ecs.new_revision:
            found.setdefault(deploy.ecs.new_revision, plan.tag or deploy.tag)
        found.setdefault(plan.old_revision, plan.old_tag)
    return found


def find_origin(ecs: ServiceState, deploys: Sequence[Deploy]) -> Origin:
    """How what the service is set to came to run. deploys: those of the service, the newest first. One that
    only set the count knows the deployment that it found, and did not bring it."""
    deploys = [each for each in deploys if each.verb.sets_version]
    primary = ecs.primary
    since = primary.created_at or None if primary else None
    for deploy in deploys:
        if primary is not None and deploy.ecs.deployment_id == primary.id:
            return Origin(OriginKind.OUR_ROLLOUT, deploy, deploy.rollout.serving_at or since)
        if primary is not None and _was_rolled_back_to(primary, deploy):
            return Origin(OriginKind.ROLLED_BACK, deploy, since)
    for deploy in deploys:
        if ecs.revision and deploy.ecs.new_revision == ecs.revision:
            return Origin(OriginKind.OUR_REVISION, deploy, since)
    return Origin(OriginKind.EXTERNAL, None, since)


def _was_rolled_back_to(primary: DeploymentState, deploy: Deploy) -> bool:
    """Whether this deployment is the rollback of this deploy, by ECS or by Slipway."""
    rollback = deploy.rollback
    if rollback.ecs_rollback is not None and rollback.ecs_rollback.deployment_id == primary.id:
        return True
    if rollback.progress is None or deploy.plan is None or rollback.progress.gave_up:
        return False
    begun = rollback.progress.started_at - CLOCK_SKEW_SECONDS
    ended = (deploy.ended_at or math.inf) + CLOCK_SKEW_SECONDS
    restored = {deploy.plan.old_revision, rollback.revision_copy}
    return primary.revision in restored and begun <= primary.created_at <= ended
