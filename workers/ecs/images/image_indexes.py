"""Whether two digests mean the same image, also for multi-architecture images.

The digest of a multi-architecture image is that of its index, which lists a manifest for each platform. ECS
reports the digest by which the image was pulled: that of the index (amazon-ecs-agent pull requests 2201 and
3576). ECR has a digest for each manifest as well. So the digest of a manifest in an index means the same
image as the index.
"""

from __future__ import annotations

import json
from typing import Any

from deploys.errors import AwsRefused
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.error_translation import aws_call
from workers.ecs.images.image_reference import EcrRepository, ImageReference, find_ecr_repository

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
"""Annotation of a manifest that is not an image but an attestation: BuildKit's description of the build."""


def is_same_image(
    region: RegionClients, reference: ImageReference, approved: str, running: str
) -> bool | None:
    """Whether the digest `running` means the image `approved`, or a part of it. None if it cannot be known,
    because the repository does not have the approved image any more.

    reference: any image of the ECR repository that both digests are from.

    Raises the errors of `aws_call`: AwsDenied if an index has to be read and may not be.
    """
    if approved == running:
        return True
    repository = find_ecr_repository(reference)
    if repository is None:
        return False
    approved_digests = read_platform_digests(region, repository, approved)
    if approved_digests is None:
        return None
    return (read_platform_digests(region, repository, running) or {running}) <= approved_digests


def read_platform_digests(
    region: RegionClients, repository: EcrRepository, digest: str
) -> frozenset[str] | None:
    """The digests of the manifests in an index; for a manifest, its own digest. None if the repository does
    not have it.

    Raises the errors of `aws_call`.
    """
    try:
        with aws_call("ecr:DescribeImages"):
            described = region.in_region(repository.region).ecr.describe_images(
                registryId=repository.account,
                repositoryName=repository.name,
                imageIds=[{"imageDigest": digest}],
            )["imageDetails"]
    except AwsRefused as error:
        if error.facts["code"] in ("ImageNotFoundException", "RepositoryNotFoundException"):
            return None
        raise
    if not described:
        return None
    if described[0].get("imageManifestMediaType") in MANIFEST_MEDIA_TYPES:
        return frozenset({digest})
    return list_platform_digests(read_manifest(region, repository, digest)) or frozenset({digest})


def list_platform_digests(manifest: dict[str, Any]) -> frozenset[str]:
    """The digests of the images that an index lists; empty for anything else. Pure."""
    return frozenset(
        each["digest"]
        for each in manifest.get("manifests") or ()
        if _ATTESTATION_ANNOTATION not in (each.get("annotations") or {})
    )


def read_manifest(region: RegionClients, repository: EcrRepository, digest: str) -> dict[str, Any]:
    """The manifest or index with this digest; empty if the repository does not have it.

    Raises the errors of `aws_call`.
    """
    with aws_call("ecr:BatchGetImage"):
        images = region.in_region(repository.region).ecr.batch_get_image(
            registryId=repository.account,
            repositoryName=repository.name,
            imageIds=[{"imageDigest": digest}],
            acceptedMediaTypes=[*INDEX_MEDIA_TYPES, *MANIFEST_MEDIA_TYPES],
        )["images"]
    manifest = json.loads(images[0]["imageManifest"]) if images else {}
    return manifest if isinstance(manifest, dict) else {}
