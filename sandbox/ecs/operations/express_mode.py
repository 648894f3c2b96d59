"""CreateExpressGatewayService and UpdateExpressGatewayService: a service that ECS itself manages.

It is an ordinary service with one container named Main, the strategy CANARY and its own task definition.
UpdateService changes it too (ECS developer guide, "Updating Resources Outside of Express Mode").
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.ecs.ecs_errors import InvalidParameterException
from sandbox.ecs.operations.create_and_delete_service import create_service
from sandbox.ecs.operations.ecs_call import EcsCall
from sandbox.ecs.operations.task_definition_operations import register_task_definition
from sandbox.ecs.operations.update_service import update_service
from sandbox.ecs.records import EcsService
from sandbox.ecs.views.json_parts import Json, as_timestamp

MAIN_CONTAINER = "Main"
_PORT = 80
_CONFIGURATION: Json = {
    "strategy": "CANARY",
    "canaryConfiguration": {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 3},
    "bakeTimeInMinutes": 3,
    "deploymentCircuitBreaker": {"enable": True, "rollback": True},
}


def create_express_gateway_service(call: EcsCall) -> Json:
    params, name = call.params, call.params["serviceName"]
    role = params["executionRoleArn"]
    definition = _register(call, f"{call.cluster_name}-{name}", params["primaryContainer"], role)
    count = params.get("scalingTarget", {}).get("minTaskCount", 1)
    created = create_service(
        _call_with(
            call,
            cluster=call.cluster_name,
            serviceName=name,
            taskDefinition=definition,
            desiredCount=count,
            launchType="FARGATE",
            deploymentConfiguration=_CONFIGURATION,
            networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-0a1f3c5e7b9d24680"]}},
            loadBalancers=[_load_balancer(call, name)],
            tags=[{"key": "AmazonECSManaged", "value": "true"}, *params.get("tags", [])],
        )
    )
    service = call.region.tables.services[created["service"]["serviceArn"]]
    settings = {**service.settings, "resourceManagementType": "ECS"}
    return {"service": _service_json(call.region.update_service(service.arn, settings=settings))}


def update_express_gateway_service(call: EcsCall) -> Json:
    """Roll out a new revision with the given members of the primary container."""
    service = call.region.tables.services[call.params["serviceArn"]]
    if service.settings.get("resourceManagementType") != "ECS":
        raise InvalidParameterException("The service is not an Express service.")
    current = call.region.task_definition(service.task_definition)
    (main,) = [container for container in current.containers if container["name"] == MAIN_CONTAINER]
    wanted = {**main, **call.params.get("primaryContainer", {})}
    definition = _register(call, current.family, wanted, current.content["executionRoleArn"])
    update_service(_call_with(call, cluster=service.cluster, service=service.name, taskDefinition=definition))
    return {"service": _service_json(call.region.tables.services[service.arn])}


def _register(call: EcsCall, family: str, container: Json, execution_role: str) -> str:
    registered = register_task_definition(
        _call_with(
            call,
            family=family,
            executionRoleArn=execution_role,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="1024",
            memory="2048",
            containerDefinitions=[
                {
                    "name": MAIN_CONTAINER,
                    "image": container["image"],
                    "essential": True,
                    "portMappings": [{"containerPort": _PORT, "protocol": "tcp", "name": "http"}],
                    "environment": container.get("environment", []),
                }
            ],
        )
    )
    arn: str = registered["taskDefinition"]["taskDefinitionArn"]
    return arn


def _call_with(call: EcsCall, **params: Any) -> EcsCall:
    return replace(call, params=params)


def _load_balancer(call: EcsCall, name: str) -> Json:
    arn_prefix = f"arn:aws:elasticloadbalancing:{call.region.name}:{call.region.account}"
    listener = f"{arn_prefix}:listener-rule/app/ecs-express-gateway/9b1f6d3e0c28a547/6d1a2f0b93c8e754"
    return {
        "targetGroupArn": f"{arn_prefix}:targetgroup/ecs-{name}-1/73e2d6bc24d8a067",
        "containerName": MAIN_CONTAINER,
        "containerPort": _PORT,
        "advancedConfiguration": {
            "alternateTargetGroupArn": f"{arn_prefix}:targetgroup/ecs-{name}-2/8d20e5b9c7416fa3",
            "productionListenerRule": f"{listener}/0e5b7c1d92fa4836",
            "testListenerRule": f"{listener}/5c9d3e7f1a08b264",
            "roleArn": f"arn:aws:iam::{call.region.account}:role/ecs-infrastructure",
        },
    }


def _service_json(service: EcsService) -> Json:
    return {
        "cluster": service.cluster,
        "serviceName": service.name,
        "serviceArn": service.arn,
        "status": {"statusCode": service.status},
        "createdAt": as_timestamp(service.created_at),
    }
