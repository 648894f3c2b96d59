"""The operations on service deployments: list, describe, stop, continue."""

from __future__ import annotations

from sandbox.ecs.ecs_errors import (
    ClientException,
    ConflictException,
    InvalidParameterException,
    ServiceDeploymentNotFoundException,
)
from sandbox.ecs.operations.ecs_call import EcsCall
from sandbox.ecs.records import ServiceDeployment
from sandbox.ecs.scheduler import lifecycle_hooks
from sandbox.ecs.views import service_deployment_views as views
from sandbox.ecs.views.json_parts import Json, as_timestamp

STATUSES = frozenset(
    {
        "PENDING",
        "SUCCESSFUL",
        "STOPPED",
        "STOP_REQUESTED",
        "IN_PROGRESS",
        "ROLLBACK_REQUESTED",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_SUCCESSFUL",
        "ROLLBACK_FAILED",
    }
)


_UNBOUNDED = (("after", 0.0), ("before", 1e12))
"""Time bounds that include everything."""


def _find_visible(call: EcsCall, arn: str) -> ServiceDeployment | None:
    service_deployment = call.tables.service_deployments.get(arn)
    return (
        service_deployment
        if service_deployment is not None and service_deployment.visible_at <= call.region.now
        else None
    )


def list_service_deployments(call: EcsCall) -> Json:
    service = call.get_service()
    wanted = set(call.params.get("status") or STATUSES)
    if not wanted <= STATUSES:
        unknown = ", ".join(sorted(wanted - STATUSES))
        raise InvalidParameterException(f"Unknown status {unknown}. Use: {', '.join(sorted(STATUSES))}.")
    created = call.params.get("createdAt") or {}
    after, before = (as_timestamp(created.get(key, default)) for key, default in _UNBOUNDED)
    service_deployments = [
        service_deployment
        for arn, service_deployment in call.tables.service_deployments.items()
        if service_deployment.service == service.arn
        and _find_visible(call, arn)
        and service_deployment.status in wanted
        and after <= as_timestamp(service_deployment.created_at) <= before
    ]
    service_deployments.sort(key=lambda service_deployment: service_deployment.created_at, reverse=True)
    page, token = call.paginate(service_deployments, default=20, maximum=100)
    return {
        "serviceDeployments": [
            views.service_deployment_summary(service_deployment) for service_deployment in page
        ],
        **token,
    }


def describe_service_deployments(call: EcsCall) -> Json:
    found, failures = [], []
    for arn in call.required_list("serviceDeploymentArns", 20):
        service_deployment = _find_visible(call, arn)
        if service_deployment is None:
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(views.service_deployment_view(call.tables, service_deployment))
    return {"serviceDeployments": found, "failures": failures}


def stop_service_deployment(call: EcsCall) -> Json:
    """Stop a service deployment. ROLLBACK (the default) restores the last completed revision, ABORT does not.

    A service deployment that is already stopping or rolling back continues with that, as Amazon's guide says.
    """
    service_deployment = _get_visible(call)
    stop_type = call.params.get("stopType", "ROLLBACK")
    if stop_type not in ("ROLLBACK", "ABORT"):
        raise InvalidParameterException(f"Unknown stopType {stop_type}. Use ROLLBACK or ABORT.")
    if not service_deployment.is_in_progress:
        raise ConflictException(
            f"A service deployment that is {service_deployment.status} cannot be stopped."
        )
    if service_deployment.status in ("PENDING", "IN_PROGRESS"):
        status = "ROLLBACK_REQUESTED" if stop_type == "ROLLBACK" else "STOP_REQUESTED"
        call.region.update_service_deployment(service_deployment.arn, status=status)
        call.region.schedule_reconcile(service_deployment.service)
    return {"serviceDeploymentArn": service_deployment.arn}


def continue_service_deployment(call: EcsCall) -> Json:
    """Answer a PAUSE hook: the deployment continues or rolls back."""
    service_deployment = _get_visible(call)
    action = call.params.get("action", "CONTINUE")
    if action not in ("CONTINUE", "ROLLBACK"):
        raise InvalidParameterException(f"Unknown action {action}. Use CONTINUE or ROLLBACK.")
    hook_id = call.params["hookId"]
    waiting_hooks = {hook.id for hook in service_deployment.hooks if hook.status == "AWAITING_ACTION"}
    if hook_id not in waiting_hooks or service_deployment.status != "IN_PROGRESS":
        raise ClientException(f"No lifecycle hook {hook_id} of the service deployment awaits an action.")
    if action == "ROLLBACK":
        call.region.update_service_deployment(service_deployment.arn, status="ROLLBACK_REQUESTED")
    lifecycle_hooks.settle_hook(
        call.region, service_deployment.arn, hook_id, "SUCCEEDED" if action == "CONTINUE" else "FAILED"
    )
    return {"serviceDeploymentArn": service_deployment.arn}


def _get_visible(call: EcsCall) -> ServiceDeployment:
    service_deployment = _find_visible(call, call.params["serviceDeploymentArn"])
    if service_deployment is None:
        raise ServiceDeploymentNotFoundException
    return service_deployment
