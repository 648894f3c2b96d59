"""The sandbox's native services with short waits, and the state of their ECS deployments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deploys.pauses import latest_pause_number, unanswered_pause
from deploys.records.deploy import Deploy
from deploys.records.traffic import PauseEnd
from sandbox.ecs.records import ServiceDeployment
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.checked_deploys import create_quiet_alarm, set_alarm_state

Json = dict[str, Any]
CLUSTER = "production"


def pause_hook(*stages: str, minutes: int = 5, action: str = "ROLLBACK") -> Json:
    """A PAUSE hook, as UpdateService expects it."""
    return {
        "targetType": "PAUSE",
        "lifecycleStages": list(stages) or ["POST_TEST_TRAFFIC_SHIFT"],
        "timeoutConfiguration": {"timeoutInMinutes": minutes, "action": action},
    }


def configure_native_service(harness: EngineHarness, service: str, *pauses: Json, **changes: Any) -> None:
    """Gives the ECS service these hooks, and changes its deployment configuration."""
    before = harness.describe_service(service)["deploymentConfiguration"]
    wanted = {**before, "bakeTimeInMinutes": 1, "lifecycleHooks": list(pauses), **changes}
    if before["strategy"] == "CANARY":
        wanted.setdefault("canaryConfiguration", {})
        wanted["canaryConfiguration"] = {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 1}
    harness.ecs.client("ecs").update_service(cluster=CLUSTER, service=service, deploymentConfiguration=wanted)


def newest_service_deployment(harness: EngineHarness, service: str) -> ServiceDeployment | None:
    """The newest service deployment of the service, from the sandbox's tables."""
    with harness.ecs.region.hold_time() as region:
        of_service = [
            each
            for each in region.tables.service_deployments.values()
            if each.service.endswith(f"/{service}")
        ]
    return max(of_service, key=lambda each: each.created_at, default=None)


def stage_and_traffic(harness: EngineHarness, service: str) -> tuple[str | None, float]:
    """The lifecycle stage, and the percentage of production traffic that the new revision gets."""
    newest = newest_service_deployment(harness, service)
    return (newest.lifecycle_stage, newest.production_percent) if newest else (None, 0.0)


def waiting_hook_ids(harness: EngineHarness, service: str) -> list[str]:
    """The ids of hooks that wait for an answer."""
    newest = newest_service_deployment(harness, service)
    return [hook.id for hook in newest.hooks if hook.status == "AWAITING_ACTION"] if newest else []


def answer_in_console(harness: EngineHarness, service: str, action: str) -> None:
    """Answers the waiting hook outside Slipway."""
    [hook] = waiting_hook_ids(harness, service)
    newest = newest_service_deployment(harness, service)
    assert newest
    harness.ecs.client("ecs").continue_service_deployment(
        serviceDeploymentArn=newest.arn, hookId=hook, action=action
    )


def wait_until(
    harness: EngineHarness, condition: Callable[[], object], seconds: float = 1200, step: float = 3.0
) -> None:
    """Lets time pass in larger steps than the harness, because native rollouts take minutes."""
    deadline = harness.ecs.now() + seconds
    while not condition():
        assert harness.ecs.now() < deadline, f"not within {seconds} s: {harness.describe_deploys()}"
        harness.tick(step)


def wait_until_ended(harness: EngineHarness, deploy_id: str) -> None:
    """Lets time pass until the deploy has ended."""
    wait_until(harness, lambda: harness.get(deploy_id).phase.value == "ended")


def thread_replies(harness: EngineHarness, deploy_id: str, after: str = "Registered") -> list[str]:
    """The messages in the thread since the rollout began."""
    texts = [milestone.text for milestone in harness.get(deploy_id).thread_messages]
    began = next((n for n, text in enumerate(texts) if text.startswith(after)), -1)
    return texts[began + 1 :]


ALARM_NAME = "site-5xx"


def attach_alarm(harness: EngineHarness, service: str, *pauses: Json, rollback: bool = True) -> None:
    """Attaches an alarm in state OK to the service's deployments."""
    create_quiet_alarm(harness.ecs.client("cloudwatch"), ALARM_NAME)
    configure_native_service(
        harness, service, *pauses, alarms={"alarmNames": [ALARM_NAME], "enable": True, "rollback": rollback}
    )


def set_attached_alarm(harness: EngineHarness, value: str) -> None:
    set_alarm_state(harness.ecs.client("cloudwatch"), value, name=ALARM_NAME)


def wait_until_baking(harness: EngineHarness, service: str) -> None:
    wait_until(harness, lambda: stage_and_traffic(harness, service)[0] == "BAKE_TIME", step=1.0)


def wait_for_question(harness: EngineHarness, deploy_id: str, pause: int = 1) -> Deploy:
    wait_until(
        harness,
        lambda: (
            unanswered_pause(harness.get(deploy_id)) and latest_pause_number(harness.get(deploy_id)) == pause
        ),
    )
    return harness.get(deploy_id)


def pause_ends(deploy: Deploy) -> list[PauseEnd | None]:
    return [pause.end for pause in deploy.traffic.pauses] if deploy.traffic else []


def continue_calls(harness: EngineHarness) -> list[str]:
    """The ContinueServiceDeployment calls so far."""
    return [note.operation for note in harness.ecs.calls("ContinueServiceDeployment")]


def request_until_paused(harness: EngineHarness, *hooks: Json) -> str:
    """Runs `/deploy shop 1.4.2` up to its first pause; its id."""
    configure_native_service(harness, "shop", *hooks)
    deploy_id = harness.request_deploy("shop", "1.4.2")
    wait_for_question(harness, deploy_id)
    return deploy_id
