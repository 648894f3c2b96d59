"""What a load needs, computed from the figures of a run and the documented limits of AWS and Slack. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from benchmarks.aws_limits import ECS_LIMITS
from benchmarks.results import Results

SHARE_OF_LIMIT = 0.5
"""The part of Amazon's limits that Slipway uses."""
ROUND_SECONDS = 5.3
"""Between two looks at a rollout (seconds), as long as no limit stretches that."""
SERVICES_PER_CALL, DEPLOYMENTS_PER_CALL = 10, 20
"""What DescribeServices and DescribeServiceDeployments take in one call (count)."""
EDITS_PER_MINUTE = 40.0
POSTS_PER_SECOND = 1 / 0.3
"""Slack: several hundred messages a minute for a workspace (docs.slack.dev, "Rate limits")."""
POSTS_PER_DEPLOY = 3.0
"""A card, the plan or progress, the end (count)."""
EDITS_PER_DEPLOY = 1.0
"""The card's end. Other edits are left out while Slack limits them (count)."""
BUSY_SHARE = 0.6
"""The part of a core, of Redis or of a web process that is planned with."""
SPARE = 2
"""Of the scheduler, and of the bot or web: one may fail or be replaced (count)."""


@dataclass(frozen=True)
class Load:
    """How much is deployed in the busiest hour."""

    services: int
    accounts: int = 1
    """Accounts (or regions) that they are spread over evenly: each has limits of its own."""
    deploys_per_hour: float = 0.0
    """Of all services together."""
    rollout_seconds: float = 300.0

    @property
    def starts_per_second(self) -> float:
        """Deploys that begin in a second."""
        return self.deploys_per_hour / 3600

    @property
    def in_flight(self) -> float:
        """Deploys in flight on average (Little's law)."""
        return self.starts_per_second * self.rollout_seconds


@dataclass(frozen=True)
class Costs:
    """What one deploy costs, from the figures of a run."""

    worker_cpu_idle: float
    """Cores, with nothing to do."""
    worker_cpu_in_flight: float
    """Cores for each deploy in flight."""
    worker_cpu_deploy: float
    """Seconds for all steps of a deploy."""
    commands_idle: float
    """Redis commands a second, with nothing to do."""
    commands_in_flight: float
    """Redis commands a second for each deploy in flight."""
    commands_deploy: float
    """Redis commands of a deploy."""
    commands_per_second: float
    """Redis commands that one client gets answered in a second, one after the other: Redis does more."""
    ack_seconds: float
    """CPU of the web process for one request."""
    worker_megabytes: float
    """Of one worker and its job, with the most that were in flight."""


def costs_of(results: Results) -> Costs | None:
    """The costs; None if the run has not measured them."""
    levels = sorted(int(each.rpartition("/")[2]) for each in results.figures if each.startswith("in_flight/"))
    if len(levels) < 2:
        return None
    low, high = (f"in_flight/{level}" for level in (levels[0], levels[-1]))
    between = levels[-1] - levels[0]

    def line(figure: str) -> tuple[float, float] | None:
        first, last = results.figure(low, figure), results.figure(high, figure)
        if first is None or last is None:
            return None
        slope = max(0.0, (last - first) / between)
        return max(0.0, first - slope * levels[0]), slope

    cpu, commands = line("cpu_cores/worker"), line("redis_commands_per_second")
    deploy_cpu = results.figure("one_deploy", "own/worker_cpu_seconds")
    deploy_commands = results.figure("one_deploy", "own/redis_commands")
    sets = results.figure("redis", "sets_per_second")
    ack = results.figure("ack", "web_cpu_milliseconds")
    memory = results.figure(high, "memory_megabytes/worker")
    if cpu is None or commands is None or None in (deploy_cpu, deploy_commands, sets, ack, memory):
        return None
    assert deploy_cpu is not None
    assert deploy_commands is not None
    assert sets is not None
    assert ack is not None
    assert memory is not None
    return Costs(*cpu, deploy_cpu, *commands, deploy_commands, sets, ack / 1000, memory / results.workers)


@dataclass(frozen=True)
class Need:
    """What a load needs."""

    in_flight: float
    round_seconds: float
    """Between two looks at a rollout."""
    workers: int
    worker_cores: float
    megabytes: float
    """Of all workers."""
    web_processes: int
    schedulers: int
    used: dict[str, float]
    """How much of each limit is used: 1 is all that Slipway uses of it."""

    @property
    def first_limit(self) -> str:
        """The limit that is reached first if the load grows."""
        return max(self.used, key=lambda each: self.used[each])


def round_seconds(in_flight: float) -> float:
    """Between two looks at a rollout, with so many in flight in one account (seconds)."""
    services = in_flight / SERVICES_PER_CALL / _half("ClusterServiceResourceRead")
    deployments = in_flight / DEPLOYMENTS_PER_CALL / _half("ServiceDeploymentRead")
    return max(ROUND_SECONDS, services, deployments)


def seconds_until_all_began(deploys: int, accounts: int = 1) -> float:
    """If so many are asked for at once: until the last is registered (seconds)."""
    limit = ECS_LIMITS["TaskDefinitionModify"].share(SHARE_OF_LIMIT)
    return max(0.0, (math.ceil(deploys / accounts) - limit.burst) / limit.per_second)


def need(load: Load, costs: Costs) -> Need:
    """What the load needs, and how near it is to each limit."""
    per_account = load.in_flight / load.accounts
    cores = (
        costs.worker_cpu_idle
        + costs.worker_cpu_in_flight * load.in_flight
        + costs.worker_cpu_deploy * load.starts_per_second
    )
    commands = (
        costs.commands_idle
        + costs.commands_in_flight * load.in_flight
        + costs.commands_deploy * load.starts_per_second
    )
    workers = max(2, math.ceil(cores / BUSY_SHARE))
    web = costs.ack_seconds * load.starts_per_second
    starts = load.starts_per_second / load.accounts
    looks = per_account / SERVICES_PER_CALL / ROUND_SECONDS
    return Need(
        in_flight=load.in_flight,
        round_seconds=round_seconds(per_account),
        workers=workers,
        worker_cores=cores,
        megabytes=workers * costs.worker_megabytes,
        web_processes=max(SPARE, math.ceil(web / BUSY_SHARE)),
        schedulers=SPARE,
        used={
            "RegisterTaskDefinition": starts / _half("TaskDefinitionModify"),
            "UpdateService": starts / _half("ClusterResourceModify"),
            "DescribeServices, at a round of 5.3 s": looks / _half("ClusterServiceResourceRead"),
            "Slack's messages": load.starts_per_second * POSTS_PER_DEPLOY / POSTS_PER_SECOND,
            "Slack's edits": load.starts_per_second * EDITS_PER_DEPLOY / (EDITS_PER_MINUTE / 60),
            "Redis": commands / (costs.commands_per_second * BUSY_SHARE),
        },
    )


def _half(group: str) -> float:
    """Calls a second that Slipway makes of these APIs at most."""
    return ECS_LIMITS[group].per_second * SHARE_OF_LIMIT
