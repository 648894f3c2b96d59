"""Tags on services, tasks, task definitions and clusters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ecs.ecs_actions import describe_service, service_tasks


@pytest.fixture(params=["service", "task", "task definition", "cluster"])
def arn(request: pytest.FixtureRequest, client: Any) -> str:
    found = describe_service(client, "web")
    arns = {
        "service": found["serviceArn"],
        "task": service_tasks(client, "web")[0]["taskArn"],
        "task definition": found["taskDefinition"],
        "cluster": found["clusterArn"],
    }
    return str(arns[request.param])


def tags_of(client: Any, arn: str) -> dict[str, str]:
    listed = client.list_tags_for_resource(resourceArn=arn)["tags"]
    return {tag["key"]: tag["value"] for tag in listed}


def test_tags_are_added_changed_and_removed(client: Any, arn: str) -> None:
    before = tags_of(client, arn)

    client.tag_resource(resourceArn=arn, tags=[{"key": "restore", "value": "3"}])
    assert tags_of(client, arn) == {**before, "restore": "3"}

    client.tag_resource(resourceArn=arn, tags=[{"key": "restore", "value": "5"}])
    assert tags_of(client, arn) == {**before, "restore": "5"}

    client.untag_resource(resourceArn=arn, tagKeys=["restore"])
    assert tags_of(client, arn) == before


def test_tasks_carry_their_services_tags(client: Any) -> None:
    tags = tags_of(client, service_tasks(client, "web")[0]["taskArn"])

    assert tags["service"] == "web"
    assert tags["aws:ecs:serviceName"] == "web"


def test_unknown_resources(client: Any) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.list_tags_for_resource(resourceArn=f"{describe_service(client, 'web')['serviceArn']}-x")
    with pytest.raises(client.exceptions.InvalidParameterException):
        client.tag_resource(resourceArn="nonsense", tags=[{"key": "a", "value": "b"}])
