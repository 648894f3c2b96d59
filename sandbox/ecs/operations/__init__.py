"""ECS's operations. Each takes a Call and returns the members of its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.ecs.operations import (
    clusters,
    describe_services,
    express_mode,
    run_task,
    service_deployments,
    services,
    tags,
    task_definitions,
    task_protection,
    tasks,
    update_service,
)
from sandbox.ecs.operations.call import Call

Operation = Callable[[Call], dict[str, Any]]

OPERATIONS: dict[str, Operation] = {
    "ContinueServiceDeployment": service_deployments.continue_service_deployment,
    "CreateService": services.create_service,
    "DeleteCluster": clusters.delete_cluster,
    "DeleteService": services.delete_service,
    "CreateExpressGatewayService": express_mode.create_express_gateway_service,
    "DeleteTaskDefinitions": task_definitions.delete_task_definitions,
    "DeregisterTaskDefinition": task_definitions.deregister_task_definition,
    "DescribeClusters": clusters.describe_clusters,
    "DescribeServiceDeployments": service_deployments.describe_service_deployments,
    "DescribeServiceRevisions": service_deployments.describe_service_revisions,
    "DescribeServices": describe_services.describe_services,
    "DescribeTaskDefinition": task_definitions.describe_task_definition,
    "DescribeTasks": tasks.describe_tasks,
    "GetTaskProtection": task_protection.get_task_protection,
    "ListServiceDeployments": service_deployments.list_service_deployments,
    "ListServices": describe_services.list_services,
    "ListTagsForResource": tags.list_tags_for_resource,
    "ListTaskDefinitionFamilies": task_definitions.list_task_definition_families,
    "ListTaskDefinitions": task_definitions.list_task_definitions,
    "ListTasks": tasks.list_tasks,
    "RegisterTaskDefinition": task_definitions.register_task_definition,
    "RunTask": run_task.run_task,
    "StopServiceDeployment": service_deployments.stop_service_deployment,
    "StopTask": tasks.stop_task,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "UpdateExpressGatewayService": express_mode.update_express_gateway_service,
    "UpdateService": update_service.update_service,
    "UpdateTaskProtection": task_protection.update_task_protection,
}
"""The operations that are answered here; moto answers the others."""

READS = frozenset(name for name in OPERATIONS if name.startswith(("Describe", "Get", "List")))
"""Those that can be answered from the past."""

__all__ = ["OPERATIONS", "READS", "Call", "Operation"]
