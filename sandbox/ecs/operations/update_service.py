"""UpdateService: what is given changes, and only a change of what runs makes a deployment."""

from __future__ import annotations

from sandbox.ecs.errors import InvalidParameterException, ServiceNotActiveException
from sandbox.ecs.operations import service_settings
from sandbox.ecs.operations.call import Call
from sandbox.ecs.records import Service
from sandbox.ecs.region import Region
from sandbox.ecs.scheduler import beginning, failures, stories
from sandbox.ecs.views.parts import Json
from sandbox.ecs.views.services import service_view


def update_service(call: Call) -> Json:
    params, region = call.params, call.region
    service = call.service()
    if service.status != "ACTIVE":
        raise ServiceNotActiveException
    _check_controller(call, service)
    service_settings.check_counts(service.settings, params)
    task_definition = service.task_definition
    if params.get("taskDefinition"):
        task_definition = call.active_task_definition(params["taskDefinition"]).arn
    settings = service_settings.changed_settings(service.settings, params)
    if task_definition != service.task_definition:
        service_settings.check_load_balancers(settings, region.task_definition(task_definition))
    wanted = service_settings.configuration(service.configuration, params)
    changed = task_definition != service.task_definition or any(
        settings.get(key) != service.settings.get(key) for key in service_settings.REDEPLOYING
    )

    desired = params.get("desiredCount", service.desired_count)
    service = region.update_service(
        service.arn, configuration=wanted, settings=settings, desired_count=desired
    )
    if changed or params.get("forceNewDeployment"):
        beginning.begin(region, service, task_definition, settings)
    else:
        _carry_over(region, service)
    return {"service": service_view(region.tables, region.tables.services[service.arn], tags=False)}


def _check_controller(call: Call, service: Service) -> None:
    controller = service.settings["deploymentController"]["type"]
    if controller == "ECS":
        return
    if call.params.get("taskDefinition"):
        advice = " Use AWS CodeDeploy to trigger a new deployment." if controller == "CODE_DEPLOY" else ""
        raise InvalidParameterException(
            f"Unable to update task definition on services with a {controller} deployment controller.{advice}"
        )
    if call.params.get("forceNewDeployment"):
        raise InvalidParameterException(
            f"Cannot force a new deployment on services with a {controller} deployment controller."
        )


def _carry_over(region: Region, service: Service) -> None:
    """No new deployment: the one there is goes on with the new count."""
    primary = region.tables.primary_of(service.arn)
    if primary is None or (primary.desired_count == service.desired_count):
        return
    region.update_deployment(primary.id, desired_count=service.desired_count)
    region.update_service(service.arn, steady=False)
    story = stories.story_of(region, primary)
    if story is not None and story.under_way:
        limit = failures.threshold(service.circuit_breaker, service.desired_count)
        region.update_service_deployment(story.arn, threshold=limit)
    region.look_at(service.arn)
