"""ECS service settings that change a rollout: scheduling and circuit breaker."""

from __future__ import annotations

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.console_actions import configure_breaker, create_service
from workers.thread import card_progress


@pytest.mark.parametrize(
    ("tag", "outcome"), [("1.4.2", Outcome.SUCCEEDED), ("1.5.0-crash", Outcome.ROLLED_BACK)]
)
def test_a_daemon_service_rolls_and_no_count_is_ever_set(
    harness: EngineHarness, tag: str, outcome: Outcome
) -> None:
    create_service(harness, "agent", desiredCount=None, launchType="EC2", schedulingStrategy="DAEMON")
    before = len(harness.ecs.calls("UpdateService"))

    deploy = harness.until_over(harness.request_deploy("web", tag, ecs_service="agent", deadline=120))

    assert deploy.outcome is outcome
    updates = harness.ecs.calls("UpdateService")[before:]
    assert [set(call.params) for call in updates] == [{"cluster", "service", "taskDefinition"}] * len(updates)
    running = {"1.4.2": "web:18", "1.5.0-crash": "web:17"}[tag]
    assert harness.describe_service("agent")["taskDefinition"].endswith(f"/{running}")


def test_the_breakers_own_threshold_is_the_one_that_is_shown(harness: EngineHarness) -> None:
    threshold = {"type": "COUNT", "value": 5}
    configure_breaker(harness, "ledger", enable=True, rollback=True, thresholdConfiguration=threshold)
    deploy_id = harness.request_deploy("ledger", "1.5.0-crash", approvals=0, give_up_after=0)

    shown = set()
    while harness.get(deploy_id).phase is not Phase.ENDED:
        harness.tick(5)
        shown.add(card_progress.failures_line(harness.get(deploy_id)))

    assert {"2 new tasks failed; at 5 ECS's circuit breaker gives up.", "5 new tasks failed."} <= shown
    assert harness.get(deploy_id).outcome is Outcome.ROLLED_BACK


def test_without_a_breaker_ecs_still_rolls_back_on_request_by_a_new_deployment_of_the_old_revision(
    harness: EngineHarness,
) -> None:
    configure_breaker(harness, "web", enable=False, rollback=False)
    [first] = harness.describe_service("web")["deployments"]
    deploy_id = harness.request_deploy("web", "1.5.0-slow")
    ours = harness.until_phase(deploy_id, Phase.FOLLOWING).ecs.deployment_id
    harness.until(lambda: harness.get(deploy_id).ecs.service_deployment_arn)
    before = len(harness.ecs.calls("UpdateService"))
    harness.cancel(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    [stop] = harness.ecs.calls("StopServiceDeployment")
    assert stop.params["stopType"] == "ROLLBACK"
    assert len(harness.ecs.calls("UpdateService")) == before
    [back] = harness.describe_service("web")["deployments"]
    assert back["taskDefinition"] == first["taskDefinition"]
    assert back["id"] not in (first["id"], ours)


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.FOLLOWING])
def test_a_stopped_service_gets_revision_and_count_in_one_update(
    harness: EngineHarness, phase: Phase
) -> None:
    deploy_id = harness.request_deploy("billing", "1.5.0-slow", approvals=0)
    harness.until_phase(deploy_id, phase)
    harness.cancel(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED

    counts = [call.params for call in harness.ecs.calls("UpdateService") if call.params.get("desiredCount")]
    assert [params["taskDefinition"].rpartition("/")[2] for params in counts][-1] == "billing:23"
    assert {params["desiredCount"] for params in counts} == {2}
    assert "rolled back to `billing:23`" in harness.thread_text(deploy_id, ThreadMessageKind.END)
