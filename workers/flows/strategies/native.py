"""`strategy: native`: ECS shifts the traffic between two full sets of tasks (BLUE_GREEN, LINEAR, CANARY).

Its stages, weights and pauses are observations while a rollout is followed, since ECS moves them.
"""

from __future__ import annotations

from deploys.catalogue.service import Service
from deploys.errors import ServiceDeploymentsUnavailable
from deploys.records.deploy import Deploy
from deploys.records.thread_messages import Notice, ThreadMessageKind
from workers.ecs.state import ServiceDeploymentState, ServiceState
from workers.flows.best_effort import attempt
from workers.flows.observe.traffic_shift import observe_traffic
from workers.flows.strategies.ecs_strategy import check_ecs_strategy
from workers.flows.strategies.pauses import continue_rollback_pauses, send_pause_answer
from workers.flows.strategies.rolling import Rolling
from workers.messages import alerts
from workers.step_context import StepContext, StepResult


class Native(Rolling):
    """As rolling, with traffic to observe and pauses to answer."""

    listed_within_seconds = 20.0
    """ECS may take some seconds to list a service deployment. It is worth the wait: to stop it is quick,
    while a new deployment of the old revision would start its tasks and shift the traffic again.
    """

    def check_service(self, service: Service, ecs_service: ServiceState) -> None:
        check_ecs_strategy(service, ecs_service, native=True)

    def check_count(self, service: Service, ecs_service: ServiceState) -> None:
        """ECS starts a full second set of tasks, whatever the percentages."""

    def observe(
        self, deploy: Deploy, service_deployment: ServiceDeploymentState | None, now: float
    ) -> Deploy:
        return observe_traffic(deploy, service_deployment, now)

    def advance(
        self, deploy: Deploy, context: StepContext, service_deployment: ServiceDeploymentState | None
    ) -> Deploy | StepResult:
        """Sends ECS the answer to a pause."""
        if (answered := send_pause_answer(deploy, context, service_deployment)) is not None:
            return answered
        return _report_missing_service_deployment(deploy, context, service_deployment)

    def report_serving(self, deploy: Deploy, context: StepContext) -> Deploy:
        """The shift of the traffic is reported instead."""
        return deploy

    def advance_rollback(self, deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> Deploy:
        return continue_rollback_pauses(deploy, context, ecs_service)


def _report_missing_service_deployment(
    deploy: Deploy, context: StepContext, service_deployment: ServiceDeploymentState | None
) -> Deploy:
    """Reports once why the stages are not shown: the plan promised them, and buttons at the pauses."""
    if service_deployment is not None or deploy.traffic is not None:
        return deploy
    if deploy.has_notice(Notice.SERVICE_DEPLOYMENT_MISSING):
        return deploy
    error = attempt(context.read_service_deployment)
    if isinstance(error, ServiceDeploymentsUnavailable):
        text = alerts.native_rollout_unreadable(deploy, error.message)
        reported = deploy.with_message(context.now(), ThreadMessageKind.PROBLEM, text, broadcast=True)
        return reported.with_notice(Notice.SERVICE_DEPLOYMENT_MISSING)
    return deploy  # any other error passes, or the next read has it as well
