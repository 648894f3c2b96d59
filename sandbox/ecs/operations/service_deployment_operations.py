"""Service deployments and service revisions: listed, described, stopped, continued."""

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
"""Bounds that leave nothing out."""


def _find_visible(call: EcsCall, arn: str) -> ServiceDeployment | None:
    story = call.tables.service_deployments.get(arn)
    return story if story is not None and story.visible_at <= call.region.now else None


def list_service_deployments(call: EcsCall) -> Json:
    service = call.get_service()
    wanted = set(call.params.get("status") or STATUSES)
    if not wanted <= STATUSES:
        unknown = ", ".join(sorted(wanted - STATUSES))
        raise InvalidParameterException(f"Unknown status {unknown}. Use: {', '.join(sorted(STATUSES))}.")
    created = call.params.get("createdAt") or {}
    after, before = (as_timestamp(created.get(key, default)) for key, default in _UNBOUNDED)
    stories = [
        story
        for arn, story in call.tables.service_deployments.items()
        if story.service == service.arn
        and _find_visible(call, arn)
        and story.status in wanted
        and after <= as_timestamp(story.created_at) <= before
    ]
    stories.sort(key=lambda story: story.created_at, reverse=True)
    page, token = call.paginate(stories, default=20, maximum=100)
    return {"serviceDeployments": [views.service_deployment_summary(story) for story in page], **token}


def describe_service_deployments(call: EcsCall) -> Json:
    found, failures = [], []
    for arn in call.required_list("serviceDeploymentArns", 20):
        story = _find_visible(call, arn)
        if story is None:
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(views.service_deployment_view(call.tables, story))
    return {"serviceDeployments": found, "failures": failures}


def describe_service_revisions(call: EcsCall) -> Json:
    found, failures = [], []
    for arn in call.required_list("serviceRevisionArns", 20):
        revision = call.tables.revisions.get(arn)
        if revision is None:
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(views.revision_view(revision))
    return {"serviceRevisions": found, "failures": failures}


def stop_service_deployment(call: EcsCall) -> Json:
    """ROLLBACK (the default) goes back to the last completed revision; ABORT leaves things as they are.

    One that is being stopped or rolled back already goes on with that, as Amazon's guide says.
    """
    story = _get_visible(call)
    stop_type = call.params.get("stopType", "ROLLBACK")
    if stop_type not in ("ROLLBACK", "ABORT"):
        raise InvalidParameterException(f"Unknown stopType {stop_type}. Use ROLLBACK or ABORT.")
    if not story.is_in_progress:
        raise ConflictException(
            f"The service deployment is {story.status}; only one that is under way can be stopped."
        )
    if story.status in ("PENDING", "IN_PROGRESS"):
        status = "ROLLBACK_REQUESTED" if stop_type == "ROLLBACK" else "STOP_REQUESTED"
        call.region.update_service_deployment(story.arn, status=status)
        call.region.schedule_reconcile(story.service)
    return {"serviceDeploymentArn": story.arn}


def continue_service_deployment(call: EcsCall) -> Json:
    """Settle a PAUSE hook: the deployment goes on, or back."""
    story = _get_visible(call)
    action = call.params.get("action", "CONTINUE")
    if action not in ("CONTINUE", "ROLLBACK"):
        raise InvalidParameterException(f"Unknown action {action}. Use CONTINUE or ROLLBACK.")
    hook_id = call.params["hookId"]
    waiting = {hook.id for hook in story.hooks if hook.status == "AWAITING_ACTION"}
    if hook_id not in waiting or story.status != "IN_PROGRESS":
        raise ClientException(f"No lifecycle hook {hook_id} of the service deployment awaits an action.")
    if action == "ROLLBACK":
        call.region.update_service_deployment(story.arn, status="ROLLBACK_REQUESTED")
    lifecycle_hooks.settle_hook(
        call.region, story.arn, hook_id, "SUCCEEDED" if action == "CONTINUE" else "FAILED"
    )
    return {"serviceDeploymentArn": story.arn}


def _get_visible(call: EcsCall) -> ServiceDeployment:
    story = _find_visible(call, call.params["serviceDeploymentArn"])
    if story is None:
        raise ServiceDeploymentNotFoundException
    return story
