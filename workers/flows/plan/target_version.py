"""What a deploy is to run: a new tag, the same revision again, or an earlier revision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from deploys.catalogue.service import Service
from deploys.errors import Refused
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.plan import ContainerChange, Plan
from deploys.records.request import Verb
from workers.ecs.images.app_containers import find_app_containers
from workers.ecs.images.image_changes import list_image_changes, list_image_changes_on_base
from workers.ecs.images.pinned_tags import display_tag
from workers.ecs.state import Endpoints, RevisionState, ServiceState
from workers.ecs.task_definitions import images_by_container
from workers.flows.plan.rollback_target import find_rollback_revision
from workers.step_context import StepContext


@dataclass(frozen=True)
class TargetVersion:
    """What is to run."""

    source: RevisionState
    """The revision that the new one is a copy of, or that runs again as it is."""
    changes: tuple[ContainerChange, ...]
    """Images before and after, the main container first."""
    tag: str
    other_images: tuple[str, ...] = ()
    """Images of the other containers that do not run now; for a rollback, all of them."""
    recorded_digest: str = ""
    """Rollback: the digest of the main image when the revision ran well, if a record says so."""


def needs_copy(deploy: Deploy, source: RevisionState) -> bool:
    """Whether a new revision is registered: a rollback runs an earlier one as it is, and what sets no version
    registers none. Pure."""
    return deploy.verb.sets_version and (deploy.verb is not Verb.ROLLBACK or source.status != "ACTIVE")


def find_target_version(
    deploy: Deploy, context: StepContext, running: RevisionState, base: RevisionState, endpoints: Endpoints
) -> TargetVersion:
    """What this deploy is to run, given the revision that runs now and the one that a deploy copies.

    Raises:
        NothingToRollBackTo, UnknownRollbackTarget, RevisionAlreadyRuns, ImageUnreadable and the errors of
        `find_app_containers`
    """
    if deploy.verb is Verb.ROLLBACK:
        return _rollback_target(deploy, context, running, endpoints)
    if deploy.verb is Verb.RESTART:
        same = tuple(
            ContainerChange(container=each["name"], old_image=each["image"], new_image=each["image"])
            for each in find_app_containers(running, deploy.service, endpoints, guess=True)
        )
        return TargetVersion(running, same, display_tag(same[0].new_image, running))
    if base.arn != running.arn:
        return _target_on_base(deploy, running, base, endpoints)
    changed = list_image_changes(running, deploy.service, endpoints, deploy.tag)
    return TargetVersion(running, changed, deploy.tag)


def _target_on_base(
    deploy: Deploy, running: RevisionState, base: RevisionState, endpoints: Endpoints
) -> TargetVersion:
    """A new tag on another revision than the running one, whose other containers may have new images."""
    changes = list_image_changes_on_base(base, running, deploy.service, endpoints, deploy.tag)
    changed, now = {change.container for change in changes}, images_by_container(running)
    others = {name: image for name, image in images_by_container(base).items() if name not in changed}
    new = tuple(image for name, image in others.items() if image != now.get(name))
    return TargetVersion(base, changes, deploy.tag, other_images=new)


def _rollback_target(
    deploy: Deploy, context: StepContext, running: RevisionState, endpoints: Endpoints
) -> TargetVersion:
    earlier = context.earlier_deploys()
    arn = find_rollback_revision(deploy, earlier, running.arn)
    source = context.revisions.describe(arn)
    changes = compare_images_of_revisions(running, source, deploy.service, endpoints)
    main, names = changes[0], {change.container for change in changes}
    return TargetVersion(
        source,
        changes,
        display_tag(main.new_image, source),
        other_images=tuple(image for name, image in images_by_container(source).items() if name not in names),
        recorded_digest=_find_recorded_digest(earlier, arn),
    )


def compare_images_of_revisions(
    old_revision: RevisionState, new_revision: RevisionState, service: Service, endpoints: Endpoints
) -> tuple[ContainerChange, ...]:
    """The containers whose images differ. The main one is first, whether it differs or not."""
    old, new = images_by_container(old_revision), images_by_container(new_revision)
    main = _main_container(new_revision, service, endpoints)
    names = [main, *(name for name in new if name != main and old.get(name) != new[name])]
    return tuple(
        ContainerChange(container=name, old_image=old.get(name, "none"), new_image=new[name])
        for name in names
    )


def plan_from_revisions(
    deploy: Deploy, ecs_service: ServiceState, old_revision: RevisionState, new_revision: RevisionState
) -> Plan:
    """The plan of a rollout that is in progress, or over, from its two revisions."""
    changes = compare_images_of_revisions(old_revision, new_revision, deploy.service, ecs_service.endpoints)
    return Plan(
        old_revision=old_revision.arn,
        source_revision=new_revision.arn,
        tag=display_tag(changes[0].new_image, new_revision),
        old_tag=display_tag(changes[0].old_image, old_revision),
        changes=changes,
        desired_count=deploy.stop.restore_point.desired_count
        if deploy.stop.restore_point
        else ecs_service.desired,
        minimum_healthy_percent=ecs_service.minimum_healthy_percent,
        maximum_percent=ecs_service.maximum_percent,
        downtime=deploy.service.strategy.stops_service,
        traffic=ecs_service.traffic,
    )


def _main_container(revision: RevisionState, service: Service, endpoints: Endpoints) -> str:
    """No image is retagged here. So a revision with other containers than `services.yml` names is not
    refused: any container that could be the main one will do.
    """
    try:
        return str(find_app_containers(revision, service, endpoints, guess=True)[0]["name"])
    except Refused:
        containers = cast("list[dict[str, Any]]", revision.raw["containerDefinitions"])
        essential = (each for each in containers if each.get("essential", True))
        return str(next(essential, containers[0])["name"])


def _find_recorded_digest(earlier: Sequence[Deploy], arn: str) -> str:
    """What the main image's tag pointed to when this revision last ran well in a deploy of ours."""
    for each in earlier:
        if (
            each.outcome is Outcome.SUCCEEDED
            and each.ecs.new_revision == arn
            and each.plan
            and each.plan.digest
        ):
            return each.plan.digest
    return ""
