"""Amazon's documented limits of the ECS API, for one account in one region.

Source: Amazon ECS API Reference, "Request throttling for the Amazon ECS API". Each group of operations has a
token bucket: its size is the burst, and it is refilled at the sustained rate.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ApiLimit:
    """One bucket."""

    burst: int
    """Calls that a full bucket takes at once (count)."""
    per_second: float
    """Calls a second that it takes for as long as one likes."""

    def share(self, share: float) -> ApiLimit:
        """The same for a share of it, from 0 to 1."""
        return ApiLimit(max(1, int(self.burst * share)), self.per_second * share)

    def allowed_within(self, seconds: float) -> float:
        """The most calls that it takes in a window of this length (count)."""
        return self.burst + self.per_second * seconds


ECS_LIMITS = {
    "ClusterResourceModify": ApiLimit(50, 5),
    "ClusterServiceResourceRead": ApiLimit(100, 20),
    "TaskDefinitionModify": ApiLimit(20, 1),
    "TaskDefinitionRead": ApiLimit(50, 20),
    "TaskRead": ApiLimit(100, 20),
    "ServiceDeploymentRead": ApiLimit(50, 20),
    "ResourceTagging": ApiLimit(20, 10),
}
GROUP_OF_API = {
    "UpdateService": "ClusterResourceModify",
    "DescribeServices": "ClusterServiceResourceRead",
    "ListServices": "ClusterServiceResourceRead",
    "RegisterTaskDefinition": "TaskDefinitionModify",
    "DeregisterTaskDefinition": "TaskDefinitionModify",
    "DescribeTaskDefinition": "TaskDefinitionRead",
    "ListTaskDefinitions": "TaskDefinitionRead",
    "DescribeTasks": "TaskRead",
    "ListTasks": "TaskRead",
    "DescribeServiceDeployments": "ServiceDeploymentRead",
    "ListServiceDeployments": "ServiceDeploymentRead",
    "TagResource": "ResourceTagging",
}
READS = ("Describe", "List", "Get", "BatchGet")
"""How the names of operations begin that change nothing."""


class TokenBucket:
    """A bucket as Amazon keeps it."""

    def __init__(self, limit: ApiLimit, now: float) -> None:
        self._limit = limit
        self._tokens = float(limit.burst)
        self._filled_at = now

    def take(self, now: float) -> bool:
        """Takes a token, if there is one."""
        gained = (now - self._filled_at) * self._limit.per_second
        self._tokens = min(float(self._limit.burst), self._tokens + gained)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def seconds_until_token(self, now: float) -> float:
        """Seconds until the next token is there; 0 if one is."""
        gained = (now - self._filled_at) * self._limit.per_second
        missing = 1 - min(float(self._limit.burst), self._tokens + gained)
        return max(0.0, missing / self._limit.per_second)
