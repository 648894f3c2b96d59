"""What can be asked of a sandbox under /sandbox/."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from sandbox.ecs.account import ACCOUNT, REGION
from sandbox.ecs.clock import ManualClock
from sandbox.ecs.http.control_api import Body, ControlError

if TYPE_CHECKING:
    from sandbox.ecs.sandbox import EcsSandbox

Route = Callable[[Body], object]


def control_routes(sandbox: EcsSandbox) -> dict[tuple[str, str], Route]:
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

    def let_assume(body: Body) -> Body:
        sandbox.add_role(**body)
        return {"role": body["role"]}

    def advance(body: Body) -> Body:
        if not isinstance(sandbox.clock, ManualClock):
            raise ControlError(409, "this sandbox follows the wall clock; only a ManualClock can be advanced")
        seconds = body.get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise ControlError(400, 'the body must be {"seconds": N}, and N not negative')
        return {"now": sandbox.advance(float(seconds))}

    return {
        ("GET", "/sandbox/health"): health,
        ("GET", "/sandbox/state"): lambda body: sandbox.state(),
        ("GET", "/sandbox/calls"): lambda body: {"calls": [asdict(note) for note in sandbox.calls()]},
        ("GET", "/sandbox/faults"): lambda body: {"faults": sandbox.faults.as_json()},
        ("POST", "/sandbox/faults"): add_fault,
        ("DELETE", "/sandbox/faults"): clear_faults,
        ("POST", "/sandbox/autoscale"): autoscale,
        ("POST", "/sandbox/roles"): let_assume,
        ("POST", "/sandbox/advance"): advance,
    }
