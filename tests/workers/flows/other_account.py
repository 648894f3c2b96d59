"""Another AWS account, as seen with one of its roles."""

from __future__ import annotations

from deploys.catalogue.nested_keys import Role
from tests.workers.engine_harness import EngineHarness

OTHER_ACCOUNT = "210987654321"
OTHER_ACCOUNT_ROLE = Role(arn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/slipway", external_id="of-slipway")
OBSERVER_ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/spectator"


def images_running_in_other_account(harness: EngineHarness, service: str) -> set[str]:
    """The tags that the service runs in the other account."""
    harness.ecs.faults.clear()
    harness.ecs.add_role(OBSERVER_ROLE)
    sts = harness.ecs.client("sts")
    keys = sts.assume_role(RoleArn=OBSERVER_ROLE, RoleSessionName="spectator")["Credentials"]
    ecs = harness.ecs.client(
        "ecs",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    arns = ecs.list_tasks(cluster="production", serviceName=service)["taskArns"]
    tasks = ecs.describe_tasks(cluster="production", tasks=arns)["tasks"] if arns else []
    return {task["containers"][0]["image"].rpartition(":")[2] for task in tasks}


def accounts_called(harness: EngineHarness) -> set[str]:
    """The accounts in which the workers called AWS. They call STS in their own."""
    return {call.account for call in harness.ecs.calls() if call.operation in _DEPLOY_OPERATIONS}


_DEPLOY_OPERATIONS = {
    "DescribeTaskDefinition",
    "DescribeImages",
    "RegisterTaskDefinition",
    "UpdateService",
    "DescribeServices",
}
