"""Service deployments and service revisions: listed, described, stopped, continued."""

from __future__ import annotations

from sandbox.ecs.errors import (
    ClientException,
    ConflictException,
    InvalidParameterException,
    ServiceDeploymentNotFoundException,
)
from sandbox.ecs.operations.call import Call
from sandbox.ecs.records import ServiceDeployment
from sandbox.ecs.scheduler import hooks
from sandbox.ecs.views import service_deployments as views
from sandbox.ecs.views.parts import Json, timestamp

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


_ALWAYS = (("after", 0.0), ("before", 1e12))
"""Bounds that leave nothing out."""


def _find(call: Call, arn: str) -> ServiceDeployment | None:
    story = call.tables.service_deployments.get(arn)
    return story if story is not None and story.visible_at <= call.region.now else None


def list_service_deployments(call: Call) -> Json:
    service = call.service()
    wanted = set(call.params.get("status") or STATUSES)
    if not wanted <= STATUSES:
        unknown = ", ".join(sorted(wanted - STATUSES))
        raise InvalidParameterException(f"Unknown status {unknown}. Use: {', '.join(sorted(STATUSES))}.")
    created = call.params.get("createdAt") or {}
    after, before = (timestamp(created.get(key, default)) for key, default in _ALWAYS)
    stories = [
        story
        for arn, story in call.tables.service_deployments.items()
        if story.service == service.arn
        and _find(call, arn)
        and story.status in wanted
        and after <= timestamp(story.created_at) <= before
    ]
    stories.sort(key=lambda story: story.created_at, reverse=True)
    page, token = call.page(stories, default=20, most=100)
    return {"serviceDeployments": [views.brief(story) for story in page], **token}


def describe_service_deployments(call: Call) -> Json:
    found, failures = [], []
    for arn in call.at_most("serviceDeploymentArns", 20):
        story = _find(call, arn)
        if story is None:
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(views.full(call.tables, story))
    return {"serviceDeployments": found, "failures": failures}


def describe_service_revisions(call: Call) -> Json:
    found, failures = [], []
    for arn in call.at_most("serviceRevisionArns", 20):
        revision = call.tables.revisions.get(arn)
        if revision is None:
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(views.revision_view(revision))
    return {"serviceRevisions": found, "failures": failures}


def stop_service_deployment(call: Call) -> Json:
    """ROLLBACK (the default) goes back to the last completed revision; ABORT leaves things as they are.

    One that is being stopped or rolled back already goes on with that, as Amazon's guide says.
    """
    story = _existing(call)
    stop_type = call.params.get("stopType", "ROLLBACK")
    if stop_type not in ("ROLLBACK", "ABORT"):
        raise InvalidParameterException(f"Unknown stopType {stop_type}. Use ROLLBACK or ABORT.")
    if not story.under_way:
        raise ConflictException(
            f"The service deployment is {story.status}; only one that is under way can be stopped."
        )
    if story.status in ("PENDING", "IN_PROGRESS"):
        status = "ROLLBACK_REQUESTED" if stop_type == "ROLLBACK" else "STOP_REQUESTED"
        call.region.update_service_deployment(story.arn, status=status)
        call.region.look_at(story.service)
    return {"serviceDeploymentArn": story.arn}


def continue_service_deployment(call: Call) -> Json:
    """Settle a PAUSE hook: the deployment goes on, or back."""
    story = _existing(call)
    action = call.params.get("action", "CONTINUE")
    if action not in ("CONTINUE", "ROLLBACK"):
        raise InvalidParameterException(f"Unknown action {action}. Use CONTINUE or ROLLBACK.")
    hook_id = call.params["hookId"]
    waiting = {hook.id for hook in story.hooks if hook.status == "AWAITING_ACTION"}
    if hook_id not in waiting or story.status != "IN_PROGRESS":
        raise ClientException(f"No lifecycle hook {hook_id} of the service deployment awaits an action.")
    if action == "ROLLBACK":
        call.region.update_service_deployment(story.arn, status="ROLLBACK_REQUESTED")
    hooks.answer(call.region, story.arn, hook_id, "SUCCEEDED" if action == "CONTINUE" else "FAILED")
    return {"serviceDeploymentArn": story.arn}


def _existing(call: Call) -> ServiceDeployment:
    story = _find(call, call.params["serviceDeploymentArn"])
    if story is None:
        raise ServiceDeploymentNotFoundException
    return story
