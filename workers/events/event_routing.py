"""Which deploys an event is about. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deploys.records.deploy import Deploy
from workers.ecs.state import ONE_OFF_PREFIX
from workers.events.ecs_event import EcsEvent


@dataclass(frozen=True)
class WaitingDeploy:
    """A deploy that waits for ECS, and where its service is. None of this changes while it goes on."""

    id: str
    region: str
    account: str
    """Of the service's role; empty: the workers' own, which nobody asks for."""
    cluster: str
    ecs_service: str

    @classmethod
    def of(cls, deploy: Deploy) -> WaitingDeploy:
        """The same for a record."""
        service = deploy.service
        account = service.role.arn.split(":")[4] if service.role else ""
        return cls(deploy.id, service.region, account, service.cluster, service.ecs_service)

    def is_in(self, event: EcsEvent, cluster: str) -> bool:
        """Whether the event can be of its account, Region and cluster."""
        return (
            event.region == self.region
            and self.account in ("", event.account)
            and cluster in ("", self.cluster)
        )


class EventRouter:
    """Finds the deploys of events among those that wait."""

    def __init__(self, waiting: Iterable[WaitingDeploy]) -> None:
        self._by_id: dict[str, WaitingDeploy] = {}
        self._by_service: dict[str, list[WaitingDeploy]] = defaultdict(list)
        for each in waiting:
            self._by_id[each.id] = each
            self._by_service[each.ecs_service].append(each)

    def find(self, event: EcsEvent) -> set[str]:
        """Ids of the deploys that the event is about."""
        return {
            each.id
            for cluster, name in event.services
            for each in self._by_service.get(name, ())
            if each.is_in(event, cluster)
        } | set(self._find_task(event))

    def _find_task(self, event: EcsEvent) -> Iterator[str]:
        """Whose one-off task it is."""
        prefix, found, deploy_id = event.started_by.partition(ONE_OFF_PREFIX)
        deploy = self._by_id.get(deploy_id) if found and not prefix else None
        if deploy is not None and deploy.is_in(event, ""):
            yield deploy.id
