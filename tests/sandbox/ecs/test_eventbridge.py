"""ECS's events, as they reach the queue of a rule."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from sandbox.ecs import EcsSandbox, ManualClock
from sandbox.ecs.eventbridge.event_faults import EventFaults
from sandbox.ecs.seed.seed_services import CLUSTER

ECS = "arn:aws:ecs:eu-west-1:123456789012"


class Queue:
    """The queue of a rule for all events of ECS."""

    def __init__(self, ecs: EcsSandbox, **pattern: Any) -> None:
        self._sqs = ecs.client("sqs")
        self.url = self._sqs.create_queue(QueueName="events")["QueueUrl"]
        found = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        bus = ecs.client("events")
        bus.put_rule(Name="all", EventPattern=json.dumps({"source": ["aws.ecs"], **pattern}))
        bus.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": found["Attributes"]["QueueArn"]}])

    def receive(self, wait: int = 0) -> list[dict[str, Any]]:
        """All events that are there."""
        found: list[dict[str, Any]] = []
        while messages := self._sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=wait
        ).get("Messages", []):
            found += [json.loads(each["Body"]) for each in messages]
            entries = [
                {"Id": str(number), "ReceiptHandle": each["ReceiptHandle"]}
                for number, each in enumerate(messages)
            ]
            self._sqs.delete_message_batch(QueueUrl=self.url, Entries=entries)
            wait = 0
        return found


def roll_out(ecs: EcsSandbox, service: str = "web") -> None:
    ecs.client("ecs").update_service(cluster=CLUSTER, service=service, forceNewDeployment=True)
    ecs.advance(300)


def kinds(events: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    return Counter(
        (each["detail-type"], each["detail"].get("eventName") or each["detail"]["lastStatus"])
        for each in events
    )


def test_a_rollout_sends_the_events_that_amazon_sends(ecs: EcsSandbox) -> None:
    queue = Queue(ecs)

    roll_out(ecs)

    found = kinds(queue.receive())
    deployment, action, task = (
        "ECS Deployment State Change",
        "ECS Service Action",
        "ECS Task State Change",
    )
    assert found[deployment, "SERVICE_DEPLOYMENT_IN_PROGRESS"] == 1
    assert found[deployment, "SERVICE_DEPLOYMENT_COMPLETED"] == 1
    assert found[action, "SERVICE_DEPLOYMENT_IN_PROGRESS"] == 1
    assert found[action, "SERVICE_DEPLOYMENT_COMPLETED"] == 1
    assert found[action, "SERVICE_STEADY_STATE"] == 1
    assert found[action, "TASKS_STOPPED"] >= 1
    assert found[task, "STOPPED"] == 3, "the old tasks"
    assert found[task, "PROVISIONING"] == 3, "the new ones"
    assert all(found[task, status] >= 3 for status in ("PENDING", "RUNNING", "DEPROVISIONING"))


def test_an_event_has_the_members_of_the_developer_guide(ecs: EcsSandbox) -> None:
    queue = Queue(ecs)

    roll_out(ecs)

    by_type = {each["detail-type"]: each for each in queue.receive()}
    deployment = by_type["ECS Deployment State Change"]
    assert {name: deployment[name] for name in ("version", "source", "account", "region", "resources")} == {
        "version": "0",
        "source": "aws.ecs",
        "account": "123456789012",
        "region": "eu-west-1",
        "resources": [f"{ECS}:service/production/web"],
    }
    assert str(UUID(deployment["id"])) == deployment["id"]
    assert set(deployment["detail"]) == {"eventType", "eventName", "deploymentId", "updatedAt", "reason"}
    action = by_type["ECS Service Action"]
    assert action["resources"] == [f"{ECS}:service/production/web"]
    assert set(action["detail"]) == {"eventType", "eventName", "clusterArn", "createdAt"}
    task = by_type["ECS Task State Change"]
    assert task["resources"] == [task["detail"]["taskArn"]]
    assert {"clusterArn", "containers", "group", "lastStatus", "startedBy", "version"} <= set(task["detail"])
    assert task["detail"]["group"] == "service:web"
    assert task["detail"]["updatedAt"].endswith("Z")


def events_of_version(ecs: EcsSandbox, tag: str, name: str) -> list[dict[str, Any]]:
    """The details of the events with this name while `web` rolls out this version."""
    queue = Queue(ecs)
    client = ecs.client("ecs")
    answer = client.describe_task_definition(taskDefinition="web")["taskDefinition"]
    container = answer["containerDefinitions"][0]
    container["image"] = container["image"].rpartition(":")[0] + f":{tag}"
    registered = client.register_task_definition(
        **{
            name: answer[name]
            for name in ("family", "cpu", "memory", "networkMode", "executionRoleArn", "taskRoleArn")
            if name in answer
        },
        requiresCompatibilities=["FARGATE"],
        containerDefinitions=answer["containerDefinitions"],
    )["taskDefinition"]["taskDefinitionArn"]
    client.update_service(cluster=CLUSTER, service="web", taskDefinition=registered)
    ecs.advance(1200)
    return [each["detail"] for each in queue.receive() if each["detail"].get("eventName") == name]


def test_a_rollout_that_fails_says_so(ecs: EcsSandbox) -> None:
    failed = events_of_version(ecs, "1.5.0-crash", "SERVICE_DEPLOYMENT_FAILED")

    assert [(each["eventType"], each["reason"]) for each in failed] == [
        ("ERROR", "ECS deployment circuit breaker: tasks failed to start.")
    ], "as a change of state, not as a service action"


def test_a_task_that_cannot_be_placed_says_what_is_missing(ecs: EcsSandbox) -> None:
    failed = events_of_version(ecs, "1.5.0-noroom", "SERVICE_TASK_PLACEMENT_FAILURE")

    assert [(each["eventType"], each["reason"]) for each in failed[:1]] == [("ERROR", "RESOURCE:FARGATE")]


def test_a_pause_is_announced(ecs: EcsSandbox) -> None:
    queue = Queue(ecs)

    roll_out(ecs, "shop")

    [hook] = [each for each in queue.receive() if each["detail-type"] == "ECS Hook State Change"]
    assert hook["detail"]["eventName"] == "HOOK_AWAITING_ACTION"
    assert hook["detail"]["serviceDeploymentArn"].startswith(f"{ECS}:service-deployment/production/shop/")


def test_without_a_rule_nothing_is_sent(ecs: EcsSandbox) -> None:
    sqs = ecs.client("sqs")
    url = sqs.create_queue(QueueName="events")["QueueUrl"]

    roll_out(ecs)

    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_only_what_the_rule_matches_is_sent(ecs: EcsSandbox) -> None:
    queue = Queue(ecs, **{"detail-type": ["ECS Task State Change"], "detail": {"lastStatus": ["STOPPED"]}})

    roll_out(ecs)

    assert kinds(queue.receive()) == {("ECS Task State Change", "STOPPED"): 3}


@pytest.mark.parametrize(("pattern", "factor"), [(["lost"], 0), (["doubled"], 2), (["sent"], 1)])
def test_events_may_be_lost_and_doubled(ecs: EcsSandbox, pattern: list[str], factor: int) -> None:
    queue = Queue(ecs, **{"detail-type": ["ECS Deployment State Change"]})
    ecs.event_faults.set(pattern)

    roll_out(ecs)

    assert len(queue.receive()) == 2 * factor


def test_late_events_come_late(ecs: EcsSandbox) -> None:
    queue = Queue(ecs, **{"detail-type": ["ECS Deployment State Change"]})
    ecs.event_faults.set(["late"], late_seconds=1000)

    roll_out(ecs)
    assert queue.receive() == []
    ecs.advance(1000)
    assert len(queue.receive()) == 2


def test_the_pattern_of_deliveries_is_repeated() -> None:
    faults = EventFaults()
    faults.set(["lost", "doubled", "late"], late_seconds=7)

    assert [faults.delays() for _ in range(4)] == [(), (0.0, 0.0), (7,), ()]
    assert faults.as_json() == {
        "pattern": ["lost", "doubled", "late"],
        "lateSeconds": 7,
        "counts": {"sent": 0, "lost": 2, "doubled": 1, "late": 1},
    }
    for wrong in (["gone"], [], "lost"):
        with pytest.raises(ValueError, match="the pattern is a list of sent, lost, doubled, late"):
            faults.set(wrong)


def test_a_long_poll_waits_for_a_message_and_holds_nobody_up() -> None:
    with EcsSandbox(speed=200) as ecs:
        queue = Queue(ecs, **{"detail-type": ["ECS Deployment State Change"]})
        received: list[dict[str, Any]] = []
        polling = threading.Thread(target=lambda: received.extend(queue.receive(wait=20)), daemon=True)
        began = time.monotonic()
        polling.start()

        ecs.client("ecs").update_service(cluster=CLUSTER, service="web", forceNewDeployment=True)

        assert time.monotonic() - began < 10, "ECS answers although somebody waits for messages"
        polling.join(20)
        assert received, "nobody but the long poll lets the time pass"


def test_a_poll_of_a_clock_that_stands_still_does_not_wait() -> None:
    with EcsSandbox(clock=ManualClock()) as ecs:
        queue = Queue(ecs)
        began = time.monotonic()

        assert queue.receive(wait=20) == []
        assert time.monotonic() - began < 10
