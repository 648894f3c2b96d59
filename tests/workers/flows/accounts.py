"""Another AWS account, as somebody with its role sees it."""

from __future__ import annotations

from deploys.catalogue.service import Role
from tests.workers.yard import Yard

OTHER = "210987654321"
ROLE = Role(arn=f"arn:aws:iam::{OTHER}:role/slipway", external_id="of-slipway")
SPECTATOR = f"arn:aws:iam::{OTHER}:role/spectator"


def in_account(yard: Yard, service: str) -> set[str]:
    """Tags of the images that the service runs in the other account."""
    yard.ecs.faults.clear()
    yard.ecs.let_assume(SPECTATOR)
    sts = yard.ecs.client("sts")
    keys = sts.assume_role(RoleArn=SPECTATOR, RoleSessionName="spectator")["Credentials"]
    ecs = yard.ecs.client(
        "ecs",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    arns = ecs.list_tasks(cluster="production", serviceName=service)["taskArns"]
    tasks = ecs.describe_tasks(cluster="production", tasks=arns)["tasks"] if arns else []
    return {task["containers"][0]["image"].rpartition(":")[2] for task in tasks}


def reached(yard: Yard) -> set[str]:
    """The accounts in which anything was asked of AWS by the workers; STS is asked in their own."""
    return {call.account for call in yard.ecs.calls() if call.operation in _WORK}


_WORK = {
    "DescribeTaskDefinition",
    "DescribeImages",
    "RegisterTaskDefinition",
    "UpdateService",
    "DescribeServices",
}
