"""Why a task never started: its image, secrets, logs, network, role, or no capacity for it.

The phrases are those of ECS's agents and of its scheduler (ECS developer guide, "Stopped tasks error
messages" and "Service event messages").
"""

from __future__ import annotations

from collections.abc import Sequence

from workers.ecs.reasons.failed_image_pull import match_image_pull
from workers.ecs.reasons.failed_setup import match_logging, match_setup
from workers.ecs.reasons.reason_patterns import Cause, ReasonPattern, Topic, find_pattern

AGENT_PHRASES = (
    'error "agent"',
    "agent connected",
    "agent is not connected",
    "agent to start",
    "taskfailedtostart: agent",
)
"""Each means that the container agent of an instance does not answer."""
ATTRIBUTE_PHRASES = ("missing an attribute", 'error "attribute"', "taskfailedtostart: attribute")
"""Each means that an instance lacks something that the task requires."""
_ONE_WORD_REASONS = ("agent", "attribute")
"""Reasons that are one word (ECS developer guide, "Amazon ECS API failure reasons")."""
NO_INSTANCE_SENTENCE = (
    "there is no instance to run tasks on. Add some to the cluster or its capacity provider."
)

_CONTAINER_ERRORS = (
    "cannotstartcontainererror",
    "cannotcreatecontainererror",
    "runtimetimeouterror",
    "dockertimeouterror",
    "container runtime task",
    "containerruntimeerror",
)
"""The container could not be started, whatever else the reason names."""
_LEAD = "its container could not be started"
_CONTAINER_PATTERNS = (
    ReasonPattern(
        ("exec format error",),
        f"{_LEAD}: its program is for another CPU. Build the image for the platform in the task definition.",
    ),
    ReasonPattern(
        ("port is already allocated", "address already in use"),
        f"{_LEAD}: its host port is taken. Let ECS choose the host port, or add instances.",
    ),
    ReasonPattern(
        ("no space left", "devmapper", "thin pool"),
        f"{_LEAD}: the disk of its instance is full. Remove old images there, or give it a larger volume.",
    ),
    ReasonPattern(
        ("cannot allocate memory", "out of memory"),
        f"{_LEAD}: it has too little memory. Give it more in the task definition.",
    ),
    ReasonPattern(
        ("unable to find user", "etc/passwd", "no matching entries in passwd"),
        f"{_LEAD}: its image has no such user. Check `user` in the task definition.",
    ),
    ReasonPattern(
        ("permission denied",),
        f"{_LEAD}: its command may not be executed. Make it executable in the image.",
    ),
    ReasonPattern(
        ("executable file not found", 'exec: "', "exec: \\", "no such file or directory"),
        f"{_LEAD}: its command is not in the image. Check `entryPoint` and `command` in the task definition.",
    ),
    ReasonPattern(
        ("timeouterror",),
        (
            f"{_LEAD} in time. It may resolve itself; otherwise give the task more CPU, and look at its "
            "instance."
        ),
    ),
    ReasonPattern((), f"{_LEAD}."),
)

_NO_INTERFACE = "it got no network interface"
_OTHER_PATTERNS = (
    ReasonPattern(
        ("account is currently blocked", "blockedexception"),
        (
            "AWS has blocked this account from starting tasks. Ask AWS Support; changing the service does "
            "not help."
        ),
        Topic.ACCOUNT,
    ),
    ReasonPattern(
        ("unable to assume the role", "unable to assume role"),
        "ECS could not assume a role of the task definition. Check that the role exists and trusts "
        "`ecs-tasks.amazonaws.com`.",
        Topic.ROLE,
    ),
    ReasonPattern(
        ("reached the limit", "above your limit", "quota", "limitexceeded"),
        "a quota of the AWS account is used up. Ask AWS for a higher one, or stop something else.",
        Topic.QUOTA,
    ),
    ReasonPattern(
        AGENT_PHRASES,
        "the container agent of its instance is not connected. Look at the agents of the cluster's "
        "instances.",
        Topic.HOST,
    ),
    ReasonPattern(
        ("resource:eni", "unused device index"),
        f"{_NO_INTERFACE}: its instance can have no more of them. Add instances, or switch on "
        "`awsvpcTrunking` for the account.",
        Topic.CAPACITY,
    ),
    ReasonPattern(
        ("insufficientfreeaddresses", "free addresses", "free ip address"),
        f"{_NO_INTERFACE}: no address is free. Use a larger subnet, or one more.",
        Topic.NETWORK,
    ),
    ReasonPattern(
        ("invalidgroup", "security group"),
        f"{_NO_INTERFACE}: a security group is not there. Check those of the service.",
        Topic.NETWORK,
    ),
    ReasonPattern(
        ("tagpolicyviolation",),
        f"{_NO_INTERFACE} that satisfies the organization's tag policy. Give the service the tags that it "
        "demands, and set `propagateTags`.",
        Topic.NETWORK,
    ),
    ReasonPattern(
        ("timeout waiting for network interface",),
        f"{_NO_INTERFACE} in time. It may resolve itself; if it does not, ask AWS Support.",
        Topic.NETWORK,
    ),
    ReasonPattern(("network interface",), f"{_NO_INTERFACE}.", Topic.NETWORK),
    ReasonPattern(
        ("placement constraint",),
        "no instance satisfies its placement constraints. Change them, or add such instances.",
        Topic.HOST,
    ),
    ReasonPattern(
        ATTRIBUTE_PHRASES,
        "no instance has what it asks for. Check its constraints against the instances' attributes.",
        Topic.HOST,
    ),
    ReasonPattern(
        ("no container instances were found", "no active instances", "empty capacity provider"),
        NO_INSTANCE_SENTENCE,
        Topic.CAPACITY,
    ),
    ReasonPattern(
        (
            "capacity is unavailable",
            "insufficient capacity",
            "insufficient cpu",
            "insufficient memory",
            "resource:cpu",
            "resource:memory",
            "resource:ports",
            "resource:gpu",
        ),
        "there was no capacity for it. Add capacity, or ask for less CPU and memory; it may resolve itself.",
        Topic.CAPACITY,
    ),
    ReasonPattern(
        ("not compatible with the selected compute strategy",),
        "its task definition is not made for where the service runs. Check `requiresCompatibilities` against "
        "the service's launch type or capacity provider.",
        Topic.SETUP,
    ),
    ReasonPattern(("cannotcreatevolumeerror",), "a volume could not be made.", Topic.SETUP),
    ReasonPattern(
        ("timeout waiting for",),
        "AWS did not provide in time what it needs. It may resolve itself; if it does not, ask AWS Support.",
        Topic.SETUP,
    ),
    ReasonPattern(
        ("internalerror", "internal error"),
        "AWS had an error of its own. It may resolve itself; if it does not, ask AWS Support.",
    ),
)


def explain_failed_start(reasons: Sequence[str]) -> Cause | None:
    """Why the task could not start, from the first of these reasons that says it; None if none does."""
    for reason in reasons:
        if (pattern := match_failed_start(reason)) is not None:
            return Cause(pattern.sentence, reason, pattern.topic)
    return None


def match_failed_start(reason: str) -> ReasonPattern | None:
    """The pattern that a reason of a task, a container or a service event matches; None if none does."""
    lowered = reason.lower()
    if lowered.strip(" .") in _ONE_WORD_REASONS:
        lowered = f"taskfailedtostart: {lowered}"
    if (image_pull := match_image_pull(lowered)) is not None:
        return image_pull
    if any(phrase in lowered for phrase in _CONTAINER_ERRORS):
        return match_logging(lowered) or find_pattern(_CONTAINER_PATTERNS, lowered)
    return match_setup(lowered) or find_pattern(_OTHER_PATTERNS, lowered)
