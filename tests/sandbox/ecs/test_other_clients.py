"""Clients of other projects work against the region without changes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.ecs import EcsSandbox
from tests.sandbox.ecs.ecs_actions import (
    CLUSTER,
    deploy_tag,
    describe_service,
    newest_service_deployment,
    service_tasks,
)

FABFUEL = Path(sys.executable).with_name("ecs")
NO_ROLLBACK = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
SOON = {"Delay": 1, "MaxAttempts": 40}


@pytest.fixture
def fast_region() -> Iterator[EcsSandbox]:
    """A region in which a rollout takes about two seconds."""
    with EcsSandbox(speed=30) as sandbox:
        yield sandbox


def fabfuel(sandbox: EcsSandbox, *arguments: str) -> subprocess.CompletedProcess[str]:
    """fabfuel's `ecs` command, which finds the region by its environment."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return subprocess.run(
        [str(FABFUEL), *arguments],
        env={**inherited, **sandbox.environment},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_fabfuel_deploys_a_good_image(fast_region: EcsSandbox) -> None:
    client = fast_region.client("ecs")
    before = describe_service(client, "web")["taskDefinition"]

    done = fabfuel(fast_region, "deploy", CLUSTER, "web", "-t", "1.4.2", "--timeout", "60")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Deployment successful" in done.stdout
    after = describe_service(client, "web")
    assert after["taskDefinition"].endswith("task-definition/web:18")
    assert {t["containers"][0]["image"].rpartition(":")[2] for t in service_tasks(client, "web")} == {"1.4.2"}
    assert newest_service_deployment(client, "web")["status"] == "SUCCESSFUL"
    old = client.describe_task_definition(taskDefinition=before)["taskDefinition"]
    assert old["status"] == "INACTIVE", "fabfuel deregisters what it replaced"


def test_fabfuel_reports_a_crashing_image(fast_region: EcsSandbox) -> None:
    client = fast_region.client("ecs")
    client.update_service(cluster=CLUSTER, service="web", deploymentConfiguration=NO_ROLLBACK)

    done = fabfuel(fast_region, "deploy", CLUSTER, "web", "-t", "1.5.0-crash", "--timeout", "60")

    assert done.returncode == 1, done.stdout
    assert "ECS deployment circuit breaker: tasks failed to start." in done.stdout + done.stderr
    assert newest_service_deployment(client, "web")["status"] == "STOPPED"


def test_fabfuel_takes_a_rollback_for_a_success_as_it_does_at_amazon(fast_region: EcsSandbox) -> None:
    """fabfuel/ecs-deploy issue 185: it only checks for one deployment and enough running tasks."""
    done = fabfuel(fast_region, "deploy", CLUSTER, "web", "-t", "1.5.0-crash", "--timeout", "60")

    assert "Deployment successful" in done.stdout
    assert done.returncode == 0
    assert newest_service_deployment(fast_region.client("ecs"), "web")["status"] == "ROLLBACK_SUCCESSFUL"


def test_fabfuel_reports_an_image_without_room(fast_region: EcsSandbox) -> None:
    done = fabfuel(fast_region, "deploy", CLUSTER, "web", "-t", "1.5.0-noroom", "--timeout", "30")

    assert done.returncode == 1, done.stdout
    assert "unable to place a task" in done.stdout + done.stderr


def test_fabfuel_scales(fast_region: EcsSandbox) -> None:
    done = fabfuel(fast_region, "scale", CLUSTER, "web", "5", "--timeout", "60")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Scaling successful" in done.stdout
    assert describe_service(fast_region.client("ecs"), "web")["runningCount"] == 5


def test_boto3_waits_until_services_are_stable(fast_region: EcsSandbox) -> None:
    client = fast_region.client("ecs")
    new = deploy_tag(client, "web", "1.4.2")

    client.get_waiter("services_stable").wait(cluster=CLUSTER, services=["web"], WaiterConfig=SOON)

    (only,) = describe_service(client, "web")["deployments"]
    assert (only["id"], only["runningCount"]) == (new["id"], 3)


def test_boto3_waits_until_tasks_run_and_have_stopped(fast_region: EcsSandbox) -> None:
    client = fast_region.client("ecs")
    network = describe_service(client, "ledger")["networkConfiguration"]
    (task,) = client.run_task(
        cluster=CLUSTER, taskDefinition="ledger", launchType="FARGATE", networkConfiguration=network
    )["tasks"]
    arns = [task["taskArn"]]

    def status() -> Any:
        return client.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"][0]["lastStatus"]

    client.get_waiter("tasks_running").wait(cluster=CLUSTER, tasks=arns, WaiterConfig=SOON)
    assert status() == "RUNNING"

    client.stop_task(cluster=CLUSTER, task=arns[0])
    client.get_waiter("tasks_stopped").wait(cluster=CLUSTER, tasks=arns, WaiterConfig=SOON)
    assert status() == "STOPPED"
