"""Which containers of a task definition are the app: those that a deploy changes, the main one first.

They are the containers that `services.yml` names. If it names none, the app is the container to which the
service's load balancer, service discovery, Service Connect or VPC Lattice sends traffic, or else the only
essential one, together with the containers that share its image repository. Containers that AWS marks as
sidecars are never the app.
"""

from __future__ import annotations

from typing import Any, cast

from deploys.catalogue.service import Service
from deploys.errors import ContainerUnclear, ImageUnreadable, NoAppContainer, NoSuchContainer
from deploys.mrkdwn import code, escape
from workers.ecs.images.image_reference import ImageReference, parse_image
from workers.ecs.state import Endpoints, RevisionState

AWS_SIDECAR_PREFIXES = ("aws-guardduty-agent", "ecs-service-connect-")
"""Prefixes of the names of containers that AWS adds (GuardDuty and ECS developer guides)."""

Container = dict[str, Any]


def find_app_containers(
    revision: RevisionState, service: Service, endpoints: Endpoints, *, guess: bool = False
) -> list[Container]:
    """The containers that a deploy changes, the main one first. Pure.

    guess: if nothing tells which container is the app, take the first candidate. For callers that change no
    image.

    Raises:
        NoSuchContainer: `services.yml` names one that is not there.
        ContainerUnclear: several could be the app, and they have different images.
        NoAppContainer: every container is a sidecar.
        ImageUnreadable
    """
    containers = cast("list[Container]", revision.raw["containerDefinitions"])
    if service.containers:
        return _configured_containers(revision, service, containers)
    candidates = _candidates(containers, _proxy_container_name(revision), endpoints)
    if not candidates and guess:
        candidates = containers
    if not candidates:
        raise NoAppContainer(
            service=escape(service.name),
            family=escape(revision.family),
            present=", ".join(code(container["name"]) for container in containers),
        )
    if not guess and len({_repository(container) for container in candidates}) > 1:
        raise ContainerUnclear(
            service=escape(service.name),
            family=escape(revision.family),
            candidates=", ".join(
                f"{code(container['name'])} ({code(container['image'])})" for container in candidates
            ),
        )
    main = candidates[0]
    image = parse_image(main["image"])
    return [main] + [
        container
        for container in containers
        if container is not main and _shares_repository(container["image"], image)
    ]


def _candidates(containers: list[Container], proxy: str, endpoints: Endpoints) -> list[Container]:
    """The containers that may be the app: those that get traffic, or else the essential ones."""
    no_sidecars = [container for container in containers if not _is_sidecar(container, proxy)]
    by_name = {container["name"]: container for container in no_sidecars}
    by_port = {
        mapping["name"]: container["name"]
        for container in no_sidecars
        for mapping in container.get("portMappings") or ()
        if mapping.get("name")
    }
    names = dict.fromkeys((*endpoints.containers, *(by_port.get(port, "") for port in endpoints.ports)))
    reached = [by_name[name] for name in names if name in by_name]
    essential = [container for container in no_sidecars if container.get("essential", True)]
    return reached or essential or no_sidecars


def _is_sidecar(container: Container, proxy: str) -> bool:
    """Whether AWS marks it as a sidecar: a log router, the task's proxy, or a container that AWS added."""
    name = container["name"]
    return (
        bool(container.get("firelensConfiguration")) or name == proxy or name.startswith(AWS_SIDECAR_PREFIXES)
    )


def _proxy_container_name(revision: RevisionState) -> str:
    configuration = cast("dict[str, Any]", revision.raw.get("proxyConfiguration") or {})
    return str(configuration.get("containerName") or "")


def _configured_containers(
    revision: RevisionState, service: Service, containers: list[Container]
) -> list[Container]:
    """The containers that `services.yml` names, in its order."""
    by_name = {container["name"]: container for container in containers}
    if missing := [name for name in service.containers if name not in by_name]:
        raise NoSuchContainer(
            family=escape(revision.family),
            missing=", ".join(code(name) for name in missing),
            present=", ".join(code(name) for name in by_name),
            service=escape(service.name),
        )
    return [by_name[name] for name in dict.fromkeys(service.containers)]


def _repository(container: Container) -> tuple[str, str]:
    """Two containers with the same repository are versions of one image. An unreadable image has its own."""
    try:
        image = parse_image(container["image"])
    except ImageUnreadable:
        return "", container["image"]
    return image.registry, image.repository


def _shares_repository(image: str, main: ImageReference) -> bool:
    """If a sidecar's image cannot be read, that is no reason to refuse: the sidecar stays as it is."""
    try:
        return parse_image(image).same_repository(main)
    except ImageUnreadable:
        return False
