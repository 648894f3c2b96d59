from __future__ import annotations

import copy
from typing import Any

import boto3
import pytest

from deploys.errors import ImageUnreadable, NoSuchContainer
from deploys.records.plan import ContainerChange
from tests.builders import REGISTRY, a_service
from tests.workers.ecs.task_definition_builders import (
    DIGEST,
    LOAD_BALANCED,
    a_revision,
    container,
    images_in_request,
    retag_request,
)
from workers.ecs import task_definitions
from workers.ecs.images.image_changes import list_image_changes, read_main_image


def test_a_copy_has_only_what_a_request_may_have() -> None:
    request = retag_request(a_revision(), a_service(), "1.4.2", "abcd2345")

    assert request == {
        "family": "web",
        "taskRoleArn": "arn:aws:iam::123456789012:role/web-task",
        "executionRoleArn": "arn:aws:iam::123456789012:role/web-execution",
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "requiresCompatibilities": ["FARGATE"],
        "runtimePlatform": {"cpuArchitecture": "ARM64"},
        "enableFaultInjection": False,
        "containerDefinitions": [{"name": "web", "image": f"{REGISTRY}/web:1.4.2", "essential": True}],
        "tags": [{"key": "slipway:deploy", "value": "abcd2345"}],
    }


def test_every_member_of_the_model_is_either_copied_or_known_to_be_describes_alone() -> None:
    model = boto3.client("ecs", region_name="eu-west-1").meta.service_model
    output = model.operation_model("DescribeTaskDefinition").output_shape
    request = model.operation_model("RegisterTaskDefinition").input_shape
    assert output is not None
    assert request is not None
    described = output.members["taskDefinition"].members  # type: ignore[attr-defined]

    assert set(described) - task_definitions.request_fields() == {
        "compatibilities",
        "deleteRequestedAt",
        "deregisteredAt",
        "registeredAt",
        "registeredBy",
        "requiresAttributes",
        "revision",
        "status",
        "taskDefinitionArn",
    }
    assert task_definitions.request_fields() - set(described) == {"tags"}
    for name in task_definitions.request_fields() - {"tags"}:
        assert request.members[name].name == described[name].name, "a copy of it would not fit"


def test_roles_that_ecs_answers_empty_are_not_sent() -> None:
    request = retag_request(
        a_revision(taskRoleArn="", executionRoleArn="", cpu=""), a_service(), "1.4.2", "abcd2345"
    )

    assert not {"taskRoleArn", "executionRoleArn", "cpu"} & set(request)


def test_what_is_inside_a_container_is_copied_to_the_letter() -> None:
    web = container(
        "web",
        f"{REGISTRY}/web:1.4.0",
        entryPoint=[],
        environment=[{"name": "EMPTY", "value": ""}],
        cpu=0,
        stopTimeout=0,
        essential=True,
        dockerLabels={"empty": ""},
    )

    request = retag_request(a_revision(web), a_service(), "1.4.2", "abcd2345")

    assert request["containerDefinitions"] == [{**web, "image": f"{REGISTRY}/web:1.4.2"}]


def test_a_copy_leaves_the_revision_as_it_was() -> None:
    revision = a_revision()
    before = copy.deepcopy(revision.raw)

    request = retag_request(revision, a_service(), "1.4.2", "abcd2345")
    request["containerDefinitions"][0]["name"] = "changed"
    request["runtimePlatform"]["cpuArchitecture"] = "X86_64"

    assert revision.raw == before


def test_tags_are_kept_but_for_those_of_aws_and_of_an_earlier_deploy() -> None:
    revision = a_revision(
        tags=(
            ("team", "shop"),
            ("empty", ""),
            ("aws:cloudformation:stack-name", "prod"),
            ("AWS:x", "y"),
            ("slipway:deploy", "earlier2"),
        )
    )

    assert retag_request(revision, a_service(), "1.4.2", "abcd2345")["tags"] == [
        {"key": "team", "value": "shop"},
        {"key": "empty", "value": ""},
        {"key": "slipway:deploy", "value": "abcd2345"},
    ]


# Which containers


ENVOY = container("envoy", "public.ecr.aws/envoy/envoy:v1.30")
MIGRATE = container("migrate", f"{REGISTRY}/web@{DIGEST}", essential=False)
WEB = container("web", f"{REGISTRY}/web:1.4.0")


def test_by_default_the_containers_of_the_main_image_change_and_sidecars_do_not() -> None:
    request = retag_request(a_revision(MIGRATE, WEB, ENVOY), a_service(), "1.4.2", "abcd2345")

    assert images_in_request(request) == {
        "migrate": f"{REGISTRY}/web:1.4.2",
        "web": f"{REGISTRY}/web:1.4.2",
        "envoy": "public.ecr.aws/envoy/envoy:v1.30",
    }


def test_only_named_containers_change_where_some_are_named() -> None:
    service = a_service(containers=("envoy",))
    revision = a_revision(WEB, ENVOY, MIGRATE)

    request = retag_request(revision, service, "v1.31", "abcd2345")

    assert images_in_request(request) == {
        "web": f"{REGISTRY}/web:1.4.0",
        "envoy": "public.ecr.aws/envoy/envoy:v1.31",
        "migrate": f"{REGISTRY}/web@{DIGEST}",
    }
    assert str(read_main_image(revision, service, LOAD_BALANCED)) == "public.ecr.aws/envoy/envoy:v1.30"


@pytest.mark.parametrize("ask", ["changes", "main_image"])
def test_a_named_container_that_is_not_there_is_refused_with_those_that_are(ask: str) -> None:
    service = a_service(containers=("web", "worker"))
    asks: dict[str, Any] = {
        "changes": lambda: list_image_changes(a_revision(WEB, ENVOY), service, LOAD_BALANCED, "1.4.2"),
        "main_image": lambda: read_main_image(a_revision(WEB, ENVOY), service, LOAD_BALANCED),
    }

    with pytest.raises(NoSuchContainer) as raised:
        asks[ask]()

    assert raised.value.message == (
        "The task definition `web` has no container `worker`. It has: `web`, `envoy`. Check `containers` of "
        "`web` in `services.yml`."
    )


@pytest.mark.parametrize(
    ("image", "becomes"),
    [
        ("registry:5000/app", "registry:5000/app:1.4.2"),
        ("registry:5000/app:1", "registry:5000/app:1.4.2"),
        (f"app@{DIGEST}", "app:1.4.2"),
        (f"app:1@{DIGEST}", "app:1.4.2"),
        ("localhost/app", "localhost/app:1.4.2"),
    ],
)
def test_the_tag_is_changed_in_every_form_of_reference(image: str, becomes: str) -> None:
    (change,) = list_image_changes(a_revision(container("app", image)), a_service(), LOAD_BALANCED, "1.4.2")

    assert change == ContainerChange(container="app", old_image=image, new_image=becomes)


def test_changes_are_reported_also_where_the_image_stays_the_same() -> None:
    (change,) = list_image_changes(a_revision(WEB), a_service(), LOAD_BALANCED, "1.4.0")

    assert change.old_image == change.new_image


def test_an_image_that_cannot_be_read_is_refused_but_a_strange_sidecar_is_left_alone() -> None:
    odd = container("odd", "${IMAGE}")

    with pytest.raises(ImageUnreadable):
        list_image_changes(a_revision(odd), a_service(), LOAD_BALANCED, "1.4.2")

    request = retag_request(a_revision(WEB, odd), a_service(), "1.4.2", "abcd2345")
    assert images_in_request(request)["odd"] == "${IMAGE}"
