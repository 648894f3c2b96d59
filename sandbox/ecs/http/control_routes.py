"""The routes of the control API, under /sandbox/."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from sandbox.ecs.account import ACCOUNT, REGION
from sandbox.ecs.clock import Clock, ManualClock
from sandbox.ecs.eventbridge.event_faults import EventFaults
from sandbox.ecs.http.control_api import Body, ControlError
from sandbox.ecs.http.dispatcher import AwsCallNote
from sandbox.ecs.http.faults import EcsFaults
from sandbox.ecs.http.request_throttling import RequestThrottling

Route = Callable[[Body], object]


class ControlledSandbox(Protocol):
    """What the control API needs of the sandbox."""

    faults: EcsFaults
    event_faults: EventFaults
    throttling: RequestThrottling
    clock: Clock
    speed: float

    def now(self) -> float: ...

    def advance(self, seconds: float) -> float: ...

    def add_role(self, role: str, external_id: str = "") -> None: ...

    def autoscale(self, service: str, minimum: int = 2, maximum: int = 6) -> None: ...

    def add_event(self, service: str, source: str, text: str) -> None: ...

    def fail_starts(self, service: str, source: str, text: str) -> None: ...

    def watch_words(self, words: Sequence[str]) -> None: ...

    def watched_words(self) -> dict[str, list[str]]: ...

    def state(self) -> dict[str, Any]: ...

    def calls(self) -> list[AwsCallNote]: ...


def control_routes(sandbox: ControlledSandbox) -> dict[tuple[str, str], Route]:
    def health(body: Body) -> Body:
        return {
            "status": "ok",
            "now": sandbox.now(),
            "clock": "manual" if isinstance(sandbox.clock, ManualClock) else "wall",
            "speed": sandbox.speed,
            "account": ACCOUNT,
            "region": REGION,
        }

    def add_fault(body: Body) -> Body:
        return {"id": sandbox.faults.add(**body).id}

    def clear_faults(body: Body) -> Body:
        sandbox.faults.clear()
        return {"faults": []}

    def autoscale(body: Body) -> Body:
        sandbox.autoscale(**body)
        return {"autoscaled": body["service"]}

    def add_role(body: Body) -> Body:
        sandbox.add_role(**body)
        return {"role": body["role"]}

    def advance(body: Body) -> Body:
        if not isinstance(sandbox.clock, ManualClock):
            raise ControlError(409, "this sandbox uses the wall clock; only a ManualClock can be advanced")
        seconds = body.get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise ControlError(400, 'the body must be {"seconds": N} with N >= 0')
        return {"now": sandbox.advance(float(seconds))}

    return {
        ("GET", "/sandbox/health"): health,
        ("GET", "/sandbox/state"): lambda body: sandbox.state(),
        ("GET", "/sandbox/calls"): lambda body: {"calls": [asdict(note) for note in sandbox.calls()]},
        ("GET", "/sandbox/faults"): lambda body: {"faults": sandbox.faults.as_json()},
        ("POST", "/sandbox/faults"): add_fault,
        ("DELETE", "/sandbox/faults"): clear_faults,
        **_routes_of_event_faults(sandbox.event_faults),
        ("POST", "/sandbox/throttling"): lambda body: _switch_throttling(sandbox, body),
        ("POST", "/sandbox/autoscale"): autoscale,
        ("POST", "/sandbox/roles"): add_role,
        **_routes_of_words(sandbox),
        ("POST", "/sandbox/advance"): advance,
    }


def _routes_of_event_faults(faults: EventFaults) -> dict[tuple[str, str], Route]:
    """How events are delivered to the queues of EventBridge's rules."""

    def set_pattern(body: Body) -> Body:
        faults.set(**body)
        return faults.as_json()

    def clear(body: Body) -> Body:
        faults.clear()
        return faults.as_json()

    return {
        ("GET", "/sandbox/event-faults"): lambda body: faults.as_json(),
        ("POST", "/sandbox/event-faults"): set_pattern,
        ("DELETE", "/sandbox/event-faults"): clear,
    }


def _switch_throttling(sandbox: ControlledSandbox, body: Body) -> Body:
    if not isinstance(on := body.get("on"), bool):
        raise ControlError(400, 'the body must be {"on": true} or {"on": false}')
    sandbox.throttling.is_on = on
    return {"on": on}


def _routes_of_words(sandbox: ControlledSandbox) -> dict[tuple[str, str], Route]:
    """Texts of others that ECS repeats, and which words were in an answer."""

    def add_event(body: Body) -> Body:
        sandbox.add_event(**body)
        return {"service": body["service"]}

    def fail_starts(body: Body) -> Body:
        sandbox.fail_starts(**body)
        return {"service": body["service"]}

    def watch_words(body: Body) -> Body:
        sandbox.watch_words(**body)
        return sandbox.watched_words()

    return {
        ("POST", "/sandbox/events"): add_event,
        ("POST", "/sandbox/failing-starts"): fail_starts,
        ("GET", "/sandbox/watched-words"): lambda body: sandbox.watched_words(),
        ("POST", "/sandbox/watched-words"): watch_words,
    }
