"""Task definitions: reading a revision, copying it with other images, registering the copy."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any, cast

import botocore.session

from deploys.catalogue.service import Service
from deploys.deploy import ContainerChange
from deploys.errors import ImageUnreadable, NoSuchContainer, UnknownField
from deploys.mrkdwn import code, escape
from workers.ecs.answers import UNKNOWN_FIELDS
from workers.ecs.calls import aws_call
from workers.ecs.images import ImageReference, parse
from workers.ecs.pins import TAG_MARK
from workers.ecs.seen import RevisionSeen
from workers.ecs.session import Region

DEPLOY_TAG = "slipway:deploy"
"""Tag on a registered revision: the id of the deploy that registered it."""

_RESERVED = "aws:"
"""Tag keys with this prefix belong to AWS and cannot be set (ECS API reference, Tag)."""

_NEWEST = 100
"""How many of a family's newest revisions are looked at: one page of ListTaskDefinitions."""


def describe(region: Region, arn: str) -> RevisionSeen:
    """A revision with its tags. Fields that this boto3 drops are named; only a copy would lose them.

    Raises the errors of `aws_call`.
    """
    with aws_call("ecs:DescribeTaskDefinition"):
        answer = cast(
            "dict[str, Any]", region.ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
        )
    found = answer["taskDefinition"]
    return RevisionSeen(
        arn=found["taskDefinitionArn"],
        family=found["family"],
        number=found["revision"],
        status=found.get("status", ""),
        raw=found,
        tags=_tags(answer),
        unknown_fields=tuple(answer[UNKNOWN_FIELDS]),
    )


def check_copyable(revision: RevisionSeen) -> None:
    """Refuses a copy that would not run as the revision does. Pure.

    Raises UnknownField.
    """
    if revision.unknown_fields:
        raise UnknownField(
            revision=escape(f"{revision.family}:{revision.number}"),
            fields=", ".join(code(field) for field in revision.unknown_fields),
        )


def changes(revision: RevisionSeen, service: Service, tag: str) -> tuple[ContainerChange, ...]:
    """The containers that a deploy of this tag changes, with their images before and after, also where those
    are equal.

    Raises NoSuchContainer and ImageUnreadable.
    """
    return tuple(
        ContainerChange(
            container=container["name"],
            old_image=container["image"],
            new_image=str(parse(container["image"]).with_tag(tag)),
        )
        for container in _to_retag(revision, service)
    )


def main_image(revision: RevisionSeen, service: Service) -> ImageReference:
    """The image that tells which version runs: that of the first container that a deploy changes.

    Raises NoSuchContainer and ImageUnreadable.
    """
    return parse(_to_retag(revision, service)[0]["image"])


def copied(
    revision: RevisionSeen,
    images: Mapping[str, str],
    deploy_id: str,
    tag_mark: str = "",
    *,
    without_unknown_fields: bool = False,
) -> dict[str, Any]:
    """The RegisterTaskDefinition request for a copy of the revision, marked with the deploy's id, with these
    images for the containers named.

    tag_mark: says which tag a pinned image has (see `pins`). Empty: the revision's own stays while it holds.

    without_unknown_fields: the copy may lose what this boto3 does not know.

    It has the members of that request's shape and no other. Members that ECS answers empty where they were
    never set (lists, and roles as "") are left out. What is inside a container is copied to the letter, as
    an empty string or list there can mean something: an empty `entryPoint` is not the image's own.

    Raises UnknownField.
    """
    if not without_unknown_fields:
        check_copyable(revision)
    request: dict[str, Any] = {
        member: deepcopy(value)
        for member, value in revision.raw.items()
        if member in request_members() and value not in (None, "", [])
    }
    for container in request["containerDefinitions"]:
        container["image"] = images.get(container["name"], container["image"])
    tag_mark = tag_mark or _mark_that_holds(revision, request)
    kept = [
        {"key": key, "value": value}
        for key, value in revision.tags
        if not key.lower().startswith(_RESERVED) and key not in (DEPLOY_TAG, TAG_MARK)
    ]
    marks = {DEPLOY_TAG: deploy_id, **({TAG_MARK: tag_mark} if tag_mark else {})}
    request["tags"] = [*kept, *({"key": key, "value": value} for key, value in marks.items())]
    return request


def _mark_that_holds(revision: RevisionSeen, request: dict[str, Any]) -> str:
    """The revision's mark, where the copy still has the image that it is about."""
    tag_mark = dict(revision.tags).get(TAG_MARK, "")
    digest = tag_mark.partition("@")[2]
    images = [container["image"] for container in request["containerDefinitions"]]
    return tag_mark if digest and any(image.endswith(f"@{digest}") for image in images) else ""


def register(region: Region, request: dict[str, Any]) -> str:
    """Registers a new revision and gives its ARN.

    Raises the errors of `aws_call`: AwsDenied also for a missing iam:PassRole on the task's roles. After
    AwsUncertain it may have been done: ask `registered_for`.
    """
    with aws_call("ecs:RegisterTaskDefinition", changes=True):
        answer = region.ecs.register_task_definition(**request)
    return answer["taskDefinition"]["taskDefinitionArn"]


def registered_for(region: Region, family: str, newer_than: int, deploy_id: str) -> str | None:
    """ARN of the revision that was registered for this deploy, or None. It is how a crash after `register` is
    made good without a second revision.

    newer_than: number of a revision that is older than it. Among the family's 100 newest.

    Raises the errors of `aws_call`.
    """
    with aws_call("ecs:ListTaskDefinitions"):
        arns = region.ecs.list_task_definitions(
            familyPrefix=family, status="ACTIVE", sort="DESC", maxResults=_NEWEST
        )["taskDefinitionArns"]
    for arn in arns:
        if int(arn.rsplit(":", 1)[-1]) <= newer_than:
            continue
        with aws_call("ecs:DescribeTaskDefinition"):
            answer = region.ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
        if dict(_tags(answer)).get(DEPLOY_TAG) == deploy_id:
            return arn
    return None


@lru_cache(maxsize=1)
def request_members() -> frozenset[str]:
    """Members of RegisterTaskDefinition's request, by this version of botocore."""
    model = botocore.session.Session().get_service_model("ecs")
    shape = model.operation_model("RegisterTaskDefinition").input_shape
    return frozenset(shape.members) if shape else frozenset()


def _to_retag(revision: RevisionSeen, service: Service) -> list[dict[str, Any]]:
    """The containers named in the catalogue, in that order; or those that share the image repository of the
    first essential one, in the revision's order, that one first."""
    containers = cast("list[dict[str, Any]]", revision.raw["containerDefinitions"])
    if service.containers:
        by_name = {container["name"]: container for container in containers}
        _check_names(revision, service, list(by_name))
        return [by_name[name] for name in dict.fromkeys(service.containers)]
    main = next((container for container in containers if container.get("essential", True)), containers[0])
    image = parse(main["image"])
    return [main] + [
        container
        for container in containers
        if container is not main and _shares_repository(container["image"], image)
    ]


def _check_names(revision: RevisionSeen, service: Service, present: list[str]) -> None:
    missing = [name for name in service.containers if name not in present]
    if missing:
        raise NoSuchContainer(
            family=escape(revision.family),
            missing=", ".join(code(name) for name in missing),
            present=", ".join(code(name) for name in present),
            service=escape(service.name),
        )


def _shares_repository(image: str, main: ImageReference) -> bool:
    """A sidecar's image that cannot be read is no reason to refuse: it stays as it is."""
    try:
        return parse(image).same_repository(main)
    except ImageUnreadable:
        return False


def _tags(answer: Any) -> tuple[tuple[str, str], ...]:
    return tuple((tag["key"], tag.get("value", "")) for tag in answer.get("tags", ()))
