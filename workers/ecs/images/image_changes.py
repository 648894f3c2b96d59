"""The images of a copy whose base is not the revision that runs. Pure.

Terraform and CDK often register a revision with an old or placeholder image. So for the containers that a
deploy retags the running image decides the repository, and the base decides everything else.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from deploys.catalogue.service import Service
from deploys.errors import BaseLacksContainer
from deploys.mrkdwn import code, escape
from deploys.records.plan import ContainerChange
from workers.ecs.images.app_containers import find_app_containers
from workers.ecs.images.image_reference import repository_name
from workers.ecs.state import Endpoints, RevisionState
from workers.ecs.task_definitions import containers_by_name, image_changes, images_by_container, main_image


def find_retagged_containers(
    running: RevisionState, service: Service, endpoints: Endpoints, *, guess: bool = False
) -> tuple[str, ...]:
    """Names of the containers whose images a deploy sets, the main one first, whichever revision it copies.

    guess: see `app_containers`.

    Raises ImageUnreadable and the errors of `app_containers`.
    """
    if service.containers:
        return service.containers
    return tuple(found["name"] for found in find_app_containers(running, service, endpoints, guess=guess))


def image_changes_on_base(
    base: RevisionState, running: RevisionState, service: Service, endpoints: Endpoints, tag: str
) -> tuple[ContainerChange, ...]:
    """The containers that a deploy of this tag changes, with the images that run now and the new ones. A
    container that only the base has is one of them if it shares the main container's repository.

    Raises BaseLacksContainer, ImageUnreadable and the errors of `app_containers`.
    """
    old, copy = images_by_container(running), replace(base, raw=deepcopy(base.raw))
    there = containers_by_name(copy)
    known = [
        name
        for name in find_retagged_containers(running, service, endpoints)
        if name in old and name in there
    ]
    for name in known:
        there[name]["image"] = old[name]
    by_default = service.model_copy(update={"containers": ()})
    if known and not service.containers:
        main = repository_name(old[known[0]])
        added = [name for name in there if name not in old and repository_name(there[name]["image"]) == main]
        service = service.model_copy(update={"containers": (*known, *added)})
    first, *others = image_changes(copy, service, endpoints, tag)
    _check_traffic_containers(base, service, endpoints)
    main_before = old.get(first.container) or str(main_image(running, by_default, endpoints))
    return (
        first.evolve(old_image=main_before),
        *(each.evolve(old_image=old.get(each.container, "none")) for each in others),
    )


def _check_traffic_containers(base: RevisionState, service: Service, endpoints: Endpoints) -> None:
    """ECS takes no revision without the containers that the service sends traffic to; a stop-start service
    would be stopped before that shows."""
    present = containers_by_name(base)
    missing = [name for name in dict.fromkeys(endpoints.containers) if name not in present]
    if missing:
        raise BaseLacksContainer(
            service=escape(service.name),
            revision=escape(f"{base.family}:{base.number}"),
            missing=", ".join(map(code, missing)),
            present=", ".join(map(code, present)),
        )
