"""What the region has when it starts: the same each time, also if it is kept from an earlier start."""

from __future__ import annotations

from typing import Any

from sandbox.ecs import EcsSandbox, ManualClock

SEED = 20_26
"""No other test starts a region with it, so that the first start here is the first of this process."""


def start_and_deploy() -> tuple[Any, list[str], Any]:
    """The region at its start, the last lines of `web` in it, and the region after a deploy."""
    with EcsSandbox(clock=ManualClock(start=1_800_000_000.0), seed=SEED) as sandbox:
        before = sandbox.state()
        events = sandbox.client("logs").filter_log_events(logGroupName="/ecs/web")["events"]
        sandbox.client("ecs").update_service(
            cluster="production", service="web", desiredCount=4, forceNewDeployment=True
        )
        sandbox.advance(120)
        return before, [f"{each['timestamp']} {each['message']}" for each in events], sandbox.state()


def test_a_later_start_has_and_does_the_same_as_the_first() -> None:
    first = start_and_deploy()

    assert [start_and_deploy() for _ in range(2)] == [first] * 2
    assert first[1], "web has written something"
    assert first[2] != first[0]


def test_a_stale_read_right_after_a_later_start_shows_the_services() -> None:
    for _ in range(2):
        with EcsSandbox(clock=ManualClock(start=1_800_000_000.0), seed=SEED + 1) as sandbox:
            sandbox.faults.add(operation="DescribeServices", kind="stale", seconds=60)
            ecs = sandbox.client("ecs")
            ecs.update_service(cluster="production", service="web", desiredCount=4)

            [web] = ecs.describe_services(cluster="production", services=["web"])["services"]

        assert web["desiredCount"] == 3
