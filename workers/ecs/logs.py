"""The last log lines of a container, from CloudWatch Logs."""

from __future__ import annotations

from typing import NamedTuple

from deploys.environment_values import hide_values
from deploys.errors import AwsRefused
from deploys.redaction import redact
from deploys.safe_text import remove_unsafe
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.error_translation import aws_call
from workers.ecs.state import RevisionState, TaskState
from workers.ecs.task_definitions import containers_by_name, environment_variables

_MAX_LINE_LENGTH = 500
"""Longer lines are cut (characters)."""


def read_last_lines(
    region: RegionClients, revision: RevisionState, task: TaskState, container: str, count: int = 10
) -> tuple[str, ...]:
    """The newest `count` lines of a container of this task, oldest first, as text that is not escaped. What
    may be a secret and the values of the task's environment variables are taken out. Empty if there are no
    lines.

    revision: the task's revision. Only logs of the awslogs driver can be read.

    Raises the errors of `aws_call`.
    """
    location = find_log(revision, task, container)
    if location is None:
        return ()
    try:
        with aws_call("logs:GetLogEvents"):
            answer = region.in_region(location.region or region.name).logs.get_log_events(
                logGroupName=location.group, logStreamName=location.stream, limit=count, startFromHead=False
            )
    except AwsRefused as error:
        if error.facts["code"] == "ResourceNotFoundException":
            return ()  # the container wrote nothing
        raise
    # Redacted together, because a secret may go over several events, and before anything is cut. The values
    # come first: of one that the redactor takes only a part of, the rest would be found no more.
    written = [remove_unsafe(event.get("message", "")).rstrip() for event in answer["events"]]
    text = redact(hide_values("\n".join(written), environment_variables(revision)))
    return tuple(map(_cut, text.split("\n")))[-count:] if written else ()


class LogLocation(NamedTuple):
    """Where the log of one container of a task is."""

    region: str
    """Empty: the region of the task."""
    group: str
    stream: str


def find_log_group(revision: RevisionState, container: str) -> tuple[str, str]:
    """The log group of one container of a revision, and its region: empty if it is the service's. Both are
    empty if CloudWatch Logs does not have it."""
    configuration = containers_by_name(revision).get(container, {}).get("logConfiguration") or {}
    options = configuration.get("options") or {}
    if configuration.get("logDriver") != "awslogs":
        return "", ""
    return options.get("awslogs-group", ""), options.get("awslogs-region", "")


def find_log(revision: RevisionState, task: TaskState, container: str) -> LogLocation | None:
    """Where the log is; None if CloudWatch Logs does not have it.

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
    return LogLocation(options.get("awslogs-region", ""), group, stream) if stream else None


def log_driver(revision: RevisionState, container: str) -> str:
    """The name of a container's log driver; `none` if the task definition names none."""
    definition = containers_by_name(revision).get(container, {})
    return str((definition.get("logConfiguration") or {}).get("logDriver") or "none")


def _cut(line: str) -> str:
    return line if len(line) <= _MAX_LINE_LENGTH else f"{line[: _MAX_LINE_LENGTH - 1]}…"
