"""Image references: parses and changes them, and finds out which ECR repository they are in."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NamedTuple

from deploys.errors import ImageUnreadable
from deploys.mrkdwn import escape

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])"
_REGISTRY = re.compile(rf"{_HOST}(?::[0-9]+)?")
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")

_AWS_SUFFIXES = (
    "amazonaws.com",
    "on.aws",
    "amazonaws.com.cn",
    "on.amazonwebservices.com.cn",
    "amazonaws.eu",
    "on.amazonwebservices.eu",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
)
"""Domains of AWS's partitions (botocore's partitions.json), and those of ECR's dual-stack hosts."""

_ECR_HOST = re.compile(
    r"(?P<account>[0-9]{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\."
    rf"(?:{'|'.join(re.escape(suffix) for suffix in _AWS_SUFFIXES)})"
)


@dataclass(frozen=True)
class ImageReference:
    """The parts of an image reference. No default is filled in, so `str` returns exactly what was parsed."""

    registry: str
    """Host, with its port if it has one. Empty: Docker Hub."""
    repository: str
    tag: str | None = None
    digest: str | None = None
    """`sha256:...`; if there is one, the container runtime pulls by it and not by the tag."""

    def __str__(self) -> str:
        registry = f"{self.registry}/" if self.registry else ""
        tag = f":{self.tag}" if self.tag is not None else ""
        digest = f"@{self.digest}" if self.digest is not None else ""
        return f"{registry}{self.repository}{tag}{digest}"

    def with_tag(self, tag: str) -> ImageReference:
        """The same image with this tag. The digest is dropped, because it would win over the tag.

        Raises ImageUnreadable if this cannot be a tag.
        """
        if not _TAG.fullmatch(tag):
            raise ImageUnreadable(image=escape(f"{self.registry}/{self.repository}:{tag}".lstrip("/")))
        return replace(self, tag=tag, digest=None)

    def with_digest(self, digest: str) -> ImageReference:
        """The same image with only this digest: ECS documents `repository@digest`, without a tag."""
        return replace(self, tag=None, digest=digest)

    def same_repository(self, other: ImageReference) -> bool:
        """Whether both are versions of one image."""
        return (self.registry, self.repository) == (other.registry, other.repository)


def repository_name(image: str) -> str:
    """Registry and repository of an image reference; a reference that cannot be read is returned as it is."""
    try:
        reference = parse_image(image)
    except ImageUnreadable:
        return image
    return "/".join(filter(None, (reference.registry, reference.repository)))


def parse_image(reference: str) -> ImageReference:
    """Splits an image reference into its parts.

    The first part is a registry if it has a dot or a port, or is `localhost`; a colon in it begins a port,
    not a tag. This is the rule of the container runtimes (github.com/distribution/reference).

    Raises ImageUnreadable.
    """
    rest, at, digest = reference.partition("@")
    registry, slash, path = rest.partition("/")
    if not slash or not (registry == "localhost" or "." in registry or ":" in registry):
        registry, path = "", rest
    repository, colon, tag = path.partition(":")
    readable = (
        (not registry or _REGISTRY.fullmatch(registry))
        and _REPOSITORY.fullmatch(repository)
        and (not colon or _TAG.fullmatch(tag))
        and (not at or _DIGEST.fullmatch(digest))
    )
    if not readable:
        raise ImageUnreadable(image=escape(reference))
    return ImageReference(registry, repository, tag if colon else None, digest if at else None)


class EcrRepository(NamedTuple):
    """A repository in a private ECR registry."""

    account: str
    region: str
    name: str


def find_ecr_repository(reference: ImageReference) -> EcrRepository | None:
    """The image's repository if it is in a private ECR registry; else None."""
    host = _ECR_HOST.fullmatch(reference.registry)
    return EcrRepository(host["account"], host["region"], reference.repository) if host else None
