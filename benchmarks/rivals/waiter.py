"""A script with the SDK's waiter: `python -m benchmarks.rivals.waiter SERVICE CLUSTER TAG`."""

from __future__ import annotations

import sys

from benchmarks.rivals.boto3_deploy import begin


def main() -> None:
    """Deploys, and waits with `services_stable`."""
    service, cluster, tag = sys.argv[1:]
    ecs = begin(service, cluster, tag)
    ecs.get_waiter("services_stable").wait(cluster=cluster, services=[service])


if __name__ == "__main__":
    main()
