"""Settings of an ECS service that change how a rollout goes: its scheduling and its circuit breaker."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase
from tests.workers.flows.test_refusals import create
from tests.workers.yard import Yard
from workers.thread import progress


def configure(yard: Yard, service: str, **breaker: Any) -> None:
    before = yard.service(service)["deploymentConfiguration"]
    yard.console.update_service(
        cluster="production",
        service=service,
        deploymentConfiguration={**before, "deploymentCircuitBreaker": breaker},
    )


@pytest.mark.parametrize(
    ("tag", "outcome"), [("1.4.2", Outcome.SUCCEEDED), ("1.5.0-crash", Outcome.ROLLED_BACK)]
)
def test_a_daemon_service_rolls_and_no_count_is_ever_set(yard: Yard, tag: str, outcome: Outcome) -> None:
    create(yard, "agent", desiredCount=None, launchType="EC2", schedulingStrategy="DAEMON")
    before = len(yard.ecs.calls("UpdateService"))

    deploy = yard.until_over(yard.ask("web", tag, ecs_service="agent", deadline=120))

    assert deploy.outcome is outcome
    updates = yard.ecs.calls("UpdateService")[before:]
    assert [set(call.params) for call in updates] == [{"cluster", "service", "taskDefinition"}] * len(updates)
    running = {"1.4.2": "web:18", "1.5.0-crash": "web:17"}[tag]
    assert yard.service("agent")["taskDefinition"].endswith(f"/{running}")


def test_the_breakers_own_threshold_is_the_one_that_is_shown(yard: Yard) -> None:
    threshold = {"type": "COUNT", "value": 5}
    configure(yard, "ledger", enable=True, rollback=True, thresholdConfiguration=threshold)
    deploy_id = yard.ask("ledger", "1.5.0-crash", approvals=0, give_up_after=0)

    shown = set()
    while yard.get(deploy_id).phase is not Phase.ENDED:
        yard.tick(5)
        shown.add(progress.failures(yard.get(deploy_id)))

    assert {"2 new tasks failed; at 5 ECS's circuit breaker gives up.", "5 new tasks failed."} <= shown
    assert yard.get(deploy_id).outcome is Outcome.ROLLED_BACK


def test_without_a_breaker_ecs_still_rolls_back_on_request_by_a_new_deployment_of_the_old_revision(
    yard: Yard,
) -> None:
    configure(yard, "web", enable=False, rollback=False)
    [first] = yard.service("web")["deployments"]
    deploy_id = yard.ask("web", "1.5.0-slow")
    ours = yard.until_phase(deploy_id, Phase.FOLLOWING).deployment_id
    yard.until(lambda: yard.get(deploy_id).service_deployment_arn)
    before = len(yard.ecs.calls("UpdateService"))
    yard.cancel(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    [stop] = yard.ecs.calls("StopServiceDeployment")
    assert stop.params["stopType"] == "ROLLBACK"
    assert len(yard.ecs.calls("UpdateService")) == before
    [back] = yard.service("web")["deployments"]
    assert back["taskDefinition"] == first["taskDefinition"]
    assert back["id"] not in (first["id"], ours)


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.FOLLOWING])
def test_a_stopped_service_gets_revision_and_count_in_one_update(yard: Yard, phase: Phase) -> None:
    deploy_id = yard.ask("billing", "1.5.0-slow", approvals=0)
    yard.until_phase(deploy_id, phase)
    yard.cancel(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED

    counts = [call.params for call in yard.ecs.calls("UpdateService") if call.params.get("desiredCount")]
    assert [params["taskDefinition"].rpartition("/")[2] for params in counts][-1] == "billing:23"
    assert {params["desiredCount"] for params in counts} == {2}
    assert "rolled back to `billing:23`" in yard.said(deploy_id, MilestoneKind.END)
