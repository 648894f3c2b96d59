"""Why a task never started: its image, its secrets, its logs, its network, its role or the room for it.

The words looked for are those of the agents and of the scheduler (ECS developer guide, "Stopped tasks error
messages" and "Service event messages").
"""

from __future__ import annotations

from workers.ecs.causes import Cause, Topic
from workers.ecs.seen import TaskSeen
from workers.ecs.signs import Sign, first
from workers.ecs.why_not_pulled import not_pulled
from workers.ecs.why_not_set_up import no_logging, not_set_up

_CONTAINER = (
    "cannotstartcontainererror",
    "cannotcreatecontainererror",
    "runtimetimeouterror",
    "dockertimeouterror",
    "container runtime task",
)
"""A container that could not be started, whatever else the reason names."""
_LEAD = "its container could not be started"
_AT_CONTAINER = (
    Sign(
        ("exec format error",),
        f"{_LEAD}: its program is for another CPU. Build the image for the platform in the task definition.",
    ),
    Sign(
        ("port is already allocated", "address already in use"),
        f"{_LEAD}: its host port is taken. Let ECS choose the host port, or add instances.",
    ),
    Sign(
        ("no space left", "devmapper", "thin pool"),
        f"{_LEAD}: the disk of its instance is full. Remove old images there, or give it a larger volume.",
    ),
    Sign(
        ("cannot allocate memory", "out of memory"),
        f"{_LEAD}: it has too little memory. Give it more in the task definition.",
    ),
    Sign(
        ("unable to find user", "etc/passwd", "no matching entries in passwd"),
        f"{_LEAD}: its image has no such user. Check `user` in the task definition.",
    ),
    Sign(
        ("permission denied",),
        f"{_LEAD}: its command may not be executed. Make it executable in the image.",
    ),
    Sign(
        ("executable file not found", 'exec: "', "exec: \\", "no such file or directory"),
        f"{_LEAD}: its command is not in the image. Check `entryPoint` and `command` in the task definition.",
    ),
    Sign(
        ("timeouterror",),
        f"{_LEAD} in time. It can pass by itself; else give the task more CPU, and look at its instance.",
    ),
    Sign((), f"{_LEAD}. Check command, user and mounts in the task definition."),
)

_OTHERS = (
    Sign(
        ("unable to assume the role", "unable to assume role"),
        "ECS could not assume a role of the task definition. Check that the role exists and trusts "
        "`ecs-tasks.amazonaws.com`.",
        Topic.ROLE,
    ),
    Sign(
        ("reached the limit", "above your limit", "quota", "limitexceeded"),
        "a quota of the AWS account is used up. Ask AWS for a higher one, or stop something else.",
        Topic.QUOTA,
    ),
    Sign(
        ("insufficientfreeaddresses", "free addresses", "free ip address", "resource:eni"),
        "it got no network interface: no address is free. Use a larger subnet, or one more.",
        Topic.NETWORK,
    ),
    Sign(
        ("invalidgroup", "security group"),
        "it got no network interface: a security group is not there. Check those of the service.",
        Topic.NETWORK,
    ),
    Sign(
        ("network interface",),
        "it got no network interface. Check the subnet's free addresses and the account's limits.",
        Topic.NETWORK,
    ),
    Sign(
        (
            "capacity is unavailable",
            "insufficient capacity",
            "no container instance",
            "resource:cpu",
            "resource:memory",
            "resource:ports",
            "resource:gpu",
            "unable to launch instance",
        ),
        "there was no room for it. Add capacity, or ask for less CPU and memory; it can pass by itself.",
        Topic.ROOM,
    ),
    Sign(
        ("cannotcreatevolumeerror",),
        "a volume could not be made. Check the volumes of the task definition.",
        Topic.SET_UP,
    ),
    Sign(
        ("timeout waiting for",),
        "AWS did not provide in time what it needs. It can pass by itself; where it does not, ask AWS "
        "Support.",
        Topic.SET_UP,
    ),
    Sign(
        ("internalerror", "internal error"),
        "AWS had an error of its own. It can pass by itself; where it does not, ask AWS Support.",
    ),
)


def failed_start(task: TaskSeen) -> Cause | None:
    """Why the task could not start, or None where its reasons do not say so."""
    for reason in (*(found.reason for found in task.containers), task.stopped_reason):
        if (sign := why_not_started(reason)) is not None:
            return Cause(sign.sentence, reason, sign.topic)
    return None


def why_not_started(reason: str) -> Sign | None:
    """What ECS's reason means: a task's, a container's, or one within a service event."""
    said = reason.lower()
    if (pulled := not_pulled(said)) is not None:
        return pulled
    if any(word in said for word in _CONTAINER):
        return no_logging(said) or first(_AT_CONTAINER, said)
    return not_set_up(said) or first(_OTHERS, said)
