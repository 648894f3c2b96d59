"""When the new tasks serve, and how many old tasks still drain. Draining may take minutes more.

The new version serves once its full count runs and no old task runs beside it: before that, new tasks may run
and fail their health checks while ECS keeps the old ones. From then on, old tasks only drain. They are
counted from task records, since the counts of a service leave out draining tasks. The end of the deploy
reports their number and does not wait for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deploys.records.deploy import Deploy
from deploys.records.rollout import DrainingTasks, RolloutCounts
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs import tasks
from workers.ecs.state import TaskState
from workers.flows.best_effort import best_effort
from workers.messages import tasks as messages
from workers.step_context import StepContext

RECOUNT_SECONDS = 30.0
"""Between two counts of the old tasks, each of which takes two more calls (seconds)."""
JUST_READ_SECONDS = 1.0
"""A count that is no older is not made again (seconds)."""
MOST_KEPT = 25
"""Tasks whose ARNs are kept (count)."""


def report_serving(deploy: Deploy, context: StepContext) -> Deploy:
    """Reports once that the new tasks serve, and how many old ones still drain."""
    now = context.now()
    if deploy.rollback.outcome is not None:
        return deploy
    is_first = deploy.rollout.serving_at is None
    if is_first and not is_serving(deploy.rollout.counts):
        return deploy
    if not is_first and deploy.rollout.draining and now - deploy.rollout.draining.read_at < RECOUNT_SECONDS:
        return deploy
    deploy = _read_tasks_at_serving(deploy, context) if is_first else count_draining(deploy, context)
    if is_first:
        deploy = deploy.evolve(rollout={"serving_at": now})
        if deploy.rollout.draining and deploy.rollout.draining.tasks:
            text = messages.new_tasks_serving(deploy, deploy.rollout.draining.tasks)
            deploy = deploy.with_message(now, ThreadMessageKind.PROGRESS, text)
    return deploy


def _read_tasks_at_serving(deploy: Deploy, context: StepContext) -> Deploy:
    """The deploy with its new tasks and the old ones that drain, read together: at the end, these are read
    without a search for them."""
    service, old = deploy.service, deploy.rollout.draining_arns
    read = best_effort(
        lambda: (
            tasks.list_service_tasks(context.region, service.cluster, service.ecs_service)
            if old is None
            else read_running_tasks(context, old)
        ),
        None,
    )
    if read is None:
        return deploy.evolve(rollout={"draining": None})
    new = [each.arn for each in read if each.started_by == deploy.ecs.deployment_id and each.is_running]
    return with_draining(deploy, read, context.now()).evolve(rollout={"new_tasks": kept_arns(new)})


def read_running_tasks(context: StepContext, also: Sequence[str] = ()) -> tuple[TaskState, ...]:
    """The service's tasks that are to run, and those with these ARNs. Raises the errors of `aws_call`."""
    return tuple(context.describe_tasks((*context.list_running_tasks(), *also)).values())


def kept_arns(arns: Sequence[str]) -> tuple[str, ...]:
    """These, or none if they are too many to be kept. Pure."""
    return tuple(arns) if len(arns) <= MOST_KEPT else ()


def is_serving(rollout: RolloutCounts) -> bool:
    """Whether the full count of new tasks runs, and no old task except draining ones.

    While old tasks run beside them, new ones may still have to pass their health checks. Pure.
    """
    return 0 < rollout.new_desired <= rollout.new_running and rollout.old_running == rollout.old_pending == 0


def count_draining(deploy: Deploy, context: StepContext) -> Deploy:
    """The deploy with the number of old tasks that drain, by their records; None if unreadable. They are to
    stop: none that is to run is left once the new version serves."""
    known, now, service = deploy.rollout.draining, context.now(), deploy.service
    if known is not None and now - known.read_at < JUST_READ_SECONDS:
        return deploy
    old = deploy.rollout.draining_arns
    read: Iterable[TaskState] | None
    if old is None:
        read = best_effort(
            lambda: tasks.list_stopped_tasks(context.region, service.cluster, service.ecs_service), None
        )
    else:
        read = best_effort(lambda: context.describe_tasks(old).values(), None)
    return deploy.evolve(rollout={"draining": None}) if read is None else with_draining(deploy, read, now)


def with_draining(deploy: Deploy, read: Iterable[TaskState], now: float) -> Deploy:
    """The deploy with the old tasks that drain, of these that were read then (epoch seconds). Pure."""
    arns = [
        task.arn
        for task in read
        if task.started_by != deploy.ecs.deployment_id
        and task.desired_status == "STOPPED"
        and task.last_status != "STOPPED"
    ]
    draining = DrainingTasks(tasks=len(arns), read_at=now, arns=kept_arns(arns))
    return deploy.evolve(rollout={"draining": draining, "old_tasks": ()})


def recount_draining(deploy: Deploy, context: StepContext) -> Deploy:
    """The same some time later, if they were counted before."""
    return count_draining(deploy, context) if deploy.rollout.draining else deploy
