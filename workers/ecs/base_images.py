"""The images of a copy whose base is not the revision that runs. Pure.

Terraform and CDK often register a revision with an old or placeholder image. So for the containers that a
deploy retags the running image decides the repository, and the base decides everything else.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from deploys.catalogue.service import Service
from deploys.deploy import ContainerChange
from workers.ecs import task_definitions
from workers.ecs.images import repository
from workers.ecs.seen import RevisionSeen


def retagged(running: RevisionSeen, service: Service) -> tuple[str, ...]:
    """Names of the containers whose images a deploy sets, the main one first, whichever revision it copies.

    Raises ImageUnreadable.
    """
    if service.containers:
        return service.containers
    return tuple(change.container for change in task_definitions.changes(running, service, "any"))


def changes_on(
    base: RevisionSeen, running: RevisionSeen, service: Service, tag: str
) -> tuple[ContainerChange, ...]:
    """The containers that a deploy of this tag changes, with the images that run now and the new ones. A
    container that only the base has is one of them if it shares the main container's repository.

    Raises NoSuchContainer and ImageUnreadable.
    """
    old, copy = _images(running), replace(base, raw=deepcopy(base.raw))
    there = task_definitions.containers(copy)
    known = [name for name in retagged(running, service) if name in old and name in there]
    for name in known:
        there[name]["image"] = old[name]
    by_default = service.model_copy(update={"containers": ()})
    if known and not service.containers:
        main = repository(old[known[0]])
        added = [
            name for name, image in _images(copy).items() if name not in old and repository(image) == main
        ]
        service = service.model_copy(update={"containers": (*known, *added)})
    first, *others = task_definitions.changes(copy, service, tag)
    main_before = old.get(first.container) or str(task_definitions.main_image(running, by_default))
    return (
        first.evolve(old_image=main_before),
        *(each.evolve(old_image=old.get(each.container, "none")) for each in others),
    )


def _images(revision: RevisionSeen) -> dict[str, str]:
    return {name: found["image"] for name, found in task_definitions.containers(revision).items()}
