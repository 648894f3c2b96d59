"""Pushes to the sandbox's ECR as CI makes them, and the images that ECS then runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from deploys.catalogue.service import Pin
from deploys.records.deploy import Deploy
from deploys.records.rollout import ImageMatch
from tests.workers.engine_harness import EngineHarness

SERVICE_OF_EACH_STRATEGY = ("web", "site", "ledger")
"""A rolling, a native and a stop-start service."""
INDEX_MEDIA_TYPE = "application/vnd.oci.image.index.v1+json"
MANIFEST_MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"


def digest_of_tag(harness: EngineHarness, tag: str, repository: str = "web") -> str:
    """The digest that the tag points to now, according to ECR."""
    answer = harness.ecs.client("ecr").describe_images(
        repositoryName=repository, imageIds=[{"imageTag": tag}]
    )
    return str(answer["imageDetails"][0]["imageDigest"])


def move_tag(harness: EngineHarness, tag: str, like: str, repository: str = "web") -> str:
    """Moves a tag to another tag's image; returns the new digest. The previous image stays in ECR under
    another tag."""
    ecr = harness.ecs.client("ecr")
    ecr.put_image_tag_mutability(repositoryName=repository, imageTagMutability="MUTABLE")
    _put_tag(ecr, repository, like=tag, tag=f"before-{digest_of_tag(harness, like, repository)[7:15]}")
    ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": tag}])
    _put_tag(ecr, repository, like=like, tag=tag)
    return digest_of_tag(harness, tag, repository)


def add_tag(harness: EngineHarness, tag: str, like: str, repository: str = "web") -> str:
    """Adds a tag to an image; its digest."""
    _put_tag(harness.ecs.client("ecr"), repository, like=like, tag=tag)
    return digest_of_tag(harness, tag, repository)


def push_index(
    harness: EngineHarness, tag: str, *manifests: str, repository: str = "web", note: str = ""
) -> str:
    """Pushes a multi-architecture image of these manifests, with a BuildKit attestation; its digest."""
    attestation = {
        "digest": _sha256(f"attestation {note}"),
        "annotations": {"vnd.docker.reference.type": "x"},
    }
    listed = [{"mediaType": MANIFEST_MEDIA_TYPE, "digest": digest, "size": 1} for digest in manifests]
    content = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": INDEX_MEDIA_TYPE,
            "manifests": [*listed, {"mediaType": MANIFEST_MEDIA_TYPE, **attestation}],
        }
    )
    harness.ecs.client("ecr").put_image(
        repositoryName=repository, imageManifest=content, imageTag=tag, imageDigest=_sha256(content)
    )
    return _sha256(content)


def push_manifest(harness: EngineHarness, tag: str, content: str, repository: str = "web") -> str:
    """Pushes an image for one platform; its digest."""
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_MEDIA_TYPE,
            "config": {"digest": _sha256(f"config {content}"), "size": 40_000_000},
            "layers": [{"digest": _sha256(content), "size": 40_000_000}],
        }
    )
    harness.ecs.client("ecr").put_image(
        repositoryName=repository, imageManifest=manifest, imageTag=tag, imageDigest=_sha256(manifest)
    )
    return _sha256(manifest)


def request_by_tag(harness: EngineHarness, name: str, tag: str = "1.4.2", **service: Any) -> str:
    """`/deploy NAME TAG` with `pin: tag` and no approval; its id."""
    return harness.request_deploy(name, tag, **{"approvals": 0, "pin": Pin.TAG, **service})


def push_before_call(harness: EngineHarness, push: Callable[[], object], call: str = "UpdateService") -> None:
    """Calls `push` once, right before Slipway makes this call to ECS."""
    events = harness.engine._aws.region("eu-west-1").ecs.meta.events
    name = f"before-call.ecs.{call}"

    def once(**_: Any) -> None:
        events.unregister(name, once)
        push()

    events.register(name, once)


def running_digests(harness: EngineHarness, name: str) -> set[str]:
    ecs = harness.ecs_client
    arns = ecs.list_tasks(cluster="production", serviceName=name)["taskArns"]
    return {
        container["imageDigest"]
        for task in ecs.describe_tasks(cluster="production", tasks=arns)["tasks"]
        for container in task["containers"]
        if container["name"] == name
    }


def image_match(deploy: Deploy) -> ImageMatch | None:
    return deploy.rollout.running_images.match if deploy.rollout.running_images else None


def report_digests(digest: Any) -> Any:
    """Alters the digest that ECS reports for each container. `digest` maps the real one to the reported
    one."""

    def change(answer: dict[str, Any]) -> None:
        for task in answer["tasks"]:
            for container in task["containers"]:
                if "imageDigest" in container and (other := digest(container["imageDigest"])) is not None:
                    container["imageDigest"] = other
                else:
                    container.pop("imageDigest", None)

    return change


def _sha256(content: str) -> str:
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"


def _put_tag(ecr: Any, repository: str, like: str, tag: str) -> None:
    image = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": like}])["images"][0]
    ecr.put_image(repositoryName=repository, imageManifest=image["imageManifest"], imageTag=tag)
