"""What a first services.yml says of an ECS service, and what it asks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploys.records.restore_point import SuspendedState
from deploys.records.traffic import PlannedPause, TrafficPlan
from slipway.account_survey.surveyed_service import SurveyedService
from slipway.services_draft.service_draft import draft_service, has_pauses
from workers.ecs.scalable_targets import ScalableTargetState
from workers.ecs.state import Endpoints, RevisionState, ServiceState
from workers.flows.plan.service_checks import EXPRESS_MODE
from workers.flows.strategies.ecs_strategy import SHIFTS_TRAFFIC

HERE = "arn:aws:ecs:eu-west-1:123456789012"
ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
FIFO = [{"name": "EVENTS", "value": "https://sqs.eu-west-1.amazonaws.com/123456789012/events.fifo"}]


def surveyed(*containers: dict[str, Any], **state: Any) -> SurveyedService:
    """A service of two tasks on Fargate."""
    given = list(containers) or [{"name": "web", "image": f"{ECR}/web:1.4.0"}]
    revision = RevisionState(
        f"{HERE}:task-definition/web:7", "web", 7, "ACTIVE", {"containerDefinitions": given}
    )
    fields = {
        "arn": f"{HERE}:service/production/web",
        "name": "web",
        "status": "ACTIVE",
        "revision": revision.arn,
        "desired": 2,
        "pending": 0,
        "running": 2,
        "launch_type": "FARGATE",
        "minimum_healthy_percent": 100,
        "maximum_percent": 200,
    }
    return SurveyedService(
        "eu-west-1", "production", "web", ServiceState(**{**fields, **state}), revision=revision
    )


def container(name: str, image: str = f"{ECR}/web:1.4.0", **more: Any) -> dict[str, Any]:
    return {"name": name, "image": image, **more}


SCALED = ScalableTargetState(2, 6, SuspendedState())


@pytest.mark.parametrize(
    ("service", "facts"),
    [
        (surveyed(), "2 tasks, Fargate, ROLLING, no load balancer, family web, container web"),
        (
            surveyed(container("web"), container("envoy"), endpoints=Endpoints(("web",), load_balancers=1)),
            "2 tasks, Fargate, ROLLING, load balancer, family web, containers web envoy",
        ),
        (
            replace(surveyed(launch_type="EC2"), scaling=SCALED),
            "2 tasks, autoscaled 2 to 6, EC2, ROLLING, no load balancer, family web, container web",
        ),
        (
            surveyed(scheduling="DAEMON", launch_type="EXTERNAL", desired=1),
            "DAEMON (1 task now), ECS Anywhere, ROLLING, no load balancer, family web, container web",
        ),
        (
            surveyed(
                run_task_settings={
                    "capacityProviderStrategy": [
                        {"capacityProvider": "FARGATE"},
                        {"capacityProvider": "FARGATE_SPOT"},
                    ]
                }
            ),
            "2 tasks, FARGATE and FARGATE_SPOT, ROLLING, no load balancer, family web, container web",
        ),
        (
            surveyed(strategy="CANARY", managed_by="ECS"),
            "2 tasks, Fargate, CANARY, Express Mode, no load balancer, family web, container web",
        ),
        (
            replace(surveyed(controller="EXTERNAL"), revision=None),
            "2 tasks, Fargate, controller EXTERNAL, no load balancer",
        ),
    ],
)
def test_the_facts_in_one_line(service: SurveyedService, facts: str) -> None:
    assert draft_service(service).facts == facts


THERE = "so it has to be deployed there"
UNKNOWN = "which this version of Slipway does not know"


@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [
        (
            {"controller": "CODE_DEPLOY"},
            f"its deployment controller is CODE_DEPLOY, {THERE}",
        ),
        ({"controller": "EXTERNAL"}, f"its deployment controller is EXTERNAL, {THERE}"),
        ({"status": "DRAINING"}, "ECS says that it is DRAINING"),
        ({"status": "INACTIVE"}, "ECS says that it is INACTIVE"),
        ({"managed_by": "ROBOTS"}, f"it is managed by ROBOTS, {UNKNOWN}"),
        (
            {"strategy": "SPIRAL"},
            f"its strategy in ECS is SPIRAL, {UNKNOWN}",
        ),
        *(({"strategy": strategy}, "") for strategy in SHIFTS_TRAFFIC),
        *(({"managed_by": manager}, "") for manager in EXPRESS_MODE),
    ],
)
def test_a_service_that_slipway_cannot_deploy(changes: dict[str, Any], obstacle: str) -> None:
    assert draft_service(surveyed(**changes)).obstacle == obstacle


def test_a_service_that_could_not_be_read() -> None:
    unread = replace(surveyed(), state=None, revision=None)

    assert draft_service(unread).obstacle == "ECS did not let it be described"
    assert draft_service(replace(unread, is_missing=True)).obstacle == "ECS has it no more"


@pytest.mark.parametrize("strategy", SHIFTS_TRAFFIC)
def test_the_strategy_is_that_of_ecs(strategy: str) -> None:
    expected = {"strategy": "native"} if SHIFTS_TRAFFIC[strategy] else {}

    assert draft_service(surveyed(strategy=strategy)).keys == expected


SIDE_BY_SIDE = "May a task of the old version and a task of the new one run side by side? If not:"
STOP_START = (
    "strategy: stop-start",
    "approvers: []               # who may approve its deploys; each needs one approval",
)


@pytest.mark.parametrize(
    ("service", "question"),
    [
        (
            surveyed(container("web", environment=FIFO)),
            'EVENTS names a FIFO queue: see "Which strategy for a queue?" in docs/configuration.md.',
        ),
        (
            surveyed(minimum_healthy_percent=0, maximum_percent=100),
            "ECS stops its old tasks before it starts new ones (minimum 0 %, maximum 100 %).",
        ),
    ],
    ids=["queue", "percentages"],
)
def test_a_service_that_may_need_strict_order_is_asked_about(service: SurveyedService, question: str) -> None:
    draft = draft_service(service)

    assert draft.questions == (f"{question} {SIDE_BY_SIDE}",)
    assert draft.suggestions == STOP_START
    assert draft.keys == {}, "until somebody decides, ECS does as it does today"
    assert draft_service(service, has_approvers=True).suggestions == STOP_START[:1]


@pytest.mark.parametrize(
    "service",
    [
        surveyed(),
        surveyed(minimum_healthy_percent=0, maximum_percent=200),
        surveyed(container("web", environment=FIFO), strategy="CANARY"),
        surveyed(container("web", environment=FIFO), scheduling="DAEMON"),
        surveyed(container("web", environment=[{"name": "QUEUE", "value": "https://sqs/events"}])),
        surveyed(container("web", environment=[{"name": "QUEUE"}])),
    ],
)
def test_other_services_are_not_asked_about_order(service: SurveyedService) -> None:
    assert draft_service(service).questions == ()


@pytest.mark.parametrize(
    ("containers", "question", "suggestions"),
    [
        (
            [container("reader"), container("writer", f"{ECR}/writer:1")],
            "Which containers get the new tag: reader, writer? Until that is said, deploys are refused.",
            ("containers: [reader]",),
        ),
        (
            [container("on"), container("2048", f"{ECR}/writer:1")],
            "Which containers get the new tag: on, 2048? Until that is said, deploys are refused.",
            ('containers: ["on"]',),
        ),
        (
            [container("log", firelensConfiguration={"type": "fluentbit"})],
            "Which containers get the new tag: log? Until that is said, deploys are refused.",
            ("containers: [log]",),
        ),
        (
            [container("web", "not an image")],
            "Its image cannot be read as a repository and a tag, so deploys are refused. Is it right?",
            (),
        ),
    ],
    ids=["two apps", "a word of YAML", "only sidecars", "no image"],
)
def test_containers_that_are_not_clear_are_asked_about(
    containers: list[dict[str, Any]], question: str, suggestions: tuple[str, ...]
) -> None:
    draft = draft_service(surveyed(*containers))

    assert (draft.questions, draft.suggestions) == ((question,), suggestions)
    assert draft.notes == ()


def test_a_task_definition_that_could_not_be_read_is_asked_about() -> None:
    assert draft_service(replace(surveyed(), revision=None)).questions == (
        "Its task definition could not be read. Do several containers run in it? Which get the new tag?",
    )


def test_tasks_that_ecs_could_not_replace_are_asked_about() -> None:
    stuck = {"desired": 1, "minimum_healthy_percent": 50, "maximum_percent": 150}

    assert draft_service(surveyed(**stuck)).questions == (
        "ECS cannot replace its tasks with a minimum of 50 % and a maximum of 150 %, so deploys are refused. "
        "Which of the two is to be changed in ECS?",
    )
    assert draft_service(surveyed(**stuck, strategy="CANARY")).questions == ()


def test_notes_say_what_else_to_know() -> None:
    notes = draft_service(
        surveyed(container("web", "nginx:1.27"), container("agent", essential=False), desired=0)
    ).notes

    assert notes == (
        "It runs no task now. Scale it first: a version of which no task runs is not shown to work.",
        "A deploy gives the new tag to web. It leaves agent alone.",
        "Its image nginx is in no private ECR registry, so no tag is checked there.",
    )


def test_a_rollout_that_pauses() -> None:
    traffic = TrafficPlan(
        strategy="CANARY",
        pauses=(PlannedPause(stages=("POST_TEST_TRAFFIC_SHIFT",), timeout_seconds=300, timeout_action=None),),
    )

    assert has_pauses(surveyed(strategy="CANARY", traffic=traffic))
    assert not has_pauses(surveyed(strategy="CANARY", traffic=TrafficPlan(strategy="CANARY")))
    assert not has_pauses(replace(surveyed(), state=None))
