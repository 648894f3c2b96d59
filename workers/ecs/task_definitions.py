"""Task definitions: reading a revision, copying it with other images, registering the copy."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any, cast

import botocore.session

from deploys.catalogue.service import Service
from deploys.errors import UnknownTaskDefinitionField
from deploys.mrkdwn import code, escape
from deploys.records.plan import ContainerChange
from deploys.short_names import short_arn
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.error_translation import aws_call
from workers.ecs.aws.response_check import UNKNOWN_FIELDS
from workers.ecs.images.app_containers import find_app_containers
from workers.ecs.images.image_reference import ImageReference, parse_image
from workers.ecs.images.pinned_tags import PINNED_TAG_KEY
from workers.ecs.state import Endpoints, RevisionState

DEPLOY_TAG = "slipway:deploy"
"""Tag on a registered revision: the id of the deploy that registered it."""
REPLACES_TAG = "slipway:replaces"
"""Tag beside it: the revision that the service ran before, `web:17`."""
ROLLBACK_TAG = "slipway:rollback"
"""Tag on an earlier revision that a rollback returns to as it is: the deploy's id and the revision that the
service ran before, `w7x8y9zt web:18`."""

_SLIPWAY_PREFIX = "slipway:"
"""Tag keys with this prefix are Slipway's. They are about one revision, and are not copied."""

_AWS_PREFIX = "aws:"
"""Tag keys with this prefix belong to AWS and cannot be set (ECS API reference, Tag)."""

NEWEST_LIMIT = 100
"""How many of a family's newest revisions are looked at: one page of ListTaskDefinitions."""


def describe(region: RegionClients, arn: str) -> RevisionState:
    """A revision with its tags. Fields that this boto3 drops are named; only a copy would lose them.

    Raises the errors of `aws_call`.
    """
    with aws_call("ecs:DescribeTaskDefinition"):
        answer = cast(
            "dict[str, Any]", region.ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
        )
    found = answer["taskDefinition"]
    return RevisionState(
        arn=found["taskDefinitionArn"],
        family=found["family"],
        number=found["revision"],
        status=found.get("status", ""),
        raw=found,
        tags=_tag_pairs(answer),
        unknown_fields=tuple(answer[UNKNOWN_FIELDS]),
    )


def containers_by_name(revision: RevisionState) -> dict[str, dict[str, Any]]:
    """The container definitions by name, in the revision's order."""
    definitions = cast("list[dict[str, Any]]", revision.raw.get("containerDefinitions", []))
    return {definition["name"]: definition for definition in definitions}


def user_tags(revision: RevisionState) -> dict[str, str]:
    """The revision's tags that neither AWS nor Slipway set."""
    return {
        key: value
        for key, value in revision.tags
        if not key.lower().startswith((_AWS_PREFIX, _SLIPWAY_PREFIX))
    }


def check_copyable(revision: RevisionState) -> None:
    """Refuses a copy that would not run as the revision does. Pure.

    Raises UnknownField.
    """
    if revision.unknown_fields:
        raise UnknownTaskDefinitionField(
            revision=escape(f"{revision.family}:{revision.number}"),
            fields=", ".join(code(field) for field in revision.unknown_fields),
        )


def image_changes(
    revision: RevisionState, service: Service, endpoints: Endpoints, tag: str
) -> tuple[ContainerChange, ...]:
    """The containers that a deploy of this tag changes, with their images before and after, also where those
    are equal.

    Raises ImageUnreadable and the errors of `app_containers`.
    """
    return tuple(
        ContainerChange(
            container=container["name"],
            old_image=container["image"],
            new_image=str(parse_image(container["image"]).with_tag(tag)),
        )
        for container in find_app_containers(revision, service, endpoints)
    )


def main_image(revision: RevisionState, service: Service, endpoints: Endpoints) -> ImageReference:
    """The image that tells which version runs: that of the main container.

    Raises ImageUnreadable and the errors of `app_containers`.
    """
    return parse_image(find_app_containers(revision, service, endpoints)[0]["image"])


def images_by_container(revision: RevisionState) -> dict[str, str]:
    """The image of each container, by the container's name."""
    containers = cast("list[dict[str, Any]]", revision.raw["containerDefinitions"])
    return {container["name"]: container["image"] for container in containers}


def copy_request(
    revision: RevisionState,
    images: Mapping[str, str],
    deploy_id: str,
    pinned_tag: str = "",
    *,
    replaces: str = "",
    without_unknown_fields: bool = False,
) -> dict[str, Any]:
    """The RegisterTaskDefinition request for a copy of the revision, marked with the deploy's id, with these
    images for the containers named.

    tag_mark: says which tag a pinned image has (see `pins`). Empty: the revision's own stays while it holds.
    replaces: ARN of the revision that the service runs until then.

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
        if member in request_fields() and value not in (None, "", [])
    }
    for container in request["containerDefinitions"]:
        container["image"] = images.get(container["name"], container["image"])
    pinned_tag = pinned_tag or _pinned_tag_still_valid(revision, request)
    kept = user_tags(revision)
    marks = {DEPLOY_TAG: deploy_id, PINNED_TAG_KEY: pinned_tag, REPLACES_TAG: short_arn(replaces)}
    marks = {key: value for key, value in marks.items() if value}
    request["tags"] = [{"key": key, "value": value} for key, value in (kept | marks).items()]
    return request


def _pinned_tag_still_valid(revision: RevisionState, request: dict[str, Any]) -> str:
    """The revision's mark, where the copy still has the image that it is about."""
    tag_mark = dict(revision.tags).get(PINNED_TAG_KEY, "")
    digest = tag_mark.partition("@")[2]
    images = [container["image"] for container in request["containerDefinitions"]]
    return tag_mark if digest and any(image.endswith(f"@{digest}") for image in images) else ""


def register(region: RegionClients, request: dict[str, Any]) -> str:
    """Registers a new revision and gives its ARN.

    Raises the errors of `aws_call`: AwsDenied also for a missing iam:PassRole on the task's roles. After
    AwsUncertain it may have been done: ask `registered_for`.
    """
    with aws_call("ecs:RegisterTaskDefinition", changes=True):
        answer = region.ecs.register_task_definition(**request)
    return answer["taskDefinition"]["taskDefinitionArn"]


def list_newest(region: RegionClients, family: str) -> list[str]:
    """ARNs of the family's 100 newest ACTIVE revisions, newest first. Raises the errors of `aws_call`."""
    with aws_call("ecs:ListTaskDefinitions"):
        answer = region.ecs.list_task_definitions(
            familyPrefix=family, status="ACTIVE", sort="DESC", maxResults=NEWEST_LIMIT
        )
    return sorted(answer["taskDefinitionArns"], key=revision_number, reverse=True)


def revision_number(arn: str) -> int:
    """The revision number at the end of a task definition's ARN."""
    return int(arn.rsplit(":", 1)[-1])


def find_registered_for(region: RegionClients, family: str, newer_than: int, deploy_id: str) -> str | None:
    """ARN of the revision that was registered for this deploy, or None. It is how a crash after `register` is
    made good without a second revision.

    newer_than: number of a revision that is older than it. Among the family's 100 newest.

    Raises the errors of `aws_call`.
    """
    for arn in list_newest(region, family):
        if revision_number(arn) <= newer_than:
            break
        if read_tags(region, arn).get(DEPLOY_TAG) == deploy_id:
            return arn
    return None


def read_tags(region: RegionClients, arn: str) -> dict[str, str]:
    """A revision's tags. Raises the errors of `aws_call`."""
    with aws_call("ecs:DescribeTaskDefinition"):
        return dict(_tag_pairs(region.ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])))


def read_replaced_revision(region: RegionClients, arn: str, deploy_id: str) -> str | None:
    """What the service ran before this deploy set this revision, as `family:number`, empty where no tag says
    that; None where the revision is not this deploy's. Raises the errors of `aws_call`.
    """
    return replaced_revision(read_tags(region, arn), deploy_id)


def replaced_revision(tags: Mapping[str, str], deploy_id: str) -> str | None:
    """The same, by a revision's tags. Pure."""
    if tags.get(DEPLOY_TAG) == deploy_id:
        return tags.get(REPLACES_TAG, "")
    returned_by, _, before = tags.get(ROLLBACK_TAG, "").partition(" ")
    return before if returned_by == deploy_id else None


def tag_for_rollback(region: RegionClients, arn: str, deploy_id: str, replaces: str) -> None:
    """Marks an earlier revision as the one that this deploy returns to. replaces: ARN of what the service
    runs until then. Raises the errors of `aws_call`; doing it again does no harm.
    """
    value = f"{deploy_id} {short_arn(replaces)}"
    with aws_call("ecs:TagResource", changes=True):
        region.ecs.tag_resource(resourceArn=arn, tags=[{"key": ROLLBACK_TAG, "value": value}])


@lru_cache(maxsize=1)
def request_fields() -> frozenset[str]:
    """Members of RegisterTaskDefinition's request, by this version of botocore."""
    model = botocore.session.Session().get_service_model("ecs")
    shape = model.operation_model("RegisterTaskDefinition").input_shape
    return frozenset(shape.members) if shape else frozenset()


def _tag_pairs(answer: Any) -> tuple[tuple[str, str], ...]:
    return tuple((tag["key"], tag.get("value", "")) for tag in answer.get("tags", ()))
