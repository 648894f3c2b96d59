"""Other ways to deploy, each for one deploy on the fast ECS: calls, how late they know the end, and CPU."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rq import Queue

from benchmarks import names
from benchmarks.played import call_counts
from benchmarks.results import Figures, with_prefix
from benchmarks.rivals import polling_job
from benchmarks.rivals.polling_job import QUEUE
from benchmarks.system import System, python
from slipway.demo.clean_env import clean_env

LONGEST_SECONDS = 300.0
ECS_DEPLOY = "ecs-deploy"
JOB = f"{polling_job.__name__}.{polling_job.deploy.__name__}"


@dataclass
class Rival:
    """One way, as a command that ends when it knows the end."""

    name: str
    command: list[str]
    index: int
    """Of the service that it deploys."""
    ended_at: float | None = None
    """Epoch seconds."""
    cpu_seconds: float = 0.0
    exit_code: int | None = None


@dataclass
class Rivals:
    """Those that run."""

    system: System
    running: list[Rival]
    threads: list[threading.Thread] = field(default_factory=list)

    def wait(self) -> Figures:
        """Waits until all have ended; their figures. One that could not run has none."""
        for thread in self.threads:
            thread.join(LONGEST_SECONDS)
        calls, rollouts = self.system.ecs.calls(), self.system.ecs.ask("rollouts")["rollouts"]
        figures: Figures = {}
        for rival in self.running:
            rollout = rollouts.get(names.service(rival.index))
            if rival.ended_at is None or rival.exit_code != 0 or rollout is None:
                continue
            counted = call_counts.by_api(each for each in calls if each.caller == rival.name)
            figures |= with_prefix(
                rival.name,
                {
                    "aws_calls": float(sum(counted.values())),
                    "seconds_to_know_the_end": rival.ended_at - rollout[-1]["ends_at"],
                    "cpu_seconds": rival.cpu_seconds,
                },
            )
        return figures

    @property
    def missing(self) -> list[str]:
        """Those that could not be run."""
        return [each.name for each in self.running if each.exit_code not in (0, None)] + (
            [] if any(each.name == ECS_DEPLOY for each in self.running) else [ECS_DEPLOY]
        )


@contextmanager
def start(system: System) -> Iterator[Rivals]:
    """Starts all of them at the same time, each with a service and an access key of its own."""
    rivals = [
        Rival(
            "services_stable",
            python("benchmarks.rivals.waiter", names.service(1), names.CLUSTER, names.NEXT_TAG),
            1,
        ),
        Rival("plain_rq_job", python("rq.cli", "worker", "--burst", "--url", system.redis_url, QUEUE), 2),
    ]
    if ecs := _ecs_deploy():
        where = [names.CLUSTER, names.service(3), "--tag", names.NEXT_TAG, "--region", names.REGION]
        rivals.append(Rival(ECS_DEPLOY, [ecs, "deploy", *where, "--timeout", str(int(LONGEST_SECONDS))], 3))
    plain = Queue(QUEUE, connection=system.redis)
    plain.enqueue(JOB, names.service(2), names.CLUSTER, names.NEXT_TAG, job_timeout=int(LONGEST_SECONDS))
    found = Rivals(system, rivals)
    for rival in rivals:
        thread = threading.Thread(target=_run, args=(rival, system), daemon=True)
        thread.start()
        found.threads.append(thread)
    yield found


def _ecs_deploy() -> str | None:
    """The command of fabfuel's ecs-deploy, which the development tools bring; None without them."""
    beside = Path(sys.executable).parent / "ecs"
    return str(beside) if beside.is_file() else shutil.which("ecs")


def _env(env: Mapping[str, str], caller: str) -> dict[str, str]:
    return {**clean_env(os.environ), **env, "AWS_ACCESS_KEY_ID": caller}


def _run(rival: Rival, system: System) -> None:
    log = system.folder / f"rival-{rival.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            rival.command,
            env=_env(system.env, rival.name),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=system.folder,
        )
        killer = threading.Timer(LONGEST_SECONDS, process.kill)
        killer.start()
        _, status, used = os.wait4(process.pid, 0)
        killer.cancel()
    rival.ended_at = time.time()
    rival.exit_code = os.waitstatus_to_exitcode(status)
    process.returncode = rival.exit_code
    rival.cpu_seconds = used.ru_utime + used.ru_stime
