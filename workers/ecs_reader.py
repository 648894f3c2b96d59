"""How a step sees ECS: one deploy at a time, or all of a cluster in batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from deploys.catalogue.service import Role
from deploys.errors import AwsUnavailable, SlipwayError
from deploys.records.deploy import Deploy
from workers.ecs import service_deployments, services
from workers.ecs.aws import principals
from workers.ecs.aws.aws_clients import AwsClients, RegionClients
from workers.ecs.state import ServiceDeploymentState, ServiceState
from workers.flows.best_effort import attempt

CLOCK_SKEW_SECONDS = 60.0
"""Our clock and Amazon's may differ by so much when service deployments are searched by their time."""


class LiveReader:
    """Asks ECS anew each time."""

    def __init__(self, aws: AwsClients, session_name: str = "") -> None:
        """session: the name under which roles are assumed, where it is not that of the deploy."""
        self._aws = aws
        self._session_name = session_name

    def read_service(self, deploy: Deploy) -> ServiceState | None:
        """The ECS service, or None."""
        service = deploy.service
        region = self._region(deploy)
        return services.describe(region, service.cluster, [service.ecs_service]).get(service.ecs_service)

    def read_service_deployment(self, deploy: Deploy) -> ServiceDeploymentState | None:
        """By its ARN once that is known; before, joined by our deployment id."""
        service = deploy.service
        region = self._region(deploy)
        if deploy.ecs.service_deployment_arn:
            arn = deploy.ecs.service_deployment_arn
            return service_deployments.describe(region, [arn]).get(arn)
        if deploy.ecs.deployment_id is None:
            return None
        return service_deployments.find_by_deployment_id(
            region,
            service.cluster,
            service.ecs_service,
            deploy.ecs.deployment_id,
            created_after=(deploy.ecs.rollout_started_at or deploy.request.requested_at) - CLOCK_SKEW_SECONDS,
        )

    def _region(self, deploy: Deploy) -> RegionClients:
        return self._aws.for_service(deploy.service, self._session_name or principals.for_deploy(deploy.id))


class FailedReader:
    """ECS did not answer the look at a cluster: each deploy of it takes that as its own failed try."""

    def __init__(self, error: AwsUnavailable) -> None:
        self._error = error

    def read_service(self, deploy: Deploy) -> ServiceState | None:
        """Raises AwsUnavailable."""
        raise self._error

    def read_service_deployment(self, deploy: Deploy) -> ServiceDeploymentState | None:
        """Raises AwsUnavailable."""
        raise self._error


class BatchReader:
    """What one look at a cluster showed of several deploys: 10 services, 20 service deployments a call."""

    def __init__(
        self,
        live: LiveReader,
        services: dict[str, ServiceState],
        deployments: dict[str, ServiceDeploymentState],
        errors: dict[str, SlipwayError],
    ) -> None:
        """unseen: why ECS's record of a rollout could not be read, by the deploy's id."""
        self._live = live
        self._services = services
        self._deployments = deployments
        self._errors = errors

    @classmethod
    def read(cls, aws: AwsClients, deploys: Sequence[Deploy]) -> BatchReader:
        """Looks at the services of these deploys, all of one cluster.

        Raises:
            AwsError: ECS did not answer.
        """
        by_place: dict[tuple[str, Role | None, str], list[Deploy]] = defaultdict(list)
        for deploy in deploys:
            service = deploy.service
            by_place[service.region, service.role, service.cluster].append(deploy)
        seen: dict[str, ServiceState] = {}
        deployments: dict[str, ServiceDeploymentState] = {}
        unseen: dict[str, SlipwayError] = {}
        for (region_name, role, cluster), group in by_place.items():
            region = aws.region(region_name, role, principals.WATCH)
            found = services.describe(region, cluster, [d.service.ecs_service for d in group])
            seen.update({d.id: found[d.service.ecs_service] for d in group if d.service.ecs_service in found})
            arns = [d.ecs.service_deployment_arn for d in group if d.ecs.service_deployment_arn]
            looked = attempt(partial(service_deployments.describe, region, arns)) if arns else {}
            if isinstance(looked, SlipwayError):
                unseen.update({d.id: looked for d in group if d.ecs.service_deployment_arn})
            else:
                deployments.update(looked)
        return cls(LiveReader(aws, principals.WATCH), seen, deployments, unseen)

    def read_service(self, deploy: Deploy) -> ServiceState | None:
        """The ECS service as it was in that look."""
        return self._services.get(deploy.id)

    def read_service_deployment(self, deploy: Deploy) -> ServiceDeploymentState | None:
        """ECS's record of the rollout in that look; one whose ARN is not known yet is searched for.

        Raises what that look raised.
        """
        if deploy.id in self._errors:
            raise self._errors[deploy.id]
        known = self._deployments.get(deploy.ecs.service_deployment_arn or "")
        return known or self._live.read_service_deployment(deploy)
