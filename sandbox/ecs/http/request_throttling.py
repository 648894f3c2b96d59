"""AWS's throttling of API requests: a bucket of tokens for each category of operations, account and region.

Bucket sizes and refill rates: "Request throttling for the Amazon ECS API" (Amazon ECS developer guide), and
the service quotas of CloudWatch and CloudWatch Logs. Off until a test or somebody switches it on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from sandbox.ecs.http.aws_request import AwsRequest


class Quota(NamedTuple):
    """Requests at once, and a second."""

    bucket: int
    refill: float
    operations: tuple[str, ...]


QUOTAS = (
    Quota(20, 1, ("ecs:RegisterTaskDefinition", "ecs:DeregisterTaskDefinition")),
    Quota(50, 20, ("ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions")),
    Quota(50, 5, ("ecs:UpdateService", "ecs:CreateService", "ecs:DeleteService")),
    Quota(100, 20, ("ecs:DescribeServices", "ecs:ListServices")),
    Quota(50, 20, ("ecs:DescribeServiceDeployments", "ecs:ListServiceDeployments")),
    Quota(50, 20, ("ecs:DescribeServiceRevisions",)),
    Quota(100, 40, ("ecs:RunTask", "ecs:StopTask")),
    Quota(100, 20, ("ecs:DescribeTasks", "ecs:ListTasks")),
    Quota(200, 80, ("ecs:GetTaskProtection", "ecs:UpdateTaskProtection")),
    Quota(20, 10, ("ecs:TagResource", "ecs:UntagResource")),
    Quota(50, 20, ("ecs:ListTagsForResource",)),
    Quota(50, 20, ("ecs:DescribeClusters", "ecs:ListClusters")),
    Quota(9, 9, ("cloudwatch:DescribeAlarms",)),
    Quota(25, 25, ("logs:GetLogEvents",)),
)
_SIGNED_AS = {"monitoring": "cloudwatch"}
"""Names of services in a signature, if they differ from those above."""


@dataclass
class _Bucket:
    tokens: float
    at: float


class RequestThrottling:
    """Counts requests once it is on; a request without a token is refused and costs none."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.is_on = False
        self._now = now
        self._buckets: dict[tuple[str, str, Quota], _Bucket] = {}
        self._lock = threading.Lock()

    def refuses(self, request: AwsRequest) -> bool:
        """Whether the request is one too many."""
        quota = _quota_of(f"{_SIGNED_AS.get(request.service, request.service)}:{request.operation}")
        if not self.is_on or quota is None:
            return False
        with self._lock:
            now = self._now()
            key = (request.account, request.region, quota)
            bucket = self._buckets.setdefault(key, _Bucket(quota.bucket, now))
            bucket.tokens = min(quota.bucket, bucket.tokens + (now - bucket.at) * quota.refill)
            bucket.at = now
            if bucket.tokens < 1:
                return True
            bucket.tokens -= 1
            return False


def _quota_of(operation: str) -> Quota | None:
    return next((quota for quota in QUOTAS if operation in quota.operations), None)
