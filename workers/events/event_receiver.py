"""Makes deploys due for the events that were received."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence

from deploys.job_queue import WATCH_PREFIX, JobQueue
from deploys.stores.deploy_reader import DeployReader
from deploys.stores.ecs_events import EcsEvents
from deploys.telemetry.metrics import ECS_EVENT_AGE, ECS_EVENTS
from workers.events.ecs_event import EventKind, parse_event
from workers.events.event_queue import QueuedEvent
from workers.events.event_routing import EventRouter, WaitingDeploy
from workers.events.look_spacing import LookSpacing


class EventReceiver:
    """Handles events. All that it remembers is where the services of deploys are, and when these were due."""

    def __init__(
        self,
        events: EcsEvents,
        reader: DeployReader,
        job_queue: JobQueue,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._events = events
        self._reader = reader
        self._job_queue = job_queue
        self._now = now
        self._waiting: dict[str, WaitingDeploy] = {}
        self._spacing = LookSpacing()

    def handle(self, queued: Sequence[QueuedEvent]) -> None:
        """Makes every deploy due that these messages are about. They may be deleted then.

        Raises:
            RedisError: some deploys may not be due yet; it does no harm to handle the messages again.
        """
        if not queued:
            return
        router, now = EventRouter(self._read_waiting()), self._now()
        kinds: dict[str, set[EventKind]] = defaultdict(set)
        for message in queued:
            ECS_EVENT_AGE.observe(max(now - message.sent_at, 0.0))
            event = parse_event(message.body)
            if event is None:
                ECS_EVENTS.add(result="not understood")
                continue
            deploy_ids = router.find(event)
            ECS_EVENTS.add(result="made due" if deploy_ids else "no deploy")
            for deploy_id in deploy_ids:
                kinds[deploy_id].add(event.kind)
        wanted = {each: self._spacing.next_look(each, found, now) for each, found in kinds.items()}
        jobs = self._events.wake(wanted)
        due = {job if job.startswith(WATCH_PREFIX) else id for id, job in jobs.items() if wanted[id] <= now}
        for each in sorted(due):
            if each.startswith(WATCH_PREFIX):
                self._job_queue.watch(each.removeprefix(WATCH_PREFIX))
            else:
                self._job_queue.advance(each)

    def _read_waiting(self) -> list[WaitingDeploy]:
        """The deploys that wait for ECS. The record of each is read once."""
        ids = self._events.waiting()
        unknown = [each for each in ids if each not in self._waiting]
        read = {each.id: WaitingDeploy.of(each) for each in self._reader.readable(unknown)}
        self._waiting = {
            each: known for each in ids if (known := self._waiting.get(each) or read.get(each)) is not None
        }
        self._spacing.keep_only(self._waiting)
        return list(self._waiting.values())
