"""What ECS repeats of a registry, a container runtime or a load balancer: their text may be anything.

The sentences around it are ECS's (developer guide, "Service event messages" and "Stopped tasks error
messages").
"""

from __future__ import annotations

from sandbox.ecs import event_messages
from sandbox.ecs.records import EcsTask
from sandbox.ecs.region import EcsRegion, FailingStarts

EVENTS = {
    "load balancer": "(port 8080) is unhealthy in (target-group {target_group}) due to (reason {text})",
    "secrets": "was unable to place a task. Reason: ResourceInitializationError: unable to pull secrets or "
    "registry auth: execution resource retrieval failed: {text}.",
    "agent": "was unable to place a task because no container instance met all of its requirements. The "
    'closest matching container-instance b1a73168 encountered error "{text}".',
}
"""Service events, by whom they quote."""
FAILED_STARTS = {
    "registry": "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve "
    "ref {image}: {text}",
    "runtime": "CannotStartContainerError: Error response from daemon: failed to create shim task: {text}",
}
"""Reasons of tasks that do not start, by whom they quote."""


def add_event(region: EcsRegion, service_arn: str, source: str, text: str) -> None:
    """Add an event that quotes the text. Raises ValueError for an unknown source."""
    sentence = _sentence_of(EVENTS, source)
    groups = region.tables.services[service_arn].target_groups
    group = groups[0]["targetGroupArn"] if groups else "arn:aws:elasticloadbalancing:::targetgroup/none/0"
    event_messages.add_event(region, service_arn, sentence.format(target_group=group, text=text))


def fail_starts(region: EcsRegion, service_arn: str, source: str, text: str) -> None:
    """Let every task of the service fail whose revision is registered from now on, with a reason that quotes
    the text, until the text is empty. Raises ValueError for an unknown source."""
    sentence = _sentence_of(FAILED_STARTS, source)
    if text:
        region.failing_starts[service_arn] = FailingStarts(region.now, sentence, text)
    else:
        region.failing_starts.pop(service_arn, None)


def reason_not_to_start(region: EcsRegion, task: EcsTask, image: str) -> str | None:
    """Why this task does not start; None if it does."""
    failing = region.failing_starts.get(task.service or "")
    registered = region.task_definition(task.task_definition).registered_at
    if failing is None or registered < failing.since:
        return None
    return failing.sentence.format(image=image, text=failing.text)


def _sentence_of(sentences: dict[str, str], source: str) -> str:
    if source not in sentences:
        raise ValueError(f"ECS repeats nothing of {source!r} there; it repeats: {', '.join(sentences)}")
    return sentences[source]
