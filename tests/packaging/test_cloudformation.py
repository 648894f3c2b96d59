"""packaging/cloudformation.yml: what cfn-lint says, and what a stack of it has in a played account."""

from __future__ import annotations

import json
import re
from ast import literal_eval
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from bot.settings import BotSettings
from deploys.settings import Settings
from tests.packaging.test_image import COMPOSE, JOB_SECONDS
from workers.settings import SchedulerSettings, WorkerSettings

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "packaging" / "cloudformation.yml"
REGION = "eu-west-1"
ACCOUNT = "123456789012"
SETTINGS: dict[str, type[Settings]] = {
    "bot": BotSettings,
    "worker": WorkerSettings,
    "scheduler": SchedulerSettings,
}


def secret_arn(process: str) -> str:
    return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:slipway/{process}-AbCdEf"


class Stack:
    """What was created."""

    def __init__(self, policy_arn: str, vpc: str, subnet: str) -> None:
        self.ecs = boto3.client("ecs", REGION)
        self.iam = boto3.client("iam", REGION)
        self.ec2 = boto3.client("ec2", REGION)
        cloudformation = boto3.client("cloudformation", REGION)
        parameters = {
            "ImageTag": "0.1.0",
            "VpcId": vpc,
            "SubnetIds": subnet,
            "WorkersPolicyArn": policy_arn,
            "WorkerCount": "3",
            **{f"{process.capitalize()}SecretArn": secret_arn(process) for process in SETTINGS},
        }
        cloudformation.create_stack(
            StackName="slipway",
            TemplateBody=TEMPLATE.read_text(),
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
            ],
            Capabilities=["CAPABILITY_IAM"],
        )
        [stack] = cloudformation.describe_stacks(StackName="slipway")["Stacks"]
        self.status = stack["StackStatus"]
        resources = cloudformation.describe_stack_resources(StackName="slipway")["StackResources"]
        self.resources = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def service(self, name: str) -> dict[str, Any]:
        found: Any = self.ecs.describe_services(cluster=self.outputs["Cluster"], services=[name])
        service: dict[str, Any] = found["services"][0]
        return service

    def task(self, name: str) -> dict[str, Any]:
        arn = self.service(name)["taskDefinition"]
        task: Any = self.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        return dict(task)

    def container(self, name: str) -> dict[str, Any]:
        [container] = self.task(name)["containerDefinitions"]
        return dict(container)

    def statements(self, role: str) -> list[dict[str, Any]]:
        """What the role's own policies allow."""
        names = self.iam.list_role_policies(RoleName=role)["PolicyNames"]
        found: list[dict[str, Any]] = []
        for name in names:
            document: Any = self.iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            found += literal_eval(document)["Statement"]  # moto keeps it as the text of a dict
        return found


def properties(process: str, kind: str) -> dict[str, Any]:
    """A resource as the template has it: the played account does not keep all of it."""
    from cfnlint.decode import cfn_yaml  # the import takes long, and every test process imports this file

    template: Any = cfn_yaml.load(str(TEMPLATE))
    found: dict[str, Any] = template["Resources"][f"{process.capitalize()}{kind}"]["Properties"]
    return found


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with mock_aws():
        ec2 = boto3.client("ec2", REGION)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "ecs:DescribeServices", "Resource": "*"}],
        }
        created = boto3.client("iam", REGION).create_policy(
            PolicyName="slipway-workers", PolicyDocument=json.dumps(policy)
        )
        yield Stack(created["Policy"]["Arn"], vpc, subnet)


def test_cfn_lint_finds_nothing() -> None:
    from cfnlint.api import ManualArgs, lint_file

    assert lint_file(TEMPLATE, ManualArgs(regions=[REGION])) == []


def test_the_stack_runs_each_process_as_often_as_asked(stack: Stack) -> None:
    counts = {name: stack.service(name)["desiredCount"] for name in SETTINGS}

    assert stack.status == "CREATE_COMPLETE"
    assert counts == {"bot": 1, "worker": 3, "scheduler": 1}


@pytest.mark.parametrize("process", SETTINGS)
def test_a_process_gets_what_it_needs_and_reads_its_own_secret_alone(stack: Stack, process: str) -> None:
    container = stack.container(process)
    secrets = {each["name"]: each["valueFrom"] for each in container["secrets"]}
    given = {*secrets, *(each["name"] for each in container["environment"])}
    required = {name.upper() for name, field in SETTINGS[process].model_fields.items() if field.is_required()}
    allowed = stack.statements(stack.resources[f"{process.capitalize()}ExecutionRole"])
    readable = [each["Resource"] for each in allowed if "secretsmanager:GetSecretValue" in each["Action"]]

    assert secrets == {name: f"{secret_arn(process)}:{name}::" for name in secrets}
    assert required <= given
    assert readable == [secret_arn(process)]
    assert {
        each["Action"] if isinstance(each["Action"], str) else tuple(each["Action"])
        for each in allowed
        if each["Resource"] == "*"
    } == {"ecr:GetAuthorizationToken"}


def test_only_the_workers_have_aws_permissions(stack: Stack) -> None:
    roles = {process: properties(process, "Task").get("TaskRoleArn") for process in SETTINGS}
    name = stack.resources["WorkerTaskRole"]
    attached = properties("worker", "TaskRole")["ManagedPolicyArns"]

    assert roles == {"bot": None, "worker": {"Fn::GetAtt": ["WorkerTaskRole", "Arn"]}, "scheduler": None}
    assert attached == [{"Ref": "WorkersPolicyArn"}]
    assert stack.statements(name) == []


@pytest.mark.parametrize("process", SETTINGS)
def test_a_container_is_hardened_checked_and_ends_cleanly(stack: Stack, process: str) -> None:
    container = stack.container(process)
    dockerfile = (ROOT / "Dockerfile").read_text()
    check = re.search(r"CMD (\[.*health_check\"\])", dockerfile)
    assert check is not None

    assert container["image"] == f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/slipway:0.1.0"
    assert container["command"] == COMPOSE[process]["command"]
    assert container["readonlyRootFilesystem"] is True
    assert container["linuxParameters"] == {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}}
    assert JOB_SECONDS < container["stopTimeout"] <= 120, "Fargate allows 120 s"
    assert container["healthCheck"]["command"] == ["CMD", *json.loads(check[1])]
    assert container["logConfiguration"]["options"]["awslogs-group"] == stack.outputs["LogGroup"]


@pytest.mark.parametrize("process", SETTINGS)
def test_a_version_that_does_not_start_is_taken_back(process: str) -> None:
    assert properties(process, "Service")["DeploymentConfiguration"] == {
        "MinimumHealthyPercent": 100,
        "MaximumPercent": 200,
        "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
    }
    execution_role = {"Fn::GetAtt": [f"{process.capitalize()}ExecutionRole", "Arn"]}
    assert properties(process, "Task")["ExecutionRoleArn"] == execution_role


def test_nothing_may_connect_to_slipway(stack: Stack) -> None:
    groups = stack.ec2.describe_security_groups(GroupIds=[stack.outputs["SecurityGroup"]])["SecurityGroups"]

    assert groups[0]["IpPermissions"] == []


def test_the_page_gives_every_parameter_that_has_no_default() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    [command] = re.findall(r"aws cloudformation deploy.*?```", page, re.DOTALL)
    parameters = TEMPLATE.read_text().partition("\nResources:")[0].partition("\nParameters:\n")[2]
    blocks = re.findall(r"^  (\w+):\n((?:    .*\n)+)", parameters + "\n", re.MULTILINE)
    without_default = {name for name, block in blocks if "Default:" not in block}

    assert without_default == set(re.findall(r"(\w+)=", command.partition("--parameter-overrides")[2]))
