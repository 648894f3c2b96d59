"""Container images: where they are found, and how a container made from one behaves.

The behaviour goes by the end of the tag, so a demo or a test chooses it by choosing what to deploy.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import Enum

from moto.ecr.models import Image as EcrImage
from moto.ecr.models import ecr_backends

from sandbox.ecs.pull_through import Rules

_ECR_REGISTRY = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")

PUBLIC_TAGS = {"public.ecr.aws/envoy/envoy": frozenset({"v1.29", "v1.30", "v1.31"})}
"""Public repositories whose tags are known here; of any other public image every tag exists."""


class Behaviour(Enum):
    GOOD = "good"
    CRASH = "crash"
    """Starts, writes a few lines and exits 1 before any health check has passed."""
    UNHEALTHY = "unhealthy"
    """Runs, and no health check ever passes."""
    SLOW = "slow"
    """Good, after a long pull and a long start."""
    NOROOM = "noroom"
    """No task of it can be placed."""
    MISSING = "missing"
    """The image cannot be pulled."""


_BY_SUFFIX = (Behaviour.CRASH, Behaviour.UNHEALTHY, Behaviour.SLOW, Behaviour.NOROOM)
SUFFIXES = tuple(f"-{behaviour.value}" for behaviour in _BY_SUFFIX)


@dataclass(frozen=True, slots=True)
class Reference:
    """An image reference in its parts; `tag` is None when a digest stands alone."""

    registry: str
    repository: str
    tag: str | None
    digest: str | None

    @classmethod
    def parse(cls, text: str) -> Reference:
        name, _, digest = text.partition("@")
        registry, slash, path = name.partition("/")
        if not slash or not ("." in registry or ":" in registry or registry == "localhost"):
            registry, path = "docker.io", name
        repository, colon, tag = path.partition(":")
        if not colon:
            tag = "" if digest else "latest"
        return cls(registry, repository, tag or None, digest or None)


@dataclass(frozen=True, slots=True)
class FoundImage:
    behaviour: Behaviour
    digest: str | None = None


class Images:
    """Looks images up in the region's ECR, and answers for public registries out of hand."""

    def __init__(self, account: str, region: str) -> None:
        self._home = (account, region)
        self.pull_through = Rules(account, region)

    def find(self, image: str) -> FoundImage:
        reference = Reference.parse(image)
        registry = _ECR_REGISTRY.fullmatch(reference.registry)
        if registry is None:
            return _find_public(reference)
        for stored in self._stored(registry["account"], registry["region"], reference.repository):
            if reference.digest in (None, stored.image_digest) and (
                reference.tag is None or reference.digest or reference.tag in stored.image_tags
            ):
                tag = next(iter(stored.image_tags), "") if reference.digest else reference.tag
                return FoundImage(_behaviour(tag or ""), stored.image_digest)
        return self._fetched((registry["account"], registry["region"]), reference)

    def _fetched(self, home: tuple[str, str], reference: Reference) -> FoundImage:
        """What ECR fetches from elsewhere by a pull-through cache rule, and keeps."""
        upstream = self.pull_through.upstream(reference.repository) if home == self._home else None
        if upstream is None or reference.tag is None:
            return FoundImage(Behaviour.MISSING)
        found = _find_public(Reference.parse(f"{upstream}:{reference.tag}"))
        if found.digest is not None:
            self.pull_through.cache(reference.repository, reference.tag, found.digest)
        return found

    def _stored(self, account: str, region: str, repository: str) -> list[EcrImage]:
        found = ecr_backends[account][region].repositories.get(repository)
        return found.images if found else []


def _behaviour(tag: str) -> Behaviour:
    return next((b for b in _BY_SUFFIX if tag.endswith(f"-{b.value}")), Behaviour.GOOD)


def _find_public(reference: Reference) -> FoundImage:
    name = f"{reference.registry}/{reference.repository}"
    known = PUBLIC_TAGS.get(name)
    if known is not None and reference.tag is not None and reference.tag not in known:
        return FoundImage(Behaviour.MISSING)
    digest = reference.digest or f"sha256:{hashlib.sha256(f'{name}:{reference.tag}'.encode()).hexdigest()}"
    return FoundImage(_behaviour(reference.tag or ""), digest)
