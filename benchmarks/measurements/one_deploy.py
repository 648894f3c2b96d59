"""What one rolling deploy costs that nothing else goes on beside, with ECS's events and without them.

It runs on the sandbox's ECS, which takes as long as Amazon's and answers as it does. The same seconds with
nothing to do are measured before it, so that the figures tell what is the deploy's own.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import boto3

from benchmarks import names, process_figures, redis_figures
from benchmarks.played.call_counts import by_api
from benchmarks.results import Figures
from benchmarks.seeding import Seeds
from benchmarks.system import CALLER, System

TAG = "1.4.1"
"""A good tag of the sandbox's `web`."""
LOOKS_AT_DEFINITION_AND_IMAGE = (
    "DescribeTaskDefinition",
    "ListTaskDefinitions",
    "DescribeImages",
    "BatchGetImage",
)
COSTS = ("aws_calls", "rq_jobs", "redis_commands", "worker_cpu_seconds")
"""What is counted with the deploy, and without it for as long."""
LONGEST_SECONDS = 240.0
POLL_SECONDS = 0.5
QUEUE_READS = "sqs"
"""The service whose calls are those of `events`, which makes them whether something is deployed or not."""
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Counts:
    """What a system has done until a moment."""

    at: float
    """Epoch seconds."""
    calls: tuple[str, ...]
    """`service:operation` of each call to AWS."""
    rq_jobs: float
    redis_commands: float
    cpu_seconds: dict[str, float]
    """Of the workers, the scheduler and the receiver of events."""


class OneDeploy:
    """A deploy of the sandbox's `web` in a system of its own."""

    def __init__(self, system: System, seeds: Seeds) -> None:
        self._system = system
        self._seeds = seeds
        self._own_commands = 0
        """Redis commands of this measurement while the deploy runs (count)."""

    def begin_idle(self) -> None:
        """From now on nothing happens."""
        self._idle_began = self._count()

    def begin(self) -> None:
        """Asks for the deploy: the idle time is over."""
        self._began = self._count()
        self._id = self._seeds.submit(self._seeds.build(0, TAG, service="web"))

    def has_ended(self) -> bool:
        """Whether the record says so."""
        self._own_commands += 1
        return self._id in self._seeds.ended_at([self._id])

    def figures(self) -> Figures:
        """What it took, once it has ended."""
        now, before, idle = self._count(), self._began, self._idle_began
        ended_at = self._seeds.ended_at([self._id])[self._id]
        calls = [each.partition(":") for each in now.calls[len(before.calls) :]]
        idle_calls = [each.partition(":")[0] for each in before.calls[len(idle.calls) :]]
        used = {
            "aws_calls": float(sum(service != QUEUE_READS for service, _, _ in calls)),
            "rq_jobs": now.rq_jobs - before.rq_jobs,
            "redis_commands": now.redis_commands - before.redis_commands - self._own_commands,
            "worker_cpu_seconds": now.cpu_seconds["worker"] - before.cpu_seconds["worker"],
        }
        without = {
            "aws_calls": float(sum(service != QUEUE_READS for service in idle_calls)),
            "rq_jobs": before.rq_jobs - idle.rq_jobs,
            "redis_commands": before.redis_commands - idle.redis_commands,
            "worker_cpu_seconds": before.cpu_seconds["worker"] - idle.cpu_seconds["worker"],
        }
        return {
            "seconds": ended_at - before.at,
            "seconds_to_know_the_end": ended_at - self._end_in_ecs(),
            **compare(used, without, now.at - before.at, before.at - idle.at),
            "scheduler_cpu_seconds": now.cpu_seconds["scheduler"] - before.cpu_seconds["scheduler"],
            "events_cpu_seconds": now.cpu_seconds["events"] - before.cpu_seconds["events"],
            **calls_by_api(operation for service, _, operation in calls if service != QUEUE_READS),
            "sqs_calls": float(sum(service == QUEUE_READS for service, _, _ in calls)),
            **{
                f"slack/{method}": float(count)
                for method, count in by_api(self._system.slack.calls()).items()
            },
        }

    def _count(self) -> Counts:
        calls = _read(self._system, "calls")["calls"]
        return Counts(
            at=time.time(),
            calls=tuple(f"{each['service']}:{each['operation']}" for each in calls),
            rq_jobs=self._system.jobs_done(),
            redis_commands=redis_figures.commands_done(self._system.redis),
            cpu_seconds={
                name: process_figures.cpu_seconds(self._system.pids(name))
                for name in ("worker", "scheduler", "events")
            },
        )

    def _end_in_ecs(self) -> float:
        """When the last rollout of `web` ended (epoch seconds)."""
        rollouts = _read(self._system, "state")["serviceDeployments"]
        return max(float(each["finishedAt"] or 0) for each in rollouts if each["service"] == "web")


def measure(deploys: Sequence[OneDeploy], idle_seconds: float) -> list[Figures]:
    """Each in its own system, at the same time: nothing for so long, then the deploy until it has ended.

    Raises:
        RuntimeError: one did not end in time.
    """
    for each in deploys:
        each.begin_idle()
    time.sleep(idle_seconds)
    for each in deploys:
        each.begin()
    deadline = time.monotonic() + LONGEST_SECONDS
    found: dict[OneDeploy, Figures] = {}
    while len(found) < len(deploys):
        if time.monotonic() > deadline:
            raise RuntimeError(f"the deploy of web has not ended after {LONGEST_SECONDS:.0f} s")
        time.sleep(POLL_SECONDS)
        found |= {each: each.figures() for each in deploys if each not in found and each.has_ended()}
    return [found[each] for each in deploys]


def compare(
    used: dict[str, float], without: dict[str, float], seconds: float, idle_seconds: float
) -> Figures:
    """What was used in these seconds; what the same seconds cost with nothing to do (`idle/`); and what is
    left for the deploy (`own/`). Pure."""
    idle = {name: without[name] * seconds / idle_seconds for name in COSTS}
    return {
        **used,
        **{f"idle/{name}": value for name, value in idle.items()},
        **{f"own/{name}": used[name] - idle[name] for name in COSTS},
    }


def calls_by_api(operations: Iterable[str]) -> Figures:
    """Calls of each API, and the looks at definition and image together (count). Pure."""
    counted = Counter(operations)
    looks = sum(counted[api] for api in LOOKS_AT_DEFINITION_AND_IMAGE)
    return {
        "looks_at_definition_and_image": float(looks),
        **{f"calls/{api}": float(count) for api, count in counted.most_common()},
    }


def create_event_queue(system: System) -> str:
    """A queue in the sandbox, and the rule that sends ECS's events there; the queue's URL."""
    session = boto3.Session(CALLER, "benchmark", region_name=names.REGION)
    sqs = session.client("sqs", endpoint_url=system.ecs.url)
    url = sqs.create_queue(QueueName=names.EVENT_QUEUE)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    bus = session.client("events", endpoint_url=system.ecs.url)
    bus.put_rule(Name=names.EVENT_QUEUE, EventPattern=json.dumps({"source": ["aws.ecs"]}))
    target = {"Id": "1", "Arn": found["Attributes"]["QueueArn"]}
    bus.put_targets(Rule=names.EVENT_QUEUE, Targets=[target])
    return str(url)


def _read(system: System, path: str) -> dict[str, Any]:
    with _OPENER.open(f"{system.ecs.url}/sandbox/{path}", timeout=10) as answer:
        content: dict[str, Any] = json.loads(answer.read())
    return content
