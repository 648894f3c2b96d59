"""What one rolling deploy costs that nothing else goes on beside.

It runs on the sandbox's ECS, which takes as long as Amazon's and answers as it does.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections import Counter
from collections.abc import Iterable
from typing import Any

from benchmarks import process_figures, redis_figures
from benchmarks.played.call_counts import by_api
from benchmarks.results import Figures
from benchmarks.seeding import Seeds
from benchmarks.system import System

TAG = "1.4.1"
"""A good tag of the sandbox's `web`."""
LOOKS_AT_DEFINITION_AND_IMAGE = (
    "DescribeTaskDefinition",
    "ListTaskDefinitions",
    "DescribeImages",
    "BatchGetImage",
)
IDLE_SECONDS = 10.0
"""How long the system is watched with nothing to do: what it costs then is not the deploy's (seconds)."""
LONGEST_SECONDS = 240.0
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def measure(system: System, seeds: Seeds) -> Figures:
    """Deploys `web` of the sandbox, and counts until it has ended."""
    idle_commands = _commands_within(system, IDLE_SECONDS) / IDLE_SECONDS
    calls_before = len(_calls(system))
    commands, jobs = redis_figures.commands_done(system.redis), system.jobs_done()
    cpu = process_figures.cpu_seconds(system.pids("worker"))
    began = time.time()
    deploy_id = seeds.submit(seeds.build(0, TAG, service="web"))
    while deploy_id not in (ended := seeds.ended_at([deploy_id])):
        if time.time() - began > LONGEST_SECONDS:
            raise RuntimeError(f"the deploy of web has not ended after {LONGEST_SECONDS:.0f} s")
        time.sleep(0.5)
    seconds = ended[deploy_id] - began
    done = redis_figures.commands_done(system.redis) - commands
    return {
        "seconds": seconds,
        "seconds_to_know_the_end": ended[deploy_id] - _end_in_ecs(system),
        "rq_jobs": system.jobs_done() - jobs,
        "redis_commands": float(done),
        "redis_commands_without_idle": done - idle_commands * (time.time() - began),
        "worker_cpu_seconds": process_figures.cpu_seconds(system.pids("worker")) - cpu,
        **calls_by_api(_calls(system)[calls_before:]),
        **{f"slack/{method}": float(count) for method, count in by_api(system.slack.calls()).items()},
    }


def calls_by_api(operations: Iterable[str]) -> Figures:
    """Calls in all, of each API, and the looks at definition and image together (count). Pure."""
    counted = Counter(operations)
    looks = sum(counted[api] for api in LOOKS_AT_DEFINITION_AND_IMAGE)
    return {
        "aws_calls": float(counted.total()),
        "looks_at_definition_and_image": float(looks),
        **{f"calls/{api}": float(count) for api, count in counted.most_common()},
    }


def _calls(system: System) -> list[str]:
    return [str(each["operation"]) for each in _read(system, "calls")["calls"]]


def _end_in_ecs(system: System) -> float:
    """When the last rollout of `web` ended (epoch seconds)."""
    rollouts = _read(system, "state")["serviceDeployments"]
    return max(float(each["finishedAt"] or 0) for each in rollouts if each["service"] == "web")


def _read(system: System, path: str) -> dict[str, Any]:
    with _OPENER.open(f"{system.ecs.url}/sandbox/{path}", timeout=10) as answer:
        content: dict[str, Any] = json.loads(answer.read())
    return content


def _commands_within(system: System, seconds: float) -> float:
    before = redis_figures.commands_done(system.redis)
    time.sleep(seconds)
    return float(redis_figures.commands_done(system.redis) - before)
