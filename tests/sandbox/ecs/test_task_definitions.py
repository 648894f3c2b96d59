"""Task definitions are stored as they are: a described one has all that was registered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ecs.ecs_actions import READ_ONLY_FIELDS, register_revision

MINIMAL: dict[str, Any] = {
    "family": "job",
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [{"name": "job", "image": "busybox:1"}],
}


def content(client: Any, text: str) -> dict[str, Any]:
    described: dict[str, Any] = client.describe_task_definition(taskDefinition=text)["taskDefinition"]
    return {key: value for key, value in described.items() if key not in READ_ONLY_FIELDS}


@pytest.mark.parametrize("family", ["web", "api", "ledger", "billing"])
def test_a_copy_differs_only_in_the_image_that_was_changed(client: Any, family: str) -> None:
    before = content(client, family)

    arn = register_revision(client, family, "1.4.2")

    after = content(client, arn)
    for container in after["containerDefinitions"]:
        container["image"] = container["image"].replace("1.4.2", "1.4.0")
    assert after == before


def test_every_member_that_may_be_registered_is_kept(client: Any) -> None:
    rich = {
        **MINIMAL,
        "taskRoleArn": "job-role",
        "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
        "ephemeralStorage": {"sizeInGiB": 40},
        "pidMode": "task",
        "enableFaultInjection": True,
        "volumes": [{"name": "scratch", "configuredAtLaunch": False}],
        "containerDefinitions": [
            {
                "name": "job",
                "image": "busybox:1",
                "versionConsistency": "enabled",
                "restartPolicy": {"enabled": True, "ignoredExitCodes": [0]},
                "environment": [{"name": "EMPTY", "value": ""}],
                "mountPoints": [{"sourceVolume": "scratch", "containerPath": "/scratch"}],
            }
        ],
    }

    client.register_task_definition(**rich)

    described = client.describe_task_definition(taskDefinition="job")["taskDefinition"]
    for member in ("taskRoleArn", "ephemeralStorage", "pidMode", "enableFaultInjection", "volumes"):
        assert described[member] == rich[member]
    (container,) = described["containerDefinitions"]
    assert container.items() >= rich["containerDefinitions"][0].items()
    assert (container["essential"], container["cpu"], container["portMappings"]) == (True, 0, [])
    assert described["registeredBy"].startswith("arn:aws:iam::123456789012:")
    assert {"name": "ecs.capability.task-eni"} in described["requiresAttributes"]


def test_tags_of_a_task_definition_are_returned_only_if_included(client: Any) -> None:
    client.register_task_definition(**MINIMAL, tags=[{"key": "deploy", "value": "17"}])

    assert "tags" not in client.describe_task_definition(taskDefinition="job")
    asked = client.describe_task_definition(taskDefinition="job", include=["TAGS"])
    assert asked["tags"] == [{"key": "deploy", "value": "17"}]
    assert "tags" not in asked["taskDefinition"]


def test_revisions_count_up_and_never_again(client: Any) -> None:
    first = register_revision(client, "web", "1.4.1")
    client.deregister_task_definition(taskDefinition=first)
    second = register_revision(client, "web", "1.4.2")

    assert first.endswith("task-definition/web:18")
    assert second.endswith("task-definition/web:19")
    newest = client.describe_task_definition(taskDefinition="web")["taskDefinition"]
    assert newest["revision"] == 19


def test_an_inactive_revision_can_be_described_and_is_not_the_newest(client: Any) -> None:
    arn = register_revision(client, "web", "1.4.1")
    client.deregister_task_definition(taskDefinition="web:18")

    inactive = client.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    assert inactive["status"] == "INACTIVE"
    assert "deregisteredAt" in inactive
    assert client.describe_task_definition(taskDefinition="web")["taskDefinition"]["revision"] == 17
    assert client.list_task_definitions(familyPrefix="web")["taskDefinitionArns"] == [
        arn.replace(":18", ":17")
    ]
    assert client.list_task_definitions(familyPrefix="web", status="INACTIVE")["taskDefinitionArns"] == [arn]


def test_inactive_revisions_are_deleted(client: Any) -> None:
    arn = register_revision(client, "web", "1.4.1")
    answer = client.delete_task_definitions(taskDefinitions=[arn])
    assert "ACTIVE status" in answer["failures"][0]["reason"]
    client.deregister_task_definition(taskDefinition=arn)
    (deleted,) = client.delete_task_definitions(taskDefinitions=[arn])["taskDefinitions"]
    assert deleted["status"] == "DELETE_IN_PROGRESS"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"family": "no spaces"}, "Family contains invalid characters"),
        ({"cpu": "256", "memory": "4096"}, "No Fargate configuration exists for given values: 256 CPU"),
        ({"cpu": ""}, "Fargate requires that 'cpu' be defined at the task level"),
        ({"networkMode": "bridge"}, "Fargate only supports network mode"),
        ({"taskRoleArn": ""}, "Role is not valid"),
        ({"containerDefinitions": []}, "Container list cannot be empty"),
        ({"containerDefinitions": [{"name": "a", "image": "a"}] * 2}, "more than once"),
        ({"containerDefinitions": [{"name": "a", "image": ""}]}, "image should not be null or empty"),
        (
            {"containerDefinitions": [{"name": "a", "image": "a", "essential": False}]},
            "at least one essential container",
        ),
        (
            {"containerDefinitions": [{"name": "a", "image": "1.dkr.ecr.eu-west-1.amazonaws.com/a"}]},
            "execution role",
        ),
    ],
)
def test_refusals(client: Any, change: dict[str, Any], message: str) -> None:
    with pytest.raises(client.exceptions.ClientException, match=message):
        client.register_task_definition(**{**MINIMAL, **change})


def test_reserved_and_empty_tags_are_refused(client: Any) -> None:
    for tags in ([], [{"key": "aws:mine", "value": "x"}]):
        with pytest.raises(client.exceptions.InvalidParameterException):
            client.register_task_definition(**MINIMAL, tags=tags)


def test_unknown_revisions(client: Any) -> None:
    for text in ("web:999", "nothing"):
        with pytest.raises(client.exceptions.ClientException, match="Unable to describe task definition"):
            client.describe_task_definition(taskDefinition=text)
    with pytest.raises(client.exceptions.ClientException):
        client.deregister_task_definition(taskDefinition="web")
