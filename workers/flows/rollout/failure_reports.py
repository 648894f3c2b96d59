"""What the thread is told about a rollout that fails: each cause once, and why ECS rolls back."""

from __future__ import annotations

from deploys.records.deploy import Deploy
from deploys.records.rollback import RollbackCauseKind
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs.state import ServiceDeploymentState, ServiceState
from workers.flows.observe.ecs_rollback import ecs_rollback_revision
from workers.flows.observe.ecs_rollback_reasons import ecs_rollback_reason, ecs_stop_reason, find_known_cause
from workers.flows.observe.failure_evidence import (
    StoppedTasks,
    has_signs_of_failure,
    new_evidence,
)
from workers.messages import progress, rollback_reasons
from workers.messages.evidence import NO_EVIDENCE, Evidence
from workers.step_context import StepContext


def failure_reason(deploy: Deploy, service_deployment: ServiceDeploymentState | None) -> str:
    ecs_text = service_deployment.reason if service_deployment else ""
    if (
        service_deployment is not None
        and service_deployment.status == "ROLLBACK_FAILED"
        and deploy.rollback.cause is not None
    ):
        return rollback_reasons.ecs_rollback_failed(deploy.rollback.cause.sentence, ecs_text)
    return ecs_stop_reason(service_deployment) or rollback_reasons.rollout_failed(ecs_text)


def report_ecs_rollback(
    deploy: Deploy,
    context: StepContext,
    ecs_service: ServiceState | None,
    service_deployment: ServiceDeploymentState | None,
) -> Deploy:
    """Reports once why ECS rolls back by itself, with every new cause: the end may be minutes away."""
    if deploy.rollback.cause is not None:
        return deploy
    cause = find_known_cause(deploy, service_deployment)
    if (
        cause is None
        and service_deployment is not None
        and service_deployment.status == "ROLLBACK_REQUESTED"
        and not service_deployment.reason
    ):
        return deploy  # ECS says why once the rollback has begun
    reason = cause or ecs_rollback_reason(deploy, service_deployment, ecs_service)
    broadcast = _is_first_failure_while_stopped(deploy)
    deploy, evidence = take_new_evidence(deploy, context, ecs_service)
    text = (
        progress.rolling_back(cause, ecs_rollback_revision(deploy), evidence)
        if cause
        else progress.ecs_rolling_back(reason, evidence)
    )
    reported = deploy.with_message(context.now(), ThreadMessageKind.PROBLEM, text, broadcast=broadcast)
    return reported.with_rollback_cause(RollbackCauseKind.ECS, reason)


def report_failures(
    deploy: Deploy,
    context: StepContext,
    ecs_service: ServiceState | None,
    stopped: StoppedTasks | None = None,
) -> Deploy:
    """Reports each cause once, though the counts in it grow. stopped: as in `new_evidence`."""
    broadcast = _is_first_failure_while_stopped(deploy)
    deploy, evidence = take_new_evidence(deploy, context, ecs_service, stopped)
    if not evidence.causes and not evidence.missing:
        return deploy
    return deploy.with_message(
        context.now(), ThreadMessageKind.PROBLEM, progress.new_tasks_failing(evidence), broadcast=broadcast
    )


def _is_first_failure_while_stopped(deploy: Deploy) -> bool:
    """Whether this is the first failure of a service that was stopped. It is reported in the channel: nothing
    works until this is over.
    """
    unreported = not deploy.rollout.reported_causes and deploy.rollback.cause is None
    return deploy.stop.owns_count and unreported


def take_new_evidence(
    deploy: Deploy,
    context: StepContext,
    ecs_service: ServiceState | None,
    stopped: StoppedTasks | None = None,
) -> tuple[Deploy, Evidence]:
    """What is new of the causes, and the deploy that remembers them as reported. Tasks are read only if
    something indicates a failure.
    """
    if ecs_service is None or not has_signs_of_failure(deploy, ecs_service):
        return deploy, NO_EVIDENCE
    evidence, reported_causes = new_evidence(deploy, context, ecs_service, stopped=stopped)
    return deploy.evolve(rollout={"reported_causes": reported_causes}), evidence
