"""A plain RQ job that deploys and polls until the service is stable, as in many home-made bots."""

from __future__ import annotations

import time

from benchmarks.rivals.boto3_deploy import begin

QUEUE = "plain"
POLL_SECONDS = 5.0
LONGEST_SECONDS = 600.0


def deploy(service: str, cluster: str, tag: str) -> None:
    """The job."""
    ecs = begin(service, cluster, tag)
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        [found] = ecs.describe_services(cluster=cluster, services=[service])["services"]
        if len(found["deployments"]) == 1 and found["runningCount"] == found["desiredCount"]:
            return
        time.sleep(POLL_SECONDS)
