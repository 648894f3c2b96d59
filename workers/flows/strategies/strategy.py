"""What every deploy strategy provides: how a new revision takes the old one's place, and how it goes back."""

from __future__ import annotations

from typing import Protocol

from deploys.catalogue.service import Service
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from workers.ecs.state import DeploymentState, ServiceDeploymentState, ServiceState
from workers.step_context import StepContext, StepResult


class DeployStrategy(Protocol):
    """One module for each strategy of `services.yml`. `registry.strategy_of` finds the one of a deploy."""

    @property
    def first_phase(self) -> Phase:
        """The phase in which the service is first changed. The new revision is registered by then."""
        ...

    def check_service(self, service: Service, ecs_service: ServiceState) -> None:
        """Refuses a service that ECS does not roll out in this way. Pure."""
        ...

    def check_count(self, service: Service, ecs_service: ServiceState) -> None:
        """Refuses a desired count at which ECS could not replace a task. Pure."""
        ...

    def observe(
        self, deploy: Deploy, service_deployment: ServiceDeploymentState | None, now: float
    ) -> Deploy:
        """The deploy with what this read of the rollout shows, and a message about what is new. Pure."""
        ...

    def advance(
        self, deploy: Deploy, context: StepContext, service_deployment: ServiceDeploymentState | None
    ) -> Deploy | StepResult:
        """Does what a rollout in progress waits for. A StepResult ends the step."""
        ...

    def report_serving(self, deploy: Deploy, context: StepContext) -> Deploy:
        """Says once that the new tasks serve, if that comes before the end of the rollout."""
        ...

    def check_success(self, deploy: Deploy, context: StepContext, newer: DeploymentState | None) -> Deploy:
        """The deploy with what its tasks show at the end of a rollout that succeeded.

        newer: the deployment of somebody else that has the service by now.
        """
        ...

    def check_ecs_rollback(self, deploy: Deploy, context: StepContext) -> Deploy:
        """The deploy with what its tasks show after ECS itself rolled back."""
        ...

    def end_superseded(self, deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
        """Somebody else set another revision, which Slipway leaves as it is."""
        ...

    def restore(self, deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
        """One step towards the recorded revision and count."""
        ...

    def advance_rollback(self, deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> Deploy:
        """Does what a rollback in progress waits for."""
        ...

    def is_taken_over(self, deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> bool:
        """Whether a later deploy has tagged the service as its own. Pure."""
        ...

    def clean_up(self, deploy: Deploy, context: StepContext) -> None:
        """Removes what the deploy left on the ECS service in case Redis is lost."""
        ...
