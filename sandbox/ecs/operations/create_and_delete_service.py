"""CreateService and DeleteService."""

from __future__ import annotations

from sandbox.ecs.ecs_errors import ClientException, InvalidParameterException
from sandbox.ecs.operations import deployment_configuration, service_settings
from sandbox.ecs.operations.ecs_call import EcsCall
from sandbox.ecs.operations.resource_tags import checked_tags
from sandbox.ecs.records import EcsService, TaskDefinition
from sandbox.ecs.scheduler import new_deployment
from sandbox.ecs.views.json_parts import Json
from sandbox.ecs.views.service_views import service_view


def create_service(call: EcsCall) -> Json:
    params, region, cluster = call.params, call.region, call.cluster_name
    name = params["serviceName"]
    existing = call.find_service(cluster, name)
    if existing is not None and existing.status != "INACTIVE":
        raise InvalidParameterException("Creation of service was not idempotent.")
    settings = service_settings.settings_for_new_service(params)
    service_settings.check_counts(settings, params)
    own_controller = settings["deploymentController"]["type"] == "EXTERNAL"
    if not own_controller and not params.get("taskDefinition"):
        raise InvalidParameterException("TaskDefinition can not be blank.")
    definition = None if own_controller else call.get_active_task_definition(params["taskDefinition"])
    if definition is not None:
        service_settings.check_load_balancers(settings, definition)
        _check_network(settings, definition)
    configuration = deployment_configuration.configuration_for_new_service(params, settings)
    daemon = settings["schedulingStrategy"] == "DAEMON"
    service = EcsService(
        arn=region.ids.arn("service", cluster, name),
        name=name,
        cluster=cluster,
        cluster_arn=region.ids.arn("cluster", cluster),
        created_at=region.now,
        desired_count=1 if daemon else params.get("desiredCount", 0),
        task_definition=definition.arn if definition else "",
        configuration=configuration,
        settings=settings,
        tags=checked_tags(params.get("tags")),
    )
    region.tables.services.put(service.arn, service)
    if definition is not None:
        new_deployment.start_deployment(region, service, definition.arn, settings)
    return {"service": service_view(region.tables, region.tables.services[service.arn], tags=True)}


def _check_network(settings: dict[str, object], definition: TaskDefinition) -> None:
    if definition.content["networkMode"] == "awsvpc" and "networkConfiguration" not in settings:
        raise InvalidParameterException(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )


def delete_service(call: EcsCall) -> Json:
    service = call.get_service()
    if service.status == "INACTIVE":
        raise ClientException("The service is already INACTIVE.")
    if service.desired_count > 0 and not call.params.get("force"):
        raise InvalidParameterException("The service cannot be stopped while it is scaled above 0.")
    region = call.region
    service = region.update_service(service.arn, status="DRAINING", desired_count=0)
    for deployment in region.tables.deployments_of(service.arn):
        region.update_deployment(deployment.id, desired_count=0)
    region.schedule_reconcile(service.arn)
    return {"service": service_view(region.tables, service, tags=False)}
