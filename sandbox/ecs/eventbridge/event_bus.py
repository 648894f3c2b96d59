"""The default event bus of one region: rules and targets are moto's, deliveries are played here."""

from __future__ import annotations

import json
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from moto.events.models import events_backends
from moto.sqs.models import sqs_backends

from sandbox.ecs.eventbridge.ecs_events import SentEvent, events_of_change, iso_time
from sandbox.ecs.eventbridge.event_faults import EventFaults
from sandbox.ecs.region import EcsRegion

LATENCY_SECONDS = (0.1, 0.6)
"""From the change in ECS to the arrival in the queue, at every speed: the shortest and the longest. So events
that follow one another arrive in any order."""


class EventBus:
    """Sends an event to the queues of each rule whose pattern it matches. Without a rule nothing is sent."""

    def __init__(self, region: EcsRegion, faults: EventFaults) -> None:
        self._region = region
        self._faults = faults
        self._random = Random(region.account)
        region.tables.journal.on_change = self._send_change

    def _send_change(self, table: str, old: Any, new: Any) -> None:
        region = self._region
        if not self._rules():
            return
        for sent in events_of_change(table, old, new, region.now, region.tables):
            event = self._with_envelope(sent)
            for rule in self._rules():
                if rule.state == "ENABLED" and rule.event_pattern.matches_event(event):
                    self._deliver(event, [target["Arn"] for target in rule.targets])

    def _rules(self) -> list[Any]:
        backend: Any = events_backends[self._region.account][self._region.name]
        return list(backend.event_buses["default"].rules.values())

    def _with_envelope(self, sent: SentEvent) -> dict[str, Any]:
        region = self._region
        return {
            "version": "0",
            "id": str(UUID(int=self._random.getrandbits(128), version=4)),
            "detail-type": sent.detail_type,
            "source": "aws.ecs",
            "account": region.account,
            "time": f"{iso_time(region.now)[:19]}Z",
            "region": region.name,
            "resources": list(sent.resources),
            "detail": sent.detail,
        }

    def _deliver(self, event: dict[str, Any], targets: list[str]) -> None:
        queues = [each.rpartition(":")[2] for each in targets if each.split(":")[2] == "sqs"]
        for queue in queues:
            for late in self._faults.delays():
                at = self._region.now + late + self._random.uniform(*LATENCY_SECONDS)
                self._region.event_queue.schedule(at, partial(self._put, queue, json.dumps(event)))

    def _put(self, queue: str, body: str) -> None:
        backend: Any = sqs_backends[self._region.account][self._region.name]
        if queue in backend.queues:
            backend.send_message(queue, body)
