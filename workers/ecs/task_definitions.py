"""Task definitions: reads a revision, builds a copy with other images, registers it, finds and tags it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any, cast

from deploys.environment_values import note_variables
from deploys.errors import AwsRefused, SlipwayError, UnknownTaskDefinitionField
from deploys.mrkdwn import code, escape
from deploys.short_names import short_arn
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.aws_session import operation_members
from workers.ecs.aws.error_translation import aws_call
from workers.ecs.aws.response_check import UNKNOWN_FIELDS
from workers.ecs.images.pinned_tags import PINNED_TAG_KEY
from workers.ecs.state import RevisionState

DEPLOY_TAG = "slipway:deploy"
"""Tag on a registered revision: the id of the deploy that registered it."""
REPLACES_TAG = "slipway:replaces"
"""Tag on a registered revision: the revision that the service ran before, `web:17`."""
ROLLBACK_TAG = "slipway:rollback"
"""Tag on an earlier revision to which `/deploy rollback` returns: the deploy's id and the revision that the
service ran before, `w7x8y9zt web:18`."""

_SLIPWAY_PREFIX = "slipway:"
"""Tag keys with this prefix are Slipway's. They describe one revision and are not copied."""

_AWS_PREFIX = "aws:"
"""Tag keys with this prefix belong to AWS and cannot be set (ECS API reference, Tag)."""

NEWEST_LIMIT = 100
"""How many of a family's newest revisions are searched: one page of ListTaskDefinitions (count)."""


def describe(region: RegionClients, arn: str) -> RevisionState:
    """A revision with its tags. It names the fields that this boto3 drops: a copy would lose them.

    arn: or a family, for its newest ACTIVE revision (ECS API reference, DescribeTaskDefinition).

    Raises the errors of `aws_call`.
    """
    with aws_call("ecs:DescribeTaskDefinition"):
        answer = cast(
            "dict[str, Any]", region.ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
        )
    found = answer["taskDefinition"]
    revision = RevisionState(
        arn=found["taskDefinitionArn"],
        family=found["family"],
        number=found["revision"],
        status=found.get("status", ""),
        raw=found,
        tags=_tag_pairs(answer),
        unknown_fields=tuple(answer[UNKNOWN_FIELDS]),
    )
    note_variables(environment_variables(revision))
    return revision


def containers_by_name(revision: RevisionState) -> dict[str, dict[str, Any]]:
    """The container definitions by name, in the revision's order."""
    definitions = cast("list[dict[str, Any]]", revision.raw.get("containerDefinitions", []))
    return {definition["name"]: definition for definition in definitions}


def environment_variables(revision: RevisionState) -> list[tuple[str, str]]:
    """Name and value of the variables of all containers: one may tell what another was given."""
    return [
        (each.get("name", ""), each.get("value") or "")
        for definition in containers_by_name(revision).values()
        for each in definition.get("environment") or ()
    ]


def read_variables(region: RegionClients, arns: Iterable[str]) -> bool:
    """Has the variables of these revisions noted (`deploys.environment_values`). False: one could not be
    read. Of a revision that was deleted, nobody knows any."""
    for arn in dict.fromkeys(filter(None, arns)):
        try:
            describe(region, arn)
        except AwsRefused:
            continue
        except SlipwayError:
            return False
    return True


def user_tags(revision: RevisionState) -> dict[str, str]:
    """The revision's tags that neither AWS nor Slipway set."""
    return {
        key: value
        for key, value in revision.tags
        if not key.lower().startswith((_AWS_PREFIX, _SLIPWAY_PREFIX))
    }


def check_copyable(revision: RevisionState) -> None:
    """Refuses a copy that would lose fields of the revision. Pure.

    Raises UnknownTaskDefinitionField.
    """
    if revision.unknown_fields:
        raise UnknownTaskDefinitionField(
            revision=escape(f"{revision.family}:{revision.number}"),
            fields=", ".join(code(field) for field in revision.unknown_fields),
        )


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
    """The RegisterTaskDefinition request for a copy of the revision, tagged with the deploy's id, in which
    the named containers have these images.

    pinned_tag: which tag a pinned image has (see `pinned_tags`). Empty: the revision's own is kept while it
    is still true.

    replaces: ARN of the revision that the service runs until then.

    without_unknown_fields: the copy may lose fields that this boto3 does not know.

    It has only members of that request's shape. Members that were never set, and that ECS answers as empty
    (lists, and roles as ""), are left out. Container definitions are copied exactly, because an empty string
    or list can mean something there: an empty `entryPoint` is not the one of the image.

    Raises UnknownTaskDefinitionField.
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
    ours = {DEPLOY_TAG: deploy_id, PINNED_TAG_KEY: pinned_tag, REPLACES_TAG: short_arn(replaces)}
    tags = user_tags(revision) | {key: value for key, value in ours.items() if value}
    request["tags"] = [{"key": key, "value": value} for key, value in tags.items()]
    return request


def _pinned_tag_still_valid(revision: RevisionState, request: dict[str, Any]) -> str:
    """The revision's pinned tag, if the copy still has the image that it describes; else empty."""
    pinned_tag = dict(revision.tags).get(PINNED_TAG_KEY, "")
    digest = pinned_tag.partition("@")[2]
    images = [container["image"] for container in request["containerDefinitions"]]
    return pinned_tag if digest and any(image.endswith(f"@{digest}") for image in images) else ""


def register(region: RegionClients, request: dict[str, Any]) -> str:
    """Registers a new revision and returns its ARN.

    Raises the errors of `aws_call`: AwsDenied also for a missing iam:PassRole on the task's roles. After
    AwsResultUnknown it may have been done: `find_registered_for` tells.
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


def family_of(arn: str) -> str:
    """The family in a task definition's ARN."""
    return arn.rsplit("/", 1)[-1].rpartition(":")[0]


def find_registered_for(
    region: RegionClients,
    family: str,
    newer_than: int,
    deploy_id: str,
    replaces: str = "",
    newest: Sequence[str] | None = None,
) -> str | None:
    """ARN of the revision that was registered for this deploy, or None. After a crash behind `register` this
    avoids a second revision. It searches the family's 100 newest revisions.

    newest: these, if they have just been listed.

    newer_than: number of a revision that is older than the one searched for.

    replaces: ARN of the revision that the service runs; empty: any. One that was registered to replace
    another, before another deploy overtook this one, is left alone.

    Raises the errors of `aws_call`.
    """
    for arn in list_newest(region, family) if newest is None else newest:
        if revision_number(arn) <= newer_than:
            break
        tags = read_tags(region, arn)
        replaced = tags.get(REPLACES_TAG, "")
        if tags.get(DEPLOY_TAG) == deploy_id and (not replaces or replaced in ("", short_arn(replaces))):
            return arn
    return None


def read_tags(region: RegionClients, arn: str) -> dict[str, str]:
    """A revision's tags. Raises the errors of `aws_call`."""
    with aws_call("ecs:DescribeTaskDefinition"):
        return dict(_tag_pairs(region.ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])))


def read_replaced_revision(region: RegionClients, arn: str, deploy_id: str) -> str | None:
    """What the service ran before this deploy set this revision, as `family:number`; empty if no tag says
    that; None if this deploy did not set this revision.

    Raises the errors of `aws_call`.
    """
    return replaced_revision(read_tags(region, arn), deploy_id)


def replaced_revision(tags: Mapping[str, str], deploy_id: str) -> str | None:
    """The same, from a revision's tags. Pure."""
    if tags.get(DEPLOY_TAG) == deploy_id:
        return tags.get(REPLACES_TAG, "")
    returned_by, _, before = tags.get(ROLLBACK_TAG, "").partition(" ")
    return before if returned_by == deploy_id else None


def tag_for_rollback(region: RegionClients, arn: str, deploy_id: str, replaces: str) -> None:
    """Tags an earlier revision as the one to which this deploy returns. Repeating it does no harm.

    replaces: ARN of the revision that the service runs until then.

    Raises the errors of `aws_call`.
    """
    value = f"{deploy_id} {short_arn(replaces)}"
    with aws_call("ecs:TagResource", changes=True):
        region.ecs.tag_resource(resourceArn=arn, tags=[{"key": ROLLBACK_TAG, "value": value}])


@lru_cache(maxsize=1)
def request_fields() -> frozenset[str]:
    """Members of RegisterTaskDefinition's request in this version of botocore."""
    return operation_members("ecs", "RegisterTaskDefinition")


def _tag_pairs(answer: Any) -> tuple[tuple[str, str], ...]:
    return tuple((tag["key"], tag.get("value", "")) for tag in answer.get("tags", ()))
