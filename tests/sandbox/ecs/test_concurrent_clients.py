"""Several clients at once, while time passes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from sandbox.ecs import EcsSandbox
from tests.sandbox.ecs.ecs_actions import CLUSTER, describe_service, service_tasks

NAMES = ("web", "api", "ledger", "billing")


def test_clients_do_not_disturb_each_other() -> None:
    with EcsSandbox(speed=100) as ecs:

        def busy(name: str) -> int:
            client = ecs.client("ecs")
            for count in (2, 3, 1, 4, 2):
                client.update_service(
                    cluster=CLUSTER, service=name, desiredCount=count, forceNewDeployment=count == 4
                )
                assert describe_service(client, name)["desiredCount"] == count
                client.describe_services(cluster=CLUSTER, services=list(NAMES))
                service_tasks(client, name)
            return len(client.list_service_deployments(cluster=CLUSTER, service=name)["serviceDeployments"])

        ecs.client("ecs")  # boto3's session makes its first client in one thread
        with ThreadPoolExecutor(len(NAMES)) as pool:
            list(pool.map(busy, NAMES))

        client, end = ecs.client("ecs"), time.monotonic() + 20
        while not all(one["steady"] for one in ecs.state()["services"].values()):
            assert time.monotonic() < end, ecs.state()["services"]
            time.sleep(0.05)
        for name in NAMES:
            assert describe_service(client, name)["runningCount"] == 2
            assert len(describe_service(client, name)["deployments"]) == 1
