"""Scale-in protection: a protected task runs until the protection expires."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.ecs import EcsSandbox
from tests.sandbox.ecs.ecs_actions import (
    CLUSTER,
    advance_until_steady,
    deploy_tag,
    describe_service,
    event_messages,
    newest_service_deployment,
    primary_deployment,
    service_tasks,
)


def arns(client: Any, name: str) -> list[str]:
    return [task["taskArn"] for task in service_tasks(client, name)]


def protect(client: Any, *listed: str, on: bool = True, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.update_task_protection(
        cluster=CLUSTER, tasks=list(listed), protectionEnabled=on, **more
    )
    return answer


def protection(client: Any, *listed: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get_task_protection(cluster=CLUSTER, tasks=list(listed))[
        "protectedTasks"
    ]
    return found


def test_protection_is_set_read_and_removed(ecs: EcsSandbox, client: Any) -> None:
    one, other = arns(client, "billing")

    (given,) = protect(client, one)["protectedTasks"]

    assert given["protectionEnabled"] is True
    assert given["expirationDate"].timestamp() - ecs.now() == pytest.approx(7200, abs=1)
    assert protection(client, one, other) == [given, {"taskArn": other, "protectionEnabled": False}]

    assert protect(client, one, on=False)["protectedTasks"] == [{"taskArn": one, "protectionEnabled": False}]
    assert not any(p["protectionEnabled"] for p in protection(client, one, other))


def test_a_protected_task_survives_scaling_to_nothing_until_it_expires(ecs: EcsSandbox, client: Any) -> None:
    kept, _ = arns(client, "billing")
    protect(client, kept, expiresInMinutes=5)

    client.update_service(cluster=CLUSTER, service="billing", desiredCount=0)
    ecs.advance(240)

    assert arns(client, "billing") == [kept]
    assert describe_service(client, "billing")["runningCount"] == 1
    text = "(service billing) was unable to scale in due to (reason 1 tasks under protection)"
    assert event_messages(client, "billing").count(text) == 1
    assert protection(client, kept)[0]["protectionEnabled"] is True

    ecs.advance(90)
    assert arns(client, "billing") == []
    assert describe_service(client, "billing")["runningCount"] == 0


@pytest.mark.parametrize("name", ["web", "ledger", "site"])
def test_a_deployment_waits_for_protected_tasks(ecs: EcsSandbox, client: Any, name: str) -> None:
    kept = arns(client, name)[0]
    protect(client, kept, expiresInMinutes=20)
    new = deploy_tag(client, name, "1.4.2")

    ecs.advance(600)
    assert kept in arns(client, name)
    assert primary_deployment(client, name)["rolloutState"] == "IN_PROGRESS"
    assert newest_service_deployment(client, name)["status"] == "IN_PROGRESS"

    ecs.advance(620)
    assert advance_until_steady(ecs, client, name, step=2)["status"] == "SUCCESSFUL"
    assert {task["startedBy"] for task in service_tasks(client, name)} == {new["id"]}


def test_a_worker_with_one_task_never_runs_beside_its_protected_predecessor(
    ecs: EcsSandbox, client: Any
) -> None:
    (kept,) = arns(client, "ledger")
    protect(client, kept)
    deploy_tag(client, "ledger", "1.4.2")
    ecs.advance(300)

    assert arns(client, "ledger") == [kept]
    protect(client, kept, on=False)
    assert advance_until_steady(ecs, client, "ledger", step=2)["status"] == "SUCCESSFUL"
    assert kept not in arns(client, "ledger")


def test_an_unprotected_task_goes_in_its_place(ecs: EcsSandbox, client: Any) -> None:
    first, _, third = arns(client, "web")
    protect(client, first, third)

    client.update_service(cluster=CLUSTER, service="web", desiredCount=2)
    ecs.advance(60)

    assert set(arns(client, "web")) == {first, third}


def test_renewed_it_lasts_longer(ecs: EcsSandbox, client: Any) -> None:
    (kept,) = arns(client, "ledger")
    protect(client, kept, expiresInMinutes=2)
    ecs.advance(100)
    protect(client, kept, expiresInMinutes=2)
    client.update_service(cluster=CLUSTER, service="ledger", desiredCount=0)

    ecs.advance(100)
    assert arns(client, "ledger") == [kept]
    ecs.advance(30)
    assert arns(client, "ledger") == []


def test_stop_task_stops_a_protected_one_too(ecs: EcsSandbox, client: Any) -> None:
    (kept,) = arns(client, "ledger")
    protect(client, kept)
    client.stop_task(cluster=CLUSTER, task=kept)
    ecs.advance(30)

    assert kept not in arns(client, "ledger")


def test_refusals(ecs: EcsSandbox, client: Any) -> None:
    (kept,) = arns(client, "ledger")
    network = describe_service(client, "ledger")["networkConfiguration"]
    (alone,) = client.run_task(cluster=CLUSTER, taskDefinition="ledger", networkConfiguration=network)[
        "tasks"
    ]
    unknown = f"{kept.rpartition('/')[0]}/{'0' * 32}"

    answer = protect(client, unknown, alone["taskArn"])

    assert answer["protectedTasks"] == []
    assert answer["failures"] == [
        {"arn": unknown, "reason": "MISSING"},
        {"arn": alone["taskArn"], "reason": "TASK_NOT_VALID"},
    ]
    for minutes in (0, 2881):
        with pytest.raises(client.exceptions.InvalidParameterException, match="between 1 and 2880"):
            protect(client, kept, expiresInMinutes=minutes)
    with pytest.raises(client.exceptions.InvalidParameterException, match="more than 10"):
        protect(client, *[kept] * 11)
    with pytest.raises(client.exceptions.ClusterNotFoundException):
        client.get_task_protection(cluster="nowhere", tasks=[kept])
