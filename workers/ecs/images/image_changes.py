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
from deploys.records.deploy import ContainerChange
from workers.ecs.images.app_containers import find_app_containers
from workers.ecs.images.image_reference import ImageReference, parse_image, repository_name
from workers.ecs.state import Endpoints, RevisionState
from workers.ecs.task_definitions import containers_by_name, images_by_container


def find_retagged_containers(
    running: RevisionState, service: Service, endpoints: Endpoints, *, guess: bool = False
) -> tuple[str, ...]:
    """Names of the containers whose images a deploy sets, the main one first, whichever revision it copies.

    guess: see `find_app_containers`.

    Raises ImageUnreadable and the errors of `find_app_containers`.
    """
    if service.containers:
        return service.containers
    return tuple(found["name"] for found in find_app_containers(running, service, endpoints, guess=guess))


def list_image_changes(
    revision: RevisionState, service: Service, endpoints: Endpoints, tag: str
) -> tuple[ContainerChange, ...]:
    """The containers that a deploy of this tag changes, with their images before and after, also where those
    are equal.

    Raises ImageUnreadable and the errors of `find_app_containers`.
    """
    return tuple(
        ContainerChange(
            container=container["name"],
            old_image=container["image"],
            new_image=str(parse_image(container["image"]).with_tag(tag)),
        )
        for container in find_app_containers(revision, service, endpoints)
    )


def read_main_image(revision: RevisionState, service: Service, endpoints: Endpoints) -> ImageReference:
    """The image that tells which version runs: that of the main container.

    Raises ImageUnreadable and the errors of `find_app_containers`.
    """
    return parse_image(find_app_containers(revision, service, endpoints)[0]["image"])


def list_image_changes_on_base(
    base: RevisionState, running: RevisionState, service: Service, endpoints: Endpoints, tag: str
) -> tuple[ContainerChange, ...]:
    """The containers that a deploy of this tag changes, with the images that run now and the new ones. A
    container that only the base has is one of them if it shares the main container's repository.

    Raises BaseLacksContainer, ImageUnreadable and the errors of `find_app_containers`.
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
    first, *others = list_image_changes(copy, service, endpoints, tag)
    _check_traffic_containers(base, service, endpoints)
    main_before = old.get(first.container) or str(read_main_image(running, by_default, endpoints))
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
