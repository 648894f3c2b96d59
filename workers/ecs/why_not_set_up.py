"""Why what a task needs could not be set up: its login, secrets, files, logs, volumes, network or machine.

The words are those of the agents: Fargate's begin with `ResourceInitializationError` (ECS developer guide,
"Troubleshooting Amazon ECS ResourceInitializationError errors"), those of the agent on EC2 do not (the same,
"ResourceNotFoundException errors").
"""

from __future__ import annotations

from collections.abc import Sequence

from workers.ecs.causes import Topic
from workers.ecs.signs import DENIED, MISSING, UNREACHABLE, WAY_OUT, Sign, first, holds

_EITHER = "unable to pull secrets or registry auth"
"""Begins the message about either, so it tells nothing."""
_BEGINNINGS = (
    "resourceinitializationerror",
    "fetching secret data from",
    "can't retrieve the secret",
    "cannot pull secrets from",
    "execution resource retrieval failed",
    _EITHER,
)
"""One of these is in each such reason."""


def _sign(words: tuple[str, ...], sentence: str) -> Sign:
    return Sign(words, sentence, Topic.SET_UP)


_LAUNCH = "ECS could not launch an instance for it"
_MACHINE = (
    Sign(
        ("maxspotinstancecountexceeded",),
        f"{_LAUNCH}: the account's quota of Spot instances is used up. Ask AWS for a higher one, or use a "
        "capacity provider that is not Spot.",
        Topic.QUOTA,
    ),
    Sign(
        ("limitexceeded",),
        f"{_LAUNCH}: a quota of the account's EC2 instances is used up. Ask AWS for a higher one, or stop "
        "something else.",
        Topic.QUOTA,
    ),
    _sign(
        (*DENIED, "unauthorizedoperation"),
        f"{_LAUNCH}: the capacity provider's infrastructure role does not allow it. Allow it what AWS names, "
        "such as `iam:PassRole` on the instance role.",
    ),
    Sign(
        ("insufficientinstancecapacity",),
        f"{_LAUNCH}: AWS has no such instance free now. It can pass by itself; else allow more instance "
        "types or zones.",
        Topic.MACHINE,
    ),
    Sign(
        ("unfulfillablecapacity",),
        f"{_LAUNCH}: AWS cannot provide what the capacity provider asks for. Allow more instance types or "
        "zones.",
        Topic.MACHINE,
    ),
    Sign((), f"{_LAUNCH}.", Topic.MACHINE),
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
        ("awslogs-region is required",),
        "its logging names no region. Set `awslogs-region` in the task definition's log options.",
    ),
    _sign((), "its logging could not be set up."),
)
_LOGIN = (
    _sign(
        ("registry auth from asm", "asm fetching secret"),
        "the login to the image registry failed: its credentials could not be fetched from Secrets Manager. "
        "Check `repositoryCredentials` in the task definition, and that the execution role may read them.",
    ),
    _sign(
        DENIED,
        "the login to the image registry failed: ECR does not allow it. Allow the execution role "
        "`ecr:GetAuthorizationToken`.",
    ),
    _sign(UNREACHABLE, f"the login to the image registry failed: ECR cannot be reached. {WAY_OUT}"),
    _sign((), "the login to the image registry failed."),
)
_SECRETS = (
    _sign(
        ("json key",),
        "one of its secrets has no such JSON key. Check `valueFrom` in the task definition against the "
        "secret.",
    ),
    _sign(
        ("invalid character", "unexpected end of json", "cannot unmarshal"),
        "one of its secrets is not valid JSON, though `valueFrom` names a key in it. Store a JSON object, or "
        "leave the key out of `valueFrom`.",
    ),
    _sign(
        (*DENIED, "access to kms"),
        "its secrets could not be fetched: the execution role may not read one of them. Allow it "
        "`secretsmanager:GetSecretValue` or `ssm:GetParameters`, and `kms:Decrypt` on a key of your own.",
    ),
    _sign(
        (
            *MISSING,
            "resourcenotfound",
            "invalid ssm parameters",
            "invalid parameters",
            "exists in the specified region",
        ),
        "its secrets could not be fetched: one of them is not there. Check its name in the task definition, "
        "and that it exists in this region.",
    ),
    _sign(UNREACHABLE, f"its secrets could not be fetched: they cannot be reached. {WAY_OUT}"),
    _sign((), "its secrets could not be fetched."),
)
_FILES = (
    _sign(
        DENIED,
        "its environment files could not be fetched: the execution role may not read them. Allow it "
        "`s3:GetObject` on each and `s3:GetBucketLocation` on their bucket, and see that they exist.",
    ),
    _sign(
        (*MISSING, "nosuchkey"),
        "its environment files could not be fetched: one of them is not there. Check `environmentFiles` in "
        "the task definition.",
    ),
    _sign(UNREACHABLE, f"its environment files could not be fetched: S3 cannot be reached. {WAY_OUT}"),
    _sign((), "its environment files could not be fetched."),
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
        ("no such file or directory",),
        "a volume could not be mounted: the file system has no such directory. Create it, or use an access "
        "point that does.",
    ),
    _sign((), "a volume could not be mounted."),
)
_NETWORK = (
    Sign(
        ("netplugin failed",),
        "its network could not be set up. It can pass by itself; else check the subnet and its security "
        "groups.",
        Topic.NETWORK,
    ),
    Sign((), "its network could not be set up.", Topic.NETWORK),
)
_GROUPS: tuple[tuple[tuple[str, ...], Sequence[Sign]], ...] = (
    (("unable to launch instance",), _MACHINE),
    (("logger args", "logging driver", "log group", "log stream", "log driver", "logger"), _LOGGING),
    (("env file", "environment file"), _FILES),
    (("registry auth", "api.ecr", "from amazon ecr", "getauthorizationtoken"), _LOGIN),
    (("secret", "from ssm", "ssm:", "ssm param", "systems manager", "parameter store"), _SECRETS),
    (("efs", "mount", "volume"), _VOLUMES),
    ((" eni", "netplugin", "network"), _NETWORK),
    ((), (_sign((), "what it needs could not be set up."),)),
)


def not_set_up(reason: str) -> Sign | None:
    """reason: in lower case."""
    if not holds(_BEGINNINGS, reason):
        return None
    said = reason.replace(_EITHER, "")
    return next(first(signs, said) for words, signs in _GROUPS if holds(words, said))


def no_logging(reason: str) -> Sign | None:
    """Docker says it of a container that it could not start for that. reason: in lower case."""
    return first(_LOGGING, reason) if "logging driver" in reason else None
