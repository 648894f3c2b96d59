"""What an event of ECS is about. Pure.

The forms are those of the ECS developer guide ("Amazon ECS events": task state change, service action,
service deployment state change; "Pause hooks"). It shows no example of a hook's event, so any ARN of a
service or a service deployment is understood. Anything may get into a queue by mistake: nothing is expected
of what arrives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

MAX_CHARACTERS = 1024 * 1024
"""The longest message of SQS (SQS developer guide, "Quotas")."""
MAX_RESOURCES = 20
"""ARNs that are read of one event (count); ECS names one or two."""

TASK, SERVICE, DEPLOYMENT, HOOK = (
    "ECS Task State Change",
    "ECS Service Action",
    "ECS Deployment State Change",
    "ECS Hook State Change",
)
ENDS = frozenset({"SERVICE_DEPLOYMENT_COMPLETED", "SERVICE_DEPLOYMENT_FAILED", "SERVICE_STEADY_STATE"})
"""Events after which ECS does no more for a rollout."""

_ARN = re.compile(
    r"arn:aws[a-z-]*:ecs:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):"
    r"(?P<kind>service|service-deployment|service-revision)/(?P<path>[\w/-]+)"
)
_CLUSTER_ARN = re.compile(r"arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:cluster/(?P<name>[\w-]+)")


class EventKind(Enum):
    """What an event tells, as far as it matters how soon it is followed by a read."""

    TURN = auto()  # a rollout has ended, or waits for an answer: there are a few of a rollout
    TASK_STOPPED = auto()  # perhaps the last one: there is one of each task
    PROGRESS = auto()  # there are several of each task


@dataclass(frozen=True)
class EcsEvent:
    """What an event is about."""

    account: str
    region: str
    services: frozenset[tuple[str, str]]
    """Cluster and name of each service; the cluster is empty if the event does not tell it, as with ARNs of
    the old format."""
    started_by: str = ""
    """Of a task: who started it, such as a deployment or a deploy of Slipway."""
    kind: EventKind = EventKind.PROGRESS


def parse_event(body: str) -> EcsEvent | None:
    """The event in a message; None if it is no event of ECS about a service or task."""
    if len(body) > MAX_CHARACTERS:
        return None
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or event.get("source") != "aws.ecs":
        return None
    detail_type, detail = event.get("detail-type"), event.get("detail")
    account, region = event.get("account"), event.get("region")
    if detail_type not in (TASK, SERVICE, DEPLOYMENT, HOOK) or not isinstance(detail, dict):
        return None
    if not isinstance(account, str) or not isinstance(region, str):
        return None
    found = EcsEvent(
        account,
        region,
        frozenset(_services(event.get("resources"), detail)),
        _text(detail, "startedBy"),
        _kind(detail_type, detail),
    )
    return found if found.services or found.started_by else None


def _kind(detail_type: str, detail: dict[str, Any]) -> EventKind:
    if detail_type == TASK:
        return EventKind.TASK_STOPPED if detail.get("lastStatus") == "STOPPED" else EventKind.PROGRESS
    turned = detail_type == HOOK or _text(detail, "eventName") in ENDS
    return EventKind.TURN if turned else EventKind.PROGRESS


def _services(resources: object, detail: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Cluster and name. A task names its service in `group`; other events have its ARN."""
    found = _CLUSTER_ARN.fullmatch(_text(detail, "clusterArn"))
    cluster = found["name"] if found else ""
    prefix, _, name = _text(detail, "group").partition(":")
    if prefix == "service" and name:
        yield cluster, name
    for text in _texts(resources, detail.values()):
        if arn := _ARN.fullmatch(text):
            parts = arn["path"].split("/")
            # An old ARN of a service has no cluster: service/NAME. Those of deployments always have one.
            yield (cluster, parts[0]) if len(parts) == 1 else (parts[0], parts[1])


def _texts(resources: object, values: Iterable[object]) -> Iterator[str]:
    listed = resources[:MAX_RESOURCES] if isinstance(resources, list) else []
    return (each for each in (*listed, *values) if isinstance(each, str))


def _text(detail: dict[str, Any], name: str) -> str:
    value = detail.get(name)
    return value if isinstance(value, str) else ""
