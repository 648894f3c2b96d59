"""Pushes to the sandbox's ECR, as CI makes them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.workers.yard import Yard

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest_of(yard: Yard, tag: str, repository: str = "web") -> str:
    """What ECR says the tag points to now."""
    answer = yard.ecs.client("ecr").describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
    return str(answer["imageDetails"][0]["imageDigest"])


def push_again(yard: Yard, tag: str, like: str, repository: str = "web") -> str:
    """Moves a tag to the image of another one; the digest it points to now. The image before stays, as it
    does in ECR, under a tag of its own."""
    ecr = yard.ecs.client("ecr")
    ecr.put_image_tag_mutability(repositoryName=repository, imageTagMutability="MUTABLE")
    _tag(ecr, repository, like=tag, tag=f"before-{digest_of(yard, like, repository)[7:15]}")
    ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": tag}])
    _tag(ecr, repository, like=like, tag=tag)
    return digest_of(yard, tag, repository)


def tag_as(yard: Yard, tag: str, like: str, repository: str = "web") -> str:
    """One more tag for an image; its digest."""
    _tag(yard.ecs.client("ecr"), repository, like=like, tag=tag)
    return digest_of(yard, tag, repository)


def push_index(yard: Yard, tag: str, *manifests: str, repository: str = "web", note: str = "") -> str:
    """A multi-architecture image of these manifests, with what BuildKit says of its build; its digest."""
    attestation = {"digest": _sha(f"attestation {note}"), "annotations": {"vnd.docker.reference.type": "x"}}
    listed = [{"mediaType": MANIFEST, "digest": digest, "size": 1} for digest in manifests]
    content = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [*listed, {"mediaType": MANIFEST, **attestation}],
        }
    )
    yard.ecs.client("ecr").put_image(
        repositoryName=repository, imageManifest=content, imageTag=tag, imageDigest=_sha(content)
    )
    return _sha(content)


def push_manifest(yard: Yard, tag: str, content: str, repository: str = "web") -> str:
    """An image for one platform; its digest."""
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"digest": _sha(f"config {content}"), "size": 40_000_000},
            "layers": [{"digest": _sha(content), "size": 40_000_000}],
        }
    )
    yard.ecs.client("ecr").put_image(
        repositoryName=repository, imageManifest=manifest, imageTag=tag, imageDigest=_sha(manifest)
    )
    return _sha(manifest)


def _sha(content: str) -> str:
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"


def _tag(ecr: Any, repository: str, like: str, tag: str) -> None:
    image = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": like}])["images"][0]
    ecr.put_image(repositoryName=repository, imageManifest=image["imageManifest"], imageTag=tag)
