"""The fast ECS, asked by boto3: what a deploy tool reads, what is counted, and Amazon's limits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from benchmarks import names
from benchmarks.control import Played
from benchmarks.played import call_counts
from benchmarks.played.ecs_services import EcsServices
from benchmarks.played.fast_ecs import FastEcs
from benchmarks.played.http_server import Handler, listening


class Clock:
    """A time that the test sets."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


@contextmanager
def serving(handler: Handler) -> Iterator[str]:
    """The address at which this handler answers, in a thread of its own."""
    address: Future[str] = Future()
    stop = threading.Event()

    async def serve() -> None:
        async with listening(handler) as url:
            address.set_result(url)
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    try:
        yield address.result(10)
    finally:
        stop.set()
        thread.join(10)


def client(url: str, service: str = "ecs", caller: str = "TESTER") -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=url,
        region_name=names.REGION,
        aws_access_key_id=caller,
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}),
    )


@contextmanager
def fast_ecs(*, limited: bool = False) -> Iterator[tuple[str, Clock]]:
    clock = Clock()
    ecs = FastEcs(EcsServices(12, now=clock.time), limited=limited, now=clock)
    with serving(ecs.handle) as url:
        yield url, clock


def deploy(ecs: Any, service: str, tag: str) -> None:
    revision = ecs.register_task_definition(
        family=service, containerDefinitions=[{"name": "app", "image": names.image(tag)}]
    )["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster=names.CLUSTER, service=service, taskDefinition=revision)


def deployments(ecs: Any, service: str) -> list[tuple[str, str, int, str]]:
    [found] = ecs.describe_services(cluster=names.CLUSTER, services=[service])["services"]
    return [
        (
            each["status"],
            each["taskDefinition"].rpartition("/")[2],
            each["runningCount"],
            each["rolloutState"],
        )
        for each in found["deployments"]
    ]


def test_a_rollout_goes_on_until_the_benchmark_ends_it() -> None:
    with fast_ecs() as (url, clock):
        ecs, service = client(url), names.service(3)
        deploy(ecs, service, "2.0.0")

        assert deployments(ecs, service) == [
            ("PRIMARY", "bench-000003:2", 0, "IN_PROGRESS"),
            ("ACTIVE", "bench-000003:1", 2, "COMPLETED"),
        ]
        clock.time += 30
        assert deployments(ecs, service)[0][2] == 1
        [brief] = ecs.list_service_deployments(
            cluster=names.CLUSTER, service=service, createdAt={"after": clock.time - 60}
        )["serviceDeployments"]
        arn = brief["serviceDeploymentArn"]
        described = ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"]
        assert [each["status"] for each in described] == ["IN_PROGRESS"]

        Played(url).ask("end", after={service: 5.0})
        clock.time += 5
        assert deployments(ecs, service) == [("PRIMARY", "bench-000003:2", 2, "COMPLETED")]
        described = ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"]
        assert [each["status"] for each in described] == ["SUCCESSFUL"]
        assert Played(url).ask("rollouts")["rollouts"] == {
            service: [{"began_at": clock.time - 35, "ends_at": clock.time}]
        }


def test_the_tasks_of_a_service_run_the_images_of_its_deployments() -> None:
    with fast_ecs() as (url, clock):
        ecs, service = client(url), names.service(0)
        deploy(ecs, service, "2.0.0")
        clock.time += 30

        arns = ecs.list_tasks(cluster=names.CLUSTER, serviceName=service)["taskArns"]
        tasks = ecs.describe_tasks(cluster=names.CLUSTER, tasks=[*arns, "arn:aws:ecs:r:1:task/bench/x"])

        images = sorted(each["containers"][0]["image"].rpartition(":")[2] for each in tasks["tasks"])
        assert images == ["1.0.0", "1.0.0", "2.0.0"]
        assert [each["reason"] for each in tasks["failures"]] == ["MISSING"]


def test_calls_are_counted_by_caller_and_services_that_are_missing_are_named() -> None:
    with fast_ecs() as (url, _):
        asked = {"cluster": names.CLUSTER, "services": [names.service(1), "other"]}
        answer = client(url, caller="ONE").describe_services(**asked)
        client(url, caller="TWO").describe_services(**asked)
        client(url, "ecr", caller="TWO").describe_images(repositoryName="bench", imageIds=[{"imageTag": "1"}])

        assert [each["reason"] for each in answer["failures"]] == ["MISSING"]
        counts = Played(url).calls()
        assert call_counts.by_api(each for each in counts if each.caller == "TWO") == {
            "DescribeImages": 1,
            "DescribeServices": 1,
        }
        assert set(Played(url).ask("looks")["looks"]) == {names.service(1), "other"}


def test_what_is_over_a_limit_of_amazon_is_refused_until_the_bucket_has_filled() -> None:
    with fast_ecs(limited=True) as (url, clock):
        ecs = client(url)
        register = {"family": names.service(0), "containerDefinitions": [{"name": "app", "image": "a:1"}]}
        for _ in range(20):
            ecs.register_task_definition(**register)
        with pytest.raises(ClientError, match="ThrottlingException"):
            ecs.register_task_definition(**register)
        clock.time += 1
        ecs.register_task_definition(**register)

        assert [(each.calls, each.refused) for each in Played(url).calls()] == [(21, 1), (1, 0)]


def test_nothing_is_refused_unless_that_is_asked_for() -> None:
    with fast_ecs() as (url, _):
        ecs = client(url)
        for _ in range(22):
            ecs.deregister_task_definition(taskDefinition="bench-000000:1")

        assert [(each.calls, each.refused) for each in Played(url).calls()] == [(22, 0)]


def test_rollouts_that_the_benchmark_begins_are_like_that_of_the_first_service() -> None:
    with fast_ecs() as (url, _):
        ecs = client(url)
        deploy(ecs, names.service(0), "2.0.0")
        tags = [{"key": "slipway:deploy", "value": "abc"}]

        Played(url).ask("begin", indexes=[4], tags={"4": tags})

        found = ecs.describe_task_definition(taskDefinition="bench-000004:2", include=["TAGS"])
        assert found["taskDefinition"]["containerDefinitions"][0]["image"] == names.image("2.0.0")
        assert found["tags"] == tags
        assert deployments(ecs, names.service(4))[0] == ("PRIMARY", "bench-000004:2", 0, "IN_PROGRESS")


def test_the_end_of_a_rollout_is_an_event_in_the_queue() -> None:
    with fast_ecs() as (url, _):
        deploy(client(url), names.service(2), "2.0.0")
        Played(url).ask("end", after={names.service(2): 0.0})

        received = client(url, "sqs").receive_message(
            QueueUrl=f"{url}/{names.ACCOUNT}/{names.EVENT_QUEUE}", WaitTimeSeconds=5
        )

        [message] = received["Messages"]
        assert '"eventName": "SERVICE_DEPLOYMENT_COMPLETED"' in message["Body"]
        assert "service/bench/bench-000002" in message["Body"]
