"""A rollout that shifts traffic where ECS does not show its record: no stage and no pause can be told of."""

from __future__ import annotations

from deploys.errors import ServiceDeploymentsUnavailable
from deploys.records.deploy import Deploy
from deploys.records.retries import Notice
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs.state import ServiceDeploymentState
from workers.flows.best_effort import attempt
from workers.messages import alerts as words
from workers.step_context import StepContext


def report_missing_service_deployment(
    deploy: Deploy, context: StepContext, service_deployment: ServiceDeploymentState | None
) -> Deploy:
    """Says once why nothing of the way is shown: the plan promised it, and buttons at the pauses."""
    if service_deployment is not None or deploy.traffic is not None:
        return deploy
    if deploy.has_notice(Notice.SERVICE_DEPLOYMENT_MISSING):
        return deploy
    error = attempt(context.read_service_deployment)
    if isinstance(error, ServiceDeploymentsUnavailable):
        text = words.native_rollout_unreadable(deploy, error.message)
        reported = deploy.with_message(context.now(), ThreadMessageKind.PROBLEM, text, broadcast=True)
        return reported.with_notice(Notice.SERVICE_DEPLOYMENT_MISSING)
    return deploy  # any other error passes, or the next look says the same
