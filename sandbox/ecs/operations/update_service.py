"""UpdateService: changes what is given. Only a change of what runs starts a deployment."""

from __future__ import annotations

from sandbox.ecs.ecs_errors import InvalidParameterException, ServiceNotActiveException
from sandbox.ecs.operations import deployment_configuration, service_settings
from sandbox.ecs.operations.ecs_call import EcsCall
from sandbox.ecs.records import EcsService
from sandbox.ecs.scheduler import desired_count, new_deployment
from sandbox.ecs.views.json_parts import Json
from sandbox.ecs.views.service_views import service_view


def update_service(call: EcsCall) -> Json:
    params, region = call.params, call.region
    service = call.get_service()
    if service.status != "ACTIVE":
        raise ServiceNotActiveException
    _check_controller(call, service)
    service_settings.check_counts(service.settings, params)
    task_definition = service.task_definition
    if params.get("taskDefinition"):
        task_definition = call.get_active_task_definition(params["taskDefinition"]).arn
    settings = service_settings.changed_settings(service.settings, params)
    if task_definition != service.task_definition:
        service_settings.check_load_balancers(settings, region.task_definition(task_definition))
    wanted = deployment_configuration.changed_configuration(service.configuration, params, settings)
    changed = task_definition != service.task_definition or any(
        settings.get(key) != service.settings.get(key) for key in service_settings.SETTINGS_THAT_REDEPLOY
    )

    desired = params.get("desiredCount", service.desired_count)
    service = region.update_service(
        service.arn, configuration=wanted, settings=settings, desired_count=desired
    )
    if changed or params.get("forceNewDeployment"):
        new_deployment.start_deployment(region, service, task_definition, settings)
    else:
        desired_count.apply_desired_count(region, service)
    return {"service": service_view(region.tables, region.tables.services[service.arn], tags=False)}


def _check_controller(call: EcsCall, service: EcsService) -> None:
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
