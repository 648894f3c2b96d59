"""How a step sees ECS: one deploy at a time, or all of a cluster in batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from deploys.catalogue.service import Role
from deploys.deploy import Deploy
from deploys.errors import AwsUnavailable, SlipwayError
from workers.ecs import rollouts, services, session_names
from workers.ecs.seen import ServiceDeploymentSeen, ServiceSeen
from workers.ecs.session import Aws, Region
from workers.flows.best_effort import attempt

JOIN_SLACK_SECONDS = 60.0
"""Our clock and Amazon's may differ by so much when service deployments are searched by their time."""


class Fresh:
    """Asks ECS anew each time."""

    def __init__(self, aws: Aws, session: str = "") -> None:
        """session: the name under which roles are assumed, where it is not that of the deploy."""
        self._aws = aws
        self._session = session

    def service(self, deploy: Deploy) -> ServiceSeen | None:
        """The ECS service, or None."""
        service = deploy.service
        region = self._region(deploy)
        return services.describe(region, service.cluster, [service.ecs_service]).get(service.ecs_service)

    def service_deployment(self, deploy: Deploy) -> ServiceDeploymentSeen | None:
        """By its ARN once that is known; before, joined by our deployment id."""
        service = deploy.service
        region = self._region(deploy)
        if deploy.service_deployment_arn:
            arn = deploy.service_deployment_arn
            return rollouts.describe(region, [arn]).get(arn)
        if deploy.deployment_id is None:
            return None
        return rollouts.service_deployment(
            region,
            service.cluster,
            service.ecs_service,
            deploy.deployment_id,
            created_after=(deploy.started_at or deploy.requested_at) - JOIN_SLACK_SECONDS,
        )

    def _region(self, deploy: Deploy) -> Region:
        return self._aws.of(deploy.service, self._session or session_names.for_deploy(deploy.id))


class Unseen:
    """ECS did not answer the look at a cluster: each deploy of it takes that as its own failed try."""

    def __init__(self, error: AwsUnavailable) -> None:
        self._error = error

    def service(self, deploy: Deploy) -> ServiceSeen | None:
        """Raises AwsUnavailable."""
        raise self._error

    def service_deployment(self, deploy: Deploy) -> ServiceDeploymentSeen | None:
        """Raises AwsUnavailable."""
        raise self._error


class Together:
    """What one look at a cluster showed of several deploys: 10 services, 20 service deployments a call."""

    def __init__(
        self,
        fresh: Fresh,
        seen: dict[str, ServiceSeen],
        deployments: dict[str, ServiceDeploymentSeen],
        unseen: dict[str, SlipwayError],
    ) -> None:
        """unseen: why ECS's record of a rollout could not be read, by the deploy's id."""
        self._fresh = fresh
        self._seen = seen
        self._deployments = deployments
        self._unseen = unseen

    @classmethod
    def look(cls, aws: Aws, deploys: Sequence[Deploy]) -> Together:
        """Looks at the services of these deploys, all of one cluster.

        Raises:
            AwsError: ECS did not answer.
        """
        by_place: dict[tuple[str, Role | None, str], list[Deploy]] = defaultdict(list)
        for deploy in deploys:
            service = deploy.service
            by_place[service.region, service.role, service.cluster].append(deploy)
        seen: dict[str, ServiceSeen] = {}
        deployments: dict[str, ServiceDeploymentSeen] = {}
        unseen: dict[str, SlipwayError] = {}
        for (region_name, role, cluster), group in by_place.items():
            region = aws.region(region_name, role, session_names.WATCH)
            found = services.describe(region, cluster, [d.service.ecs_service for d in group])
            seen.update({d.id: found[d.service.ecs_service] for d in group if d.service.ecs_service in found})
            arns = [d.service_deployment_arn for d in group if d.service_deployment_arn]
            looked = attempt(partial(rollouts.describe, region, arns)) if arns else {}
            if isinstance(looked, SlipwayError):
                unseen.update({d.id: looked for d in group if d.service_deployment_arn})
            else:
                deployments.update(looked)
        return cls(Fresh(aws, session_names.WATCH), seen, deployments, unseen)

    def service(self, deploy: Deploy) -> ServiceSeen | None:
        """The ECS service as it was in that look."""
        return self._seen.get(deploy.id)

    def service_deployment(self, deploy: Deploy) -> ServiceDeploymentSeen | None:
        """ECS's record of the rollout in that look; one whose ARN is not known yet is searched for.

        Raises what that look raised.
        """
        if deploy.id in self._unseen:
            raise self._unseen[deploy.id]
        known = self._deployments.get(deploy.service_deployment_arn or "")
        return known or self._fresh.service_deployment(deploy)
