"""A process forks while a thread of it works, and what it forks finds no lock taken."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

from deploys.telemetry.fork_gate import ForkGate

LOCK = threading.Lock()
"""Whatever a library locks."""


def child_can_lock() -> bool:
    """Forks; whether the new process gets the lock."""
    pid = os.fork()
    if pid == 0:
        os._exit(0 if LOCK.acquire(timeout=1) else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_fork_waits_for_what_a_thread_is_doing() -> None:
    gate, is_working, stop = ForkGate(), threading.Event(), threading.Event()

    def work() -> None:
        while not stop.is_set():
            with gate.working(), LOCK:
                is_working.set()
                time.sleep(0.02)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
    for each in threads:
        each.start()
    is_working.wait()
    found = [child_can_lock() for _ in range(10)]
    is_working.clear()
    goes_on = is_working.wait(10)
    stop.set()
    for each in threads:
        each.join()

    assert found == [True] * 10
    assert goes_on


IN_CHILD = """
import os
from deploys.telemetry.fork_gate import ForkGate

def fork():
    if (pid := os.fork()):
        os.waitpid(pid, 0)
    return pid

gate = ForkGate()
gate.in_child(lambda: print("in the child", flush=True))
if fork() == 0:
    with gate.working():
        print("works", flush=True)
    fork()
    os._exit(0)
print("in the parent")
"""


def test_a_child_first_does_what_is_to_be_done_in_it_and_its_own_children_do_not() -> None:
    done = subprocess.run([sys.executable, "-c", IN_CHILD], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["in the child", "works", "in the parent"]
