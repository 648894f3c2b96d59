"""Why what a task needs could not be set up: its login, secrets, logs, volumes, network or machine
(`ResourceInitializationError`).

The words are those of the agents (ECS developer guide, "ResourceInitializationError").
"""

from __future__ import annotations

from collections.abc import Sequence

from workers.ecs.causes import Topic
from workers.ecs.signs import DENIED, MISSING, UNREACHABLE, WAY_OUT, Sign, first, holds

_EITHER = "unable to pull secrets or registry auth"
"""Begins the message about either, so it tells nothing."""


def _sign(words: tuple[str, ...], sentence: str) -> Sign:
    return Sign(words, sentence, Topic.SET_UP)


_MACHINE = (
    Sign(
        (),
        "ECS could not launch an instance for it. Check the capacity provider, its infrastructure role and "
        "the account's EC2 limits.",
        Topic.ROOM,
    ),
)
_LOGGING = (
    _sign(("connection issue",), f"its log group cannot be reached. {WAY_OUT}"),
    _sign(
        DENIED,
        "its logs may not be written. Allow the execution role `logs:CreateLogStream` and "
        "`logs:PutLogEvents`, and `logs:CreateLogGroup` where the task definition asks for a new group.",
    ),
    _sign(
        (*MISSING, "resourcenotfound"),
        "its log group does not exist. Create it, or name one that exists in the task definition.",
    ),
    _sign(UNREACHABLE, f"its log group cannot be reached. {WAY_OUT}"),
    _sign(
        (),
        "its logging could not be set up. Check that the log group exists and that the execution role may "
        "write to it.",
    ),
)
_LOGIN = (
    _sign(
        DENIED,
        "the login to the image registry failed: ECR does not allow it. Allow the execution role "
        "`ecr:GetAuthorizationToken`.",
    ),
    _sign(UNREACHABLE, f"the login to the image registry failed: ECR cannot be reached. {WAY_OUT}"),
    _sign(
        (),
        "the login to the image registry failed. Check the execution role and the subnet's way to ECR (NAT "
        "or VPC endpoints).",
    ),
)
_SECRETS = (
    _sign(
        ("json key",),
        "one of its secrets has no such JSON key. Check `valueFrom` in the task definition against the "
        "secret.",
    ),
    _sign(
        (*DENIED, "access to kms"),
        "its secrets could not be fetched: the execution role may not read one of them. Allow it "
        "`secretsmanager:GetSecretValue` or `ssm:GetParameters`, and `kms:Decrypt` on a key of your own.",
    ),
    _sign(
        (*MISSING, "resourcenotfound", "invalid ssm parameters", "invalid parameters"),
        "its secrets could not be fetched: one of them is not there. Check its name in the task definition, "
        "and that it exists in this region.",
    ),
    _sign(UNREACHABLE, f"its secrets could not be fetched: they cannot be reached. {WAY_OUT}"),
    _sign(
        (),
        "its secrets could not be fetched. Check that each exists in this region, that the execution role "
        "may read and decrypt it, and the subnet's way out.",
    ),
)
_VOLUMES = (
    _sign(
        ("failed to resolve", *MISSING),
        "a volume could not be mounted: its file system was not found. Check its id, its mount target in the "
        "task's zone, and DNS in the VPC.",
    ),
    _sign(
        DENIED,
        "a volume could not be mounted: the file system does not allow it. Check its policy, its access "
        "point and the task role.",
    ),
    _sign(
        UNREACHABLE,
        "a volume could not be mounted: the file system does not answer. Check its mount targets, and that "
        "its security group lets the task in on port 2049.",
    ),
    _sign(
        (),
        "a volume could not be mounted. Check the file system, its mount targets and its security group.",
    ),
)
_NETWORK = (
    Sign(
        (),
        "its network could not be set up. It can pass by itself; else check the subnet and its security "
        "groups.",
        Topic.NETWORK,
    ),
)
_GROUPS: tuple[tuple[tuple[str, ...], Sequence[Sign]], ...] = (
    (("unable to launch instance",), _MACHINE),
    (("logger args", "logging driver", "log group", "log stream", "log driver", "logger"), _LOGGING),
    (("registry auth", "api.ecr", "from amazon ecr", "getauthorizationtoken"), _LOGIN),
    (("secret", "from ssm", "ssm:", "ssm param", "systems manager", "parameter store"), _SECRETS),
    (("efs", "mount", "volume"), _VOLUMES),
    ((" eni", "netplugin", "network"), _NETWORK),
    (
        (),
        (_sign((), "what it needs could not be set up. Check the execution role and the subnet's way out."),),
    ),
)


def not_set_up(reason: str) -> Sign | None:
    """reason: in lower case."""
    if "resourceinitializationerror" not in reason:
        return None
    said = reason.replace(_EITHER, "")
    return next(first(signs, said) for words, signs in _GROUPS if holds(words, said))


def no_logging(reason: str) -> Sign | None:
    """Docker says it of a container that it could not start for that. reason: in lower case."""
    return first(_LOGGING, reason) if "logging driver" in reason else None
