"""A good image rolls out as at Amazon."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.ecs import EcsSandbox
from tests.sandbox.ecs.ecs_actions import (
    CLUSTER,
    advance_until,
    advance_until_steady,
    deploy_tag,
    describe_service,
    event_messages,
    newest_service_deployment,
    primary_deployment,
    service_tasks,
)


def numbers(deployment: dict[str, Any]) -> tuple[int, int, int]:
    return deployment["desiredCount"], deployment["pendingCount"], deployment["runningCount"]


def test_every_service_is_steady_on_its_first_image(client: Any) -> None:
    found = client.describe_services(
        cluster=CLUSTER, services=["web", "api", "ledger", "billing", "site", "shop"]
    )["services"]

    assert {s["serviceName"]: s["runningCount"] for s in found} == {
        "web": 3,
        "api": 2,
        "ledger": 1,
        "billing": 2,
        "site": 2,
        "shop": 3,
    }
    for one in found:
        assert [d["rolloutState"] for d in one["deployments"]] == ["COMPLETED"]
        assert one["events"][0]["message"] == f"(service {one['serviceName']}) has reached a steady state."
        images = {
            c["name"]: c["image"]
            for task in service_tasks(client, one["serviceName"])
            for c in task["containers"]
        }
        assert images[one["serviceName"]].endswith(f"/{one['serviceName']}:1.4.0")


def test_a_new_revision_replaces_the_old_one(ecs: EcsSandbox, client: Any) -> None:
    before = primary_deployment(client, "web")

    new = deploy_tag(client, "web", "1.4.2")

    assert new["id"] != before["id"]
    assert new["rolloutState"] == "IN_PROGRESS"
    assert new["rolloutStateReason"] == f"ECS deployment {new['id']} in progress."
    shown = describe_service(client, "web")["deployments"]
    assert [(d["id"], d["status"]) for d in shown] == [(new["id"], "PRIMARY"), (before["id"], "ACTIVE")]

    service_deployment = advance_until_steady(ecs, client, "web")

    (only,) = describe_service(client, "web")["deployments"]
    assert only["id"] == new["id"]
    assert only["rolloutState"] == "COMPLETED"
    assert only["rolloutStateReason"] == f"ECS deployment {new['id']} completed."
    assert numbers(only) == (3, 0, 3)
    assert service_deployment["status"] == "SUCCESSFUL"
    assert {t["containers"][0]["image"].rpartition(":")[2] for t in service_tasks(client, "web")} == {"1.4.2"}


def test_new_tasks_are_counted_as_pending_and_then_as_running(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "web", "1.4.2")
    seen = set()

    for _ in range(140):
        new, *old = describe_service(client, "web")["deployments"]
        seen.add((numbers(new), numbers(old[0]) if old else None))
        ecs.advance(0.5)

    assert ((0, 0, 0), (3, 0, 3)) in seen  # before the first reconcile
    assert ((3, 0, 0), (3, 0, 3)) not in seen
    assert ((3, 3, 0), (3, 0, 3)) in seen
    assert ((3, 0, 3), (3, 0, 3)) in seen
    assert ((3, 0, 3), (0, 0, 0)) in seen
    assert ((3, 0, 3), None) in seen


def test_the_percentages_are_honoured_at_every_instant(ecs: EcsSandbox, client: Any) -> None:
    limits = {"minimumHealthyPercent": 50, "maximumPercent": 150}
    deploy_tag(client, "web", "1.4.2", desiredCount=4, deploymentConfiguration=limits)
    advance_until_steady(ecs, client, "web")
    deploy_tag(client, "web", "1.5.0")

    for _ in range(400):
        own = [task for task in ecs.state()["tasks"] if task["service"] == "web"]
        assert sum(task["healthy"] for task in own) >= 2
        assert sum(task["desiredStatus"] == "RUNNING" for task in own) <= 6
        ecs.advance(0.25)
    assert newest_service_deployment(client, "web")["status"] == "SUCCESSFUL"


def test_a_worker_that_may_not_overlap_is_stopped_before_the_new_one_is_started(
    ecs: EcsSandbox, client: Any
) -> None:
    deploy_tag(client, "ledger", "1.4.2")

    for _ in range(100):
        wanted = [
            t for t in ecs.state()["tasks"] if t["service"] == "ledger" and t["desiredStatus"] == "RUNNING"
        ]
        assert len(wanted) <= 1
        ecs.advance(0.5)
    assert newest_service_deployment(client, "ledger")["status"] == "SUCCESSFUL"


def test_tasks_go_through_every_status(ecs: EcsSandbox, client: Any) -> None:
    (old,) = service_tasks(client, "ledger")
    deploy_tag(client, "ledger", "1.4.2")
    seen: dict[str, list[str]] = {}

    for _ in range(400):
        for task in ecs.state()["tasks"]:
            if task["service"] == "ledger":
                states = seen.setdefault(task["arn"], [])
                if not states or states[-1] != task["lastStatus"]:
                    states.append(task["lastStatus"])
        ecs.advance(0.1)

    (new,) = service_tasks(client, "ledger")
    assert seen[new["taskArn"]] == ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING"]
    assert seen[old["taskArn"]] == ["RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"]


def test_a_running_task_tells_where_it_comes_from(ecs: EcsSandbox, client: Any) -> None:
    new = deploy_tag(client, "api", "1.4.2")
    advance_until_steady(ecs, client, "api")

    for task in service_tasks(client, "api"):
        assert task["startedBy"] == new["id"]
        assert task["group"] == "service:api"
        assert task["taskDefinitionArn"] == new["taskDefinition"]
        assert task["createdAt"] < task["pullStartedAt"] < task["pullStoppedAt"] < task["startedAt"]
        by_name = {container["name"]: container for container in task["containers"]}
        health = {name: container["healthStatus"] for name, container in by_name.items()}
        assert (health, task["healthStatus"]) == ({"api": "UNKNOWN", "envoy": "HEALTHY"}, "UNKNOWN")
        assert set(by_name) == {"api", "envoy"}
        assert by_name["envoy"]["image"] == "public.ecr.aws/envoy/envoy:v1.30"
        assert all(c["lastStatus"] == "RUNNING" and c["runtimeId"] for c in by_name.values())
        (stored,) = ecs.client("ecr").describe_images(repositoryName="api", imageIds=[{"imageTag": "1.4.2"}])[
            "imageDetails"
        ]
        assert by_name["api"]["imageDigest"] == stored["imageDigest"]


def test_a_replaced_task_tells_how_it_ended(ecs: EcsSandbox, client: Any) -> None:
    old = primary_deployment(client, "web")["id"]
    deploy_tag(client, "web", "1.4.2")
    advance_until_steady(ecs, client, "web")
    advance_until(
        ecs, lambda: all(t["lastStatus"] == "STOPPED" for t in service_tasks(client, "web", "STOPPED"))
    )

    stopped = service_tasks(client, "web", "STOPPED")

    assert len(stopped) == 3
    for task in stopped:
        assert task["stopCode"] == "ServiceSchedulerInitiated"
        assert task["stoppedReason"] == f"Scaling activity initiated by (deployment {old})"
        assert task["desiredStatus"] == "STOPPED"
        assert task["stoppingAt"] < task["executionStoppedAt"] < task["stoppedAt"]
        assert [(c["lastStatus"], c["exitCode"]) for c in task["containers"]] == [("STOPPED", 0)]


def test_targets_drain_before_their_tasks_are_stopped(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "web", "1.4.2")
    advance_until(ecs, lambda: describe_service(client, "web")["deployments"][1]["runningCount"] == 0)
    began = ecs.now()

    draining = [
        task for task in service_tasks(client, "web", "STOPPED") if task["lastStatus"] == "DEACTIVATING"
    ]
    assert len(draining) == 3
    assert newest_service_deployment(client, "web")["status"] == "IN_PROGRESS"
    assert newest_service_deployment(client, "web")["lifecycleStage"] in ("SCALE_UP", "CLEAN_UP")

    advance_until_steady(ecs, client, "web")
    assert ecs.now() - began >= 28


def test_the_events_of_a_service_are_in_the_words_of_ecs(ecs: EcsSandbox, client: Any) -> None:
    messages = len(event_messages(client, "web"))
    new = deploy_tag(client, "web", "1.4.2")
    advance_until_steady(ecs, client, "web")
    group = describe_service(client, "web")["loadBalancers"][0]["targetGroupArn"]

    service_deployment = event_messages(client, "web")[messages:]

    started = [f"(task {task['taskArn'].rpartition('/')[2]})" for task in service_tasks(client, "web")]
    assert service_deployment[0] == f"(service web) has started 3 tasks: {' '.join(started)}."
    assert service_deployment[1] == f"(service web) registered 1 targets in (target-group {group})"
    assert any(
        text.startswith("(service web) has begun draining connections on ") for text in service_deployment
    )
    assert any(text.startswith("(service web) deregistered ") for text in service_deployment)
    assert any(text.startswith("(service web) has stopped ") for text in service_deployment)
    assert service_deployment[-2] == f"(service web) (deployment {new['id']}) deployment completed."
    assert service_deployment[-1] == "(service web) has reached a steady state."


def test_only_the_newest_hundred_events_are_kept(ecs: EcsSandbox, client: Any) -> None:
    for round_ in range(16):
        client.update_service(cluster=CLUSTER, service="web", desiredCount=2 if round_ % 2 else 12)
        ecs.advance(80)

    events = describe_service(client, "web")["events"]

    assert len(events) == 100
    assert events == sorted(events, key=lambda event: event["createdAt"], reverse=True)


def test_a_rollout_of_three_tasks_takes_about_a_minute(ecs: EcsSandbox, client: Any) -> None:
    began = ecs.now()
    deploy_tag(client, "web", "1.4.2")

    advance_until_steady(ecs, client, "web")

    assert 50 <= ecs.now() - began <= 80


def test_a_slow_image_takes_long_and_succeeds(ecs: EcsSandbox, client: Any) -> None:
    began = ecs.now()
    deploy_tag(client, "web", "1.5.0-slow")

    ecs.advance(70)
    assert primary_deployment(client, "web")["pendingCount"] == 3
    service_deployment = advance_until_steady(ecs, client, "web")

    assert service_deployment["status"] == "SUCCESSFUL"
    assert ecs.now() - began > 150


@pytest.mark.parametrize(("count", "least", "most"), [(1, 50, 100), (2, 66, 100), (2, 51, 149)])
def test_percentages_that_allow_no_step_block_a_deployment_and_ecs_says_so_once(
    ecs: EcsSandbox, client: Any, count: int, least: int, most: int
) -> None:
    client.update_service(
        cluster=CLUSTER,
        service="web",
        desiredCount=count,
        deploymentConfiguration={"minimumHealthyPercent": least, "maximumPercent": most},
    )
    ecs.advance(120)
    messages = len(event_messages(client, "web"))

    new = deploy_tag(client, "web", "1.4.2")
    ecs.advance(3600)

    shown = describe_service(client, "web")["deployments"]
    assert (shown[0]["id"], numbers(shown[0])) == (new["id"], (count, 0, 0))
    assert numbers(shown[1]) == (count, 0, count)
    assert (shown[0]["rolloutState"], newest_service_deployment(client, "web")["status"]) == (
        "IN_PROGRESS",
        "IN_PROGRESS",
    )
    assert event_messages(client, "web")[messages:] == [
        "(service web) was unable to stop or start tasks during a deployment because of the service "
        "deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again."
    ]
