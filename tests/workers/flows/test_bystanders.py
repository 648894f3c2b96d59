"""An optional container whose image is missing, beside a version that crashes: which is blamed."""

from __future__ import annotations

import pytest

from deploys.deploy import MilestoneKind, Outcome
from tests.builders import REGISTRY
from tests.workers.flows.test_rolling import BREAKER
from tests.workers.yard import Yard


def add_sidecar(yard: Yard, **members: object) -> None:
    """web gets a sidecar whose image is not there, and runs with it."""
    ecs = yard.console
    running = ecs.describe_task_definition(taskDefinition="web:17")["taskDefinition"]
    kept = ("family", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory")
    sidecar = {"name": "datadog", "image": f"{REGISTRY}/datadog:7", **members}
    ecs.register_task_definition(
        **{key: running[key] for key in kept},
        containerDefinitions=[sidecar, *running["containerDefinitions"]],
    )
    ecs.update_service(cluster="production", service="web", taskDefinition="web")
    yard.until(lambda: len(yard.service("web")["deployments"]) == 1)


@pytest.mark.parametrize("readable", [True, False])
def test_the_container_that_crashed_is_blamed_and_its_log_is_shown(yard: Yard, readable: bool) -> None:
    add_sidecar(yard, essential=False)
    deploy_id = yard.ask("web", "1.5.0-crash")
    yard.until(lambda: yard.get(deploy_id).deployment_id)
    if not readable:
        yard.ecs.faults.add(operation="DescribeTaskDefinition", kind="access-denied", times=None)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    said = yard.said(deploy_id, MilestoneKind.END)
    assert said.startswith(f"{BREAKER.replace('web:17', 'web:18')}\n• ")
    assert "tasks: container `web` exited with code 1. Its last log lines say why." in said
    assert "could not be pulled" not in yard.said(deploy_id)
    assert ("FATAL giving up, exit status 1" in said) is readable


def test_a_good_version_succeeds_beside_it(yard: Yard) -> None:
    add_sidecar(yard, essential=False)

    assert yard.until_over(yard.ask("web", "1.4.2")).outcome is Outcome.SUCCEEDED
