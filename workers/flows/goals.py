"""What a deploy is to run: a new tag, the same revision anew, or an earlier revision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from deploys.catalogue.service import Service, Strategy
from deploys.deploy import ContainerChange, Deploy, Outcome, Plan, Verb
from deploys.errors import AlreadyRuns, NothingToRollBackTo, Refused, UnknownTarget
from deploys.mrkdwn import code
from workers.ecs import task_definitions
from workers.ecs.app_containers import app_containers
from workers.ecs.base_images import changes_on
from workers.ecs.pins import shown_tag
from workers.ecs.seen import Endpoints, RevisionSeen, ServiceSeen
from workers.ecs.task_definitions import images_of
from workers.flows.ending import recorded_revision
from workers.flows.likely_tags import likely_tags, question
from workers.turn import Turn

KNOWN_SHOWN = 10
"""Versions that are named where another was asked for (count)."""


@dataclass(frozen=True)
class Goal:
    """What is to run."""

    source: RevisionSeen
    """The revision it is made of, or is."""
    changes: tuple[ContainerChange, ...]
    """Images before and after, the main container first."""
    tag: str
    other_images: tuple[str, ...] = ()
    """Images of the containers that it leaves as they are, but that do not run now; of a rollback all."""
    digest_then: str = ""
    """Rollback: the digest of the main image when the revision ran well, where a record says so."""


def needs_copy(deploy: Deploy, source: RevisionSeen) -> bool:
    """Whether a new revision is registered: only a rollback runs an earlier one as it is. Pure."""
    return deploy.verb is not Verb.ROLLBACK or source.status != "ACTIVE"


def find_goal(
    deploy: Deploy, turn: Turn, running: RevisionSeen, base: RevisionSeen, endpoints: Endpoints
) -> Goal:
    """The goal of this deploy, given the revision that runs now and the one that a deploy copies.

    Raises:
        NothingToRollBackTo, UnknownTarget, AlreadyRuns, ImageUnreadable and the errors of `app_containers`
    """
    if deploy.verb is Verb.ROLLBACK:
        return _earlier(deploy, turn, running, endpoints)
    if deploy.verb is Verb.RESTART:
        same = tuple(
            ContainerChange(container=each["name"], old_image=each["image"], new_image=each["image"])
            for each in app_containers(running, deploy.service, endpoints, guess=True)
        )
        return Goal(running, same, shown_tag(same[0].new_image, running))
    if base.arn != running.arn:
        return _on_base(deploy, running, base, endpoints)
    changed = task_definitions.changes(running, deploy.service, endpoints, deploy.tag)
    return Goal(running, changed, deploy.tag)


def _on_base(deploy: Deploy, running: RevisionSeen, base: RevisionSeen, endpoints: Endpoints) -> Goal:
    """A new tag on another revision than the one that runs, whose other containers may have new images."""
    changes = changes_on(base, running, deploy.service, endpoints, deploy.tag)
    changed, now = {change.container for change in changes}, images_of(running)
    others = {name: image for name, image in images_of(base).items() if name not in changed}
    new = tuple(image for name, image in others.items() if image != now.get(name))
    return Goal(base, changes, deploy.tag, other_images=new)


def _earlier(deploy: Deploy, turn: Turn, running: RevisionSeen, endpoints: Endpoints) -> Goal:
    earlier = turn.earlier()
    arn = revision_to_return_to(deploy, earlier, running.arn)
    source = task_definitions.describe(turn.region, arn)
    changes = changes_between(running, source, deploy.service, endpoints)
    main, names = changes[0], {change.container for change in changes}
    return Goal(
        source,
        changes,
        shown_tag(main.new_image, source),
        other_images=tuple(image for name, image in images_of(source).items() if name not in names),
        digest_then=_digest_then(earlier, arn),
    )


def changes_between(
    old_revision: RevisionSeen, new_revision: RevisionSeen, service: Service, endpoints: Endpoints
) -> tuple[ContainerChange, ...]:
    """The containers whose images differ, and before them the main one, whether it does or not."""
    old, new = images_of(old_revision), images_of(new_revision)
    main = _main_container(new_revision, service, endpoints)
    names = [main, *(name for name in new if name != main and old.get(name) != new[name])]
    return tuple(
        ContainerChange(container=name, old_image=old.get(name, "none"), new_image=new[name])
        for name in names
    )


def plan_between(
    deploy: Deploy, seen: ServiceSeen, old_revision: RevisionSeen, new_revision: RevisionSeen
) -> Plan:
    """The plan of a rollout that is under way, or over, from its two revisions."""
    changes = changes_between(old_revision, new_revision, deploy.service, seen.endpoints)
    return Plan(
        old_revision=old_revision.arn,
        source_revision=new_revision.arn,
        tag=shown_tag(changes[0].new_image, new_revision),
        old_tag=shown_tag(changes[0].old_image, old_revision),
        changes=changes,
        desired_count=deploy.original.desired_count if deploy.original else seen.desired,
        minimum_healthy_percent=seen.minimum_healthy_percent,
        maximum_percent=seen.maximum_percent,
        downtime=deploy.service.strategy is Strategy.STOP_START,
        traffic=seen.traffic,
    )


def _main_container(revision: RevisionSeen, service: Service, endpoints: Endpoints) -> str:
    """Nothing is retagged, so a revision that has other containers than `services.yml` names is no reason to
    refuse: any that could be the main one will do then."""
    try:
        return str(app_containers(revision, service, endpoints, guess=True)[0]["name"])
    except Refused:
        containers = cast("list[dict[str, Any]]", revision.raw["containerDefinitions"])
        essential = (each for each in containers if each.get("essential", True))
        return str(next(essential, containers[0])["name"])


def _digest_then(earlier: Sequence[Deploy], arn: str) -> str:
    """What the main image's tag pointed to when this revision last ran well by a deploy of ours."""
    for each in earlier:
        if each.outcome is Outcome.SUCCEEDED and each.new_revision == arn and each.plan and each.plan.digest:
            return each.plan.digest
    return ""


def revision_to_return_to(deploy: Deploy, earlier: Sequence[Deploy], running: str) -> str:
    """ARN of the revision that a rollback brings back, out of the service's records, newest first. Pure.

    Without a target it is the one recorded before the deploy that runs now: never "revision minus one".

    Raises:
        NothingToRollBackTo, UnknownTarget, AlreadyRuns
    """
    running = _recorded_as(earlier, running)
    good = [each for each in earlier if each.outcome is Outcome.SUCCEEDED and each.new_revision and each.plan]
    arn = _of_target(deploy, good) if deploy.target else _before(good, running)
    if arn is None and deploy.target:
        known = dict.fromkeys(each.tag for each in good)
        raise UnknownTarget(
            service=deploy.service.name,
            target=code(deploy.target),
            likely=(likely := likely_tags(deploy.target, tuple(known))),
            meant=f" {question(likely)}" if likely else "",
            known=_listed(tuple(known)),
        )
    if arn is None:
        raise NothingToRollBackTo(service=deploy.service.name)
    if arn == running:
        raise AlreadyRuns(service=deploy.service.name, revision=arn.rsplit("/", 1)[-1])
    return arn


def _recorded_as(earlier: Sequence[Deploy], running: str) -> str:
    """The revision that a way back had to copy, if its copy runs: the records know that one."""
    copied = (each for each in earlier if each.restore_revision == running)
    return next((recorded_revision(each) for each in copied), running)


def _listed(tags: Sequence[str]) -> str:
    """The newest of them, and how many more there are."""
    more = f" and {len(tags) - KNOWN_SHOWN} more" if len(tags) > KNOWN_SHOWN else ""
    return f"{', '.join(code(tag) for tag in tags[:KNOWN_SHOWN])}{more}" if tags else "none yet"


def _of_target(deploy: Deploy, good: Sequence[Deploy]) -> str | None:
    for each in good:
        if deploy.target in (each.id, each.tag):
            return each.new_revision
    for each in good:
        if each.plan is not None and each.plan.old_tag == deploy.target:
            return each.plan.old_revision
    return None


def _before(good: Sequence[Deploy], running: str) -> str | None:
    """A rollback's own record is passed over: what it left was bad."""
    for each in good:
        if each.new_revision != running:
            continue
        if each.verb is not Verb.ROLLBACK and each.plan is not None and each.plan.old_revision != running:
            return each.plan.old_revision
    ours = any(each.new_revision == running for each in good)
    return None if ours else next((each.new_revision for each in good), None)
