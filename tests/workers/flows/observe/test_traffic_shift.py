"""What is reported of traffic shifts, and what counts towards the deadline, as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploys.catalogue.service import Strategy
from deploys.records.approval import Cancel
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.request import Verb
from deploys.records.rollback import RollbackCause, RollbackCauseKind
from deploys.records.traffic import HookAction, PauseEnd, TrafficPlan, TrafficShift
from tests.builders import NOW, a_deploy, a_native_service, a_plan, a_service
from tests.deploys.test_pauses import a_pause
from tests.workers.flows.ecs_state_builders import (
    a_deployment,
    a_service_deployment,
    ecs_enum_values,
    service_with,
)
from workers.ecs.state import HookState, ServiceDeploymentState, ServiceState
from workers.flows.external import external_traffic
from workers.flows.observe.deadline import (
    allowed_seconds,
    is_ecs_rollback_overdue,
    is_rollout_overdue,
    rollback_deadline,
)
from workers.flows.observe.traffic_shift import observe_traffic
from workers.flows.strategies.registry import strategy_of

BOB = "U02BOB0000"
LINEAR_PLAN = TrafficPlan(strategy="LINEAR", step_percent=5, step_wait_seconds=60, bake_seconds=300)
FORWARD_STATUSES = {"PENDING", "IN_PROGRESS", "SUCCESSFUL"}


def a_native_rollout(traffic_plan: TrafficPlan | None = LINEAR_PLAN, **changes: Any) -> Deploy:
    return a_deploy(
        a_native_service(), plan=a_plan(traffic=traffic_plan), ecs={"rollout_started_at": NOW}, **changes
    )


def service_deployment_at(
    stage: str = "PRODUCTION_TRAFFIC_SHIFT", status: str = "IN_PROGRESS", **more: Any
) -> ServiceDeploymentState:
    return ServiceDeploymentState(**{**vars(a_service_deployment(status)), "stage": stage, **more})


def message_texts(deploy: Deploy) -> list[str]:
    return [each.text for each in deploy.thread_messages]


def test_of_many_steps_the_first_and_each_quarter_are_reported() -> None:
    deploy = a_native_rollout()
    for share in range(5, 105, 5):
        deploy = observe_traffic(deploy, service_deployment_at(production_percent=float(share)), NOW + share)

    shares = [text.split(" of the")[0] for text in message_texts(deploy)]
    assert shares[:-1] == ["5 %", "25 %", "50 %", "75 %"]
    assert shares[-1].startswith("All production traffic")


def test_of_few_steps_each_is_told() -> None:
    deploy = a_native_rollout(LINEAR_PLAN.evolve(step_percent=10))
    for share in range(10, 110, 10):
        deploy = observe_traffic(deploy, service_deployment_at(production_percent=float(share)), NOW + share)

    assert len(message_texts(deploy)) == 10


def test_the_same_look_tells_nothing_twice() -> None:
    deploy = a_native_rollout()
    for second in range(3):
        deploy = observe_traffic(
            deploy, service_deployment_at(production_percent=5.0, test_percent=100.0), NOW + second
        )

    assert len(message_texts(deploy)) == 1
    assert deploy.traffic
    assert deploy.traffic.stage_since == NOW


def test_a_stage_is_timed_from_its_last_shift() -> None:
    deploy = observe_traffic(a_native_rollout(), service_deployment_at(production_percent=5.0), NOW)
    deploy = observe_traffic(
        deploy, service_deployment_at(production_percent=10.0, source_production_percent=90.0), NOW + 60
    )

    assert deploy.traffic
    assert (deploy.traffic.stage_since, deploy.traffic.old_production_percent) == (NOW + 60, 90.0)


@pytest.mark.parametrize("status", sorted(ecs_enum_values("ServiceDeploymentStatus")))
def test_stages_are_reported_on_the_way_forward_only(status: str) -> None:
    deploy = observe_traffic(
        a_native_rollout(), service_deployment_at(status=status, production_percent=5.0), NOW
    )

    assert bool(message_texts(deploy)) is (status in FORWARD_STATUSES)
    assert deploy.traffic
    assert deploy.traffic.new_production_percent == 5.0


@pytest.mark.parametrize(
    "changes",
    [
        {"cancel": Cancel(user=BOB, at=NOW)},
        {"rollback": {"cause": RollbackCause(kind=RollbackCauseKind.ECS, sentence="an alarm.")}},
    ],
)
def test_whoever_goes_back_is_told_no_more_stages_and_asked_nothing(changes: dict[str, Any]) -> None:
    hook = HookState("h1", "AWAITING_ACTION", "PAUSE", NOW + 60)
    deploy = observe_traffic(
        a_native_rollout(**changes), service_deployment_at(production_percent=5.0, hooks=(hook,)), NOW
    )

    assert message_texts(deploy) == []
    assert deploy.traffic
    assert deploy.traffic.pauses == ()


@pytest.mark.parametrize("status", sorted(ecs_enum_values("ServiceDeploymentStatus")))
def test_a_pause_is_asked_on_the_way_forward_only(status: str) -> None:
    hook = HookState("h1", "AWAITING_ACTION", "PAUSE", NOW + 60)
    deploy = observe_traffic(
        a_native_rollout(), service_deployment_at("POST_SCALE_UP", status, hooks=(hook,)), NOW
    )

    assert bool(message_texts(deploy)) is (status in FORWARD_STATUSES)


@pytest.mark.parametrize("status", sorted(ecs_enum_values("DeploymentLifecycleHookStatus")))
def test_only_a_hook_that_awaits_an_action_is_asked_about(status: str) -> None:
    """A running Lambda function needs no answer from people."""
    deploy = observe_traffic(
        a_native_rollout(), service_deployment_at("POST_SCALE_UP", hooks=(HookState("h1", status),)), NOW
    )

    assert bool(message_texts(deploy)) is (status == "AWAITING_ACTION")


@pytest.mark.parametrize(("bake", "told"), [(300, True), (0, False)])
def test_the_bake_time_is_told_where_there_is_one(bake: int, told: bool) -> None:
    deploy = observe_traffic(
        a_native_rollout(LINEAR_PLAN.evolve(bake_seconds=bake)),
        service_deployment_at("BAKE_TIME", production_percent=100.0),
        NOW,
    )

    assert any(text.startswith("Baking") for text in message_texts(deploy)) is told


def test_where_ecs_replaces_the_tasks_there_is_no_traffic_to_tell_of() -> None:
    native = a_native_rollout()
    rolling = native.evolve(service=a_service("web", strategy=Strategy.ROLLING))

    moving = service_deployment_at(production_percent=5.0)

    assert strategy_of(rolling).observe(rolling, moving, NOW) == rolling
    assert strategy_of(native).observe(native, moving, NOW) != native
    assert strategy_of(native).observe(native, None, NOW) == native


WAITING_HOOK = HookState("h1", "AWAITING_ACTION", "PAUSE", NOW + 60)


def an_external_rollout(**changes: Any) -> Deploy:
    return a_native_rollout(verb=Verb.FOLLOW, phase=Phase.FOLLOWING_EXTERNAL, **changes)


def a_shifting_service(traffic: TrafficPlan | None = LINEAR_PLAN) -> ServiceState:
    return replace(service_with(a_deployment()), traffic=traffic)


@pytest.mark.parametrize("status", sorted(ecs_enum_values("ServiceDeploymentStatus")))
def test_of_a_external_rollout_stages_and_pauses_are_reported_on_the_way_forward_only(status: str) -> None:
    look = service_deployment_at(status=status, production_percent=5.0, hooks=(WAITING_HOOK,))

    assert len(
        message_texts(
            external_traffic.observe_external_traffic(an_external_rollout(), a_shifting_service(), look, NOW)
        )
    ) == (2 if status in FORWARD_STATUSES else 0)


def test_nor_once_it_was_seen_to_go_back() -> None:
    look = service_deployment_at(production_percent=5.0, hooks=(WAITING_HOOK,))

    assert (
        message_texts(
            external_traffic.observe_external_traffic(
                an_external_rollout(
                    rollback={"cause": RollbackCause(kind=RollbackCauseKind.ECS, sentence="an alarm.")}
                ),
                a_shifting_service(),
                look,
                NOW,
            )
        )
        == []
    )


def test_a_external_rollout_that_shifts_no_traffic_has_no_stages() -> None:
    deploy = an_external_rollout()

    assert (
        external_traffic.observe_external_traffic(
            deploy, a_shifting_service(None), service_deployment_at("SCALE_UP"), NOW
        )
        == deploy
    )
    assert external_traffic.observe_external_traffic(deploy, a_shifting_service(), None, NOW) == deploy
    assert (
        external_traffic.observe_external_traffic(deploy, None, service_deployment_at("SCALE_UP"), NOW)
        == deploy
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [("SUCCEEDED", "Somebody let the rollout continue."), ("FAILED", None), ("AWAITING_ACTION", None)],
)
def test_what_became_of_a_external_pause(status: str, expected: str | None) -> None:
    waits = external_traffic.observe_external_traffic(
        an_external_rollout(),
        a_shifting_service(),
        service_deployment_at("POST_SCALE_UP", hooks=(WAITING_HOOK,)),
        NOW,
    )
    look = service_deployment_at("POST_SCALE_UP", hooks=(replace(WAITING_HOOK, status=status),))

    after = external_traffic.observe_external_traffic(waits, a_shifting_service(), look, NOW + 5)

    assert message_texts(after)[1:] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("pauses", "waited"),
    [
        ((), 0),
        ((a_pause(since=NOW + 100),), 400),
        ((a_pause(since=NOW + 100, end=PauseEnd.ANSWERED, ended_at=NOW + 130),), 30),
        ((a_pause(since=NOW, end=PauseEnd.TIMED_OUT, ended_at=NOW + 70), a_pause(since=NOW + 300)), 270),
    ],
)
def test_pauses_and_configured_waits_are_added_to_the_deadline(
    pauses: tuple[Any, ...], waited: float
) -> None:
    canary = TrafficPlan(strategy="CANARY", step_percent=10, step_wait_seconds=120, bake_seconds=60)
    deploy = a_native_rollout(canary, traffic=TrafficShift(pauses=pauses))
    most = deploy.service.deadline + 180 + waited

    assert allowed_seconds(deploy, NOW + 500) == most
    assert not is_rollout_overdue(deploy.evolve(ecs={"rollout_started_at": NOW + 500 - most}), NOW + 500)
    assert is_rollout_overdue(deploy.evolve(ecs={"rollout_started_at": NOW + 499 - most}), NOW + 500)


@pytest.mark.parametrize(("deadline", "back"), [(60, 900 + 180), (1200, 1200 + 180)])
def test_a_rollback_has_a_deadline_of_its_own(deadline: int, back: int) -> None:
    canary = TrafficPlan(strategy="CANARY", step_percent=10, step_wait_seconds=120, bake_seconds=60)
    deploy = a_native_rollout(canary).evolve(service=a_native_service(deadline=deadline))
    both = deadline + 180 + back

    assert rollback_deadline(deploy) == back
    assert not is_ecs_rollback_overdue(deploy, NOW + both)
    assert is_ecs_rollback_overdue(deploy, NOW + both + 1)


def test_an_action_newer_than_we_are_is_no_action_of_ours() -> None:
    assert HookAction.parse("DANCE") is None
