from __future__ import annotations

from typing import Any

import pytest

from deploys.errors import AwsRefused, AwsUnavailable
from tests.workers.ecs.fake_aws import Body, FakeAws
from workers.ecs import tasks
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.state import ContainerState, TaskState

ARN = "arn:aws:ecs:eu-west-1:123456789012"
AT = 1_790_000_000.0


def task_arn(number: int) -> str:
    return f"{ARN}:task/production/{number:032x}"


class FakeTasks:
    """A cluster of tasks: lists page at 100, as ECS's do."""

    def __init__(self, aws: FakeAws) -> None:
        self.tasks: dict[str, Body] = {}
        aws.respond_with("ListTasks", self._list)
        aws.respond_with("DescribeTasks", self._describe)

    def add(self, number: int, desired: str = "RUNNING", last: str = "RUNNING", **more: Any) -> None:
        self.tasks[task_arn(number)] = {
            "taskArn": task_arn(number),
            "desiredStatus": desired,
            "lastStatus": last,
            "createdAt": AT + number,
            **more,
        }

    def _list(self, asked: Body) -> Body:
        assert (asked["cluster"], asked["serviceName"]) == ("production", "web")
        arns = [arn for arn, task in self.tasks.items() if task["desiredStatus"] == asked["desiredStatus"]]
        start = int(asked.get("nextToken", 0))
        page: Body = {"taskArns": arns[start : start + 100]}
        if start + 100 < len(arns):
            page["nextToken"] = str(start + 100)
        return page

    def _describe(self, asked: Body) -> Body:
        assert len(asked["tasks"]) <= 100
        known = [arn for arn in asked["tasks"] if arn in self.tasks]
        gone = [{"arn": arn, "reason": "MISSING"} for arn in asked["tasks"] if arn not in self.tasks]
        return {"tasks": [self.tasks[arn] for arn in known], "failures": gone}


@pytest.fixture
def cluster(aws: FakeAws) -> FakeTasks:
    return FakeTasks(aws)


def test_a_task_is_seen_as_ecs_describes_it(cluster: FakeTasks, region: RegionClients) -> None:
    cluster.add(
        1,
        desired="STOPPED",
        last="DEPROVISIONING",
        taskDefinitionArn=f"{ARN}:task-definition/web:7",
        startedBy="ecs-svc/1",
        stopCode="EssentialContainerExited",
        stoppedReason="Essential container in task exited",
        startedAt=AT + 2.5,
        stoppingAt=AT + 3,
        stoppedAt=AT + 4,
        containers=[
            {
                "name": "web",
                "lastStatus": "STOPPED",
                "exitCode": 0,
                "reason": "why",
                "image": "web:1",
                "imageDigest": "sha256:1",
                "healthStatus": "UNHEALTHY",
                "runtimeId": "r1",
            },
            {"name": "envoy"},
        ],
    )

    assert tasks.describe(region, "production", [task_arn(1)]) == {
        task_arn(1): TaskState(
            arn=task_arn(1),
            last_status="DEPROVISIONING",
            desired_status="STOPPED",
            revision=f"{ARN}:task-definition/web:7",
            started_by="ecs-svc/1",
            stop_code="EssentialContainerExited",
            stopped_reason="Essential container in task exited",
            created_at=AT + 1,
            started_at=AT + 2.5,
            stopping_at=AT + 3,
            stopped_at=AT + 4,
            containers=(
                ContainerState("web", "STOPPED", 0, "why", "web:1", "sha256:1", "UNHEALTHY", "r1"),
                ContainerState("envoy", exit_code=None),
            ),
        )
    }


def test_times_that_have_not_come_are_none(cluster: FakeTasks, region: RegionClients) -> None:
    cluster.add(1, last="PENDING")

    task_states = tasks.describe(region, "production", [task_arn(1)])[task_arn(1)]

    assert (task_states.started_at, task_states.stopping_at, task_states.stopped_at) == (None, None, None)


def test_a_services_tasks_are_those_that_run_and_those_on_their_way_down(
    cluster: FakeTasks, region: RegionClients
) -> None:
    cluster.add(3, last="PENDING")
    cluster.add(1)
    cluster.add(2, desired="STOPPED", last="DEACTIVATING")
    cluster.add(4, desired="STOPPED", last="STOPPED")

    everything = tasks.list_service_tasks(region, "production", "web")
    wanted = tasks.list_service_tasks(region, "production", "web", stopped=False)

    assert [task.arn for task in everything] == [task_arn(number) for number in (1, 2, 3, 4)]
    assert [task.arn for task in wanted] == [task_arn(1), task_arn(3)]


def test_a_task_that_begins_to_stop_between_the_two_lists_is_not_missed(
    aws: FakeAws, cluster: FakeTasks, region: RegionClients
) -> None:
    cluster.add(1)
    listing = cluster._list

    def then_stops(asked: Body) -> Body:
        answer = listing(asked)
        cluster.add(1, desired="STOPPED", last="DEACTIVATING")
        return answer

    aws.respond_with("ListTasks", then_stops)

    (task_states,) = tasks.list_service_tasks(region, "production", "web")

    assert (task_states.arn, task_states.last_status) == (task_arn(1), "DEACTIVATING")


def test_more_than_a_hundred_tasks_are_all_seen(
    aws: FakeAws, cluster: FakeTasks, region: RegionClients
) -> None:
    for number in range(230):
        cluster.add(number, desired="STOPPED" if number % 2 else "RUNNING")

    assert len(tasks.list_service_tasks(region, "production", "web")) == 230
    assert [len(body["tasks"]) for body in aws.request_bodies("DescribeTasks")] == [100, 100, 30]


def test_a_task_that_ecs_has_forgotten_is_absent(cluster: FakeTasks, region: RegionClients) -> None:
    cluster.add(1)

    assert list(tasks.describe(region, "production", [task_arn(1), task_arn(2)])) == [task_arn(1)]


def test_a_failure_of_one_task_that_is_not_missing_is_not_taken_for_a_stopped_one(
    aws: FakeAws, region: RegionClients
) -> None:
    failures = [{"arn": task_arn(1), "reason": "ACCESS", "detail": "not yours"}]
    aws.respond_with("DescribeTasks", {"tasks": [], "failures": failures})

    with pytest.raises(AwsRefused, match=r"ACCESS\. not yours"):
        tasks.describe(region, "production", [task_arn(1)])


def test_a_service_without_tasks_has_none(aws: FakeAws, cluster: FakeTasks, region: RegionClients) -> None:
    assert tasks.list_service_tasks(region, "production", "web") == ()
    assert tasks.describe(region, "production", []) == {}
    assert aws.request_bodies("DescribeTasks") == []


def test_only_stopped_tasks_of_this_deployment_explain_it(cluster: FakeTasks, region: RegionClients) -> None:
    cluster.add(1, desired="STOPPED", startedBy="ecs-svc/1")
    cluster.add(2, desired="STOPPED", startedBy="ecs-svc/2")
    cluster.add(3, desired="RUNNING", startedBy="ecs-svc/2")
    cluster.add(4, desired="STOPPED", startedBy="ecs-svc/22")

    task_states = tasks.list_stopped_tasks(region, "production", "web", "ecs-svc/2")

    assert [task.arn for task in task_states] == [task_arn(2)]


def test_a_list_that_could_not_be_read_is_never_an_empty_one(
    aws: FakeAws, cluster: FakeTasks, region: RegionClients
) -> None:
    aws.respond_error("ListTasks", "ThrottlingException", "Rate exceeded")
    with pytest.raises(AwsUnavailable):
        tasks.list_service_tasks(region, "production", "web")

    aws.respond_error("ListTasks", "ClusterNotFoundException", "Cluster not found.")
    with pytest.raises(AwsRefused):
        tasks.list_stopped_tasks(region, "production", "web", "ecs-svc/2")
