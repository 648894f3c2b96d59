"""The receiver of ECS's events: `python -m workers.events`. One is enough; several do no harm.

It keeps nothing: a message is deleted once its deploys are due, and comes again otherwise. Without it, or
while it receives nothing, ECS is read more often.
"""

from __future__ import annotations

import sys

import structlog
from redis.exceptions import RedisError

from deploys.errors import SlipwayError
from deploys.errors.aws import AwsError
from deploys.job_queue import JobQueue
from deploys.outage import Outage
from deploys.process_startup import exit_with, load_settings_or_exit
from deploys.redis_connection import connect, connect_for_rq
from deploys.redis_outage import REDIS_OUTAGE
from deploys.stores.deploy_reader import DeployReader
from deploys.stores.ecs_events import EcsEvents
from deploys.stores.heartbeats import HeartbeatWriter
from deploys.telemetry.metrics import EVENTS
from deploys.telemetry.metrics_pipe import METRICS_PIPE
from deploys.telemetry.metrics_server import serve_metrics
from workers.events.event_queue import EventQueue
from workers.events.event_receiver import EventReceiver
from workers.events.stop_signal import StopRequested, StopSignal
from workers.settings import EventsSettings

log = structlog.get_logger()

RETRY_DELAYS_SECONDS = (1.0, 2.0, 5.0, 10.0)
"""Between attempts while the queue cannot be read; the last one is repeated (seconds)."""
IDLE_SECONDS = 30.0
"""Between two signs of life without a queue (seconds)."""


class EventLoop:
    """Receives, handles, deletes, and says that events arrive."""

    def __init__(
        self, queue: EventQueue, receiver: EventReceiver, events: EcsEvents, heartbeats: HeartbeatWriter
    ) -> None:
        self._queue = queue
        self._receiver = receiver
        self._events = events
        self._heartbeats = heartbeats
        self._outage: Outage[AwsError] = Outage(
            "The queue of events", lambda _: "cannot be read", RETRY_DELAYS_SECONDS
        )

    def run_once(self, stop: StopSignal) -> None:
        """One long poll and what it brought. Raises StopRequested."""
        METRICS_PIPE.looped()
        try:
            with stop.may_interrupt():
                received = self._queue.receive()
            self._receiver.handle(received)
            self._events.confirm_arrival()
            self._heartbeats.write()
            REDIS_OUTAGE.record_recovery()
            self._queue.delete(received)
            self._outage.record_recovery()
        except AwsError as error:
            self._outage.record_failure(error)
            with REDIS_OUTAGE.tolerate_errors():
                self._heartbeats.write()
            stop.sleep(self._outage.retry_delay())
        except RedisError as error:  # the messages come again
            REDIS_OUTAGE.record_failure(error)
            stop.sleep(REDIS_OUTAGE.retry_delay())


def main() -> int:
    """Runs until SIGTERM or SIGINT."""
    settings = load_settings_or_exit(EventsSettings)
    serve_metrics(EVENTS, settings)
    stop = StopSignal()
    stop.install()
    try:
        if settings.slipway_events_queue is None:
            _idle(stop)
        else:
            _receive(stop, settings, settings.slipway_events_queue)
    except StopRequested:
        log.info("receiver of events stopped")
    return 0


def _idle(stop: StopSignal) -> None:
    """It ends no sooner than if it had a queue: what runs processes together ends all of them, or starts it
    again and again."""
    log.info("there is nothing to receive, because SLIPWAY_EVENTS_QUEUE is not set: this process only waits")
    while True:
        METRICS_PIPE.looped()
        stop.sleep(IDLE_SECONDS)


def _receive(stop: StopSignal, settings: EventsSettings, url: str) -> None:
    redis = connect(settings.redis_url)
    try:
        queue = EventQueue(url, settings.queue_region)
    except SlipwayError as error:
        exit_with(error)
    events = EcsEvents(redis)
    receiver = EventReceiver(events, DeployReader(redis), JobQueue(connect_for_rq(settings.redis_url)))
    heartbeats = HeartbeatWriter(redis, EVENTS)
    loop = EventLoop(queue, receiver, events, heartbeats)
    log.info("receiver of events started", queue=url, region=settings.queue_region)
    try:
        while True:
            loop.run_once(stop)
    finally:
        with REDIS_OUTAGE.tolerate_errors():
            heartbeats.remove()


if __name__ == "__main__":
    sys.exit(main())
