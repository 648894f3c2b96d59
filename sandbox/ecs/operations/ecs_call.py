"""One call of an operation, and how it finds what its parameters name."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from moto.ecs.models import Cluster, ecs_backends

from sandbox.ecs.ecs_errors import (
    ClientException,
    ClusterNotFoundException,
    InvalidParameterException,
    ServiceNotFoundException,
)
from sandbox.ecs.ids import short_name
from sandbox.ecs.records import EcsService, EcsTask, TaskDefinition
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.tables import EcsTables

Item = TypeVar("Item")


@dataclass(frozen=True)
class EcsCall:
    region: EcsRegion
    tables: EcsTables
    """The tables to read: the region's own, or older ones for a stale read."""
    params: dict[str, Any]
    caller_arn: str = ""
    """ARN of the role session whose keys signed the call; empty for the account's user."""

    @property
    def cluster_name(self) -> str:
        """Name of the ACTIVE cluster that the call names. Raises ClusterNotFoundException."""
        name = short_name(self.params.get("cluster") or "default")
        cluster = self.clusters.get(name)
        if cluster is None or cluster.status != "ACTIVE":
            raise ClusterNotFoundException
        return name

    @property
    def clusters(self) -> dict[str, Cluster]:
        """The clusters are moto's, which also answers CreateCluster and ListClusters."""
        return ecs_backends[self.region.account][self.region.name].clusters

    def find_service(self, cluster: str, name_or_arn: str) -> EcsService | None:
        return self.tables.services.get(self.region.ids.arn("service", cluster, short_name(name_or_arn)))

    def get_service(self, member: str = "service") -> EcsService:
        """The service that `member` names. Raises ServiceNotFoundException."""
        service = self.find_service(self.cluster_name, self.params[member])
        if service is None:
            raise ServiceNotFoundException
        return service

    def find_task(self, cluster: str, id_or_arn: str) -> EcsTask | None:
        task = self.tables.tasks.get(self.region.ids.arn("task", cluster, short_name(id_or_arn)))
        return task if task is not None and task.cluster == cluster else None

    def find_task_definition(self, text: str) -> TaskDefinition | None:
        """Find by ARN, by `family:revision`, or by family alone, which means its newest ACTIVE revision."""
        family, _, revision = short_name(text).partition(":")
        if revision:
            return self.tables.task_definitions.get(
                self.region.ids.arn("task-definition", f"{family}:{revision}")
            )
        active = [
            definition
            for definition in self.tables.task_definitions.values()
            if definition.family == family and definition.status == "ACTIVE"
        ]
        return max(active, key=lambda definition: definition.revision, default=None)

    def get_active_task_definition(self, text: str) -> TaskDefinition:
        """A revision that can be deployed or run. Raises ClientException if it is missing or INACTIVE."""
        definition = self.find_task_definition(text)
        if definition is None:
            raise ClientException("TaskDefinition not found.")
        if definition.status != "ACTIVE":
            raise ClientException("TaskDefinition is inactive")
        return definition

    def paginate(
        self, items: Sequence[Item], *, default: int, maximum: int
    ) -> tuple[list[Item], dict[str, str]]:
        """One page of `items`, and `nextToken` if there are more."""
        size = self.params.get("maxResults", default)
        if not 1 <= size <= maximum:
            raise InvalidParameterException(f"maxResults must be between 1 and {maximum}, not {size}.")
        start = self._page_start()
        following = start + size
        token = {"nextToken": _page_token(following)} if following < len(items) else {}
        return list(items[start:following]), token

    def _page_start(self) -> int:
        token = self.params.get("nextToken")
        if not token:
            return 0
        try:
            return int(base64.urlsafe_b64decode(token).decode().removeprefix("from:"))
        except (ValueError, binascii.Error):
            raise InvalidParameterException("Invalid token.") from None

    def required_list(self, member: str, maximum: int) -> list[str]:
        """The names in `member`. Raises InvalidParameterException for none, or more than ECS takes in one
        call."""
        listed: list[str] = self.params.get(member) or []
        name = member[0].upper() + member[1:]
        if not listed:
            raise InvalidParameterException(f"{name} cannot be empty.")
        if len(listed) > maximum:
            raise InvalidParameterException(
                f"{name} cannot have more than {maximum} elements; {len(listed)} were given."
            )
        return listed


def _page_token(start: int) -> str:
    return base64.urlsafe_b64encode(f"from:{start}".encode()).decode()
