"""How a step reads its ECS service and rollout: for one deploy, or for all of a cluster at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from deploys.catalogue.nested_keys import Role
from deploys.errors import AwsUnavailable, SlipwayError
from deploys.records.deploy import Deploy
from workers.ecs import service_deployments, services
from workers.ecs.aws import principals
from workers.ecs.aws.aws_clients import AwsClients, RegionClients
from workers.ecs.state import ServiceDeploymentState, ServiceState
from workers.flows.best_effort import attempt
from workers.flows.observe.rollout_status import needs_service_deployment

CLOCK_SKEW_SECONDS = 60.0
"""By how much our clock and Amazon's may differ when service deployments are searched by time."""


class EcsReader(Protocol):
    """Reads services and service deployments. Each method also raises the errors of `aws_call`."""

    def read_service(self, deploy: Deploy) -> ServiceState | None:
        """The deploy's ECS service; None if ECS has no service of that name."""
        ...

    def read_service_deployment(self, deploy: Deploy) -> ServiceDeploymentState | None:
        """ECS's record of the rollout that the deploy made or follows; None while ECS shows none.

        Raises ServiceDeploymentsUnavailable.
        """
        ...


class LiveReader:
    """Asks ECS at every call."""

    def __init__(self, aws: AwsClients, session_name: str = "") -> None:
        """session_name: the name under which roles are assumed, if it is not the deploy's."""
        self._aws = aws
        self._session_name = session_name

    def read_service(self, deploy: Deploy) -> ServiceState | None:
        """The ECS service, or None."""
        service = deploy.service
        region = self._region(deploy)
        return services.describe(region, service.cluster, [service.ecs_service]).get(service.ecs_service)

    def read_service_deployment(self, deploy: Deploy) -> ServiceDeploymentState | None:
        """By its ARN once that is known; until then by the id of our deployment."""
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
        session_name = self._session_name or principals.session_for_deploy(deploy.id)
        return self._aws.for_service(deploy.service, session_name)


class FailedReader:
    """ECS did not answer when the cluster was read: for each of its deploys that is a failed try."""

    def __init__(self, error: AwsUnavailable) -> None:
        self._error = error

    def read_service(self, deploy: Deploy) -> ServiceState | None:
        """Raises AwsUnavailable."""
        raise self._error

    def read_service_deployment(self, deploy: Deploy) -> ServiceDeploymentState | None:
        """Raises AwsUnavailable."""
        raise self._error


class BatchReader:
    """What was read for several deploys at once: 10 services or 20 service deployments a call."""

    def __init__(
        self,
        live: LiveReader,
        services: dict[str, ServiceState],
        deployments: dict[str, ServiceDeploymentState],
        errors: dict[str, SlipwayError],
    ) -> None:
        """services, errors: by the deploy's id; errors say why ECS's record of a rollout could not be read.

        deployments: by the deploy's id, too.
        """
        self._live = live
        self._services = services
        self._deployments = deployments
        self._errors = errors

    @classmethod
    def read(cls, aws: AwsClients, deploys: Sequence[Deploy], now: float) -> BatchReader:
        """Reads the services of these deploys, which all belong to one cluster, and ECS's records of those
        rollouts of which the service does not say enough.

        Raises:
            AwsError: ECS did not answer.
        """
        by_cluster: dict[tuple[str, Role | None, str], list[Deploy]] = defaultdict(list)
        for deploy in deploys:
            service = deploy.service
            by_cluster[service.region, service.role, service.cluster].append(deploy)
        states: dict[str, ServiceState] = {}
        deployments: dict[str, ServiceDeploymentState] = {}
        errors: dict[str, SlipwayError] = {}
        for (region_name, role, cluster), group in by_cluster.items():
            region = aws.region(region_name, role, principals.WATCH_SESSION)
            described = services.describe(region, cluster, [each.service.ecs_service for each in group])
            states.update(
                {
                    each.id: described[each.service.ecs_service]
                    for each in group
                    if each.service.ecs_service in described
                }
            )
            arns = {
                each.id: arn
                for each in group
                if (arn := _likely_arn(each, states.get(each.id)))
                and needs_service_deployment(each, states.get(each.id), now)
            }
            rollouts = (
                attempt(partial(service_deployments.describe, region, list(arns.values()))) if arns else {}
            )
            if isinstance(rollouts, SlipwayError):
                errors.update(dict.fromkeys(arns, rollouts))
            else:
                deployments.update(
                    {deploy_id: rollouts[arn] for deploy_id, arn in arns.items() if arn in rollouts}
                )
        return cls(LiveReader(aws, principals.WATCH_SESSION), states, deployments, errors)

    def read_service(self, deploy: Deploy) -> ServiceState | None:
        """The ECS service as it was when the batch was read."""
        return self._services.get(deploy.id)

    def read_service_deployment(self, deploy: Deploy) -> ServiceDeploymentState | None:
        """ECS's record of the rollout as it was when the batch was read; if its ARN is not known yet, ECS is
        searched for it now.

        Raises the error with which the read of it failed.
        """
        if deploy.id in self._errors:
            raise self._errors[deploy.id]
        read = self._deployments.get(deploy.id)
        return read if _is_of(read, deploy) else self._live.read_service_deployment(deploy)


def _likely_arn(deploy: Deploy, ecs_service: ServiceState | None) -> str:
    """Of ECS's record of the rollout. Until it is known, that is most likely the one that the service is in:
    nothing has to be searched then."""
    if deploy.ecs.service_deployment_arn or deploy.ecs.deployment_id is None or ecs_service is None:
        return deploy.ecs.service_deployment_arn or ""
    return ecs_service.service_deployment


def _is_of(service_deployment: ServiceDeploymentState | None, deploy: Deploy) -> bool:
    if service_deployment is None:
        return False
    return (
        service_deployment.arn == deploy.ecs.service_deployment_arn
        or service_deployment.number == service_deployments.number_of(deploy.ecs.deployment_id)
    )
