"""What a service event tells about trouble.

Its words are ECS's (developer guide, "Service event messages"). Most events are good news.
"""

from __future__ import annotations

import re

from deploys.mrkdwn import code, escape
from workers.ecs.causes import Cause, Topic, quoted

_UNHEALTHY_TARGET = re.compile(
    r"is unhealthy in \(target-group (?P<group>[^)]+)\) due to \(reason (?P<reason>.+)\)"
)
_NAMES = re.compile(r"\((?:service|task|instance|deployment|taskSet) [^)]*\)[ ,]*")
"""Who the event is about. Without it, events that say the same are the same."""
_DEPLOYMENT = re.compile(r"\(deployment (?P<id>[^)]+)\)")
_MORE = re.compile(r"\s*For more information, see.*", re.DOTALL)

_CONSEQUENCES = re.compile(r"deployment failed: |rolling back to deployment")
"""Events that tell how the rollout ends, not why: the outcome says that."""

_TROUBLE = re.compile(
    r"unable|fail|unhealthy|error|cannot|could not|throttl|insufficient|exceed|denied|not authorized",
    re.IGNORECASE,
)


def cause(message: str) -> Cause | None:
    """The trouble that this event tells of, or None."""
    if _CONSEQUENCES.search(message) or not _TROUBLE.search(message):
        return None
    words = _MORE.sub("", _NAMES.sub("", message)).strip()
    if "unable to place a task" in message:
        return Cause(
            "ECS finds no room for a task. It can pass by itself; else add capacity, or ask for less CPU and "
            "memory.",
            words,
            Topic.ROOM,
        )
    if target := _UNHEALTHY_TARGET.search(message):
        return Cause(
            f"the load balancer finds a task unhealthy in target group {code(_group_name(target['group']))}: "
            f"{escape(target['reason'])}."
        )
    if "failed container health checks" in message:
        return Cause(
            "a task failed its container health check. Run that check's command in the image.",
            topic=Topic.CONTAINER_HEALTH,
        )
    if "unable to consistently start tasks" in message:
        return Cause("tasks fail again and again, so ECS waits longer and longer before it starts the next.")
    return Cause(f"ECS says: {quoted(words)}")


def names_another(message: str, deployment_id: str) -> bool:
    """Whether this event is about another deployment than this one (`ecs-svc/N`). Many name none."""
    named = _DEPLOYMENT.search(message)
    return named is not None and named["id"] != deployment_id


def _group_name(group: str) -> str:
    parts = group.split("/")
    return parts[1] if len(parts) > 1 else group
