"""Why an image could not be pulled (`CannotPullContainerError`).

The phrases are those of Docker, containerd and ECS's agents (ECS developer guide, "CannotPullContainer task
errors").
"""

from __future__ import annotations

from workers.ecs.reasons.reason_patterns import (
    CHECK_NETWORK_PATH,
    DENIED_PHRASES,
    MISSING_PHRASES,
    UNREACHABLE_PHRASES,
    ReasonPattern,
    Topic,
    find_pattern,
)

_LEAD = "the image could not be pulled"
_REGISTRY_UNREACHABLE = f": its registry cannot be reached. {CHECK_NETWORK_PATH}"


def _pattern(words: tuple[str, ...], rest: str) -> ReasonPattern:
    return ReasonPattern(words, f"{_LEAD}{rest}", Topic.IMAGE)


_PATTERNS = (
    _pattern(
        ("toomanyrequests", "too many requests", "rate limit"),
        ": the registry's rate limit is reached. Log in to that registry, or mirror the image to ECR.",
    ),
    _pattern(
        ("descriptor matching platform", "no matching manifest", "no match for platform"),
        ": it was not built for this CPU or system. Build it for the platform in the task definition.",
    ),
    _pattern(
        ("no space left",),
        ": the disk is full. Give the task more ephemeral storage, or its instance a larger volume.",
    ),
    _pattern(
        (
            "failed to extract layer",
            "failed to register layer",
            "failed to unpack image",
            "applylayer",
            "invalid tar header",
            "layer verification failed",
            "mismatched image rootfs",
        ),
        ": one of its layers could not be unpacked. Build and push it again, and see whether the disk is "
        "full; if it fails on one instance only, replace that instance.",
    ),
    _pattern(
        ("repository does not exist or may require", "insufficient_scope"),
        ": there is no such repository, or it asks for a login. Check `image` and `repositoryCredentials` in "
        "the task definition.",
    ),
    _pattern(
        (
            *DENIED_PHRASES,
            "denied:",
            "no basic auth credentials",
            "authentication required",
            "has the permissions",
        ),
        ": its registry does not allow it. Check the execution role and the repository's policy.",
    ),
    _pattern(
        ("connection issue", "check your network configuration", "nil pointer dereference"),
        _REGISTRY_UNREACHABLE,
    ),
    _pattern(
        ("manifest unknown", *MISSING_PHRASES),
        ": it is not there. Push it, or deploy a tag that exists.",
    ),
    _pattern(
        ("invalid reference", "could not parse reference", "repository name must"),
        ": its name is not valid. Check `image` in the task definition.",
    ),
    _pattern(
        ("x509", "certificate", "tls: "),
        ": the certificate of its registry is not trusted. Check the registry's address and certificate.",
    ),
    _pattern(UNREACHABLE_PHRASES, _REGISTRY_UNREACHABLE),
    _pattern((), "."),
)


def match_image_pull(reason: str) -> ReasonPattern | None:
    """The pattern of a failed image pull that the reason matches; None if it is about something else.

    reason: in lower case.
    """
    return find_pattern(_PATTERNS, reason) if "cannotpull" in reason else None
