"""The repositories and tags of the region's ECR."""

from __future__ import annotations

import hashlib
import json
from functools import cache

from moto.ecr.models import ecr_backends

from sandbox.ecs.aws_services.ecr_images import BEHAVIOUR_SUFFIXES

REPOSITORIES = ("web", "api", "ledger", "billing", "site", "shop")
_DAYS_OLD = {"1.4.0": 21.0, "1.4.1": 14.0, "1.4.2": 3.0, "1.5.0": 1.0}
_FAILING_DAYS_OLD = 7.0
TAGS = (*_DAYS_OLD, *(f"1.5.0{suffix}" for suffix in BEHAVIOUR_SUFFIXES))
_MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json"


def image_uri(account: str, region: str, repository: str, tag: str) -> str:
    return f"{account}.dkr.ecr.{region}.amazonaws.com/{repository}:{tag}"


def push_images(account: str, region: str, now: float) -> None:
    """Push every tag to every repository, each with its own digest, some days before `now`."""
    ecr = ecr_backends[account][region]
    for repository in REPOSITORIES:
        ecr.create_repository(repository, None, {}, {}, "IMMUTABLE", [])
        for age, tag in enumerate(TAGS):
            manifest, digest = _manifest(repository, tag)
            pushed = ecr.put_image(repository, manifest, tag, _MEDIA_TYPE, digest)
            days = _DAYS_OLD.get(tag, _FAILING_DAYS_OLD + age / 24)
            pushed.image_pushed_at = int(now - days * 86_400)


@cache
def _manifest(repository: str, tag: str) -> tuple[str, str]:
    """The manifest and its digest."""

    def layer(part: str, size: int) -> dict[str, object]:
        digest = hashlib.sha256(f"{repository}:{tag}:{part}".encode()).hexdigest()
        return {"digest": f"sha256:{digest}", "size": size, "mediaType": f"{_MEDIA_TYPE}.{part}"}

    megabytes = 40 + int(hashlib.sha256(f"{repository}:{tag}".encode()).hexdigest()[:2], 16) / 10
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": _MEDIA_TYPE,
            # moto gives the size of the config as the size of the image
            "config": layer("config", int(megabytes * 1_000_000)),
            "layers": [layer("base", 28_000_000), layer("app", int((megabytes - 28) * 1_000_000))],
        }
    )
    return manifest, f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
