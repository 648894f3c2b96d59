"""ECS's operations. Each takes an EcsCall and returns the members of its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.ecs.operations import (
    cluster_operations,
    create_and_delete_service,
    describe_services,
    express_mode,
    resource_tags,
    run_task,
    service_deployment_operations,
    task_definition_operations,
    task_operations,
    task_protection,
    update_service,
)
from sandbox.ecs.operations.ecs_call import EcsCall

Operation = Callable[[EcsCall], dict[str, Any]]

OPERATIONS: dict[str, Operation] = {
    "ContinueServiceDeployment": service_deployment_operations.continue_service_deployment,
    "CreateService": create_and_delete_service.create_service,
    "DeleteService": create_and_delete_service.delete_service,
    "CreateExpressGatewayService": express_mode.create_express_gateway_service,
    "DeleteTaskDefinitions": task_definition_operations.delete_task_definitions,
    "DeregisterTaskDefinition": task_definition_operations.deregister_task_definition,
    "DescribeClusters": cluster_operations.describe_clusters,
    "DescribeServiceDeployments": service_deployment_operations.describe_service_deployments,
    "DescribeServices": describe_services.describe_services,
    "DescribeTaskDefinition": task_definition_operations.describe_task_definition,
    "DescribeTasks": task_operations.describe_tasks,
    "GetTaskProtection": task_protection.get_task_protection,
    "ListServiceDeployments": service_deployment_operations.list_service_deployments,
    "ListServices": describe_services.list_services,
    "ListTagsForResource": resource_tags.list_tags_for_resource,
    "ListTaskDefinitions": task_definition_operations.list_task_definitions,
    "ListTasks": task_operations.list_tasks,
    "RegisterTaskDefinition": task_definition_operations.register_task_definition,
    "RunTask": run_task.run_task,
    "StopServiceDeployment": service_deployment_operations.stop_service_deployment,
    "StopTask": task_operations.stop_task,
    "TagResource": resource_tags.tag_resource,
    "UntagResource": resource_tags.untag_resource,
    "UpdateExpressGatewayService": express_mode.update_express_gateway_service,
    "UpdateService": update_service.update_service,
    "UpdateTaskProtection": task_protection.update_task_protection,
}
"""The operations of ECS that are played here."""

MOTO_OPERATIONS = frozenset({"CreateCluster", "ListClusters"})
"""The operations of ECS that moto answers. It does not know what runs here, so it may answer no others."""

READS = frozenset(name for name in OPERATIONS if name.startswith(("Describe", "Get", "List")))
"""The operations that can be answered with an older state."""

__all__ = ["MOTO_OPERATIONS", "OPERATIONS", "READS", "EcsCall", "Operation"]
