"""Which problem a service event reports, if any: most events report progress.

The phrases are ECS's (developer guide, "Service event messages").
"""

from __future__ import annotations

import re

from deploys.mrkdwn import code
from workers.ecs.reasons.failed_start import (
    AGENT_PHRASES,
    ATTRIBUTE_PHRASES,
    NO_INSTANCE_SENTENCE,
    match_failed_start,
)
from workers.ecs.reasons.reason_patterns import Cause, ReasonPattern, Topic, find_pattern, quote_ecs
from workers.ecs.reasons.stopped_task import CHECK_TARGET_GROUP, CONTAINER_CHECKS_FAILED

_UNHEALTHY_TARGET = re.compile(
    r"is (?:un|not )healthy in \((?:target-group|elb) (?P<group>[^)]+)\) due to \(reason (?P<reason>.+)\)"
)
_SUBJECTS = re.compile(r"\((?:service|task|instance|deployment|taskSet) [^)]*\)[ ,]*")
"""What the event is about. Without this part, events that report the same are equal."""
_RESOURCE_NAMES = re.compile(r"\((?:target-group|elb|container-instance|port|capacity-provider) [^)]*\)")
"""Other names in an event. A name may be any word, such as `error-pages`."""
_DEPLOYMENT = re.compile(r"\(deployment (?P<id>[^)]+)\)")
_MORE_INFORMATION = re.compile(r"\s*For more information, see.*", re.DOTALL)
_GIVEN_REASON = re.compile(r"(?:Reason: |\(error |\bbecause )(?P<reason>.+)", re.DOTALL)
_NO_INSTANCE_FITS = "no container instance met all of its requirements"

_ROLLOUT_ENDS = re.compile(r"deployment failed: |rolling back to deployment")
"""Events that report how the rollout ends, not why: the outcome says that already."""

_PROBLEM_WORDS = re.compile(
    r"unable|fail|unhealthy|not healthy|error|cannot|could not|throttl|insufficient|exceed|denied"
    r"|not authorized|misconfigured|blocked|timed out|not found",
    re.IGNORECASE,
)

_PLACEMENT_PATTERNS = (
    ReasonPattern(
        ("port required by your task",),
        "ECS finds no instance on which the task's host port is free. Let ECS choose the host port, or add "
        "instances.",
    ),
    ReasonPattern(
        AGENT_PHRASES,
        "ECS finds no instance whose container agent answers. Look at the agents of the cluster's instances.",
    ),
    ReasonPattern(
        ATTRIBUTE_PHRASES,
        "ECS finds no instance that has what the task asks for. Check its constraints against the instances' "
        "attributes.",
    ),
    ReasonPattern(
        ("constraint",),
        "ECS finds no instance that the placement constraints allow. Change them, or add such instances.",
    ),
    ReasonPattern(
        ("resource:eni",),
        "ECS finds no instance that can have one more network interface. Add instances, or switch on "
        "`awsvpcTrunking` for the account.",
    ),
    ReasonPattern(
        ("provisioning capacity limit",),
        "the cluster has as many tasks that are being provisioned as ECS allows. It ends by itself once "
        "they run.",
    ),
    ReasonPattern(
        ("insufficient", "capacity is unavailable", "resource:"),
        "ECS finds no capacity for a task. It may resolve itself; otherwise add capacity, or ask for less "
        "CPU and memory.",
    ),
)
"""Why ECS found no place for a task. Other reasons are quoted without advice."""
_EVENT_PATTERNS = (
    ReasonPattern(
        ("unable to consistently start tasks",),
        "tasks fail again and again, so ECS waits longer each time before it starts the next. Fix what "
        "stops them first.",
    ),
    ReasonPattern(
        ("being throttled",),
        "AWS throttles ECS for this service. ECS goes on later; the rollout only takes longer.",
    ),
    ReasonPattern(
        ("because of the service deployment configuration",),
        "ECS may neither stop nor start a task: the service's minimum healthy and maximum percent leave no "
        "step between them. Change one of them.",
    ),
    ReasonPattern(
        ("protected tasks are more than the desired", "tasks under protection"),
        (
            "ECS may not stop old tasks, because they are protected from scale-in. Wait until that ends, or "
            "remove the protection."
        ),
    ),
    ReasonPattern(("no container instances were found",), NO_INSTANCE_SENTENCE, Topic.CAPACITY),
    ReasonPattern(
        ("timed out waiting for amazon ecs agent",),
        "the container agent of an instance does not start. Look at the agents of the cluster's instances.",
        Topic.HOST,
    ),
    ReasonPattern(
        ("iam permissions policies have been", "iam trust relationship has been"),
        "ECS may no longer manage the service, because permissions were changed. Check ECS's "
        "service-linked role and the roles of the task definition.",
        Topic.ROLE,
    ),
    ReasonPattern(
        ("target group is not found",),
        "the service's target group no longer exists. Point the service at one that does.",
        Topic.LOAD_BALANCER,
    ),
)


def explain_event(message: str) -> Cause | None:
    """The problem that this event reports, or None."""
    words = _MORE_INFORMATION.sub("", _SUBJECTS.sub("", message)).strip()
    if _ROLLOUT_ENDS.search(words) or not _PROBLEM_WORDS.search(_RESOURCE_NAMES.sub("", words)):
        return None
    if plain := find_pattern(_EVENT_PATTERNS, words.lower()):
        return Cause(plain.sentence, topic=plain.topic)
    if target := _UNHEALTHY_TARGET.search(message):
        group = code(_target_group_name(target["group"]))
        where = f"target group {group}" if "(target-group" in message else group
        return Cause(
            f"the load balancer finds a task unhealthy in {where}. {CHECK_TARGET_GROUP}",
            target["reason"],
            Topic.LOAD_BALANCER,
        )
    if CONTAINER_CHECKS_FAILED in message:
        return Cause(
            "a task failed its container health check. Run that check's command in the image.",
            topic=Topic.CONTAINER_HEALTH,
        )
    return _not_started(words) or Cause(f"ECS says: {quote_ecs(words)}")


def _not_started(words: str) -> Cause | None:
    """ECS says "unable to place" also about a task that it placed and that could not start."""
    given = _GIVEN_REASON.search(words)
    start = match_failed_start(given["reason"]) if given and _NO_INSTANCE_FITS not in words else None
    if start is not None and start.topic is not Topic.CAPACITY:
        return Cause(f"a task could not start: {start.sentence}", words, start.topic)
    if "unable to place" not in words:
        return None
    placement = find_pattern(_PLACEMENT_PATTERNS, words.lower())
    if placement is None and words.endswith(f"{_NO_INSTANCE_FITS}."):
        placement = _PLACEMENT_PATTERNS[-1]
    return Cause(placement.sentence, words, Topic.CAPACITY) if placement else None


def is_about_another_deployment(message: str, deployment_id: str) -> bool:
    """Whether this event names another deployment than this one (`ecs-svc/N`). Many events name none."""
    named = _DEPLOYMENT.search(message)
    return named is not None and named["id"] != deployment_id


def _target_group_name(group: str) -> str:
    parts = group.split("/")
    return parts[1] if len(parts) > 1 else group
