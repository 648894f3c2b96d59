"""`/deploy logs SERVICE`: the last log lines of its newest tasks: of those that run, or else of those that
stopped last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deploys.catalogue.service import LogLines, Service
from deploys.console_links import log_stream_link, service_logs_link
from deploys.errors import (
    AwsUnavailable,
    ContainerNotInTask,
    LogsHidden,
    LogsInSharedChannel,
    NoTaskToRead,
    SlipwayError,
)
from deploys.mrkdwn import code
from deploys.quoting import are_quotes_hidden
from deploys.records.deploy import new_deploy_id
from deploys.records.refused_request import RefusedRequest
from deploys.records.request import DeployRequest
from workers.ecs import logs, services, task_definitions, tasks
from workers.ecs.aws import principals
from workers.ecs.aws.aws_clients import AwsClients, RegionClients
from workers.ecs.state import RevisionState, TaskState
from workers.ecs.task_definitions import containers_by_name
from workers.flows.best_effort import attempt
from workers.flows.plan.service_checks import require_exists
from workers.messages.logs import ContainerLog, TaskLogs, logs_text

MAX_TASKS = 2
"""Tasks whose logs are shown (count)."""


def describe_logs(service: Service, container: str, lines: int, aws: AwsClients, now: float) -> str:
    """The last lines (count) of each log. container: empty for all containers.

    Raises:
        LogsHidden, LogsInSharedChannel, ServiceMissing, NoTaskToRead, ContainerNotInTask
        AwsError: ECS could not be read. Of a log that cannot be read, the answer says so.
    """
    link = service_logs_link(service)
    if service.logs is LogLines.HIDE:
        raise LogsHidden(service=service.name, link=link)
    if are_quotes_hidden():
        raise LogsInSharedChannel(service=service.name, link=link)
    region = aws.for_service(service, principals.LOGS_SESSION)
    require_exists(
        service, services.describe(region, service.cluster, [service.ecs_service]).get(service.ecs_service)
    )
    newest = pick_newest(tasks.list_service_tasks(region, service.cluster, service.ecs_service))
    if not newest:
        raise NoTaskToRead(service=service.name, link=link)
    revisions = {arn: task_definitions.describe(region, arn) for arn in {each.revision for each in newest}}
    _refuse_unknown_container(service, container, [containers_by_name(each) for each in revisions.values()])
    found = [_read_task(region, revisions[each.revision], each, container, lines) for each in newest]
    return logs_text(service.name, found, now)


def pick_newest(service_tasks: Sequence[TaskState]) -> list[TaskState]:
    """The newest tasks of those that run; if none runs, those that stopped last. Pure."""
    running = [each for each in service_tasks if each.last_status == "RUNNING"]
    if running:
        return sorted(running, key=lambda each: each.started_at or 0.0, reverse=True)[:MAX_TASKS]
    ended = [each for each in service_tasks if each.desired_status == "STOPPED"]
    return sorted(ended, key=_stopped_at, reverse=True)[:MAX_TASKS]


def _stopped_at(task: TaskState) -> float:
    return task.stopped_at or task.stopping_at or task.created_at or 0.0


def _refuse_unknown_container(
    service: Service, container: str, known: Sequence[dict[str, dict[str, Any]]]
) -> None:
    names = dict.fromkeys(name for each in known for name in each)
    if container and container not in names:
        raise ContainerNotInTask(
            service=service.name,
            container=code(container),
            known=", ".join(map(code, names)),
            containers=",".join(names),
        )


def refused_logs(error: ContainerNotInTask, lines: int, request: DeployRequest) -> RefusedRequest:
    """What buttons need to ask for the logs of a container that is there. Pure but for its id."""
    return RefusedRequest(
        id=new_deploy_id(),
        subcommand="logs",
        services=(error.facts["service"],),
        arguments={"count": lines},
        is_query=True,
        request=request,
        error=type(error).__name__,
        facts={"containers": error.facts["containers"]},
    )


def _read_task(
    region: RegionClients, revision: RevisionState, task: TaskState, container: str, lines: int
) -> TaskLogs:
    names = [name for name in containers_by_name(revision) if container in ("", name)]
    runs = task.last_status == "RUNNING"
    return TaskLogs(
        task_id=task.id,
        revision=task.revision,
        runs=runs,
        since=(task.started_at or 0.0) if runs else _stopped_at(task),
        containers=tuple(_read_container(region, revision, task, each, lines) for each in names),
    )


def _read_container(
    region: RegionClients, revision: RevisionState, task: TaskState, container: str, count: int
) -> ContainerLog:
    location = logs.find_log(revision, task, container)
    if location is None:
        return ContainerLog(container, driver=logs.log_driver(revision, container))
    link = log_stream_link(location.region or region.name, location.group, location.stream)
    read = attempt(lambda: logs.read_last_lines(region, revision, task, container, count))
    if isinstance(read, SlipwayError):
        passes = isinstance(read, AwsUnavailable)
        return ContainerLog(container, error=read.message, error_passes=passes)
    return ContainerLog(container, lines=read, link=link)
