"""DescribeClusters. The clusters are moto's; their services and tasks are counted here."""

from __future__ import annotations

from moto.ecs.models import Cluster

from sandbox.ecs.ids import short_name
from sandbox.ecs.operations.ecs_call import EcsCall
from sandbox.ecs.views.json_parts import Json
from sandbox.ecs.views.service_views import pending_count, running_count


def describe_clusters(call: EcsCall) -> Json:
    found, failures = [], []
    for name_or_arn in call.params.get("clusters") or ["default"]:
        cluster = call.clusters.get(short_name(name_or_arn))
        if cluster is None:
            arn = call.region.ids.arn("cluster", short_name(name_or_arn))
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(_cluster_json(call, cluster))
    return {"clusters": found, "failures": failures}


def _cluster_json(call: EcsCall, cluster: Cluster) -> Json:
    include = call.params.get("include") or []
    tasks = [task for task in call.tables.tasks.values() if task.cluster == cluster.name]
    services = [service for service in call.tables.services.values() if service.cluster == cluster.name]
    return {
        "clusterArn": cluster.arn,
        "clusterName": cluster.name,
        "status": cluster.status,
        "registeredContainerInstancesCount": cluster.registered_container_instances_count,
        "runningTasksCount": running_count(tasks),
        "pendingTasksCount": pending_count(tasks),
        "activeServicesCount": sum(service.status == "ACTIVE" for service in services),
        "statistics": [],
        "tags": (cluster.tags or []) if "TAGS" in include else [],
        "settings": cluster.settings if "SETTINGS" in include else [],
        "capacityProviders": cluster.capacity_providers or [],
        "defaultCapacityProviderStrategy": cluster.default_capacity_provider_strategy or [],
    }
