"""The whole benchmark once, with numbers so small that it takes seconds: real processes, and every kind of
figure that the form measures. Nothing is timed: what the figures say of speed does not matter here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks import process_figures
from benchmarks.__main__ import main
from benchmarks.forms import FORMS
from benchmarks.results import read_results
from benchmarks.run import Run

ROOT = Path(__file__).parents[2]
RUN = [sys.executable, "-m", "benchmarks", "--form", "tiny", "--workers", "1"]
LONGEST_SECONDS = 120


def test_a_tiny_run_has_its_figures_and_its_table(tmp_path: Path) -> None:
    file = tmp_path / "benchmark.json"

    ran = subprocess.run(
        [*RUN, "--json", str(file)], cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_SECONDS
    )

    assert ran.returncode == 0, ran.stderr
    results = read_results(file)
    assert (results.form, results.workers, results.notes) == ("tiny", 1, ())
    assert set(results.figures) == {"startup", "in_flight/3", "ack", "redis"}
    flight = results.figures["in_flight/3"]
    assert (flight["ends"], flight["ends_not_recorded"], flight["ends_not_told"]) == (1, 0, 0)
    assert flight["redis_commands_per_second"]
    assert results.figure("ack", "10_a_second/ours/failed") == 0
    assert results.figure("ack", "10_a_second/bare/failed") == 0
    assert results.figure("startup", "worker/memory_megabytes")
    assert json.loads(file.read_text())["schema_number"] == 1
    assert "| what | then (9326b38) | now (" in ran.stdout


def test_a_part_that_the_form_does_not_have_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", *RUN[3:], "--part", "burst"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "python -m benchmarks: error: the tiny form does not measure burst, only in_flight"
    )


def test_what_was_measured_before_something_broke_is_kept() -> None:
    """One deploy gets stuck: the other parts go on."""
    going = Run(FORMS["full"], 2, lambda line: None)

    def measure(run: Run) -> None:
        run.note("burst", {"begun": 3.0})
        raise RuntimeError("a deploy got no further than this")

    going.try_part("burst", measure)

    assert going.figures == {"burst": {"begun": 3.0}}
    assert going.failed == ["burst"]
    assert going.notes == ["Not measured to its end: burst (RuntimeError)."]


def test_a_run_that_is_told_to_stop_leaves_nothing_behind(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [*RUN, "--json", str(tmp_path / "none.json")],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    started = _family_of_at_least(running.pid, 3)

    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=60)

    assert running.returncode == 1
    assert [pid for pid in started if _runs(pid)] == []
    assert list(tmp_path.iterdir()) == []


def _family_of_at_least(pid: int, count: int) -> set[int]:
    """The run and what it has started, once that are so many."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        found = process_figures.family([pid], process_figures.read_stats())
        if len(found) >= count:
            return found
        time.sleep(0.1)
    pytest.fail("the run has not started its processes")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
