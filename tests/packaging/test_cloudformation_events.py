"""packaging/cloudformation-events.yml: what cfn-lint says, and what stacks of it do in a played account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.packaging.test_cloudformation import ACCOUNT, REGION, ROOT
from workers.settings import EventsSettings

TEMPLATE = ROOT / "packaging" / "cloudformation-events.yml"
BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
LONGEST_OF_USE = 600
"""After ten minutes every deploy has been read (seconds)."""


class Stack:
    """What was created."""

    def __init__(self, name: str, **parameters: str) -> None:
        cloudformation = boto3.client("cloudformation", REGION)
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=TEMPLATE.read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}
        events: Any = boto3.client("events", REGION)
        [rule] = events.list_rules(NamePrefix=f"{name}-")["Rules"]
        self.pattern: str = rule["EventPattern"]
        [self.target] = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]


@pytest.fixture
def account() -> Iterator[None]:
    with mock_aws():
        yield


def resource(name: str) -> dict[str, Any]:
    """A resource as the template has it: the played account does not know all of them."""
    from cfnlint.decode import cfn_yaml  # the import takes long, and every test process imports this file

    template: Any = cfn_yaml.load(str(TEMPLATE))
    found: dict[str, Any] = template["Resources"][name]
    return found


def test_cfn_lint_finds_nothing() -> None:
    from cfnlint.api import ManualArgs, lint_file

    assert lint_file(TEMPLATE, ManualArgs(regions=[REGION])) == []


def test_the_rule_sends_to_an_encrypted_queue_that_gives_up_messages_soon(account: None) -> None:
    stack = Stack("slipway")
    url = stack.outputs["QueueUrl"]
    attributes = boto3.client("sqs", REGION).get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
        "Attributes"
    ]
    redrive = json.loads(attributes["RedrivePolicy"])

    assert EventsSettings(slipway_events_queue=url, redis_url="redis://localhost").queue_region == REGION
    assert stack.target["Arn"] == attributes["QueueArn"] == stack.outputs["QueueArn"]
    assert stack.target["DeadLetterConfig"]["Arn"] == redrive["deadLetterTargetArn"]
    assert attributes["SqsManagedSseEnabled"] == "true"
    assert int(attributes["MessageRetentionPeriod"]) <= LONGEST_OF_USE
    assert int(attributes["ReceiveMessageWaitTimeSeconds"]) == 20


def test_nobody_but_the_rule_may_send_into_the_queues() -> None:
    policy = resource("QueuePolicy")["Properties"]

    assert policy["Queues"] == [{"Ref": "Queue"}, {"Ref": "DeadLetters"}]
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Sid": "EventsOfThisRuleAlone",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": [{"Fn::GetAtt": ["Queue", "Arn"]}, {"Fn::GetAtt": ["DeadLetters", "Arn"]}],
            "Condition": {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["Rule", "Arn"]}}},
        }
    ]


def test_a_stack_elsewhere_sends_to_the_bus_of_the_first_and_has_no_queue(account: None) -> None:
    stack = Stack("elsewhere", SendTo=BUS)

    assert stack.outputs == {}
    assert stack.target["Arn"] == BUS
    assert boto3.client("sqs", REGION).list_queues().get("QueueUrls", []) == []
    [role] = boto3.client("iam", REGION).list_roles()["Roles"]
    assert stack.target["RoleArn"] == role["Arn"]


def test_only_named_accounts_may_send_to_the_bus() -> None:
    policy = resource("EventBusPolicy")

    assert policy["Condition"] == "TakesFromOthers"
    assert policy["Properties"]["Statement"]["Principal"] == {"AWS": {"Ref": "OtherAccounts"}}
    assert policy["Properties"]["Statement"]["Action"] == "events:PutEvents"
