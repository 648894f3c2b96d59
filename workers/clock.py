"""The clock: rings for what is due later, or whose bell was lost. Two clocks do no harm.

`python -m workers.clock`
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable

import structlog
from redis.exceptions import RedisError

from deploys.bell import WATCH, Bell
from deploys.claims import Due
from deploys.connection import connect, connect_for_rq
from deploys.groups import READ_EVERY_SECONDS
from deploys.process import settings_or_exit, warn_about
from deploys.redis_outage import OUTAGE
from deploys.store import Store
from deploys.threads import Threads
from workers.settings import ClockSettings

log = structlog.get_logger()

TICK_SECONDS = 0.25
AGAIN_SECONDS = 5.0
"""What stays due is rung again this often (seconds)."""
JANITOR_SECONDS = 15.0
"""Between two times that the janitor is asked whether it has to look (seconds)."""


class Clock:
    """Looks at what is due and rings for it."""

    def __init__(
        self, store: Store, threads: Threads, bell: Bell, *, now: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._threads = threads
        self._bell = bell
        self._now = now
        self._rung: dict[str, str] = {}
        """What was rung last for each name, so that Redis is not asked four times a second."""

    def tick(self) -> int:
        """Rings once for everything that is due; returns how many bells were rung (count)."""
        now = self._now()
        wanted = _wanted(self._store.due(now), now)
        for deploy_id in self._threads.due(now, 1000):
            wanted[f"publish {deploy_id}"] = str(int(now / AGAIN_SECONDS))
        wanted["groups "] = str(int(now / READ_EVERY_SECONDS))
        wanted["janitor "] = str(int(now / JANITOR_SECONDS))
        fresh = {name: nonce for name, nonce in wanted.items() if self._rung.get(name) != nonce}
        for name, nonce in fresh.items():
            job, _, about = name.partition(" ")
            if about:
                self._bell.again(job, about, nonce)
            elif job == "groups":
                self._bell.groups(nonce)
            else:
                self._bell.janitor(nonce)
        self._rung = wanted
        return len(fresh)


def _wanted(due: list[Due], now: float) -> dict[str, str]:
    """One bell for each deploy, or one for all of a cluster. A new due time, or more time, is a new bell."""
    oldest: dict[str, float] = {}
    for item in due:
        if item.bell.startswith(WATCH):
            name = f"watch {item.bell.removeprefix(WATCH)}"
        else:
            name = f"advance {item.deploy_id}"
        oldest[name] = min(item.at, oldest.get(name, item.at))
    return {name: f"{at:.3f}-{int((now - at) / AGAIN_SECONDS)}" for name, at in oldest.items()}


def main() -> int:
    """Runs until SIGTERM or SIGINT."""
    settings = settings_or_exit(ClockSettings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    redis = connect(settings.redis_url)
    clock = Clock(Store(redis), Threads(redis), Bell(connect_for_rq(settings.redis_url)))
    warn_about(redis)
    log.info("clock started")
    wait = TICK_SECONDS
    while not stop.wait(wait):
        try:
            clock.tick()
            wait = TICK_SECONDS
            OUTAGE.over()
        except RedisError as error:
            OUTAGE.note(error)
            wait = OUTAGE.pause_seconds()
    log.info("clock stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
