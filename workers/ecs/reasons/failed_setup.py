"""Why ECS could not set up what a task needs: registry login, secrets, files, logs, volumes, network or
instance.

The phrases are those of ECS's agents. Fargate's reasons begin with `ResourceInitializationError` (ECS
developer guide, "Troubleshooting Amazon ECS ResourceInitializationError errors"), those of the agent on EC2
do not (the same guide, "ResourceNotFoundException errors").
"""

from __future__ import annotations

from collections.abc import Sequence

from workers.ecs.reasons.reason_patterns import (
    CHECK_NETWORK_PATH,
    DENIED_PHRASES,
    MISSING_PHRASES,
    UNREACHABLE_PHRASES,
    ReasonPattern,
    Topic,
    find_pattern,
    has_any_phrase,
)

_SECRETS_OR_LOGIN = "unable to pull secrets or registry auth"
"""Begins messages about secrets as well as those about the login, so it does not tell which it is."""
_SETUP_PHRASES = (
    "resourceinitializationerror",
    "fetching secret data from",
    "can't retrieve the secret",
    "cannot pull secrets from",
    "execution resource retrieval failed",
    _SECRETS_OR_LOGIN,
)
"""Each reason of this kind contains one of these."""


def _setup_pattern(words: tuple[str, ...], sentence: str) -> ReasonPattern:
    return ReasonPattern(words, sentence, Topic.SETUP)


_INSTANCE_NOT_LAUNCHED = "ECS could not launch an instance for it"
_INSTANCE_PATTERNS = (
    ReasonPattern(
        ("maxspotinstancecountexceeded",),
        f"{_INSTANCE_NOT_LAUNCHED}: the account's quota of Spot instances is used up. Ask AWS for a higher "
        "one, or use a capacity provider that is not Spot.",
        Topic.QUOTA,
    ),
    ReasonPattern(
        ("limitexceeded",),
        f"{_INSTANCE_NOT_LAUNCHED}: a quota of the account's EC2 instances is used up. Ask AWS for a higher "
        "one, or stop something else.",
        Topic.QUOTA,
    ),
    _setup_pattern(
        (*DENIED_PHRASES, "unauthorizedoperation"),
        f"{_INSTANCE_NOT_LAUNCHED}: the capacity provider's infrastructure role does not allow it. Allow "
        "what AWS names, such as `iam:PassRole` on the instance role.",
    ),
    ReasonPattern(
        ("insufficientinstancecapacity",),
        f"{_INSTANCE_NOT_LAUNCHED}: AWS has no such instance free now. It may resolve itself; otherwise "
        "allow more instance types or zones.",
        Topic.HOST,
    ),
    ReasonPattern(
        ("unfulfillablecapacity",),
        f"{_INSTANCE_NOT_LAUNCHED}: AWS cannot provide what the capacity provider asks for. Allow more "
        "instance types or zones.",
        Topic.HOST,
    ),
    ReasonPattern((), f"{_INSTANCE_NOT_LAUNCHED}.", Topic.HOST),
)
_LOGGING_PATTERNS = (
    _setup_pattern(("connection issue",), f"its log group cannot be reached. {CHECK_NETWORK_PATH}"),
    _setup_pattern(
        DENIED_PHRASES,
        "its logs may not be written. Allow the execution role `logs:CreateLogStream` and "
        "`logs:PutLogEvents`, and `logs:CreateLogGroup` if the task definition asks for a new group.",
    ),
    _setup_pattern(
        (*MISSING_PHRASES, "resourcenotfound"),
        "its log group does not exist. Create it, or name one that exists in the task definition.",
    ),
    _setup_pattern(UNREACHABLE_PHRASES, f"its log group cannot be reached. {CHECK_NETWORK_PATH}"),
    _setup_pattern(
        ("awslogs-region is required",),
        "its logging names no region. Set `awslogs-region` in the task definition's log options.",
    ),
    _setup_pattern((), "its logging could not be set up."),
)
_LOGIN_PATTERNS = (
    _setup_pattern(
        ("registry auth from asm", "asm fetching secret"),
        "the login to the image registry failed: its credentials could not be fetched from Secrets Manager. "
        "Check `repositoryCredentials` in the task definition, and that the execution role may read them.",
    ),
    _setup_pattern(
        DENIED_PHRASES,
        "the login to the image registry failed: ECR does not allow it. Allow the execution role "
        "`ecr:GetAuthorizationToken`.",
    ),
    _setup_pattern(
        UNREACHABLE_PHRASES,
        f"the login to the image registry failed: ECR cannot be reached. {CHECK_NETWORK_PATH}",
    ),
    _setup_pattern((), "the login to the image registry failed."),
)
_SECRET_PATTERNS = (
    _setup_pattern(
        ("json key",),
        "one of its secrets has no such JSON key. Check `valueFrom` in the task definition against the "
        "secret.",
    ),
    _setup_pattern(
        ("invalid character", "unexpected end of json", "cannot unmarshal"),
        "one of its secrets is not valid JSON, though `valueFrom` names a key in it. Store a JSON object, or "
        "leave the key out of `valueFrom`.",
    ),
    _setup_pattern(
        (*DENIED_PHRASES, "access to kms"),
        "its secrets could not be fetched: the execution role may not read one of them. Allow it "
        "`secretsmanager:GetSecretValue` or `ssm:GetParameters`, and `kms:Decrypt` on a key of your own.",
    ),
    _setup_pattern(
        (
            *MISSING_PHRASES,
            "resourcenotfound",
            "invalid ssm parameters",
            "invalid parameters",
            "exists in the specified region",
        ),
        "its secrets could not be fetched: one of them is not there. Check its name in the task definition, "
        "and that it exists in this region.",
    ),
    _setup_pattern(
        UNREACHABLE_PHRASES, f"its secrets could not be fetched: they cannot be reached. {CHECK_NETWORK_PATH}"
    ),
    _setup_pattern((), "its secrets could not be fetched."),
)
_ENVIRONMENT_FILE_PATTERNS = (
    _setup_pattern(
        DENIED_PHRASES,
        "its environment files could not be fetched: the execution role may not read them. Allow it "
        "`s3:GetObject` on each and `s3:GetBucketLocation` on their bucket, and see that they exist.",
    ),
    _setup_pattern(
        (*MISSING_PHRASES, "nosuchkey"),
        "its environment files could not be fetched: one of them is not there. Check `environmentFiles` in "
        "the task definition.",
    ),
    _setup_pattern(
        UNREACHABLE_PHRASES,
        f"its environment files could not be fetched: S3 cannot be reached. {CHECK_NETWORK_PATH}",
    ),
    _setup_pattern((), "its environment files could not be fetched."),
)
_VOLUME_PATTERNS = (
    _setup_pattern(
        ("failed to resolve", *MISSING_PHRASES),
        "a volume could not be mounted: its file system was not found. Check its id, its mount target in the "
        "task's zone, and DNS in the VPC.",
    ),
    _setup_pattern(
        DENIED_PHRASES,
        "a volume could not be mounted: the file system does not allow it. Check its policy, its access "
        "point and the task role.",
    ),
    _setup_pattern(
        UNREACHABLE_PHRASES,
        "a volume could not be mounted: the file system does not answer. Check its mount targets, and that "
        "its security group lets the task in on port 2049.",
    ),
    _setup_pattern(
        ("no such file or directory",),
        "a volume could not be mounted: the file system has no such directory. Create it, or use an access "
        "point that does.",
    ),
    _setup_pattern((), "a volume could not be mounted."),
)
_NETWORK_PATTERNS = (
    ReasonPattern(
        ("netplugin failed",),
        "its network could not be set up. It may resolve itself; otherwise check the subnet and its security "
        "groups.",
        Topic.NETWORK,
    ),
    ReasonPattern((), "its network could not be set up.", Topic.NETWORK),
)
_PATTERN_GROUPS: tuple[tuple[tuple[str, ...], Sequence[ReasonPattern]], ...] = (
    (("unable to launch instance",), _INSTANCE_PATTERNS),
    (("logger args", "logging driver", "log group", "log stream", "log driver", "logger"), _LOGGING_PATTERNS),
    (("env file", "environment file"), _ENVIRONMENT_FILE_PATTERNS),
    (("registry auth", "api.ecr", "from amazon ecr", "getauthorizationtoken"), _LOGIN_PATTERNS),
    (("secret", "from ssm", "ssm:", "ssm param", "systems manager", "parameter store"), _SECRET_PATTERNS),
    (("efs", "mount", "volume"), _VOLUME_PATTERNS),
    ((" eni", "netplugin", "network"), _NETWORK_PATTERNS),
    ((), (_setup_pattern((), "what it needs could not be set up."),)),
)


def match_setup(reason: str) -> ReasonPattern | None:
    """The pattern of a failed setup that the reason matches; None if it is about something else.

    reason: in lower case.
    """
    if not has_any_phrase(_SETUP_PHRASES, reason):
        return None
    detail = reason.replace(_SECRETS_OR_LOGIN, "")
    return next(
        find_pattern(patterns, detail)
        for phrases, patterns in _PATTERN_GROUPS
        if has_any_phrase(phrases, detail)
    )


def match_logging(reason: str) -> ReasonPattern | None:
    """The pattern of a failed logging setup that Docker's reason for a container matches; else None.

    reason: in lower case.
    """
    return find_pattern(_LOGGING_PATTERNS, reason) if "logging driver" in reason else None
