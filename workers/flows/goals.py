"""What a deploy is to run: a new tag, the same revision anew, or an earlier revision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from deploys.catalogue.service import Service
from deploys.deploy import ContainerChange, Deploy, Outcome, Verb
from deploys.errors import AlreadyRuns, NothingToRollBackTo, Refused, UnknownTarget
from deploys.mrkdwn import code
from workers.ecs import task_definitions
from workers.ecs.pins import shown_tag
from workers.ecs.seen import RevisionSeen
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
    """Rollback: the images of the containers that it leaves as they are."""
    digest_then: str = ""
    """Rollback: the digest of the main image when the revision ran well, where a record says so."""


def needs_copy(deploy: Deploy, source: RevisionSeen) -> bool:
    """Whether a new revision is registered: only a rollback runs an earlier one as it is. Pure."""
    return deploy.verb is not Verb.ROLLBACK or source.status != "ACTIVE"


def find_goal(deploy: Deploy, turn: Turn, running: RevisionSeen) -> Goal:
    """The goal of this deploy, given the revision that runs now.

    Raises:
        NothingToRollBackTo, UnknownTarget, AlreadyRuns, NoSuchContainer, ImageUnreadable
    """
    if deploy.verb is Verb.ROLLBACK:
        return _earlier(deploy, turn, running)
    if deploy.verb is Verb.RESTART:
        main = str(task_definitions.main_image(running, deploy.service))
        same = tuple(
            change.evolve(new_image=change.old_image)
            for change in task_definitions.changes(running, deploy.service, "any")
        )
        return Goal(running, same, shown_tag(main, running))
    return Goal(running, task_definitions.changes(running, deploy.service, deploy.tag), deploy.tag)


def _earlier(deploy: Deploy, turn: Turn, running: RevisionSeen) -> Goal:
    earlier = turn.earlier()
    arn = revision_to_return_to(deploy, earlier, running.arn)
    source = task_definitions.describe(turn.region, arn)
    changes = changes_between(running, source, deploy.service)
    main, names = changes[0], {change.container for change in changes}
    return Goal(
        source,
        changes,
        shown_tag(main.new_image, source),
        other_images=tuple(image for name, image in _images(source).items() if name not in names),
        digest_then=_digest_then(earlier, arn),
    )


def changes_between(
    old_revision: RevisionSeen, new_revision: RevisionSeen, service: Service
) -> tuple[ContainerChange, ...]:
    """The containers whose images differ, and before them the main one, whether it does or not."""
    old, new = _images(old_revision), _images(new_revision)
    main = _main_container(new_revision, service)
    names = [main, *(name for name in new if name != main and old.get(name) != new[name])]
    return tuple(
        ContainerChange(container=name, old_image=old.get(name, "none"), new_image=new[name])
        for name in names
    )


def _main_container(revision: RevisionSeen, service: Service) -> str:
    """Nothing is retagged, so a revision that has other containers than `services.yml` names is no reason to
    refuse: its first essential one is the main one then."""
    try:
        return task_definitions.changes(revision, service, "any")[0].container
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


def _images(revision: RevisionSeen) -> dict[str, str]:
    containers = revision.raw["containerDefinitions"]
    assert isinstance(containers, list)
    return {container["name"]: container["image"] for container in containers}


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
