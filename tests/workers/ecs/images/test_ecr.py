from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from deploys.errors import AwsDenied, AwsUnavailable, ImageArchived, RepositoryMissing
from tests.workers.ecs.fake_aws import Body, FakeAws
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.images import ecr as ecr_images
from workers.ecs.images.ecr import PULLABLE_BY_STATUS
from workers.ecs.images.image_reference import parse_image

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
WEB = parse_image(f"{ECR}/web:1.4.2")
_layers = count()


def push(region: RegionClients, repository: str, *tags: str) -> str:
    config = "sha256:" + hashlib.sha256(str(next(_layers)).encode()).hexdigest()
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {
            "digest": config,
            "size": 1,
            "mediaType": "application/vnd.docker.container.image.v1+json",
        },
        "layers": [],
    }
    for tag in tags:
        pushed = region.ecr.put_image(
            repositoryName=repository, imageManifest=json.dumps(manifest), imageTag=tag
        )
    return pushed["image"]["imageId"]["imageDigest"]


@pytest.fixture
def ecr(moto_region: RegionClients) -> RegionClients:
    moto_region.ecr.create_repository(repositoryName="web")
    return moto_region


def test_an_image_is_found_by_its_tag(ecr: RegionClients) -> None:
    digest = push(ecr, "web", "1.4.2", "stable")

    found = ecr_images.find_image(ecr, WEB)

    assert found is not None
    assert found.digest == digest
    assert set(found.tags) == {"1.4.2", "stable"}
    assert found.pushed_at is not None
    assert abs(found.pushed_at - datetime.now(UTC).timestamp()) < 60


def test_an_image_is_found_by_its_digest_whatever_tag_stands_before_it(ecr: RegionClients) -> None:
    digest = push(ecr, "web", "1.4.2")

    found = ecr_images.find_image(ecr, parse_image(f"{ECR}/web:gone@{digest}"))

    assert found is not None
    assert found.digest == digest


def test_no_tag_means_latest(ecr: RegionClients) -> None:
    assert ecr_images.find_image(ecr, parse_image(f"{ECR}/web")) is None
    digest = push(ecr, "web", "latest")

    found = ecr_images.find_image(ecr, parse_image(f"{ECR}/web"))

    assert found is not None
    assert found.digest == digest


@pytest.mark.parametrize("reference", [f"{ECR}/web:9.9.9", f"{ECR}/web@sha256:{'0' * 64}"])
def test_an_image_that_is_not_there_is_none(ecr: RegionClients, reference: str) -> None:
    push(ecr, "web", "1.4.2")

    assert ecr_images.find_image(ecr, parse_image(reference)) is None


def test_a_repository_that_is_not_there_is_said(ecr: RegionClients) -> None:
    with pytest.raises(RepositoryMissing) as raised:
        ecr_images.find_image(ecr, parse_image(f"{ECR}/team/wbe:1.4.2"))
    with pytest.raises(RepositoryMissing):
        ecr_images.list_recent_tags(ecr, parse_image(f"{ECR}/team/wbe:1.4.2"))

    assert raised.value.message == (
        f"ECR has no repository `team/wbe` in account 123456789012 (eu-west-1), so there is no image "
        f"`{ECR}/team/wbe:1.4.2`. Nothing was registered. Check the image in the task definition, or create "
        "the repository."
    )


def test_the_registry_is_asked_in_its_own_region(moto_region: RegionClients) -> None:
    far = moto_region.in_region("us-east-1")
    far.ecr.create_repository(repositoryName="web")
    digest = push(far, "web", "1.4.2")

    found = ecr_images.find_image(
        moto_region, parse_image("123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.4.2")
    )

    assert found is not None
    assert found.digest == digest


def test_only_private_ecr_can_be_checked() -> None:
    assert ecr_images.is_in_ecr(WEB)
    assert not ecr_images.is_in_ecr(parse_image("public.ecr.aws/envoy/envoy:v1.30"))
    assert not ecr_images.is_in_ecr(parse_image("nginx:1.27"))


def test_asking_another_registry_is_a_mistake_of_the_caller(region: RegionClients, aws: FakeAws) -> None:
    with pytest.raises(ValueError, match="is_in_ecr"):
        ecr_images.find_image(region, parse_image("nginx:1.27"))
    with pytest.raises(ValueError, match="is_in_ecr"):
        ecr_images.list_recent_tags(region, parse_image("nginx:1.27"))
    assert aws.requests == []


def image(number: int, *tags: str) -> Body:
    pushed = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    return {"imageDigest": f"sha256:{number:064}", "imageTags": tags, "imagePushedAt": pushed.timestamp()}


def test_the_recent_tags_are_those_pushed_last_over_all_pages(aws: FakeAws, region: RegionClients) -> None:
    pages: list[Body] = [
        {"imageDetails": [image(3, "1.3"), image(9, "1.9", "latest"), image(1, "1.1")], "nextToken": "more"},
        {"imageDetails": [image(7, "1.7"), image(8, "1.8"), image(2, "1.2")]},
    ]
    aws.respond_with("DescribeImages", lambda asked: pages[1 if asked.get("nextToken") else 0])

    assert ecr_images.list_recent_tags(region, WEB) == ["1.9", "latest", "1.8", "1.7", "1.3"]
    assert ecr_images.list_recent_tags(region, WEB, count=1) == ["1.9"]
    assert aws.request_bodies("DescribeImages")[0] == {
        "registryId": "123456789012",
        "repositoryName": "web",
        "filter": {"tagStatus": "TAGGED"},
        "maxResults": 1000,
    }


def test_a_repository_without_tags_has_no_recent_ones(ecr: RegionClients) -> None:
    assert ecr_images.list_recent_tags(ecr, WEB) == []


def test_what_ecr_refuses_is_not_taken_for_a_missing_image(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_error("DescribeImages", "AccessDeniedException", "no")
    with pytest.raises(AwsDenied):
        ecr_images.find_image(region, WEB)

    aws.respond_error("DescribeImages", "ThrottlingException", "slow")
    with pytest.raises(AwsUnavailable):
        ecr_images.find_image(region, WEB)


@pytest.mark.parametrize("status", PULLABLE_BY_STATUS)
def test_an_image_in_the_archive_is_refused_as_no_task_can_pull_it(
    aws: FakeAws, region: RegionClients, status: str
) -> None:
    detail = {"imageDigest": f"sha256:{'a' * 64}", "imageTags": ["1.4.2"], "imageStatus": status}
    aws.respond_with("DescribeImages", {"imageDetails": [detail]})

    if PULLABLE_BY_STATUS[status]:
        assert ecr_images.find_image(region, WEB) is not None
    else:
        with pytest.raises(ImageArchived, match=f"is in ECR's archive \\({status}\\)"):
            ecr_images.find_image(region, WEB)


@pytest.mark.parametrize(
    ("prefixes", "pulled"),
    [
        (["web"], True),
        (["web/app"], True),
        (["other", "ROOT"], True),
        (["we"], False),
        (["web/app/image"], False),
        (["other"], False),
        ([], False),
    ],
)
def test_a_cache_rule_is_about_the_repositories_below_its_prefix(
    aws: FakeAws, region: RegionClients, prefixes: list[str], pulled: bool
) -> None:
    """Each rule on a page of its own."""

    def page(body: Body) -> Body:
        index = int(body.get("nextToken", 0))
        rules = [{"ecrRepositoryPrefix": prefix} for prefix in prefixes[index : index + 1]]
        more = {"nextToken": str(index + 1)} if index + 1 < len(prefixes) else {}
        return {"pullThroughCacheRules": rules, **more}

    aws.respond_with("DescribePullThroughCacheRules", page)

    assert ecr_images.is_pulled_through(region, parse_image(f"{ECR}/web/app/image:1")) is pulled
    assert {body["registryId"] for body in aws.request_bodies("DescribePullThroughCacheRules")} == {
        "123456789012"
    }
