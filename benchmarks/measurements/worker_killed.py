"""How long the deploys of a worker that was killed wait for their next step."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.measurements.in_flight import InFlight
from benchmarks.percentiles import spread
from benchmarks.results import Figures
from benchmarks.system import System, python
from deploys.stores import redis_keys

SLOW_CALL_SECONDS = 1.0
"""Each call to ECS takes so long meanwhile, so that a worker can be killed in the middle of one."""
STILL_HELD_SECONDS = 1.5
"""A claim that is still there so long after the kill, unchanged, is that of the killed worker."""
CATCH_SECONDS = 40.0
"""How long it is tried to catch a worker that has claimed deploys (seconds)."""
RECOVERY_SECONDS = 100.0
"""The longest wait for the next steps (seconds)."""


def kill_and_recover(flight: InFlight, kills: int) -> Figures:
    """kill -9 of a worker and its job's process while it has claimed deploys; the other workers go on, and it
    is started again, as a supervisor does."""
    waits: list[float] = []
    stranded_all = 0
    for nth in range(kills):
        stranded, found = _kill_once(flight, f"again-{nth}")
        stranded_all += stranded
        waits += found
    return {
        **{f"to_next_step/{key}": value for key, value in spread(waits).items()},
        "stranded": float(stranded_all),
        "without_next_step": float(stranded_all - len(waits)),
        "kills": float(kills),
    }


def _kill_once(flight: InFlight, new_name: str) -> tuple[int, list[float]]:
    system = flight.system
    system.ecs.ask("delay", seconds=SLOW_CALL_SECONDS)
    deadline = time.monotonic() + CATCH_SECONDS
    try:
        while time.monotonic() < deadline:
            if worker := _worker_with_claims(flight):
                held = _held(flight)
                system.kill_worker(worker)
                killed_at = time.time()
                system.ecs.ask("looks")
                system.start(f"worker-{new_name}", python("workers"))
                time.sleep(STILL_HELD_SECONDS)
                system.ecs.ask("delay", seconds=0)
                after = _held(flight)
                stranded = {service for service, token in held.items() if after.get(service) == token}
                return _wait_for_looks(system, stranded, killed_at)
            time.sleep(0.002)
    finally:
        system.ecs.ask("delay", seconds=0)
    return 0, []


def _worker_with_claims(flight: InFlight) -> str:
    """A worker that runs a job while deploys are claimed, if it is the only one; else empty."""
    leases = [redis_keys.lease(each) for each in flight.ids.values()]
    if not leases or not flight.system.redis.exists(*leases):
        return ""
    busy = [
        name
        for name, child in flight.system.roles.items()
        if name.startswith("worker") and _children(child.process.pid)
    ]
    return busy[0] if len(busy) == 1 else ""


def _children(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().strip()
    except OSError:
        return ""


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
