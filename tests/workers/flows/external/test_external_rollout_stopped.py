"""An external rollout ends without success: the message says who ended it, what runs now and what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploys.records.phases import Outcome
from deploys.records.rollout import RolloutCounts
from tests.builders import a_deploy
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.ecs_state_builders import (
    NEW_REVISION,
    a_deployment,
    a_service_deployment,
    service_with,
)
from tests.workers.flows.external_rollouts import end_message, request_follow, start_external_rollout
from workers.flows.observe.ecs_rollback_reasons import external_failure_reason
from workers.messages import external_rollout as words
from workers.messages.evidence import Evidence


def test_a_rollout_that_somebody_stops_for_good_is_told_with_what_runs_and_what_to_do(
    harness: EngineHarness,
) -> None:
    start_external_rollout(harness, "1.4.2")
    deploy_id = request_follow(harness)
    harness.until(lambda: harness.get(deploy_id).rollout.counts.new_running)
    arn = harness.get(deploy_id).ecs.service_deployment_arn
    harness.ecs_client.stop_service_deployment(serviceDeploymentArn=arn, stopType="ABORT")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    running = {
        d["taskDefinition"][-2:]: d["runningCount"] for d in harness.describe_service("web")["deployments"]
    }
    text = end_message(harness, deploy_id)
    assert text == (
        "*Failed*: the rollout to `1.4.2` (revision `web:18`) was stopped. A person or tool called "
        "StopServiceDeployment; CloudTrail shows who. ECS does not bring back what ran before. The service "
        f"is set to 3 tasks of `web:18`, and {running['18']} tasks of `web:18` and {running['17']} tasks of "
        "`web:17` run. I only followed it and changed nothing. `/deploy web 1.4.0` brings back what ran "
        "before; `/deploy web TAG` rolls out another version."
    )
    back = harness.until_over(harness.request_deploy("web", "1.4.0"))
    assert back.outcome is Outcome.SUCCEEDED, "what was advised works"


STOPPED_FOR_ALARM = {"alarm_status": "TRIGGERED", "alarms_triggered": ("errors",)}


@pytest.mark.parametrize(
    ("status", "more", "why"),
    [
        ("STOPPED", {"reason": "Service deployment stopped by user."}, words.stopped_by_user()),
        (
            "STOPPED",
            {"reason": "Too many users."} | STOPPED_FOR_ALARM,
            "The alarm `errors` went off, and ECS stopped the rollout.",
        ),
        ("STOPPED", {"reason": "Superseded & <gone>."}, "ECS says: `Superseded &amp; &lt;gone&gt;`."),
        ("STOPPED", {}, ""),
        ("ROLLBACK_FAILED", {"reason": "No candidate."} | STOPPED_FOR_ALARM, "ECS says: `No candidate`."),
    ],
)
def test_why_it_is_over_is_told_as_far_as_ecs_tells(status: str, more: dict[str, Any], why: str) -> None:
    assert external_failure_reason(replace(a_service_deployment(status), **more), None) == why


def test_without_a_service_deployment_the_deployment_says_why_it_is_over() -> None:
    failed = a_deployment(state="FAILED", reason="ECS deployment circuit breaker: tasks failed to start.")

    assert (
        external_failure_reason(None, failed)
        == "ECS says: `ECS deployment circuit breaker: tasks failed to start`."
    )
    assert external_failure_reason(None, None) == ""


@pytest.mark.parametrize(
    ("status", "running", "told"),
    [
        (
            "ROLLBACK_FAILED",
            0,
            "*Failed*: the rollout to `1.4.2` (revision `web:2`) failed, and so did ECS's own rollback. The "
            "service is set to 3 tasks of `web:2`, and none runs. I only",
        ),
        (
            "",
            1,
            "*Failed*: the rollout to `1.4.2` (revision `web:2`) failed. ECS does not bring back what ran "
            "before. The service is set to 3 tasks of `web:2`, and 1 task of `web:2` runs. I only",
        ),
    ],
)
def test_how_it_is_over_and_what_runs_is_told(status: str, running: int, told: str) -> None:
    deploy = a_deploy(
        tag="1.4.2", ecs={"new_revision": NEW_REVISION}, rollout={"counts": RolloutCounts(status=status)}
    )
    ecs_service = service_with(replace(a_deployment(), running=running))

    state = words.current_state(ecs_service.desired, ecs_service.revision, ecs_service.running_by_revision)
    assert words.failed_without_rollback(deploy, "", state, Evidence()).startswith(told)
