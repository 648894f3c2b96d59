"""ECS service deployments: finds ours, reads it, rolls it back, answers its pauses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deploys.errors import AwsCredentials, AwsDenied, AwsRefused, ServiceDeploymentsUnavailable
from deploys.records.traffic import HookAction
from deploys.redaction import redact
from deploys.short_names import short_arn
from workers.ecs import traffic_config
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.error_translation import aws_call
from workers.ecs.describe_calls import in_batches
from workers.ecs.state import ServiceDeploymentState

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import (
        ListServiceDeploymentsRequestTypeDef,
        ServiceDeploymentBriefTypeDef,
        ServiceDeploymentTypeDef,
    )

_DEPLOYMENTS_PER_CALL = 20
"""DescribeServiceDeployments takes 20 ARNs a call."""
_PAGES = 10
_CLOCK_SKEW_SECONDS = 300.0
"""How far our clock may be ahead of AWS's (seconds). A list that begins too early does no harm."""

_UNSUPPORTED_CODES = {"UnknownOperationException", "InvalidAction", "UnsupportedFeatureException"}
"""Error codes of a region or an endpoint without service deployments."""


def find_by_deployment_id(
    region: RegionClients, cluster: str, service: str, deployment_id: str, created_after: float
) -> ServiceDeploymentState | None:
    """The service deployment of a deployment id (`ecs-svc/N`), or None.

    Its target service revision ends in the same N. For some seconds after an update ECS may not list it.

    created_after: the deployment is not older (epoch seconds).

    Raises ServiceDeploymentsUnavailable and the errors of `aws_call`.
    """
    number = number_of(deployment_id)
    for brief in _list_briefs(region, cluster, service, created_after - _CLOCK_SKEW_SECONDS):
        if short_arn(brief.get("targetServiceRevisionArn", "")) == number:
            arn = brief["serviceDeploymentArn"]
            return describe(region, [arn]).get(arn)
    return None


def number_of(deployment_id: str | None) -> str | None:
    """The N of `ecs-svc/N`, as `ServiceDeploymentState.number` has it. Pure."""
    return short_arn(deployment_id) if deployment_id else None


def describe(region: RegionClients, arns: Sequence[str]) -> dict[str, ServiceDeploymentState]:
    """Service deployments by ARN; one that ECS does not have (any more) is absent.

    Raises ServiceDeploymentsUnavailable and the errors of `aws_call`.
    """
    states: dict[str, ServiceDeploymentState] = {}
    for batch in in_batches(arns, _DEPLOYMENTS_PER_CALL):
        with _service_deployment_call("ecs:DescribeServiceDeployments"):
            answer = region.ecs.describe_service_deployments(serviceDeploymentArns=batch)
        states |= {
            found["serviceDeploymentArn"]: _service_deployment_state(found)
            for found in answer["serviceDeployments"]
        }
    return states


def stop(region: RegionClients, arn: str) -> None:
    """Asks ECS to roll a service deployment back. This works with and without a circuit breaker.

    Raises ServiceDeploymentsUnavailable and the errors of `aws_call`: AwsRefused with the code
    ConflictException if its state does not allow a rollback.
    """
    with _service_deployment_call("ecs:StopServiceDeployment", changes=True):
        region.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")


def continue_past_hook(region: RegionClients, arn: str, hook_id: str, action: HookAction) -> None:
    """Answers a PAUSE hook of a service deployment: it goes on to the next stage, or rolls back.

    Raises the errors of `aws_call`: AwsRefused with the code ClientException if the hook does not wait (any
    more).
    """
    with aws_call("ecs:ContinueServiceDeployment", changes=True):
        region.ecs.continue_service_deployment(serviceDeploymentArn=arn, hookId=hook_id, action=action.value)


@contextmanager
def _service_deployment_call(action: str, *, changes: bool = False) -> Iterator[None]:
    """Like `aws_call`, but with a separate error if the API is missing or not allowed."""
    try:
        with aws_call(action, changes=changes):
            yield
    except AwsCredentials:
        raise
    except AwsDenied as error:
        raise ServiceDeploymentsUnavailable(**error.facts) from error
    except AwsRefused as error:
        if error.facts["code"] in _UNSUPPORTED_CODES:
            raise ServiceDeploymentsUnavailable(**error.facts) from error
        raise


def _list_briefs(
    region: RegionClients, cluster: str, service: str, created_after: float
) -> Iterator[ServiceDeploymentBriefTypeDef]:
    request: ListServiceDeploymentsRequestTypeDef = {
        "cluster": cluster,
        "service": service,
        "createdAt": {"after": datetime.fromtimestamp(max(created_after, 0.0), UTC)},
        "maxResults": 100,
    }
    for _ in range(_PAGES):
        with _service_deployment_call("ecs:ListServiceDeployments"):
            answer = region.ecs.list_service_deployments(**request)
        yield from answer["serviceDeployments"]
        if not (token := answer.get("nextToken")):
            return
        request["nextToken"] = token


def _service_deployment_state(found: ServiceDeploymentTypeDef) -> ServiceDeploymentState:
    target = found.get("targetServiceRevision", {})
    breaker = found.get("deploymentCircuitBreaker", {})
    alarms = found.get("alarms", {})
    created = found.get("createdAt")
    return ServiceDeploymentState(
        arn=found["serviceDeploymentArn"],
        status=found["status"],
        number=short_arn(target.get("arn", "")),
        reason=redact(found.get("statusReason", "")),
        stage=found.get("lifecycleStage", ""),
        created_at=created.timestamp() if created else 0.0,
        breaker_status=breaker.get("status", ""),
        breaker_failures=breaker.get("failureCount", 0),
        breaker_threshold=breaker.get("threshold", 0),
        rollback_reason=redact(found.get("rollback", {}).get("reason", "")),
        production_percent=traffic_config.sum_weights([target], "production"),
        test_percent=traffic_config.sum_weights([target], "test"),
        source_production_percent=traffic_config.sum_weights(
            found.get("sourceServiceRevisions", ()), "production"
        ),
        hooks=traffic_config.read_hooks(found.get("lifecycleHookDetails", ())),
        alarm_status=alarms.get("status", ""),
        alarms_triggered=tuple(alarms.get("triggeredAlarmNames", ())),
    )
