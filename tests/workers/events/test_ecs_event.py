"""What an event is about, and what becomes of anything else that is in the queue."""

from __future__ import annotations

import json

import pytest

from tests.workers.events.event_builders import (
    ACCOUNT,
    CLUSTER,
    ECS,
    REGION,
    a_deployment_event,
    a_one_off_task_event,
    a_service_event,
    a_task_event,
    an_event,
)
from workers.events.ecs_event import MAX_CHARACTERS, EcsEvent, EventKind, parse_event

WEB = frozenset({("production", "web")})
BY_DEPLOYMENT = "ecs-svc/1234567890123456789"


def event(services: frozenset[tuple[str, str]], kind: EventKind, started_by: str = "") -> EcsEvent:
    return EcsEvent(ACCOUNT, REGION, services, started_by, kind)


HOOK = {"eventType": "INFO", "eventName": "HOOK_AWAITING_ACTION", "hookId": "ecs-pause-1"}
SERVICE_DEPLOYMENT = f"{ECS}:service-deployment/production/web/NCWGC2ZR-taawPAYrIaU5"

UNDERSTOOD: dict[str, tuple[str, EcsEvent]] = {
    "a task started": (a_task_event(), event(WEB, EventKind.PROGRESS, BY_DEPLOYMENT)),
    "a task stopped": (
        a_task_event(status="STOPPED"),
        event(WEB, EventKind.TASK_STOPPED, BY_DEPLOYMENT),
    ),
    "a one-off task stopped": (
        a_one_off_task_event("w7x8y9zt"),
        event(frozenset(), EventKind.TASK_STOPPED, "slipway/w7x8y9zt"),
    ),
    "a rollout began": (
        a_deployment_event(name="SERVICE_DEPLOYMENT_IN_PROGRESS"),
        event(WEB, EventKind.PROGRESS),
    ),
    "a rollout completed": (a_deployment_event(), event(WEB, EventKind.TURN)),
    "a rollout failed": (
        a_deployment_event(name="SERVICE_DEPLOYMENT_FAILED"),
        event(WEB, EventKind.TURN),
    ),
    "a service is steady": (a_service_event(), event(WEB, EventKind.TURN)),
    "a task cannot be placed": (
        a_service_event(name="SERVICE_TASK_PLACEMENT_FAILURE"),
        event(WEB, EventKind.PROGRESS),
    ),
    "a service action that is new": (a_service_event(name="BRAND_NEW"), event(WEB, EventKind.PROGRESS)),
    "an old ARN has no cluster, the detail does": (
        an_event("ECS Service Action", {"clusterArn": CLUSTER}, f"{ECS}:service/web"),
        event(WEB, EventKind.PROGRESS),
    ),
    "an old ARN without a cluster anywhere": (
        an_event("ECS Deployment State Change", {}, f"{ECS}:service/web"),
        event(frozenset({("", "web")}), EventKind.PROGRESS),
    ),
    "a pause that names its service": (
        an_event("ECS Hook State Change", HOOK, f"{ECS}:service/production/web"),
        event(WEB, EventKind.TURN),
    ),
    "a pause that names its service deployment": (
        an_event("ECS Hook State Change", HOOK, SERVICE_DEPLOYMENT),
        event(WEB, EventKind.TURN),
    ),
    "a pause that names it in the detail": (
        an_event("ECS Hook State Change", {**HOOK, "serviceDeploymentArn": SERVICE_DEPLOYMENT}),
        event(WEB, EventKind.TURN),
    ),
    "in another partition": (
        an_event("ECS Service Action", {}, "arn:aws-cn:ecs:cn-north-1:123456789012:service/production/web"),
        event(WEB, EventKind.PROGRESS),
    ),
}


@pytest.mark.parametrize("case", UNDERSTOOD)
def test_an_event_is_read(case: str) -> None:
    body, expected = UNDERSTOOD[case]

    assert parse_event(body) == expected


NOT_UNDERSTOOD: dict[str, str] = {
    "nothing": "",
    "no JSON": "{'source': 'aws.ecs'}",
    "half a document": a_task_event()[:-20],
    "too deep": '{"source":' + "[" * 200_000 + "]" * 200_000 + "}",
    "a number with too many digits": '{"source": ' + "9" * 5000 + "}",
    "no object": "[]",
    "null": "null",
    "too long": json.dumps({**json.loads(a_task_event()), "padding": "x" * MAX_CHARACTERS}),
    "from another service of AWS": a_task_event(source="aws.ec2"),
    "from an application": a_task_event(source="my.application"),
    "another event of ECS": an_event(
        "ECS Container Instance State Change", {}, f"{ECS}:container-instance/production/1"
    ),
    "the type is no text": a_task_event().replace('"ECS Task State Change"', "[1]"),
    "the detail is no object": a_task_event(detail={}).replace('"detail": {', '"detail": [], "x": {'),
    "the account is no text": a_task_event(account=123456789012),
    "the Region is no text": a_task_event(region=None),
    "about nothing": an_event("ECS Service Action", {}),
    "resources are no list": an_event("ECS Service Action", {}, resources={"arn": f"{ECS}:service/web"}),
    "resources are no texts": an_event("ECS Service Action", {}, resources=[None, 7, {}, []]),
    "a group that is no text": an_event("ECS Task State Change", {"group": ["service:web"]}),
    "a service without a name": an_event("ECS Task State Change", {"group": "service:"}),
    "an ARN with more behind it": an_event("ECS Service Action", {}, f"{ECS}:service/production/web\nx"),
}


@pytest.mark.parametrize("case", NOT_UNDERSTOOD)
def test_anything_else_is_nothing(case: str) -> None:
    assert parse_event(NOT_UNDERSTOOD[case]) is None


def test_of_many_resources_only_the_first_are_read() -> None:
    body = an_event("ECS Service Action", {}, *(f"{ECS}:service/production/s{n}" for n in range(1000)))
    found = parse_event(body)

    assert found is not None
    assert len(found.services) == 20
