"""The circuit breaker: how many failed tasks it takes, and how slowly failed tasks are replaced."""

from __future__ import annotations

from math import ceil
from typing import Any

from sandbox.ecs import event_messages
from sandbox.ecs.records import Deployment, EcsService, EcsTask
from sandbox.ecs.region import EcsRegion

MAX_DOUBLINGS = 10


def failure_threshold(breaker: dict[str, Any], desired_count: int) -> int:
    """How many failures in a row trip the breaker.

    Amazon's default is half the desired count, at least 3 and at most 200; `thresholdConfiguration`
    can change that (type COUNT, BOUNDED_PERCENT or UNBOUNDED_PERCENT).
    """
    configured = breaker.get("thresholdConfiguration", {"type": "BOUNDED_PERCENT", "value": 50})
    value: int = configured["value"]
    if configured["type"] == "COUNT":
        return max(1, value)
    share = ceil(desired_count * value / 100)
    if configured["type"] == "UNBOUNDED_PERCENT":
        return max(1, share)
    return max(3, min(200, share))


def is_monitored(service: EcsService, deployment: Deployment) -> bool:
    """Whether the circuit breaker still watches the deployment: it does until the deployment has
    completed."""
    return bool(service.circuit_breaker["enable"]) and deployment.rollout_state == "IN_PROGRESS"


def is_tripped(service: EcsService, deployment: Deployment) -> bool:
    limit = failure_threshold(service.circuit_breaker, service.desired_count)
    return is_monitored(service, deployment) and deployment.failed_tasks >= limit


def record_failure(region: EcsRegion, task: EcsTask) -> None:
    """Count a task that did not start, crashed or failed its health checks."""
    if task.service is None or task.deployment is None:
        return
    service = region.tables.services[task.service]
    before = region.tables.deployments[task.deployment]
    deployment = region.update_deployment(before.id, failed_tasks=before.failed_tasks + 1)
    if is_monitored(service, deployment):
        _store_failure_count(region, deployment)
        region.schedule_reconcile(service.arn, 0 if is_tripped(service, deployment) else None)
    elif deployment.status == "PRIMARY" and not deployment.halted:
        _back_off(region, service, deployment)


def record_healthy(region: EcsRegion, deployment: str) -> None:
    """A task became healthy: the count of failures goes back to 0, unless `resetOnHealthyTask` is off."""
    before = region.tables.deployments[deployment]
    service = region.tables.services[before.service]
    if before.failed_tasks and service.circuit_breaker.get("resetOnHealthyTask", True):
        _store_failure_count(region, region.update_deployment(deployment, failed_tasks=0, retry_at=0.0))
    region.schedule_reconcile(service.arn)


def _store_failure_count(region: EcsRegion, deployment: Deployment) -> None:
    arn = deployment.service_deployment
    if arn is None or deployment.rolls_back:
        return
    if region.tables.service_deployments[arn].breaker_status == "MONITORING":
        region.update_service_deployment(arn, failure_count=deployment.failed_tasks)


def _back_off(region: EcsRegion, service: EcsService, deployment: Deployment) -> None:
    """After each round of failures ECS waits twice as long as before."""
    rounds, rest = divmod(deployment.failed_tasks, max(1, service.desired_count))
    if rounds == 0 or rest:
        return
    lifetimes = region.durations
    pause = min(lifetimes.max_backoff, lifetimes.backoff * 2 ** min(rounds - 1, MAX_DOUBLINGS))
    region.update_deployment(deployment.id, retry_at=region.now + region.time_scale.seconds(pause))
    event_messages.add_event_once(region, service.arn, event_messages.cannot_start_consistently())
