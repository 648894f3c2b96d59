"""Whether two digests mean one image, by what ECR says of each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploys.errors import AwsDenied, AwsUnavailable
from tests.workers.ecs.fake_aws import Body, FakeAws
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.images.image_indexes import INDEX_MEDIA_TYPES, MANIFEST_MEDIA_TYPES, is_same_image
from workers.ecs.images.image_reference import parse_image

WEB = parse_image("123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1.4.2")
ONE, TWO, AMD, ARM, OTHER = (f"sha256:{letter * 64}" for letter in "1234f")
INDEX, SINGLE = INDEX_MEDIA_TYPES[0], MANIFEST_MEDIA_TYPES[0]


def an_index(*digests: str) -> Body:
    attestation = {"digest": OTHER, "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    return {"mediaType": INDEX, "manifests": [*({"digest": each} for each in digests), attestation]}


@pytest.fixture
def ecr(aws: FakeAws) -> dict[str, tuple[str, Body]]:
    """A repository: media type and manifest by digest. A test fills it."""
    stored: dict[str, tuple[str, Body]] = {}

    def describe(body: Body) -> Body:
        digest = body["imageIds"][0]["imageDigest"]
        found = stored.get(digest)
        more = {"imageManifestMediaType": found[0]} if found and found[0] else {}
        return {"imageDetails": [{"imageDigest": digest, **more}] if found else []}

    def read(body: Body) -> Body:
        digest = body["imageIds"][0]["imageDigest"]
        assert set(body["acceptedMediaTypes"]) == {*INDEX_MEDIA_TYPES, *MANIFEST_MEDIA_TYPES}
        manifest = json.dumps(stored[digest][1])
        return {"images": [{"imageManifest": manifest}], "failures": []}

    aws.respond_with("DescribeImages", describe)
    aws.respond_with("BatchGetImage", read)
    return stored


@pytest.mark.parametrize("media_type", [*INDEX_MEDIA_TYPES, ""])
@pytest.mark.parametrize(
    ("approved", "seen", "same"),
    [
        (an_index(AMD, ARM), AMD, True),
        (an_index(AMD, ARM), ARM, True),
        (an_index(AMD, ARM), an_index(AMD), True),
        (an_index(AMD, ARM), an_index(ARM, AMD), True),
        (an_index(AMD, ARM), an_index(AMD, OTHER), False),
        (an_index(AMD), TWO, False),
        (an_index(AMD, ARM), OTHER, False),
        (AMD, an_index(AMD), True),
        (AMD, an_index(AMD, ARM), False),
        (AMD, ARM, False),
    ],
)
def test_a_digest_is_part_of_an_image(
    ecr: dict[str, tuple[str, Body]],
    region: RegionClients,
    media_type: str,
    approved: Any,
    seen: Any,
    same: bool,
) -> None:
    """Media type empty: ECR does not say."""

    def stored(content: Any, name: str) -> str:
        if isinstance(content, str):
            ecr[content] = (media_type and SINGLE, {"layers": []})
            return content
        ecr[name] = (media_type, content)
        return name

    assert is_same_image(region, WEB, stored(approved, ONE), stored(seen, TWO)) is same


def test_equal_digests_are_asked_of_nobody(aws: FakeAws, region: RegionClients) -> None:
    assert is_same_image(region, WEB, ONE, ONE) is True
    assert is_same_image(region, parse_image("docker.io/library/web:1"), ONE, TWO) is False
    assert aws.requests == []


def test_images_for_one_platform_need_no_manifest(
    aws: FakeAws, ecr: dict[str, tuple[str, Body]], region: RegionClients
) -> None:
    ecr |= {ONE: (SINGLE, {}), TWO: (SINGLE, {})}

    assert is_same_image(region, WEB, ONE, TWO) is False
    assert aws.request_bodies("BatchGetImage") == []


def test_what_ecr_does_not_have_stands_for_itself(
    ecr: dict[str, tuple[str, Body]], aws: FakeAws, region: RegionClients
) -> None:
    ecr[ONE] = (SINGLE, {})
    assert is_same_image(region, WEB, ONE, TWO) is False
    assert is_same_image(region, WEB, TWO, ONE) is None

    aws.respond_error("DescribeImages", "ImageNotFoundException")
    assert is_same_image(region, WEB, TWO, ONE) is None


def test_an_index_that_may_not_be_read_is_no_answer(
    ecr: dict[str, tuple[str, Body]], aws: FakeAws, region: RegionClients
) -> None:
    ecr |= {ONE: (INDEX, an_index(AMD)), AMD: (SINGLE, {})}
    aws.respond_error("BatchGetImage", "AccessDeniedException", "no")
    with pytest.raises(AwsDenied):
        is_same_image(region, WEB, ONE, AMD)

    aws.respond_error("DescribeImages", "ThrottlingException", "Rate exceeded")
    with pytest.raises(AwsUnavailable):
        is_same_image(region, WEB, ONE, AMD)
