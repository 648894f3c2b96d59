"""Container images: where they are found, and how their containers behave.

The end of the tag decides the behaviour, so a demo or a test chooses it with the tag that it deploys.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import Enum

from moto.ecr.models import Image as EcrImage
from moto.ecr.models import ecr_backends

from sandbox.ecs.aws_services.pull_through_cache import PullThroughRules

_ECR_REGISTRY = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")

PUBLIC_TAGS = {"public.ecr.aws/envoy/envoy": frozenset({"v1.29", "v1.30", "v1.31"})}
"""Public repositories with a fixed set of tags. In any other public repository every tag exists."""


class ImageBehaviour(Enum):
    GOOD = "good"
    CRASH = "crash"
    """It starts, writes a few lines and exits 1 before a health check passes."""
    UNHEALTHY = "unhealthy"
    """It runs, but no health check ever passes."""
    SLOW = "slow"
    """It works after a long pull and a long start."""
    NOROOM = "noroom"
    """ECS cannot place any task of it."""
    MISSING = "missing"
    """The image cannot be pulled."""


_BEHAVIOURS_BY_SUFFIX = (
    ImageBehaviour.CRASH,
    ImageBehaviour.UNHEALTHY,
    ImageBehaviour.SLOW,
    ImageBehaviour.NOROOM,
)
BEHAVIOUR_SUFFIXES = tuple(f"-{behaviour.value}" for behaviour in _BEHAVIOURS_BY_SUFFIX)


@dataclass(frozen=True, slots=True)
class ParsedImage:
    """An image reference in its parts. `tag` is None if there is only a digest."""

    registry: str
    repository: str
    tag: str | None
    digest: str | None

    @classmethod
    def parse(cls, text: str) -> ParsedImage:
        name, _, digest = text.partition("@")
        registry, slash, path = name.partition("/")
        if not slash or not ("." in registry or ":" in registry or registry == "localhost"):
            registry, path = "docker.io", name
        repository, colon, tag = path.partition(":")
        if not colon:
            tag = "" if digest else "latest"
        return cls(registry, repository, tag or None, digest or None)


@dataclass(frozen=True, slots=True)
class ResolvedImage:
    behaviour: ImageBehaviour
    digest: str | None = None


class EcrImages:
    """Finds images in the region's ECR, and decides by itself what public registries have."""

    def __init__(self, account: str, region: str) -> None:
        self._registry = (account, region)
        self.pull_through = PullThroughRules(account, region)

    def resolve(self, image: str) -> ResolvedImage:
        reference = ParsedImage.parse(image)
        registry = _ECR_REGISTRY.fullmatch(reference.registry)
        if registry is None:
            return _resolve_public(reference)
        for stored in self._images_in_ecr(registry["account"], registry["region"], reference.repository):
            if reference.digest in (None, stored.image_digest) and (
                reference.tag is None or reference.digest or reference.tag in stored.image_tags
            ):
                tag = next(iter(stored.image_tags), "") if reference.digest else reference.tag
                return ResolvedImage(_behaviour_of_tag(tag or ""), stored.image_digest)
        return self._pull_through((registry["account"], registry["region"]), reference)

    def _pull_through(self, home: tuple[str, str], reference: ParsedImage) -> ResolvedImage:
        """The image that ECR fetches by a pull-through cache rule, and then keeps."""
        upstream = self.pull_through.upstream(reference.repository) if home == self._registry else None
        if upstream is None or reference.tag is None:
            return ResolvedImage(ImageBehaviour.MISSING)
        found = _resolve_public(ParsedImage.parse(f"{upstream}:{reference.tag}"))
        if found.digest is not None:
            self.pull_through.cache(reference.repository, reference.tag, found.digest)
        return found

    def _images_in_ecr(self, account: str, region: str, repository: str) -> list[EcrImage]:
        found = ecr_backends[account][region].repositories.get(repository)
        return found.images if found else []


def _behaviour_of_tag(tag: str) -> ImageBehaviour:
    return next((b for b in _BEHAVIOURS_BY_SUFFIX if tag.endswith(f"-{b.value}")), ImageBehaviour.GOOD)


def _resolve_public(reference: ParsedImage) -> ResolvedImage:
    name = f"{reference.registry}/{reference.repository}"
    known = PUBLIC_TAGS.get(name)
    if known is not None and reference.tag is not None and reference.tag not in known:
        return ResolvedImage(ImageBehaviour.MISSING)
    digest = reference.digest or f"sha256:{hashlib.sha256(f'{name}:{reference.tag}'.encode()).hexdigest()}"
    return ResolvedImage(_behaviour_of_tag(reference.tag or ""), digest)
