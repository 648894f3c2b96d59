"""Why an image could not be pulled (`CannotPullContainerError`).

The words are those of Docker, containerd and the agents (ECS developer guide, "CannotPullContainer task
errors").
"""

from __future__ import annotations

from workers.ecs.causes import Topic
from workers.ecs.signs import DENIED, MISSING, UNREACHABLE, WAY_OUT, Sign, first

_LEAD = "the image could not be pulled"
_UNREACHED = f": its registry cannot be reached. {WAY_OUT}"


def _sign(words: tuple[str, ...], rest: str) -> Sign:
    return Sign(words, f"{_LEAD}{rest}", Topic.IMAGE)


_SIGNS = (
    _sign(
        ("toomanyrequests", "too many requests", "rate limit"),
        ": the registry's rate limit is reached. Log in to that registry, or mirror the image to ECR.",
    ),
    _sign(
        ("descriptor matching platform", "no matching manifest", "no match for platform"),
        ": it was not built for this CPU or system. Build it for the platform in the task definition.",
    ),
    _sign(
        ("no space left",),
        ": the disk is full. Give the task more ephemeral storage, or its instance a larger volume.",
    ),
    _sign(
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
    _sign(
        ("repository does not exist or may require", "insufficient_scope"),
        ": there is no such repository, or it asks for a login. Check `image` and `repositoryCredentials` in "
        "the task definition.",
    ),
    _sign(
        (*DENIED, "denied:", "no basic auth credentials", "authentication required", "has the permissions"),
        ": its registry does not allow it. Check the execution role and the repository's policy.",
    ),
    _sign(("connection issue", "check your network configuration", "nil pointer dereference"), _UNREACHED),
    _sign(
        ("manifest unknown", *MISSING),
        ": it is not there. Push it, or deploy a tag that exists.",
    ),
    _sign(
        ("invalid reference", "could not parse reference", "repository name must"),
        ": its name is not valid. Check `image` in the task definition.",
    ),
    _sign(
        ("x509", "certificate", "tls: "),
        ": the certificate of its registry is not trusted. Check the registry's address and certificate.",
    ),
    _sign(UNREACHABLE, _UNREACHED),
    _sign((), "."),
)


def not_pulled(reason: str) -> Sign | None:
    """reason: in lower case."""
    return first(_SIGNS, reason) if "cannotpull" in reason else None
