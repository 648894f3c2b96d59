"""Tags on an ECS service while it is stopped: all that is needed to bring it back if Redis is lost. Pure.

They are signed (`tag_signature`), and nothing acts on tags that are not.

A tag's value has at most 256 letters, digits, spaces and + - = . _ : / @ (ECS API reference, Tag).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from deploys.records.deploy import Deploy
from deploys.records.request import Verb
from deploys.records.restore_point import RestorePoint, SavedScaling, SuspendedState
from deploys.short_names import short_arn
from workers.ecs.state import ServiceState
from workers.tag_signature import SIGNATURE_TAG, TagSigner

RESTORE_TAG = "slipway:restore"
"""Deploy id and the count to bring back: `w7x8y9zt/2`."""
REVISIONS_TAG = "slipway:revisions"
"""The revision to bring back, and the new one: `ledger:41 ledger:42`."""
REQUEST_TAG = "slipway:asked"
"""What was requested, by whom, in which channel and team: `deploy 1.4.2 U01ALICE00 C01DEPLOYS T01SLIPWAY`."""
SUSPENDED_TAG = "slipway:suspended"
"""Deploy id and what Application Auto Scaling had suspended before: `w7x8y9zt in=false out=false
scheduled=false`, and ` tried` right before Slipway suspends everything. Absent if nothing scales it."""
STOPPED_TAG = "slipway:stopped"
"""Deploy id and time (epoch seconds), right before the desired count is set to 0: `w7x8y9zt 1790000000`.
Without it, somebody else set the count to 0.
"""
SIGNED_TAGS = (RESTORE_TAG, REVISIONS_TAG, REQUEST_TAG, SUSPENDED_TAG, STOPPED_TAG)
TAG_KEYS = (*SIGNED_TAGS, SIGNATURE_TAG)
MAX_VALUE_LENGTH = 256

_RESTORE = re.compile(r"([a-z0-9]{1,64})/([0-9]{1,6})")
_REQUEST = re.compile(r"([a-z]+) (\S+) (\S+) (\S+) (\S+)")
_SUSPENDED = re.compile(r"(\S+) in=(true|false) out=(true|false) scheduled=(true|false)( tried)?")
_STOPPED = re.compile(r"(\S+) ([0-9]{1,12})")


@dataclass(frozen=True)
class RestoreTags:
    """What the tags of a service say."""

    deploy_id: str
    desired_count: int
    old_revision: str = ""
    """`family:number` of the revision to bring back; empty if the tags do not say."""
    new_revision: str = ""
    """`family:number` of the revision that was to run."""
    verb: Verb = Verb.DEPLOY
    tag: str = ""
    requester: str = ""
    channel: str = ""
    team: str = ""
    suspended: SuspendedState | None = None
    """What was suspended before; None if nothing scaled the service."""
    suspending: bool = False
    """Slipway suspended the rest, or was about to."""
    stopped_at: float | None = None
    """When Slipway set the desired count to 0, or was about to (epoch seconds)."""


def build_restore_tags(
    deploy: Deploy, restore_point: RestorePoint, scaling: SavedScaling | None
) -> dict[str, str]:
    """The tags for this deploy. One that is too long for ECS is left out."""
    asked = (
        deploy.verb.value,
        deploy.tag,
        deploy.request.requester,
        deploy.request.channel,
        deploy.request.team,
    )
    tags = {
        RESTORE_TAG: f"{deploy.id}/{restore_point.desired_count}",
        REVISIONS_TAG: " ".join(map(short_arn, (restore_point.revision, deploy.ecs.new_revision or ""))),
        REQUEST_TAG: " ".join(asked),
    }
    if scaling is not None:
        tags[SUSPENDED_TAG] = suspended_tag_value(deploy, scaling)
    return {key: value for key, value in tags.items() if len(value) <= MAX_VALUE_LENGTH}


def suspended_tag_value(deploy: Deploy, scaling: SavedScaling) -> str:
    """The value of SUSPENDED_TAG."""
    before, tried = scaling.suspended_before, " tried" if scaling.suspend_tried else ""
    processes = {"in": before.scale_in, "out": before.scale_out, "scheduled": before.scheduled}
    states = " ".join(f"{name}={_true_or_false(value)}" for name, value in processes.items())
    return f"{deploy.id} {states}{tried}"


def build_signed_tags(
    deploy: Deploy, ecs_service: ServiceState, signer: TagSigner, *, stopped_at: float | None = None
) -> dict[str, str]:
    """All tags for this deploy as its record has it, with their signature. They are always written together,
    because the signature is over all of them.

    stopped_at: when the service is stopped, or about to be (epoch seconds). Default: what the record says.
    """
    restore_point = deploy.stop.restore_point
    assert restore_point is not None
    tags = build_restore_tags(deploy, restore_point, deploy.stop.scaling)
    if (at := deploy.stop.requested_at if stopped_at is None else stopped_at) is not None:
        tags[STOPPED_TAG] = f"{deploy.id} {int(at)}"
    if SUSPENDED_TAG not in tags and _is_of(deploy.id, ecs_service.tags.get(SUSPENDED_TAG, "")):
        tags[SUSPENDED_TAG] = f"{deploy.id} none"  # nothing scales it any more
    tags[SIGNATURE_TAG] = signer.sign(ecs_service.arn, signed_contents(tags))
    return tags


def read_signed_tags(ecs_service: ServiceState, signer: TagSigner) -> RestoreTags | None:
    """What the tags of a service say; None if there are none that Slipway signed."""
    tags = ecs_service.tags
    signature = tags.get(SIGNATURE_TAG, "")
    signed = signer.is_signed(signature, ecs_service.arn, signed_contents(tags))
    return read_restore_tags(tags) if signed else None


def signed_contents(tags: Mapping[str, str]) -> list[str]:
    """What the signature covers, in its order. Some tags name their deploy: what another one left in these is
    not read, so it is not covered either."""
    deploy_id = tags.get(RESTORE_TAG, "").partition("/")[0]
    named = {key: tags.get(key, "") for key in SIGNED_TAGS}
    for key in (SUSPENDED_TAG, STOPPED_TAG):
        named[key] = named[key] if _is_of(deploy_id, named[key]) else ""
    return list(named.values())


def _is_of(deploy_id: str, value: str) -> bool:
    return value.partition(" ")[0] == deploy_id


def read_restore_tags(tags: Mapping[str, str]) -> RestoreTags | None:
    """What the tags say, whoever wrote them (`read_signed_tags` reads ours alone); None if there are none, or
    if they cannot be read."""
    restore = _RESTORE.fullmatch(tags.get(RESTORE_TAG, ""))
    if restore is None:
        return None
    deploy_id = restore[1]
    old, _, new = tags.get(REVISIONS_TAG, "").partition(" ")
    verb, tag, requester, channel, team = _read_request(tags.get(REQUEST_TAG, ""))
    before = _SUSPENDED.fullmatch(tags.get(SUSPENDED_TAG, ""))
    stop = _STOPPED.fullmatch(tags.get(STOPPED_TAG, ""))
    return RestoreTags(
        deploy_id=deploy_id,
        desired_count=int(restore[2]),
        old_revision=old,
        new_revision=new,
        verb=verb,
        tag=tag,
        requester=requester,
        channel=channel,
        team=team,
        suspended=_read_suspension(before, deploy_id),
        suspending=before is not None and before[1] == deploy_id and before[5] is not None,
        stopped_at=float(stop[2]) if stop is not None and stop[1] == deploy_id else None,
    )


def belongs_to_another(ecs_service: ServiceState, signer: TagSigner, deploy_id: str) -> bool:
    """Whether another deploy has tagged the service: then the service is its."""
    read = read_signed_tags(ecs_service, signer)
    return read is not None and read.deploy_id != deploy_id


def _read_request(value: str) -> tuple[Verb, str, str, str, str]:
    found = _REQUEST.fullmatch(value)
    if found is None or found[1] not in set(Verb):
        return Verb.DEPLOY, "", "", "", ""
    return Verb(found[1]), found[2], found[3], found[4], found[5]


def _read_suspension(found: re.Match[str] | None, deploy_id: str) -> SuspendedState | None:
    """A tag that an earlier deploy left behind says nothing about this one."""
    if found is None or found[1] != deploy_id:
        return None
    return SuspendedState(
        scale_in=found[2] == "true", scale_out=found[3] == "true", scheduled=found[4] == "true"
    )


def _true_or_false(value: bool) -> str:
    return "true" if value else "false"
