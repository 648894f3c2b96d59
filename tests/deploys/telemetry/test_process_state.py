"""Health and readiness of a process."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from deploys.telemetry.process_state import ProcessState


class Process:
    """A process whose time the test moves."""

    def __init__(self, kind: str, loops: Sequence[str] = ("",)) -> None:
        self.time = 1000.0
        self.state = ProcessState(kind, loops, now=lambda: self.time)


@pytest.mark.parametrize(
    ("kind", "loops", "slack", "waits", "health", "readiness"),
    [
        ("worker", True, False, 0, "", ""),
        ("worker", True, False, 89, "", ""),
        ("web", True, False, 0, "", ""),
        ("bot", True, True, 0, "", ""),
        ("worker", False, False, 10, "", "the worker process is still starting"),
        ("bot", True, False, 0, "", "the bot is not connected to Slack"),
        *(
            (kind, loops, True, 91, message, message)
            for kind in ("bot", "web", "worker", "scheduler")
            for loops in (True, False)
            for message in [f"the main loop of the {kind} process has not moved for 91 s"]
        ),
    ],
)
def test_what_is_wrong_with_a_process(
    kind: str, loops: bool, slack: bool, waits: float, health: str, readiness: str
) -> None:
    process = Process(kind)
    if loops:
        process.state.note_loop()
    process.state.note_slack(connected=slack)
    process.time += waits

    assert process.state.health_problem() == health
    assert process.state.readiness_problem() == readiness


def test_a_loop_that_moves_again_is_healthy_again() -> None:
    process = Process("worker")
    process.time += 500
    assert process.state.health_problem()

    process.state.note_loop()

    assert process.state.health_problem() == ""
    assert process.state.loop_ages() == {"": 0.0}


def test_one_worker_of_several_that_hangs_is_named() -> None:
    process = Process("worker", loops=("1", "2"))
    process.state.note_loop("1")
    assert process.state.readiness_problem() == "worker 2 is still starting"

    process.state.note_loop("2")
    process.time += 60
    process.state.note_loop("1")
    process.time += 35

    assert process.state.loop_ages() == {"1": 35.0, "2": 95.0}
    assert process.state.health_problem() == "the main loop of worker 2 has not moved for 95 s"
