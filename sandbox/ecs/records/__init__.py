"""What the region stores. Records are frozen: a change puts a new record into its table."""

from sandbox.ecs.records.service_deployment_records import (
    LifecycleHook,
    LifecycleStage,
    Rollback,
    ServiceDeployment,
)
from sandbox.ecs.records.service_records import Deployment, EcsService, ServiceEvent, ServiceRevision
from sandbox.ecs.records.task_records import EcsTask, TaskContainer, TaskDefinition, UsedClientToken

__all__ = [
    "Deployment",
    "EcsService",
    "EcsTask",
    "LifecycleHook",
    "LifecycleStage",
    "Rollback",
    "ServiceDeployment",
    "ServiceEvent",
    "ServiceRevision",
    "TaskContainer",
    "TaskDefinition",
    "UsedClientToken",
]
