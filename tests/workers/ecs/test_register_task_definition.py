from __future__ import annotations

import json

import pytest

from deploys.catalogue.service import Service
from deploys.errors import AwsDenied, UnknownTaskDefinitionField
from tests.builders import ARN, REGISTRY, a_service
from tests.workers.ecs.fake_aws import Body, FakeAws
from tests.workers.ecs.task_definition_builders import container, raw_definition, retag_request
from workers.ecs import task_definitions
from workers.ecs.aws.aws_clients import RegionClients


def test_a_revision_is_read_with_its_tags(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_with(
        "DescribeTaskDefinition",
        {"taskDefinition": raw_definition(), "tags": [{"key": "team", "value": "shop"}]},
    )

    revision = task_definitions.describe(region, f"{ARN}:task-definition/web:7")

    assert (revision.arn, revision.family, revision.number) == (f"{ARN}:task-definition/web:7", "web", 7)
    assert revision.status == "ACTIVE"
    assert revision.tags == (("team", "shop"),)
    assert aws.request_bodies("DescribeTaskDefinition") == [
        {"taskDefinition": f"{ARN}:task-definition/web:7", "include": ["TAGS"]}
    ]


def test_a_copy_that_would_lose_fields_is_refused_and_the_revision_can_be_read(
    aws: FakeAws, region: RegionClients
) -> None:
    web = container("web", f"{REGISTRY}/web:1.4.0", sealed={"with": "wax"})
    aws.respond_with(
        "DescribeTaskDefinition", {"taskDefinition": raw_definition(web, tides="high"), "tags": []}
    )

    revision = task_definitions.describe(region, "web:7")
    with pytest.raises(UnknownTaskDefinitionField) as raised:
        task_definitions.copy_request(revision, {}, "abcd2345")

    assert raised.value.message == (
        "Task definition `web:7` has fields that this version of boto3 does not know "
        "(`taskDefinition.containerDefinitions[].sealed`, `taskDefinition.tides`); a copy would lose them. "
        "Upgrade boto3 where the workers run."
    )


def test_an_unknown_field_is_seen_at_every_read_of_one_client(aws: FakeAws, region: RegionClients) -> None:
    answers: list[Body] = [raw_definition(), raw_definition(tides="high"), raw_definition()]
    aws.respond_with("DescribeTaskDefinition", lambda _: {"taskDefinition": answers.pop(0), "tags": []})

    seen = [task_definitions.describe(region, "web:7").unknown_fields for _ in range(3)]

    assert seen == [(), ("taskDefinition.tides",), ()]


def test_a_copy_that_may_lose_fields_has_all_the_others(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_with("DescribeTaskDefinition", {"taskDefinition": raw_definition(tides="high"), "tags": []})
    revision = task_definitions.describe(region, "web:7")

    request = task_definitions.copy_request(revision, {}, "abcd2345", without_unknown_fields=True)

    assert request["containerDefinitions"] == revision.raw["containerDefinitions"]
    assert "tides" not in request


def test_a_missing_pass_role_names_itself(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_error(
        "RegisterTaskDefinition",
        "AccessDeniedException",
        "User: arn:aws:sts::1:assumed-role/slipway/i-1 is not authorized to perform: iam:PassRole on "
        "resource: arn:aws:iam::1:role/web-task because no identity-based policy allows the iam:PassRole "
        "action",
    )

    with pytest.raises(AwsDenied, match=r"does not allow iam:PassRole.*arn:aws:iam::1:role/web-task"):
        task_definitions.register(region, {"family": "web", "containerDefinitions": []})


def seeded(region: RegionClients) -> str:
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


def test_a_copy_is_registered_and_reads_like_the_original_but_for_the_tag(moto_region: RegionClients) -> None:
    old = task_definitions.describe(moto_region, seeded(moto_region))

    arn = task_definitions.register(moto_region, retag_request(old, a_service(), "1.4.2", "abcd2345"))
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


def playing_family(aws: FakeAws, tagged_deploys: dict[int, str]) -> None:
    """Revisions of `web` and the deploy each was registered for, newest first as ECS lists them."""
    arns = [f"{ARN}:task-definition/web:{number}" for number in sorted(tagged_deploys, reverse=True)]
    aws.respond_with("ListTaskDefinitions", {"taskDefinitionArns": arns})

    def described(asked: Body) -> Body:
        number = int(asked["taskDefinition"].rsplit(":", 1)[-1])
        tags = [{"key": "slipway:deploy", "value": tagged_deploys[number]}] if tagged_deploys[number] else []
        return {"taskDefinition": raw_definition(revision=number), "tags": tags}

    aws.respond_with("DescribeTaskDefinition", described)


def test_the_revision_of_this_deploy_is_found_among_newer_ones(aws: FakeAws, region: RegionClients) -> None:
    playing_family(aws, {7: "", 8: "abcd2345", 9: "other234", 10: ""})

    found = task_definitions.find_registered_for(region, "web", 7, "abcd2345")

    assert found == f"{ARN}:task-definition/web:8"
    assert aws.request_bodies("ListTaskDefinitions") == [
        {"familyPrefix": "web", "status": "ACTIVE", "sort": "DESC", "maxResults": 100}
    ]


def test_nothing_is_adopted_that_is_not_newer_or_not_ours(aws: FakeAws, region: RegionClients) -> None:
    playing_family(aws, {6: "abcd2345", 7: "abcd2345", 8: "other234"})

    assert task_definitions.find_registered_for(region, "web", 7, "abcd2345") is None
    assert [asked["taskDefinition"][-2:] for asked in aws.request_bodies("DescribeTaskDefinition")] == [":8"]


def test_a_crash_after_registering_is_made_good_by_adopting(moto_region: RegionClients) -> None:
    old = task_definitions.describe(moto_region, seeded(moto_region))
    service: Service = a_service()
    assert task_definitions.find_registered_for(moto_region, "web", old.number, "abcd2345") is None

    arn = task_definitions.register(moto_region, retag_request(old, service, "1.4.2", "abcd2345"))

    assert task_definitions.find_registered_for(moto_region, "web", old.number, "abcd2345") == arn
    assert task_definitions.find_registered_for(moto_region, "web", old.number + 1, "abcd2345") is None
    assert task_definitions.find_registered_for(moto_region, "web", old.number, "other234") is None
