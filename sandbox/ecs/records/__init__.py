"""What the region remembers. Records are frozen: a change is a new record in its table."""

from sandbox.ecs.records.deployment import Deployment, ServiceRevision
from sandbox.ecs.records.service import Service, ServiceEvent
from sandbox.ecs.records.service_deployment import Rollback, ServiceDeployment
from sandbox.ecs.records.stage import Hook, Stage
from sandbox.ecs.records.task import Container, Task
from sandbox.ecs.records.task_definition import TaskDefinition
from sandbox.ecs.records.token_use import TokenUse

__all__ = [
    "Container",
    "Deployment",
    "Hook",
    "Rollback",
    "Service",
    "ServiceDeployment",
    "ServiceEvent",
    "ServiceRevision",
    "Stage",
    "Task",
    "TaskDefinition",
    "TokenUse",
]
