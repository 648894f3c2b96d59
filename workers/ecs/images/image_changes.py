"""Which images a deploy changes, also if it copies another revision than the running one. Pure.

Terraform and CDK often register a revision with an old or placeholder image. So in the containers that a
deploy retags, the image repository is that of the running revision; everything else comes from the revision
that is copied, the base.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from deploys.catalogue.service import Service
from deploys.errors import BaseLacksContainer
from deploys.mrkdwn import code, escape
from deploys.records.plan import ContainerChange
from workers.ecs.images.app_containers import find_app_containers
from workers.ecs.images.image_reference import ImageReference, parse_image, repository_name
from workers.ecs.state import Endpoints, RevisionState
from workers.ecs.task_definitions import containers_by_name, images_by_container


def find_retagged_containers(
    running: RevisionState, service: Service, endpoints: Endpoints, *, guess: bool = False
) -> tuple[str, ...]:
    """Names of the containers whose images a deploy sets, the main one first. It does not depend on the base.

    guess: see `find_app_containers`.

    Raises ImageUnreadable and the errors of `find_app_containers`.
    """
    if service.containers:
        return service.containers
    return tuple(each["name"] for each in find_app_containers(running, service, endpoints, guess=guess))


def list_image_changes(
    revision: RevisionState, service: Service, endpoints: Endpoints, tag: str
) -> tuple[ContainerChange, ...]:
    """The containers that a deploy of this tag changes, with their images before and after, even if those are
    equal.

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
    """The image of the main container: it tells which version runs.

    Raises ImageUnreadable and the errors of `find_app_containers`.
    """
    return parse_image(find_app_containers(revision, service, endpoints)[0]["image"])


def list_image_changes_on_base(
    base: RevisionState, running: RevisionState, service: Service, endpoints: Endpoints, tag: str
) -> tuple[ContainerChange, ...]:
    """The containers that a deploy of this tag changes in a copy of the base, with the images that run now
    and the new ones. A container that only the base has is included if it shares the main container's
    repository.

    Raises BaseLacksContainer, ImageUnreadable and the errors of `find_app_containers`.
    """
    old, copy = images_by_container(running), replace(base, raw=deepcopy(base.raw))
    in_copy = containers_by_name(copy)
    in_both = [
        name
        for name in find_retagged_containers(running, service, endpoints)
        if name in old and name in in_copy
    ]
    for name in in_both:
        in_copy[name]["image"] = old[name]
    without_names = service.model_copy(update={"containers": ()})
    if in_both and not service.containers:
        main = repository_name(old[in_both[0]])
        added = [
            name for name in in_copy if name not in old and repository_name(in_copy[name]["image"]) == main
        ]
        service = service.model_copy(update={"containers": (*in_both, *added)})
    first, *others = list_image_changes(copy, service, endpoints, tag)
    _check_traffic_containers(base, service, endpoints)
    main_before = old.get(first.container) or str(read_main_image(running, without_names, endpoints))
    return (
        first.evolve(old_image=main_before),
        *(each.evolve(old_image=old.get(each.container, "none")) for each in others),
    )


def _check_traffic_containers(base: RevisionState, service: Service, endpoints: Endpoints) -> None:
    """ECS refuses a revision without the containers to which the service sends traffic. A stop-start service
    would be stopped already when that shows, so it is checked first."""
    present = containers_by_name(base)
    missing = [name for name in dict.fromkeys(endpoints.containers) if name not in present]
    if missing:
        raise BaseLacksContainer(
            service=escape(service.name),
            revision=escape(f"{base.family}:{base.number}"),
            missing=", ".join(map(code, missing)),
            present=", ".join(map(code, present)),
        )
