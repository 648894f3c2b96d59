"""The newer revision in the ECS of the demo."""

from __future__ import annotations

from sandbox.ecs import EcsSandbox
from slipway.demo.terraform_revision import register_newer_revision


def test_terraform_registered_a_newer_revision_of_a_service_that_still_runs_the_older() -> None:
    with EcsSandbox() as ecs:
        register_newer_revision(ecs.url, "eu-west-1")

        client = ecs.client("ecs")
        newest = client.describe_task_definition(taskDefinition="site")["taskDefinition"]
        [service] = client.describe_services(cluster="production", services=["site"])["services"]

    assert newest["registeredBy"] == "arn:aws:sts::123456789012:assumed-role/ci/terraform"
    assert (newest["revision"], newest["memory"]) == (6, "1024")
    assert service["taskDefinition"].endswith("site:5")
