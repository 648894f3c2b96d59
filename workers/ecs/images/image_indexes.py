"""Whether two digests mean the same image.

The digest of a multi-architecture image is that of its index, which lists a manifest for each platform. ECS
reports the digest that was pulled by: the index's (amazon-ecs-agent pull requests 2201 and 3576), while ECR
has a digest for each of the manifests too. So a digest that belongs to an index is that image, not another.
"""

from __future__ import annotations

import json
from typing import Any

from deploys.errors import AwsRefused
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.error_translation import aws_call
from workers.ecs.images.image_reference import ImageReference, find_ecr_repository

INDEX_MEDIA_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
"""Media types of indexes (OCI image and Docker distribution specifications)."""
MANIFEST_MEDIA_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.v1+json",
)
"""Media types of manifests of an image for one platform."""

_ATTESTATION_ANNOTATION = "vnd.docker.reference.type"
"""Annotation of a manifest in an index that is no image: what BuildKit says of how one was built."""


def is_same_image(
    region: RegionClients, reference: ImageReference, approved: str, running: str
) -> bool | None:
    """Whether whatever `seen` stands for was part of `approved`: two digests of one ECR repository. None if
    the repository does not have the approved image any more, so that nobody can tell what was part of it.

    reference: any image of that repository.

    Raises the errors of `aws_call`: AwsDenied if an index has to be read and may not be.
    """
    if approved == running:
        return True
    home = find_ecr_repository(reference)
    if home is None:
        return False
    known = read_platform_digests(region, home, approved)
    return None if known is None else (read_platform_digests(region, home, running) or {running}) <= known


def read_platform_digests(
    region: RegionClients, repository_home: tuple[str, str, str], digest: str
) -> frozenset[str] | None:
    """Digests of the manifests that this digest stands for: those in the index, or itself. None if the
    repository does not have it.

    home: account, region and repository.

    Raises the errors of `aws_call`.
    """
    account, where, repository = repository_home
    try:
        with aws_call("ecr:DescribeImages"):
            described = region.in_region(where).ecr.describe_images(
                registryId=account, repositoryName=repository, imageIds=[{"imageDigest": digest}]
            )["imageDetails"]
    except AwsRefused as error:
        if error.facts["code"] in ("ImageNotFoundException", "RepositoryNotFoundException"):
            return None
        raise
    if not described:
        return None
    if described[0].get("imageManifestMediaType") in MANIFEST_MEDIA_TYPES:
        return frozenset({digest})
    return list_platform_digests(read_manifest(region, repository_home, digest)) or frozenset({digest})


def list_platform_digests(manifest: dict[str, Any]) -> frozenset[str]:
    """Digests of the images that an index lists; empty for what is no index. Pure."""
    return frozenset(
        each["digest"]
        for each in manifest.get("manifests") or ()
        if _ATTESTATION_ANNOTATION not in (each.get("annotations") or {})
    )


def read_manifest(
    region: RegionClients, repository_home: tuple[str, str, str], digest: str
) -> dict[str, Any]:
    """The manifest or index with this digest; empty if the repository does not have it.

    home: account, region and repository.

    Raises the errors of `aws_call`.
    """
    account, where, repository = repository_home
    with aws_call("ecr:BatchGetImage"):
        found = region.in_region(where).ecr.batch_get_image(
            registryId=account,
            repositoryName=repository,
            imageIds=[{"imageDigest": digest}],
            acceptedMediaTypes=[*INDEX_MEDIA_TYPES, *MANIFEST_MEDIA_TYPES],
        )["images"]
    manifest = json.loads(found[0]["imageManifest"]) if found else {}
    return manifest if isinstance(manifest, dict) else {}
