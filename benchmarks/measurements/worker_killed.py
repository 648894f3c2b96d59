"""How long the deploys of a worker that was killed wait for their next step."""

from __future__ import annotations

import time

from benchmarks.measurements.in_flight import InFlight
from benchmarks.percentiles import spread
from benchmarks.results import Figures, with_prefix
from benchmarks.system import System
from deploys.stores import redis_keys

SLOW_CALL_SECONDS = 1.0
"""Each call to ECS takes so long meanwhile, so that a worker can be killed in the middle of one."""
STILL_HELD_SECONDS = 1.5
"""A claim that is still there so long after the kill, unchanged, is that of the killed worker."""
CATCH_SECONDS = 60.0
"""How long it is tried to kill a worker that holds deploys (seconds), for each of the kills."""
MAX_ATTEMPTS = 8
"""Workers that are killed at most: one may have held nothing (count)."""
RECOVERY_SECONDS = 100.0
"""The longest wait for the next steps (seconds)."""


def kill_and_recover(flight: InFlight, kills: int) -> Figures:
    """kill -9 of a worker and its job's process while it has claimed deploys; the other workers go on, and
    another one is started in its place."""
    waits: list[float] = []
    stranded: list[int] = []
    deadline = time.monotonic() + CATCH_SECONDS * kills
    for _ in range(MAX_ATTEMPTS):
        if len(stranded) == kills or time.monotonic() > deadline:
            break
        held, found = _kill_once(flight, deadline)
        stranded += [held] if held else []
        waits += found
    return {
        **with_prefix("to_next_step", spread(waits)),
        "stranded": float(sum(stranded)),
        "without_next_step": float(sum(stranded) - len(waits)),
        "kills": float(len(stranded)),
    }


def _kill_once(flight: InFlight, deadline: float) -> tuple[int, list[float]]:
    """How many deploys the killed worker held, and the seconds until the next steps of each."""
    system = flight.system
    system.ecs.ask("delay", seconds=SLOW_CALL_SECONDS)
    try:
        while not (worker := _worker_with_claims(flight)):
            if time.monotonic() > deadline:
                return 0, []
            time.sleep(0.002)
        system.kill_worker(worker)
        killed_at = time.time()
        system.ecs.ask("delay", seconds=0)
        held = _held(flight)
        system.ecs.ask("looks")
        time.sleep(STILL_HELD_SECONDS)
    finally:
        system.ecs.ask("delay", seconds=0)
    after = _held(flight)
    return _wait_for_looks(system, {each for each in held if after.get(each) == held[each]}, killed_at)


def _worker_with_claims(flight: InFlight) -> int:
    """The id of a worker that runs a job while deploys are claimed; 0 if there is none."""
    leases = [redis_keys.lease(each) for each in flight.ids.values()]
    if not leases or not flight.system.redis.exists(*leases):
        return 0
    return next(iter(flight.system.workers_with_a_job_process()), 0)


def _held(flight: InFlight) -> dict[str, str]:
    """The claims that are there, by service."""
    services = list(flight.ids)
    tokens = flight.system.redis.mget([redis_keys.lease(flight.ids[each]) for each in services])
    return {service: str(token) for service, token in zip(services, tokens, strict=True) if token}


def _wait_for_looks(system: System, stranded: set[str], killed_at: float) -> tuple[int, list[float]]:
    """The seconds until ECS was asked again for each of the stranded services."""
    looked: dict[str, float] = {}
    deadline = time.monotonic() + RECOVERY_SECONDS
    while stranded - looked.keys() and time.monotonic() < deadline:
        time.sleep(0.5)
        for service, at in system.ecs.ask("looks")["looks"].items():
            if service in stranded and at > killed_at:
                looked.setdefault(service, at)
    return len(stranded), [at - killed_at for at in looked.values()]
