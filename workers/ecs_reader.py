"""How a step reads its ECS service and rollout: for one deploy, or for all of a cluster at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol

from deploys.catalogue.nested_keys import Role
from deploys.errors import AwsUnavailable, SlipwayError
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from workers.ecs import service_deployments, services, tasks
from workers.ecs.aws import principals
from workers.ecs.aws.aws_clients import AwsClients, RegionClients
from workers.ecs.state import ServiceDeploymentState, ServiceState, TaskState
from workers.flows.best_effort import attempt
from workers.flows.observe.rollout_status import needs_service_deployment

CLOCK_SKEW_SECONDS = 60.0
"""By how much our clock and Amazon's may differ when service deployments are searched by time."""
TASKS_READ_FOR = 10
"""Rollouts whose tasks are read together, at most (count): each takes a list of its own, so more of them
would keep the first ends waiting."""


class EcsReader(Protocol):
    """Reads services, service deployments and tasks. Each method also raises the errors of `aws_call`."""

    def read_service(self, deploy: Deploy) -> ServiceState | None:
        """The deploy's ECS service; None if ECS has no service of that name."""
        ...

    def read_service_deployment(self, deploy: Deploy) -> ServiceDeploymentState | None:
        """ECS's record of the rollout that the deploy made or follows; None while ECS shows none.

        Raises ServiceDeploymentsUnavailable.
        """
        ...

    def list_running_tasks(self, deploy: Deploy) -> Sequence[str]:
        """ARNs of the tasks of its service that are to run."""
        ...

    def describe_tasks(self, deploy: Deploy, arns: Sequence[str]) -> Mapping[str, TaskState]:
        """Tasks of its cluster by ARN, as `tasks.describe`."""
        ...

    def shows_end(self, deploy: Deploy) -> bool:
        """Whether what has been read shows the end of its rollout: such a deploy goes before others."""
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

    def list_running_tasks(self, deploy: Deploy) -> Sequence[str]:
        """The list as it is now."""
        service = deploy.service
        return tasks.list_running(self._region(deploy), service.cluster, service.ecs_service)

    def describe_tasks(self, deploy: Deploy, arns: Sequence[str]) -> Mapping[str, TaskState]:
        """The tasks as they are now."""
        return tasks.describe(self._region(deploy), deploy.service.cluster, arns)

    def shows_end(self, deploy: Deploy) -> bool:
        """Nothing has been read."""
        return False

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

    def list_running_tasks(self, deploy: Deploy) -> Sequence[str]:
        """Raises AwsUnavailable."""
        raise self._error

    def describe_tasks(self, deploy: Deploy, arns: Sequence[str]) -> Mapping[str, TaskState]:
        """Raises AwsUnavailable."""
        raise self._error

    def shows_end(self, deploy: Deploy) -> bool:
        """Nothing has been read."""
        return False


class BatchReader:
    """What was read for several deploys at once: 10 services, 20 service deployments or 100 tasks a call."""

    def __init__(
        self,
        live: LiveReader,
        deploys: Sequence[Deploy],
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
        self._tasks_unread = {each.id: each for each in deploys if _needs_tasks(each, services.get(each.id))}
        """Deploys whose steps are about to read their tasks, and for which nobody has done so."""
        self._running: dict[str, Sequence[str]] = {}
        """ARNs of the tasks of these deploys that are to run."""
        self._tasks: dict[str, dict[str, TaskState | None]] = {}
        """The tasks of these deploys by ARN; None: ECS does not have it any more."""

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
        return cls(LiveReader(aws, principals.WATCH_SESSION), deploys, states, deployments, errors)

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

    def list_running_tasks(self, deploy: Deploy) -> Sequence[str]:
        """As it was when the tasks of several deploys were read; asked for a second time, as it is now."""
        self._read_tasks_with(deploy)
        listed = self._running.pop(deploy.id, None)
        return self._live.list_running_tasks(deploy) if listed is None else listed

    def describe_tasks(self, deploy: Deploy, arns: Sequence[str]) -> Mapping[str, TaskState]:
        """As `list_running_tasks`."""
        self._read_tasks_with(deploy)
        read = self._tasks.pop(deploy.id, {})
        if not all(arn in read for arn in arns):
            return self._live.describe_tasks(deploy, arns)
        return {arn: task for arn in arns if (task := read[arn]) is not None}

    def shows_end(self, deploy: Deploy) -> bool:
        """By the service."""
        return _has_ended(deploy, self._services.get(deploy.id))

    def _read_tasks_with(self, deploy: Deploy) -> None:
        """Reads its tasks together with those of others, once. What cannot be read for all is left to the
        step of each."""
        if deploy.id not in self._tasks_unread:
            return
        where = (deploy.service.region, deploy.service.role, deploy.service.cluster)
        together = [
            each
            for each in self._tasks_unread.values()
            if where == (each.service.region, each.service.role, each.service.cluster)
        ]
        together = sorted(together, key=lambda each: (each.id != deploy.id, not self.shows_end(each)))
        arns: dict[str, tuple[str, ...]] = {}
        for each in together[:TASKS_READ_FOR]:
            del self._tasks_unread[each.id]
            known: Sequence[str] = each.rollout.new_tasks
            if not known:
                listed = attempt(partial(self._live.list_running_tasks, each))
                if isinstance(listed, SlipwayError):
                    break
                known = self._running[each.id] = listed
            arns[each.id] = (*known, *(each.rollout.draining_arns or ()))
        every = [arn for listed in arns.values() for arn in listed]
        described = attempt(partial(self._live.describe_tasks, deploy, every)) if every else {}
        if not isinstance(described, SlipwayError):
            self._tasks |= {
                deploy_id: {arn: described.get(arn) for arn in listed} for deploy_id, listed in arns.items()
            }


def _has_ended(deploy: Deploy, ecs_service: ServiceState | None) -> bool:
    primary = ecs_service.primary if ecs_service else None
    return (
        primary is not None
        and primary.id == deploy.ecs.deployment_id
        and primary.rollout_state == "COMPLETED"
    )


def _needs_tasks(deploy: Deploy, ecs_service: ServiceState | None) -> bool:
    """Whether the step of a rolling update will most likely read its tasks: it ends, or begins to serve."""
    if ecs_service is None or deploy.phase is not Phase.FOLLOWING or ecs_service.strategy != "ROLLING":
        return False
    primary = ecs_service.primary
    serves = (
        deploy.rollout.serving_at is None
        and primary is not None
        and primary.id == deploy.ecs.deployment_id
        and 0 < primary.desired <= primary.running == ecs_service.running
    )
    return serves or _has_ended(deploy, ecs_service)


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
