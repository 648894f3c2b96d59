"""What a service event tells about trouble.

Its words are ECS's (developer guide, "Service event messages"). Most events are good news.
"""

from __future__ import annotations

import re

from deploys.mrkdwn import code
from workers.ecs.causes import Cause, Topic, quoted
from workers.ecs.signs import Sign, first
from workers.ecs.why_not_started import AGENT, ATTRIBUTE, NO_INSTANCE, why_not_started
from workers.ecs.why_tasks import CONTAINER_CHECKS_FAILED, TARGET_CHECKS

_UNHEALTHY_TARGET = re.compile(
    r"is (?:un|not )healthy in \((?:target-group|elb) (?P<group>[^)]+)\) due to \(reason (?P<reason>.+)\)"
)
_NAMES = re.compile(r"\((?:service|task|instance|deployment|taskSet) [^)]*\)[ ,]*")
"""Who the event is about. Without it, events that say the same are the same."""
_THINGS = re.compile(r"\((?:target-group|elb|container-instance|port|capacity-provider) [^)]*\)")
"""What else has a name, which may be any word: `error-pages`."""
_DEPLOYMENT = re.compile(r"\(deployment (?P<id>[^)]+)\)")
_MORE = re.compile(r"\s*For more information, see.*", re.DOTALL)
_GIVEN = re.compile(r"(?:Reason: |\(error |\bbecause )(?P<reason>.+)", re.DOTALL)
_NO_INSTANCE_FITS = "no container instance met all of its requirements"

_CONSEQUENCES = re.compile(r"deployment failed: |rolling back to deployment")
"""Events that tell how the rollout ends, not why: the outcome says that."""

_TROUBLE = re.compile(
    r"unable|fail|unhealthy|not healthy|error|cannot|could not|throttl|insufficient|exceed|denied"
    r"|not authorized|misconfigured|blocked|timed out|not found",
    re.IGNORECASE,
)

_NO_ROOM = (
    Sign(
        ("port required by your task",),
        "ECS finds no instance on which the task's host port is free. Let ECS choose the host port, or add "
        "instances.",
    ),
    Sign(
        AGENT,
        "ECS finds no instance whose container agent answers. Look at the agents of the cluster's instances.",
    ),
    Sign(
        ATTRIBUTE,
        "ECS finds no instance that has what the task asks for. Check its constraints against the instances' "
        "attributes.",
    ),
    Sign(
        ("constraint",),
        "ECS finds no instance that the placement constraints allow. Change them, or add such instances.",
    ),
    Sign(
        ("resource:eni",),
        "ECS finds no instance that can have one more network interface. Add instances, or switch on "
        "`awsvpcTrunking` for the account.",
    ),
    Sign(
        ("provisioning capacity limit",),
        "the cluster has as many tasks that are being provisioned as ECS allows. It passes by itself once "
        "they run.",
    ),
    Sign(
        ("insufficient", "capacity is unavailable", "resource:"),
        "ECS finds no room for a task. It can pass by itself; else add capacity, or ask for less CPU and "
        "memory.",
    ),
)
"""Why no place was found. What else ECS says of it is quoted without advice."""
_SAID_PLAINLY = (
    Sign(
        ("unable to consistently start tasks",),
        "tasks fail again and again, so ECS waits longer and longer before it starts the next. What they "
        "stop for has to be mended first.",
    ),
    Sign(
        ("being throttled",),
        "AWS throttles what ECS does for this service. ECS goes on later, so it only takes longer.",
    ),
    Sign(
        ("because of the service deployment configuration",),
        "ECS may neither stop nor start a task: the service's minimum healthy and maximum percent leave no "
        "step between them. Change one of them.",
    ),
    Sign(
        ("protected tasks are more than the desired", "tasks under protection"),
        "ECS may not stop old tasks, as they are protected from scale-in. Wait until that ends, or lift it.",
    ),
    Sign(("no container instances were found",), NO_INSTANCE, Topic.ROOM),
    Sign(
        ("timed out waiting for amazon ecs agent",),
        "the container agent of an instance does not start. Look at the agents of the cluster's instances.",
        Topic.MACHINE,
    ),
    Sign(
        ("iam permissions policies have been", "iam trust relationship has been"),
        "ECS may not look after the service any more, as permissions were changed. Check ECS's "
        "service-linked role and the roles of the task definition.",
        Topic.ROLE,
    ),
    Sign(
        ("target group is not found",),
        "the service's target group does not exist any more. Point the service at one that does.",
        Topic.LOAD_BALANCER,
    ),
)


def cause(message: str) -> Cause | None:
    """The trouble that this event tells of, or None."""
    words = _MORE.sub("", _NAMES.sub("", message)).strip()
    if _CONSEQUENCES.search(words) or not _TROUBLE.search(_THINGS.sub("", words)):
        return None
    if plain := first(_SAID_PLAINLY, words.lower()):
        return Cause(plain.sentence, topic=plain.topic)
    if target := _UNHEALTHY_TARGET.search(message):
        group = code(_group_name(target["group"]))
        where = f"target group {group}" if "(target-group" in message else group
        return Cause(
            f"the load balancer finds a task unhealthy in {where}. {TARGET_CHECKS}",
            target["reason"],
            Topic.LOAD_BALANCER,
        )
    if CONTAINER_CHECKS_FAILED in message:
        return Cause(
            "a task failed its container health check. Run that check's command in the image.",
            topic=Topic.CONTAINER_HEALTH,
        )
    return _not_started(words) or Cause(f"ECS says: {quoted(words)}")


def _not_started(words: str) -> Cause | None:
    """ECS calls it a task that it could not place, also where one was placed and could not start."""
    given = _GIVEN.search(words)
    sign = why_not_started(given["reason"]) if given and _NO_INSTANCE_FITS not in words else None
    if sign is not None and sign.topic is not Topic.ROOM:
        return Cause(f"a task could not start: {sign.sentence}", words, sign.topic)
    if "unable to place" not in words:
        return None
    room = first(_NO_ROOM, words.lower())
    if room is None and words.endswith(f"{_NO_INSTANCE_FITS}."):
        room = _NO_ROOM[-1]
    return Cause(room.sentence, words, Topic.ROOM) if room else None


def names_another(message: str, deployment_id: str) -> bool:
    """Whether this event is about another deployment than this one (`ecs-svc/N`). Many name none."""
    named = _DEPLOYMENT.search(message)
    return named is not None and named["id"] != deployment_id


def _group_name(group: str) -> str:
    parts = group.split("/")
    return parts[1] if len(parts) > 1 else group
