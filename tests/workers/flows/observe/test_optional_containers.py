"""An optional container's image is missing and the app crashes: which container is blamed."""

from __future__ import annotations

import pytest

from deploys.environment_values import UNREADABLE
from deploys.records.phases import Outcome
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import REGISTRY
from tests.workers.engine_harness import EngineHarness

BREAKER_ROLLBACK = (
    "*Rolled back* to `web:18`: ECS gave up on the new revision and rolls back by itself (Service deployment "
    "rolled back because the circuit breaker threshold was exceeded)."
)


def add_sidecar(harness: EngineHarness, **members: object) -> None:
    """Gives web a sidecar whose image does not exist, and runs it."""
    ecs = harness.ecs_client
    running = ecs.describe_task_definition(taskDefinition="web:17")["taskDefinition"]
    kept = ("family", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory")
    sidecar = {"name": "datadog", "image": f"{REGISTRY}/datadog:7", **members}
    ecs.register_task_definition(
        **{key: running[key] for key in kept},
        containerDefinitions=[sidecar, *running["containerDefinitions"]],
    )
    ecs.update_service(cluster="production", service="web", taskDefinition="web")
    harness.until(lambda: len(harness.describe_service("web")["deployments"]) == 1)


@pytest.mark.parametrize("readable", [True, False])
def test_the_container_that_crashed_is_blamed_and_its_log_is_shown(
    harness: EngineHarness, readable: bool
) -> None:
    add_sidecar(harness, essential=False)
    deploy_id = harness.request_deploy("web", "1.5.0-crash")
    harness.until(lambda: harness.get(deploy_id).ecs.deployment_id)
    if not readable:
        harness.ecs.faults.add(operation="DescribeTaskDefinition", kind="access-denied", times=None)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    text = harness.thread_text(deploy_id, ThreadMessageKind.END)
    if readable:
        assert text.startswith(f"{BREAKER_ROLLBACK}\n• ")
    else:  # its values cannot be hidden
        assert UNREADABLE in text.splitlines()[0]
    assert "tasks: container `web` exited with code 1. Its last log lines say why." in text
    assert "could not be pulled" not in harness.thread_text(deploy_id)
    assert ("FATAL giving up, exit status 1" in text) is readable


def test_a_good_version_succeeds_beside_it(harness: EngineHarness) -> None:
    add_sidecar(harness, essential=False)

    assert harness.until_over(harness.request_deploy("web", "1.4.2")).outcome is Outcome.SUCCEEDED
