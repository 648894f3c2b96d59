"""Which deploys an event makes due."""

from __future__ import annotations

import pytest

from deploys.catalogue.nested_keys import Role
from tests.builders import a_deploy, a_service
from tests.workers.events.event_builders import (
    ECS,
    a_deployment_event,
    a_one_off_task_event,
    a_service_event,
    a_task_event,
    an_event,
)
from workers.events.ecs_event import parse_event
from workers.events.event_routing import EventRouter, WaitingDeploy

OTHER = "999999999999"
WAITING = [
    a_deploy(a_service("web"), id="web22222"),
    a_deploy(a_service("web-staging", ecs_service="web", cluster="staging"), id="staging2"),
    a_deploy(a_service("web-us", ecs_service="web", region="us-east-1"), id="useast22"),
    a_deploy(
        a_service("web-other", ecs_service="web", role=Role(arn=f"arn:aws:iam::{OTHER}:role/slipway")),
        id="account2",
    ),
    a_deploy(a_service("api"), id="api22222"),
    a_deploy(a_service("api"), id="again222"),
]
ROUTER = EventRouter(map(WaitingDeploy.of, WAITING))

FOUND: dict[str, tuple[str, set[str]]] = {
    "by cluster and service": (a_task_event("web"), {"web22222"}),
    "all that wait for the service": (a_service_event("api"), {"api22222", "again222"}),
    "in another cluster": (
        an_event("ECS Service Action", {}, f"{ECS}:service/staging/web"),
        {"staging2"},
    ),
    "in another account, which the role tells": (
        a_deployment_event("web", account=OTHER),
        {"web22222", "account2"},  # whose account the workers are in is not known: one read too many
    ),
    "in another Region": (a_task_event("web", region="us-east-1"), {"useast22"}),
    "without a cluster": (
        an_event("ECS Deployment State Change", {}, f"{ECS}:service/web"),
        {"web22222", "staging2"},
    ),
    "a cluster that nobody deploys to": (
        an_event("ECS Service Action", {}, f"{ECS}:service/foreign/web"),
        set(),
    ),
    "a service that nobody deploys": (a_task_event("billing"), set()),
    "a Region that nobody deploys to": (a_task_event("web", region="eu-central-1"), set()),
    "the one-off task of a deploy": (a_one_off_task_event("api22222"), {"api22222"}),
    "the one-off task of another account's Slipway": (a_one_off_task_event("account2"), set()),
    "the one-off task of a deploy that has ended": (a_one_off_task_event("ended222"), set()),
    "a task that only looks like it": (
        a_task_event("billing", detail={"startedBy": "x-slipway/api22222"}),
        set(),
    ),
}


@pytest.mark.parametrize("case", FOUND)
def test_an_event_is_about_these_deploys(case: str) -> None:
    body, expected = FOUND[case]
    event = parse_event(body)

    assert event is not None
    assert ROUTER.find(event) == expected
