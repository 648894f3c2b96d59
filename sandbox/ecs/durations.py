"""How long things take in the region."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Durations:
    """Seconds at speed 1, close to those of a small service on Fargate."""

    scheduler_lag: float = 1.0
    """From a change until the service scheduler handles it."""
    service_deployment_lag: float = 1.0
    """From UpdateService until the service deployment is listed and described."""
    provisioning: float = 4.0
    pulling: float = 7.0
    activating: float = 3.0
    until_healthy: float = 12.0
    """From RUNNING until the load balancer or the container health check passes."""
    until_trusted_without_checks: float = 40.0
    """From RUNNING until ECS takes a task without health checks for healthy."""
    until_crash: float = 3.0
    """From RUNNING until a crashing container exits."""
    until_unhealthy: float = 20.0
    """From RUNNING, after the grace period, until the health checks fail a task."""
    slow_pulling: float = 80.0
    slow_until_healthy: float = 60.0
    failing_pull: float = 5.0
    deactivating: float = 0.5
    draining: float = 30.0
    """The deregistration delay of target groups."""
    stopping: float = 3.0
    """From SIGTERM until a container that handles it has exited."""
    deprovisioning: float = 4.0
    placement_retry: float = 20.0
    backoff: float = 10.0
    """The first pause before failing tasks are replaced; it doubles each time."""
    max_backoff: float = 300.0
    min_stage: float = 1.0
    """The shortest time of a stage of a deployment that shifts traffic."""
    traffic_shift_delay: float = 5.0
    """From the change of the listener rules until the traffic follows them."""
    lambda_hook: float = 4.0
    """How long a Lambda function of a lifecycle hook runs."""
    alarm_check: float = 5.0
    """Between two checks of a deployment's alarms."""
    autoscaling: float = 10.0
    """Between two checks of Application Auto Scaling on the services that it scales."""
    one_off_work: float = 8.0
    """How long a task with its own command runs before it exits."""
    long_one_off_work: float = 300.0
    """The same for a command with `long` in it."""
    stopped_tasks_kept: float = 3600.0
    """ECS describes stopped tasks for about an hour."""


class TimeScale:
    """Converts durations to the sandbox's speed, with some jitter."""

    def __init__(self, speed: float, random: Random) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be greater than 0, not {speed}")
        self.speed = speed
        self._random = random

    def seconds(self, seconds: float) -> float:
        return seconds / self.speed

    def seconds_with_jitter(self, seconds: float) -> float:
        """`seconds`, plus or minus a tenth, so that tasks do not move in step."""
        return seconds / self.speed * self._random.uniform(0.9, 1.1)
