"""ECR: its tags, and how their images behave."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.ecs import EcsSandbox
from sandbox.ecs.aws_services.ecr_images import EcrImages, ImageBehaviour, ParsedImage
from tests.sandbox.ecs.model_checks import check_responses

TAGS = {
    "1.4.0",
    "1.4.1",
    "1.4.2",
    "1.5.0",
    "1.5.0-crash",
    "1.5.0-unhealthy",
    "1.5.0-slow",
    "1.5.0-noroom",
}


UPSTREAM = {"ecrRepositoryPrefix": "public", "upstreamRegistryUrl": "public.ecr.aws"}


@pytest.fixture
def ecr(ecs: EcsSandbox) -> Any:
    return check_responses(ecs.client("ecr"))


def test_each_repository_has_every_tag_with_a_digest_of_its_own(ecr: Any) -> None:
    repositories = {r["repositoryName"] for r in ecr.describe_repositories()["repositories"]}
    assert repositories == {"web", "api", "ledger", "billing", "site", "shop"}

    digests = set()
    for repository in repositories:
        details = ecr.describe_images(repositoryName=repository)["imageDetails"]
        assert {tag for image in details for tag in image["imageTags"]} == TAGS
        digests |= {image["imageDigest"] for image in details}
        assert all(image["imageSizeInBytes"] > 1_000_000 for image in details)
    assert len(digests) == len(TAGS) * 6


def test_the_newest_tags_are_the_good_ones(ecr: Any) -> None:
    details = ecr.describe_images(repositoryName="web")["imageDetails"]

    newest = sorted(details, key=lambda image: image["imagePushedAt"], reverse=True)

    assert [image["imageTags"][0] for image in newest[:2]] == ["1.5.0", "1.4.2"]
    assert newest[-1]["imageTags"] == ["1.4.0"]


def test_a_tag_is_found_in_every_way_of_asking(ecr: Any) -> None:
    wanted = [{"imageTag": "1.4.2"}]
    (detail,) = ecr.describe_images(repositoryName="web", imageIds=wanted)["imageDetails"]

    (image,) = ecr.batch_get_image(repositoryName="web", imageIds=wanted)["images"]
    assert image["imageId"]["imageDigest"] == detail["imageDigest"]
    listed = {i["imageTag"]: i["imageDigest"] for i in ecr.list_images(repositoryName="web")["imageIds"]}
    assert listed["1.4.2"] == detail["imageDigest"]


def test_a_tag_that_is_not_there(ecr: Any) -> None:
    with pytest.raises(ClientError) as missing:
        ecr.describe_images(repositoryName="web", imageIds=[{"imageTag": "9.9.9"}])
    assert missing.value.response["Error"]["Code"] == "ImageNotFoundException"

    answer = ecr.batch_get_image(repositoryName="web", imageIds=[{"imageTag": "9.9.9"}])
    assert answer["failures"][0]["failureCode"] == "ImageNotFound"

    with pytest.raises(ClientError) as unknown:
        ecr.describe_images(repositoryName="nothing", imageIds=[{"imageTag": "1.4.2"}])
    assert unknown.value.response["Error"]["Code"] == "RepositoryNotFoundException"


def test_an_image_behaves_by_its_tag_however_it_is_named(ecs: EcsSandbox) -> None:
    images = EcrImages("123456789012", "eu-west-1")
    repository = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web"
    crashing = images.resolve(f"{repository}:1.5.0-crash")

    assert crashing.behaviour is ImageBehaviour.CRASH
    assert images.resolve(f"{repository}@{crashing.digest}") == crashing
    assert images.resolve(f"{repository}:1.5.0-crash@{crashing.digest}") == crashing
    assert images.resolve(f"{repository}:moved-since@{crashing.digest}") == crashing, "the digest decides"
    assert images.resolve(f"{repository}:1.4.2").behaviour is ImageBehaviour.GOOD
    assert images.resolve(f"{repository}:9.9.9").behaviour is ImageBehaviour.MISSING
    assert images.resolve(f"{repository}@sha256:{'0' * 64}").behaviour is ImageBehaviour.MISSING
    assert images.resolve(f"{repository}-else:1.4.2").behaviour is ImageBehaviour.MISSING
    assert images.resolve("public.ecr.aws/envoy/envoy:v1.30").behaviour is ImageBehaviour.GOOD
    assert images.resolve("public.ecr.aws/envoy/envoy:1.4.2").behaviour is ImageBehaviour.MISSING
    assert images.resolve("busybox").behaviour is ImageBehaviour.GOOD


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("busybox", ("docker.io", "busybox", "latest", None)),
        ("library/redis:7", ("docker.io", "library/redis", "7", None)),
        ("registry:5000/app", ("registry:5000", "app", "latest", None)),
        ("localhost/app:1", ("localhost", "app", "1", None)),
        ("ghcr.io/team/app:1@sha256:ab", ("ghcr.io", "team/app", "1", "sha256:ab")),
        ("ghcr.io/team/app@sha256:ab", ("ghcr.io", "team/app", None, "sha256:ab")),
    ],
)
def test_references_are_read(text: str, expected: tuple[str | None, ...]) -> None:
    reference = ParsedImage.parse(text)

    parts = (reference.registry, reference.repository, reference.tag, reference.digest)
    assert parts == expected


def test_an_image_below_a_cache_rule_is_there_once_it_was_pulled(ecs: EcsSandbox, ecr: Any) -> None:
    ecr.create_pull_through_cache_rule(**UPSTREAM)
    (rule,) = ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"]
    assert (rule["ecrRepositoryPrefix"], rule["upstreamRegistryUrl"]) == ("public", "public.ecr.aws")
    repository, wanted = "public/envoy/envoy", [{"imageTag": "v1.31"}]
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        ecr.describe_images(repositoryName=repository, imageIds=wanted)

    images, registry = ecs.region.images, "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    found = images.resolve(f"{registry}/{repository}:v1.31")

    assert found.behaviour is ImageBehaviour.GOOD
    (detail,) = ecr.describe_images(repositoryName=repository, imageIds=wanted)["imageDetails"]
    assert detail["imageDigest"] == found.digest
    assert images.resolve(f"{registry}/{repository}:v9").behaviour is ImageBehaviour.MISSING
    assert images.resolve(f"{registry}/other/envoy:v1.31").behaviour is ImageBehaviour.MISSING


def test_access_to_another_account_s_registry_is_denied(ecr: Any) -> None:
    with pytest.raises(ClientError) as raised:
        ecr.describe_images(registryId="210987654321", repositoryName="web")

    error = raised.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert error["Message"].endswith(
        "ecr:DescribeImages on resource: arn:aws:ecr:eu-west-1:210987654321:repository/web because no "
        "resource-based policy allows the ecr:DescribeImages action"
    )
