from __future__ import annotations

import copy
import json
from typing import Any

import boto3
import pytest

from deploys.catalogue.service import Service
from deploys.deploy import ContainerChange
from deploys.errors import AwsDenied, ImageUnreadable, NoSuchContainer, UnknownField
from tests.builders import ARN, REGISTRY, a_service
from tests.workers.ecs.played import Body, PlayedAws
from workers.ecs import task_definitions
from workers.ecs.seen import RevisionSeen
from workers.ecs.session import Region

DIGEST = "sha256:" + "ab" * 32


def container(name: str, image: str, **more: Any) -> Body:
    return {"name": name, "image": image, "essential": True, **more}


def raw_definition(*containers: Body, **more: Any) -> Body:
    """As DescribeTaskDefinition answers, with all that only it has."""
    return {
        "taskDefinitionArn": f"{ARN}:task-definition/web:7",
        "family": "web",
        "revision": 7,
        "status": "ACTIVE",
        "taskRoleArn": "arn:aws:iam::123456789012:role/web-task",
        "executionRoleArn": "arn:aws:iam::123456789012:role/web-execution",
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "requiresCompatibilities": ["FARGATE"],
        "compatibilities": ["EC2", "FARGATE"],
        "requiresAttributes": [{"name": "com.amazonaws.ecs.capability.ecr-auth"}],
        "registeredAt": 1_790_000_000.0,
        "registeredBy": "arn:aws:iam::123456789012:root",
        "deregisteredAt": 1_790_000_000.0,
        "deleteRequestedAt": 1_790_000_000.0,
        "volumes": [],
        "placementConstraints": [],
        "runtimePlatform": {"cpuArchitecture": "ARM64"},
        "enableFaultInjection": False,
        "containerDefinitions": list(containers or [container("web", f"{REGISTRY}/web:1.4.0")]),
        **more,
    }


def a_revision(*containers: Body, tags: tuple[tuple[str, str], ...] = (), **more: Any) -> RevisionSeen:
    raw = raw_definition(*containers, **more)
    return RevisionSeen(
        arn=raw["taskDefinitionArn"],
        family="web",
        number=7,
        status="ACTIVE",
        raw=raw,
        tags=tags,
    )


def images_of(request: dict[str, Any]) -> dict[str, str]:
    return {found["name"]: found["image"] for found in request["containerDefinitions"]}


# Copying


def test_a_copy_has_only_what_a_request_may_have() -> None:
    request = task_definitions.retagged(a_revision(), a_service(), "1.4.2", "abcd2345")

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

    assert set(described) - task_definitions.request_members() == {
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
    assert task_definitions.request_members() - set(described) == {"tags"}
    for name in task_definitions.request_members() - {"tags"}:
        assert request.members[name].name == described[name].name, "a copy of it would not fit"


def test_roles_that_ecs_answers_empty_are_not_sent() -> None:
    request = task_definitions.retagged(
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

    request = task_definitions.retagged(a_revision(web), a_service(), "1.4.2", "abcd2345")

    assert request["containerDefinitions"] == [{**web, "image": f"{REGISTRY}/web:1.4.2"}]


def test_a_copy_leaves_the_revision_as_it_was() -> None:
    revision = a_revision()
    before = copy.deepcopy(revision.raw)

    request = task_definitions.retagged(revision, a_service(), "1.4.2", "abcd2345")
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

    assert task_definitions.retagged(revision, a_service(), "1.4.2", "abcd2345")["tags"] == [
        {"key": "team", "value": "shop"},
        {"key": "empty", "value": ""},
        {"key": "slipway:deploy", "value": "abcd2345"},
    ]


# Which containers


ENVOY = container("envoy", "public.ecr.aws/envoy/envoy:v1.30")
MIGRATE = container("migrate", f"{REGISTRY}/web@{DIGEST}", essential=False)
WEB = container("web", f"{REGISTRY}/web:1.4.0")


def test_by_default_the_containers_of_the_main_image_change_and_sidecars_do_not() -> None:
    request = task_definitions.retagged(a_revision(MIGRATE, WEB, ENVOY), a_service(), "1.4.2", "abcd2345")

    assert images_of(request) == {
        "migrate": f"{REGISTRY}/web:1.4.2",
        "web": f"{REGISTRY}/web:1.4.2",
        "envoy": "public.ecr.aws/envoy/envoy:v1.30",
    }


def test_the_main_container_is_the_first_essential_one() -> None:
    helper = container("helper", "busybox:1", essential=False)

    assert (
        str(task_definitions.main_image(a_revision(helper, WEB, ENVOY), a_service()))
        == f"{REGISTRY}/web:1.4.0"
    )


def test_a_container_that_says_nothing_is_essential() -> None:
    silent = {"name": "silent", "image": "silent:1"}

    assert str(task_definitions.main_image(a_revision(silent, WEB), a_service())) == "silent:1"


def test_only_named_containers_change_where_some_are_named() -> None:
    service = a_service(containers=("envoy",))
    revision = a_revision(WEB, ENVOY, MIGRATE)

    request = task_definitions.retagged(revision, service, "v1.31", "abcd2345")

    assert images_of(request) == {
        "web": f"{REGISTRY}/web:1.4.0",
        "envoy": "public.ecr.aws/envoy/envoy:v1.31",
        "migrate": f"{REGISTRY}/web@{DIGEST}",
    }
    assert str(task_definitions.main_image(revision, service)) == "public.ecr.aws/envoy/envoy:v1.30"


@pytest.mark.parametrize("ask", ["changes", "main_image", "retagged"])
def test_a_named_container_that_is_not_there_is_refused_with_those_that_are(ask: str) -> None:
    service = a_service(containers=("web", "worker"))
    asks: dict[str, Any] = {
        "changes": lambda: task_definitions.changes(a_revision(WEB, ENVOY), service, "1.4.2"),
        "main_image": lambda: task_definitions.main_image(a_revision(WEB, ENVOY), service),
        "retagged": lambda: task_definitions.retagged(a_revision(WEB, ENVOY), service, "1.4.2", "x"),
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
    (change,) = task_definitions.changes(a_revision(container("app", image)), a_service(), "1.4.2")

    assert change == ContainerChange(container="app", old_image=image, new_image=becomes)


def test_changes_are_told_also_where_the_image_stays_the_same() -> None:
    (change,) = task_definitions.changes(a_revision(WEB), a_service(), "1.4.0")

    assert change.old_image == change.new_image


def test_an_image_that_cannot_be_read_is_refused_but_a_strange_sidecar_is_left_alone() -> None:
    odd = container("odd", "${IMAGE}")

    with pytest.raises(ImageUnreadable):
        task_definitions.changes(a_revision(odd, WEB), a_service(), "1.4.2")

    request = task_definitions.retagged(a_revision(WEB, odd), a_service(), "1.4.2", "abcd2345")
    assert images_of(request)["odd"] == "${IMAGE}"


# Reading and registering


def test_a_revision_is_read_with_its_tags(aws: PlayedAws, region: Region) -> None:
    aws.answer(
        "DescribeTaskDefinition",
        {"taskDefinition": raw_definition(), "tags": [{"key": "team", "value": "shop"}]},
    )

    revision = task_definitions.describe(region, f"{ARN}:task-definition/web:7")

    assert (revision.arn, revision.family, revision.number) == (f"{ARN}:task-definition/web:7", "web", 7)
    assert revision.status == "ACTIVE"
    assert revision.tags == (("team", "shop"),)
    assert aws.bodies("DescribeTaskDefinition") == [
        {"taskDefinition": f"{ARN}:task-definition/web:7", "include": ["TAGS"]}
    ]


def test_a_field_that_this_boto3_does_not_know_is_refused_not_lost(aws: PlayedAws, region: Region) -> None:
    web = container("web", f"{REGISTRY}/web:1.4.0", sealed={"with": "wax"})
    aws.answer("DescribeTaskDefinition", {"taskDefinition": raw_definition(web, tides="high"), "tags": []})

    with pytest.raises(UnknownField) as raised:
        task_definitions.describe(region, "web:7")

    assert raised.value.message == (
        "Task definition `web:7` has fields that this version of boto3 does not know "
        "(`taskDefinition.containerDefinitions[].sealed`, `taskDefinition.tides`); a copy would lose them. "
        "Nothing was changed. Upgrade boto3 where the workers run."
    )


def test_an_unknown_field_is_seen_at_every_read_of_one_client(aws: PlayedAws, region: Region) -> None:
    answers: list[Body] = [raw_definition(), raw_definition(tides="high"), raw_definition()]
    aws.answer("DescribeTaskDefinition", lambda _: {"taskDefinition": answers.pop(0), "tags": []})

    task_definitions.describe(region, "web:7")
    with pytest.raises(UnknownField):
        task_definitions.describe(region, "web:7")
    task_definitions.describe(region, "web:7")


def test_a_missing_pass_role_names_itself(aws: PlayedAws, region: Region) -> None:
    aws.error(
        "RegisterTaskDefinition",
        "AccessDeniedException",
        "User: arn:aws:sts::1:assumed-role/slipway/i-1 is not authorized to perform: iam:PassRole on "
        "resource: arn:aws:iam::1:role/web-task because no identity-based policy allows the iam:PassRole "
        "action",
    )

    with pytest.raises(AwsDenied, match=r"does not allow iam:PassRole.*arn:aws:iam::1:role/web-task"):
        task_definitions.register(region, {"family": "web", "containerDefinitions": []})


def seeded(region: Region) -> str:
    registered = region.ecs.register_task_definition(
        family="web",
        cpu="256",
        memory="512",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        containerDefinitions=[
            {"name": "web", "image": f"{REGISTRY}/web:1.4.0", "environment": [{"name": "A", "value": ""}]},
            {"name": "envoy", "image": "public.ecr.aws/envoy/envoy:v1.30"},
        ],
        tags=[{"key": "team", "value": "shop"}],
    )
    return registered["taskDefinition"]["taskDefinitionArn"]


def test_a_copy_is_registered_and_reads_like_the_original_but_for_the_tag(moto_region: Region) -> None:
    old = task_definitions.describe(moto_region, seeded(moto_region))

    arn = task_definitions.register(
        moto_region, task_definitions.retagged(old, a_service(), "1.4.2", "abcd2345")
    )
    new = task_definitions.describe(moto_region, arn)

    assert arn != old.arn
    assert (new.number, new.status) == (old.number + 1, "ACTIVE")
    assert dict(new.tags) == {"team": "shop", "slipway:deploy": "abcd2345"}
    expected = json.loads(json.dumps(old.raw, default=str).replace("web:1.4.0", "web:1.4.2"))
    actual = json.loads(json.dumps(new.raw, default=str))
    for its_own in ("revision", "taskDefinitionArn"):
        del expected[its_own], actual[its_own]
    assert actual == expected


# Adopting after a crash


def playing_family(aws: PlayedAws, marks: dict[int, str]) -> None:
    """Revisions of `web` and the deploy each was registered for, newest first as ECS lists them."""
    arns = [f"{ARN}:task-definition/web:{number}" for number in sorted(marks, reverse=True)]
    aws.answer("ListTaskDefinitions", {"taskDefinitionArns": arns})

    def described(asked: Body) -> Body:
        number = int(asked["taskDefinition"].rsplit(":", 1)[-1])
        tags = [{"key": "slipway:deploy", "value": marks[number]}] if marks[number] else []
        return {"taskDefinition": raw_definition(revision=number), "tags": tags}

    aws.answer("DescribeTaskDefinition", described)


def test_the_revision_of_this_deploy_is_found_among_newer_ones(aws: PlayedAws, region: Region) -> None:
    playing_family(aws, {7: "", 8: "abcd2345", 9: "other234", 10: ""})

    found = task_definitions.registered_for(region, "web", 7, "abcd2345")

    assert found == f"{ARN}:task-definition/web:8"
    assert aws.bodies("ListTaskDefinitions") == [
        {"familyPrefix": "web", "status": "ACTIVE", "sort": "DESC", "maxResults": 100}
    ]


def test_nothing_is_adopted_that_is_not_newer_or_not_ours(aws: PlayedAws, region: Region) -> None:
    playing_family(aws, {6: "abcd2345", 7: "abcd2345", 8: "other234"})

    assert task_definitions.registered_for(region, "web", 7, "abcd2345") is None
    assert [asked["taskDefinition"][-2:] for asked in aws.bodies("DescribeTaskDefinition")] == [":8"]


def test_a_crash_after_registering_is_made_good_by_adopting(moto_region: Region) -> None:
    old = task_definitions.describe(moto_region, seeded(moto_region))
    service: Service = a_service()
    assert task_definitions.registered_for(moto_region, "web", old.number, "abcd2345") is None

    arn = task_definitions.register(moto_region, task_definitions.retagged(old, service, "1.4.2", "abcd2345"))

    assert task_definitions.registered_for(moto_region, "web", old.number, "abcd2345") == arn
    assert task_definitions.registered_for(moto_region, "web", old.number + 1, "abcd2345") is None
    assert task_definitions.registered_for(moto_region, "web", old.number, "other234") is None
