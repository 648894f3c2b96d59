"""Workers that are forked from one process: one that dies is started again, and all end with that process."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

from tests.scenarios.conversation import wait_until
from workers import supervisor
from workers.supervisor import RESTART_DELAYS_SECONDS, STABLE_SECONDS, Supervisor, Worker

Tell = Callable[[str], None]


@pytest.fixture
def quick_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A supervisor that is forked now does not let a dead worker wait."""
    monkeypatch.setattr(supervisor, "RESTART_DELAYS_SECONDS", (0.01,))
    monkeypatch.setattr(supervisor, "LOOK_SECONDS", 0.02)


@dataclass
class Running:
    """A supervisor in a process of its own, whose workers tell what they do in a pipe."""

    pid: int
    reading: int
    _read: bytes = b""
    ended: int | None = None
    """Its wait status."""

    def told(self) -> list[list[str]]:
        """The words that the workers wrote: what, the worker's number, its process's id."""
        with suppress(BlockingIOError):
            while part := os.read(self.reading, 65536):
                self._read += part
        return [line.split() for line in self._read.decode().splitlines()]

    def wait_for(self, what: str, count: int) -> list[tuple[int, int]]:
        """Number and process of each worker that told this, once so many have."""
        found: list[tuple[int, int]] = []

        def have_told() -> bool:
            found[:] = [(int(number), int(pid)) for word, number, pid in self.told() if word == what]
            return len(found) >= count

        wait_until(have_told, 20)
        return found

    def has_ended(self) -> bool:
        if self.ended is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.ended = status if pid else None
        return self.ended is not None


@contextmanager
def running(count: int, work: Callable[[Tell, Callable[[], bool]], None]) -> Iterator[Running]:
    """work: what each worker does, with what tells a word, and what says whether it must stop."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with suppress(BaseException):
            os.setpgid(0, 0)
            logging.disable()

            def run_worker(number: int, must_stop: Callable[[], bool]) -> None:
                def tell(word: str) -> None:
                    os.write(writing, f"{word} {number} {os.getpid()}\n".encode())

                work(tell, must_stop)

            Supervisor(count, run_worker).run()
            os._exit(0)
        os._exit(1)
    os.close(writing)
    os.set_blocking(reading, False)
    found = Running(pid, reading)
    try:
        yield found
    finally:
        for each in {pid, *(int(line[2]) for line in found.told())}:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        wait_until(found.has_ended, 20)
        os.close(reading)


def until_signalled(tell: Tell, job_seconds: float = 0.0) -> None:
    """What a worker does: it ends some time after it was asked to."""
    stop = threading.Event()

    def note(*_: object) -> None:
        tell("signalled")
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, note)
    tell("started")
    stop.wait(60)
    time.sleep(job_seconds)
    tell("ended")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_each_worker_has_a_number_and_a_process_and_all_end_their_jobs_when_asked() -> None:
    with running(2, lambda tell, _: until_signalled(tell, job_seconds=0.3)) as group:
        started = group.wait_for("started", 2)

        os.kill(group.pid, signal.SIGTERM)
        wait_until(group.has_ended, 20)

        assert sorted(number for number, _ in started) == [1, 2]
        assert len({pid for _, pid in started}) == 2
        assert sorted(group.wait_for("ended", 2)) == sorted(started)
        assert group.ended == 0


def test_ctrl_c_reaches_each_worker_once_and_a_second_one_is_passed_on() -> None:
    """A terminal sends it to the whole process group; RQ takes a second one for an order to end the job."""
    with running(2, lambda tell, _: until_signalled(tell, job_seconds=60)) as group:
        group.wait_for("started", 2)

        os.killpg(group.pid, signal.SIGINT)
        once = group.wait_for("signalled", 2)
        os.killpg(group.pid, signal.SIGINT)
        twice = group.wait_for("signalled", 4)

    assert sorted(number for number, _ in once) == [1, 2]
    assert sorted(number for number, _ in twice) == [1, 1, 2, 2]


def test_a_worker_that_is_killed_is_started_again_and_the_others_go_on(quick_restarts: None) -> None:
    with running(2, lambda tell, _: until_signalled(tell)) as group:
        before = dict(group.wait_for("started", 2))

        os.kill(before[2], signal.SIGKILL)
        _, _, (number, pid) = group.wait_for("started", 3)

        assert number == 2
        assert pid != before[2]
        assert is_alive(before[1])


def test_a_worker_that_fails_is_started_again_with_its_number(quick_restarts: None) -> None:
    def fail(tell: Tell, _: Callable[[], bool]) -> None:
        tell("started")
        raise RuntimeError("it cannot")

    with running(1, fail) as group:
        assert [number for number, _ in group.wait_for("started", 2)] == [1, 1]
        assert not group.has_ended()


@pytest.mark.parametrize("catches_signals", [True, False])
def test_the_workers_end_if_their_supervisor_is_killed(catches_signals: bool) -> None:
    """Linux sends a signal; elsewhere, and if it comes too early, the worker asks."""

    def work(tell: Tell, must_stop: Callable[[], bool]) -> None:
        if catches_signals:
            until_signalled(tell)
            return
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        tell("started")
        while not must_stop():
            time.sleep(0.02)
        tell("ended")

    with running(2, work) as group:
        started = group.wait_for("started", 2)

        os.kill(group.pid, signal.SIGKILL)

        assert sorted(group.wait_for("ended", 2)) == sorted(started)


def test_a_worker_that_dies_again_and_again_is_started_less_and_less_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, starts = 1000.0, list[float]()
    monkeypatch.setattr("workers.supervisor.time.monotonic", lambda: clock)
    group = Supervisor(1, lambda *_: None)

    def fork(_: int) -> int:
        starts.append(clock)
        return 4711

    def has_ended(worker: Worker) -> bool:
        worker.pid = 0
        return True

    monkeypatch.setattr(group, "_fork", fork)
    monkeypatch.setattr(group, "_has_ended", has_ended)
    worker, pauses = Worker(1), []

    for lived in [0.0] * 6 + [STABLE_SECONDS, 0.0]:
        while not worker.pid:
            group._keep_alive(worker)
            clock += 0.0 if worker.pid else 0.25
        ended = clock = clock + lived
        group._keep_alive(worker)
        pauses.append(worker.start_at - ended)

    last = RESTART_DELAYS_SECONDS[-1]
    assert pauses == [*RESTART_DELAYS_SECONDS, last, *RESTART_DELAYS_SECONDS[:2]]
    assert len(starts) == 8
