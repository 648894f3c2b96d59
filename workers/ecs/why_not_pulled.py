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
        (*DENIED, "denied:", "no basic auth credentials", "authentication required"),
        ": its registry does not allow it. Check the execution role and the repository's policy.",
    ),
    _sign(("connection issue",), _UNREACHED),
    _sign(
        ("manifest unknown", *MISSING),
        ": it is not there. Push it, or deploy a tag that exists.",
    ),
    _sign(
        ("no space left",),
        ": the disk is full. Give the task more ephemeral storage, or its instance a larger volume.",
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
    _sign((), ". Check that it exists and that the execution role may pull it."),
)


def not_pulled(reason: str) -> Sign | None:
    """reason: in lower case."""
    return first(_SIGNS, reason) if "cannotpull" in reason else None
