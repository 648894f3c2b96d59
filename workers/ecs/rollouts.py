"""ECS service deployments: finding ours, following it, rolling it back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deploys.errors import AwsCredentials, AwsDenied, AwsRefused, ServiceDeploymentsUnavailable
from deploys.traffic import HookAction
from workers.ecs import traffic
from workers.ecs.batches import in_batches
from workers.ecs.calls import aws_call
from workers.ecs.seen import ServiceDeploymentSeen
from workers.ecs.session import Region

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import (
        ListServiceDeploymentsRequestTypeDef,
        ServiceDeploymentBriefTypeDef,
        ServiceDeploymentTypeDef,
    )

_AT_ONCE = 20
"""DescribeServiceDeployments takes 20 ARNs a call."""
_PAGES = 10
_CLOCK_SKEW = 300.0
"""Seconds by which our clock may be ahead of AWS's. A list that begins too early does no harm: the id
decides."""

_UNKNOWN_THERE = {"UnknownOperationException", "InvalidAction", "UnsupportedFeatureException"}
"""Codes of a region or an endpoint that has no service deployments."""


def service_deployment(
    region: Region, cluster: str, service: str, deployment_id: str, created_after: float
) -> ServiceDeploymentSeen | None:
    """The service deployment that belongs to a deployment id (`ecs-svc/N`), or None.

    Its target service revision ends in the same N. After an update it can be absent for some seconds.

    created_after: epoch seconds; the deployment is not older.

    Raises ServiceDeploymentsUnavailable and the errors of `aws_call`.
    """
    number = deployment_id.rsplit("/", 1)[-1]
    for brief in _listed(region, cluster, service, created_after - _CLOCK_SKEW):
        if brief.get("targetServiceRevisionArn", "").rsplit("/", 1)[-1] == number:
            arn = brief["serviceDeploymentArn"]
            return describe(region, [arn]).get(arn)
    return None


def describe(region: Region, arns: Sequence[str]) -> dict[str, ServiceDeploymentSeen]:
    """Service deployments by ARN; one that ECS does not have (any more) is absent.

    Raises ServiceDeploymentsUnavailable and the errors of `aws_call`.
    """
    seen: dict[str, ServiceDeploymentSeen] = {}
    for batch in in_batches(arns, _AT_ONCE):
        with _service_deployments("ecs:DescribeServiceDeployments"):
            answer = region.ecs.describe_service_deployments(serviceDeploymentArns=batch)
        seen |= {found["serviceDeploymentArn"]: _seen(found) for found in answer["serviceDeployments"]}
    return seen


def stop(region: Region, arn: str) -> None:
    """Asks ECS to roll a service deployment back, which works with and without a circuit breaker.

    Raises ServiceDeploymentsUnavailable and the errors of `aws_call`: AwsRefused with the code
    ConflictException where it is not in a state that can be rolled back.
    """
    with _service_deployments("ecs:StopServiceDeployment", changes=True):
        region.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")


def continue_(region: Region, arn: str, hook_id: str, action: HookAction) -> None:
    """Settles a PAUSE hook of a service deployment: it goes on to the next stage, or back.

    Raises the errors of `aws_call`: AwsRefused with the code ClientException where the hook does not wait
    (any more).
    """
    with aws_call("ecs:ContinueServiceDeployment", changes=True):
        region.ecs.continue_service_deployment(serviceDeploymentArn=arn, hookId=hook_id, action=action.value)


@contextmanager
def _service_deployments(action: str, *, changes: bool = False) -> Iterator[None]:
    """Like `aws_call`, and says when the API itself is missing or not allowed, for which there is a
    fallback."""
    try:
        with aws_call(action, changes=changes):
            yield
    except AwsCredentials:
        raise
    except AwsDenied as error:
        raise ServiceDeploymentsUnavailable(**error.facts) from error
    except AwsRefused as error:
        if error.facts["code"] in _UNKNOWN_THERE:
            raise ServiceDeploymentsUnavailable(**error.facts) from error
        raise


def _listed(
    region: Region, cluster: str, service: str, created_after: float
) -> Iterator[ServiceDeploymentBriefTypeDef]:
    request: ListServiceDeploymentsRequestTypeDef = {
        "cluster": cluster,
        "service": service,
        "createdAt": {"after": datetime.fromtimestamp(max(created_after, 0.0), UTC)},
        "maxResults": 100,
    }
    for _ in range(_PAGES):
        with _service_deployments("ecs:ListServiceDeployments"):
            answer = region.ecs.list_service_deployments(**request)
        yield from answer["serviceDeployments"]
        if not (token := answer.get("nextToken")):
            return
        request["nextToken"] = token


def _seen(found: ServiceDeploymentTypeDef) -> ServiceDeploymentSeen:
    target = found.get("targetServiceRevision", {})
    breaker = found.get("deploymentCircuitBreaker", {})
    alarms = found.get("alarms", {})
    created = found.get("createdAt")
    return ServiceDeploymentSeen(
        arn=found["serviceDeploymentArn"],
        status=found["status"],
        reason=found.get("statusReason", ""),
        stage=found.get("lifecycleStage", ""),
        created_at=created.timestamp() if created else 0.0,
        breaker_status=breaker.get("status", ""),
        breaker_failures=breaker.get("failureCount", 0),
        breaker_threshold=breaker.get("threshold", 0),
        rollback_reason=found.get("rollback", {}).get("reason", ""),
        production=traffic.weight([target], "production"),
        test=traffic.weight([target], "test"),
        source_production=traffic.weight(found.get("sourceServiceRevisions", ()), "production"),
        hooks=traffic.hooks(found.get("lifecycleHookDetails", ())),
        alarm_status=alarms.get("status", ""),
        alarms_triggered=tuple(alarms.get("triggeredAlarmNames", ())),
    )
