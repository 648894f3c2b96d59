"""The plan of what leaves the version as it is: another count, or a command in a one-off task."""

from __future__ import annotations

from deploys.errors import DaemonHasNoCount, ExternalRolloutInProgress, NothingRuns
from deploys.records.deploy import Deploy
from deploys.records.plan import ContainerChange, Plan
from deploys.short_names import short_arn
from workers.ecs.state import RevisionState, ServiceState
from workers.ecs.task_definitions import containers_by_name
from workers.flows.observe.rollout_status import find_deployment_in_progress
from workers.flows.plan.service_checks import is_express_mode, require_active
from workers.flows.plan.target_version import plan_from_revisions
from workers.flows.stopped_service import scaling_suspension
from workers.step_context import StepContext


def plan_count_change(deploy: Deploy, context: StepContext, ecs_service: ServiceState | None) -> Plan:
    """What runs, how many tasks, and how the service is scaled.

    Raises:
        Refused: the service cannot be scaled, or not now.
    """
    ecs_service = require_active(deploy.service, ecs_service)
    is_express_mode(deploy.service, ecs_service)
    if ecs_service.scheduling == "DAEMON":
        raise DaemonHasNoCount(service=deploy.service.name)
    if (rollout := find_deployment_in_progress(ecs_service)) is not None:
        raise ExternalRolloutInProgress(
            service=deploy.service.name, deployment=rollout.id, revision=short_arn(rollout.revision)
        )
    plan = _plan_of(deploy, context, ecs_service, ecs_service.revision)
    return plan.evolve(scaling=scaling_suspension.read_scaling_plan(deploy, context))


def plan_command(deploy: Deploy, context: StepContext, ecs_service: ServiceState | None) -> Plan:
    """Which revision the command runs with. Its first container is the one that runs it.

    Raises:
        Refused: the service does not exist, or nothing says what runs.
    """
    ecs_service = require_active(deploy.service, ecs_service)
    revision = revision_that_runs(ecs_service)
    if not revision:
        raise NothingRuns(service=deploy.service.name)
    return _plan_of(deploy, context, ecs_service, revision)


def revision_that_runs(ecs_service: ServiceState) -> str:
    """ARN of the revision that has proven itself: during a rollout the one before it. Pure."""
    rollout = find_deployment_in_progress(ecs_service)
    before = [each for each in ecs_service.deployments if each is not rollout and each.running]
    if rollout is None or not before:
        return ecs_service.revision
    return max(before, key=lambda each: each.created_at).revision


def _plan_of(deploy: Deploy, context: StepContext, ecs_service: ServiceState, arn: str) -> Plan:
    revision = context.revisions.describe(arn)
    plan = plan_from_revisions(deploy, ecs_service, revision, revision)
    return plan.evolve(
        desired_count=ecs_service.desired,
        downtime=False,
        traffic=None,
        changes=_first(plan, deploy, revision),
    )


def _first(plan: Plan, deploy: Deploy, revision: RevisionState) -> tuple[ContainerChange, ...]:
    """The changes of a plan; for a command, with the container of the task before a rollout first."""
    task = deploy.service.before
    definition = containers_by_name(revision).get(task.container) if task else None
    if deploy.command is None or definition is None:
        return plan.changes
    image = str(definition.get("image", ""))
    return (ContainerChange(container=str(definition["name"]), old_image=image, new_image=image),)
