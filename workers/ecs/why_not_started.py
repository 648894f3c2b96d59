"""Why a task never started: its image, its secrets, its logs, its network or the room for it.

The words looked for are those of the agents (ECS developer guide, "Stopped tasks error messages").
"""

from __future__ import annotations

from dataclasses import dataclass

from workers.ecs.causes import Cause, Topic
from workers.ecs.seen import TaskSeen


@dataclass(frozen=True)
class _Sign:
    words: tuple[str, ...]
    """Any of these, in lower case."""
    sentence: str
    topic: Topic = Topic.NONE


_PULL = (
    _Sign(
        ("toomanyrequests", "too many requests", "rate limit"),
        "the image could not be pulled: the registry's rate limit is reached. Log in to that registry, or "
        "mirror the image to ECR.",
    ),
    _Sign(
        ("descriptor matching platform", "no matching manifest", "no match for platform"),
        "the image could not be pulled: it was not built for this CPU or system. Build it for the platform "
        "in the task definition.",
    ),
    _Sign(
        (
            "access denied",
            "accessdenied",
            "not authorized",
            "unauthorized",
            "forbidden",
            "no basic auth credentials",
        ),
        "the image could not be pulled: its registry does not allow it. Check the execution role and the "
        "repository's policy.",
    ),
    _Sign(
        ("manifest unknown", "not found", "notfound", "does not exist"),
        "the image could not be pulled: it is not there. Push it, or deploy a tag that exists.",
    ),
    _Sign(
        ("no space left",),
        "the image could not be pulled: the disk is full. Give the task more ephemeral storage.",
    ),
    _Sign(
        (
            "timeout",
            "timed out",
            "deadline exceeded",
            "dial tcp",
            "no such host",
            "connection",
            "request canceled",
        ),
        "the image could not be pulled: its registry cannot be reached. Check the subnet's way out (NAT or "
        "VPC endpoints), the security group and DNS.",
    ),
    _Sign((), "the image could not be pulled. Check that it exists and that the execution role may pull it."),
)

_SETUP = (
    _Sign(
        ("registry auth", "api.ecr", "from amazon ecr", "getauthorizationtoken"),
        "the login to the image registry failed. Check the execution role and the subnet's way to ECR (NAT "
        "or VPC endpoints).",
    ),
    _Sign(
        ("secret", "ssm", "parameter"),
        "its secrets could not be fetched. Check that each exists in this region, that the execution role "
        "may read and decrypt it, and the subnet's way out.",
    ),
    _Sign(
        ("log group", "log stream", "logging driver", "logger", "awslogs", "cloudwatch"),
        "its logging could not be set up. Check that the log group exists and that the execution role may "
        "write to it.",
    ),
    _Sign(
        ("efs", "mount", "volume"),
        "a volume could not be mounted. Check the file system, its mount targets and its security group.",
    ),
    _Sign((), "what it needs could not be set up. Check the execution role and the subnet's way out."),
)

_OTHERS = (
    _Sign(
        ("capacity is unavailable", "insufficient capacity", "no container instance met"),
        "there was no room for it. Add capacity, or ask for less CPU and memory; it can pass by itself.",
        Topic.ROOM,
    ),
    _Sign(
        ("network interface", "insufficientfreeaddresses"),
        "it got no network interface. Check the subnet's free addresses and the account's limits.",
    ),
    _Sign(
        (
            "cannotstartcontainererror",
            "cannotcreatecontainererror",
            "runtimetimeouterror",
            "dockertimeouterror",
        ),
        "its container could not be started. Check command, user and mounts in the task definition.",
    ),
    _Sign(
        ("cannotcreatevolumeerror",),
        "a volume could not be made. Check the volumes of the task definition.",
    ),
)

_EITHER = "unable to pull secrets or registry auth"
"""Begins the message about either, so it tells nothing."""


def failed_start(task: TaskSeen) -> Cause | None:
    """Why the task could not start, or None where its reasons do not say so."""
    for reason in (*(found.reason for found in task.containers), task.stopped_reason):
        if (sign := _sign(reason.lower())) is not None:
            return Cause(sign.sentence, reason, sign.topic)
    return None


def _sign(reason: str) -> _Sign | None:
    if "cannotpull" in reason:
        return _first(_PULL, reason)
    if "resourceinitializationerror" in reason:
        rest = reason.replace(_EITHER, "")
        return _first(_SETUP, rest)
    return _first(_OTHERS, reason)


def _first(signs: tuple[_Sign, ...], reason: str) -> _Sign | None:
    return next(
        (sign for sign in signs if not sign.words or any(word in reason for word in sign.words)), None
    )
