"""The last log lines of a container, from CloudWatch Logs."""

from __future__ import annotations

from deploys.errors import AwsRefused
from deploys.safe_text import remove_unsafe
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.error_translation import aws_call
from workers.ecs.state import RevisionState, TaskState
from workers.ecs.task_definitions import containers_by_name

_MAX_LINE_LENGTH = 500
"""Longer lines are cut (characters)."""


def read_last_lines(
    region: RegionClients, revision: RevisionState, task: TaskState, container: str, count: int = 10
) -> tuple[str, ...]:
    """The newest `count` lines of a container of this task, oldest first, as text that is not escaped. Empty
    if there are none.

    revision: the task's revision. Only logs of the awslogs driver can be read.

    Raises the errors of `aws_call`.
    """
    location = _log_location(revision, task, container)
    if location is None:
        return ()
    region_name, group, stream = location
    try:
        with aws_call("logs:GetLogEvents"):
            answer = region.in_region(region_name or region.name).logs.get_log_events(
                logGroupName=group, logStreamName=stream, limit=count, startFromHead=False
            )
    except AwsRefused as error:
        if error.facts["code"] == "ResourceNotFoundException":
            return ()  # the container wrote nothing
        raise
    return tuple(_clean_line(event.get("message", "")) for event in answer["events"])[-count:]


def _log_location(revision: RevisionState, task: TaskState, container: str) -> tuple[str, str, str] | None:
    """Region ("" for that of the task), group and stream.

    The stream is `prefix/container/task-id`; without a prefix, which only EC2 allows, it is the container's
    id in the runtime (ECS developer guide, awslogs log driver).
    """
    definition = containers_by_name(revision).get(container, {})
    configuration = definition.get("logConfiguration") or {}
    options = configuration.get("options") or {}
    group = options.get("awslogs-group")
    if configuration.get("logDriver") != "awslogs" or not group:
        return None
    if prefix := options.get("awslogs-stream-prefix"):
        stream = f"{prefix}/{container}/{task.id}"
    else:
        stream = next((each.runtime_id for each in task.containers if each.name == container), "")
    return (options.get("awslogs-region", ""), group, stream) if stream else None


def _clean_line(line: str) -> str:
    clean = remove_unsafe(line).rstrip()
    return clean if len(clean) <= _MAX_LINE_LENGTH else f"{clean[: _MAX_LINE_LENGTH - 1]}…"
