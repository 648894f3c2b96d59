"""earlySuccessCriteria: successful before full scale, and the rest in the background."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.ecs import EcsSandbox
from tests.sandbox.ecs.ecs_actions import (
    CLUSTER,
    advance_until,
    deploy_tag,
    describe_service,
    newest_service_deployment,
    primary_deployment,
    service_tasks,
)


def configure(client: Any, cleanup: str, **changes: Any) -> None:
    """Half of the tasks are enough, and three may run at once."""
    criteria = {"enable": True, "healthyPercent": 50, "sourceServiceRevisionCleanup": cleanup}
    client.update_service(
        cluster=CLUSTER,
        service="web",
        deploymentConfiguration={
            "minimumHealthyPercent": 50,
            "maximumPercent": 134,
            "earlySuccessCriteria": {**criteria, **changes},
        },
    )


def old_tasks(client: Any) -> list[str]:
    """lastStatus of the tasks of earlier deployments that have not left the load balancer."""
    ours = primary_deployment(client, "web")["id"]
    known = [*service_tasks(client, "web"), *service_tasks(client, "web", "STOPPED")]
    serving = ("PENDING", "RUNNING", "DEACTIVATING")
    return [t["lastStatus"] for t in known if t["startedBy"] != ours and t["lastStatus"] in serving]


def successful(client: Any) -> bool:
    return bool(newest_service_deployment(client, "web")["status"] == "SUCCESSFUL")


def test_deferred_the_old_tasks_go_after_the_success(ecs: EcsSandbox, client: Any) -> None:
    configure(client, "DEFERRED")
    deploy_tag(client, "web", "1.4.2")

    ecs.advance(2)
    advance_until(ecs, lambda: successful(client))

    assert primary_deployment(client, "web")["rolloutState"] == "COMPLETED"
    assert primary_deployment(client, "web")["runningCount"] < 3
    assert old_tasks(client)
    assert len(describe_service(client, "web")["deployments"]) == 2, (
        "the old one is listed while it has tasks"
    )

    ecs.advance(300)
    assert primary_deployment(client, "web")["runningCount"] == 3
    assert old_tasks(client) == []
    assert len(describe_service(client, "web")["deployments"]) == 1
    assert (
        describe_service(client, "web")["events"][0]["message"] == "(service web) has reached a steady state."
    )


def test_blocking_the_old_tasks_go_before_the_success(ecs: EcsSandbox, client: Any) -> None:
    configure(client, "BLOCKING")
    deploy_tag(client, "web", "1.4.2")

    ecs.advance(2)
    advance_until(ecs, lambda: successful(client))

    assert old_tasks(client) == []


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"healthyPercent": 40}, "healthyPercent must be between minimumHealthyPercent and 100"),
        ({"healthyPercent": 101}, "healthyPercent must be between minimumHealthyPercent and 100"),
    ],
)
def test_criteria_that_ecs_refuses(client: Any, changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ClientError, match=complaint):
        configure(client, "DEFERRED", **changes)
