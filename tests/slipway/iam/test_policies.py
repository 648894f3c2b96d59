"""The policies of a services.yml: tailored to each service, split by role, as long as IAM allows."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.nested_keys import PostCheck, PreTask, Role
from deploys.catalogue.service import LogLines, Service
from slipway.iam.policies import (
    MANAGED_POLICY_CHARACTERS,
    RolePolicies,
    length_of,
    policies,
)
from slipway.iam.service_facts import PLACEHOLDER, ServiceFacts, unknown_facts
from slipway.iam.service_statements import service_statements
from tests.builders import a_native_service, a_service, a_stop_start_service
from tests.iam_policy import WEB

OTHER = Role(arn="arn:aws:iam::210987654321:role/deploys/slipway", external_id="of-slipway")


def actions(service: Service, facts: ServiceFacts = WEB) -> set[str]:
    """What the policy of this service allows."""
    allowed = (each for each in service_statements(service, facts) if each.effect == "Allow")
    return {action for each in allowed for action in each.actions}


ROLLING = actions(a_service())


@pytest.mark.parametrize(
    ("service", "added"),
    [
        (
            a_stop_start_service("web"),
            {
                "ecs:GetTaskProtection",
                "ecs:UntagResource",
                "application-autoscaling:RegisterScalableTarget",
            },
        ),
        (a_native_service("web"), {"ecs:ContinueServiceDeployment"}),
        (a_service(before=PreTask(command=("migrate",))), {"ecs:RunTask", "ecs:StopTask"}),
        (a_service(may_run=("U01ALICE00",)), {"ecs:RunTask", "ecs:StopTask"}),
        (a_service(after=PostCheck(alarms=("5xx",))), {"cloudwatch:DescribeAlarms"}),
        (a_service(after=PostCheck(http="https://shop.example.com/health")), set()),
    ],
    ids=["stop-start", "native", "before", "may_run", "alarms", "http"],
)
def test_what_a_key_adds_to_the_policy_of_a_rolling_service(service: Service, added: set[str]) -> None:
    assert actions(service) == ROLLING | added


@pytest.mark.parametrize(
    ("service", "changes", "missing"),
    [
        (a_service(logs=LogLines.HIDE), {}, {"logs:GetLogEvents"}),
        (a_service(), {"log_streams": ()}, {"logs:GetLogEvents"}),
        (a_service(), {"passed_roles": ()}, {"iam:PassRole"}),
        (
            a_service(),
            {"repositories": ()},
            {"ecr:DescribeImages", "ecr:BatchGetImage", "ecr:DescribePullThroughCacheRules"},
        ),
        (
            a_stop_start_service("web"),
            {"is_scaled": False},
            {"application-autoscaling:RegisterScalableTarget"},
        ),
    ],
    ids=["logs: hide", "no logs", "no roles", "no ECR", "not scaled"],
)
def test_what_a_service_does_not_use_is_not_in_its_policy(
    service: Service, changes: dict[str, Any], missing: set[str]
) -> None:
    facts = ServiceFacts(**{**vars(WEB), **changes})

    assert actions(service, facts) == actions(service) - missing


def test_a_rolling_service_may_not_be_tagged() -> None:
    tagged = [each for each in service_statements(a_service(), WEB) if "ecs:TagResource" in each.actions]

    assert {resource.split(":")[5].split("/")[0] for each in tagged for resource in each.resources} == {
        "task-definition"
    }


def test_images_in_another_region_have_their_cache_rules_read_there() -> None:
    elsewhere = ServiceFacts(
        **{**vars(WEB), "repositories": ("arn:aws:ecr:us-east-1:210987654321:repository/web",)}
    )
    [rules] = [each for each in service_statements(a_service(), elsewhere) if each.sid == "ReadCacheRules"]

    assert rules.conditions == {"StringEquals": {"aws:RequestedRegion": ("us-east-1",)}}


def test_several_services_share_a_statement_of_each_kind() -> None:
    services = [a_service("web"), a_service("api", cluster="staging"), a_stop_start_service("ledger")]
    [workers] = policies(services)
    [update] = [each.as_json() for each in workers.statements if each.sid == "UpdateServices"]

    here = "arn:aws:ecs:eu-west-1:ACCOUNT"
    assert update["Resource"] == [
        f"{here}:service/production/web",
        f"{here}:service/staging/api",
        f"{here}:service/production/ledger",
    ]
    assert update["Condition"]["ArnEquals"] == {
        "ecs:cluster": [f"{here}:cluster/production", f"{here}:cluster/staging"]
    }
    [tags] = [each.as_json() for each in workers.statements if each.sid == "TagServices"]
    assert tags["Resource"] == f"{here}:service/production/ledger"


def test_a_role_has_policies_of_its_own_and_the_workers_may_only_assume_it() -> None:
    role = a_service("billing", role=OTHER)
    workers, other = policies([role], workers_role="arn:aws:iam::123456789012:role/workers")

    assert [each.as_json() for each in workers.statements] == [
        {
            "Sid": "AssumeTheRolesOfServices",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": OTHER.arn,
        }
    ]
    assert (other.name, other.role, other.services) == (
        "slipway-210987654321-slipway",
        OTHER.arn,
        ("billing",),
    )
    resources = {resource for each in other.statements for resource in each.resources if resource != "*"}
    assert all(":210987654321:" in resource for resource in resources)
    assert other.trust == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:role/workers"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "of-slipway"}},
            }
        ],
    }


def test_a_role_without_an_external_id_is_trusted_without_one() -> None:
    _, other = policies([a_service(role=Role(arn=OTHER.arn))])

    assert other.trust is not None
    assert "Condition" not in other.trust["Statement"][0]


def test_privileged_containers_are_denied_unless_a_service_has_some() -> None:
    [workers] = policies([a_service(), a_service("agent")], {"web": WEB, "agent": WEB})
    privileged = ServiceFacts(**{**vars(WEB), "is_privileged": True})
    [with_agent] = policies([a_service(), a_service("agent")], {"web": WEB, "agent": privileged})

    assert "NoPrivilegedContainers" in {each.sid for each in workers.statements}
    assert "NoPrivilegedContainers" not in {each.sid for each in with_agent.statements}
    assert (workers.privileged, with_agent.privileged) == ((), ("agent",))


def allowed_pairs(needed: RolePolicies) -> set[tuple[str, str]]:
    return {
        (action, resource)
        for each in needed.statements
        for action in each.actions
        for resource in each.resources
    }


def test_a_long_policy_is_split_into_documents_that_iam_takes_and_loses_nothing() -> None:
    names = [f"service-{number:02}-{'x' * 40}" for number in range(60)]
    [workers] = policies([a_stop_start_service(name, may_run=("U01ALICE00",)) for name in names])
    documents = workers.documents

    assert len(documents) > 2
    assert all(length_of(each["Statement"]) <= MANAGED_POLICY_CHARACTERS for each in documents)
    for each in documents:
        sids = [statement["Sid"] for statement in each["Statement"]]
        assert len(sids) == len(set(sids))
        assert all(sid.isalnum() for sid in sids)
    written = set()
    for statement in (statement for each in documents for statement in each["Statement"]):
        listed = [
            [each] if isinstance(each, str) else each for each in (statement["Action"], statement["Resource"])
        ]
        written |= {(action, resource) for action in listed[0] for resource in listed[1]}
    assert written == allowed_pairs(workers)
    assert [name for name, _ in workers.document_names()][:2] == ["slipway-workers", "slipway-workers-2"]


def test_what_is_not_known_is_a_placeholder_that_names_the_service() -> None:
    [workers] = policies([a_service("web")])
    found = {match[0] for match in PLACEHOLDER.finditer(str(workers.documents))}

    assert found == {
        "ACCOUNT",
        "FAMILY_OF_web",
        "REPOSITORY_OF_web",
        "LOG_GROUP_OF_web",
        "TASK_ROLE_OF_web",
        "EXECUTION_ROLE_OF_web",
    }
    assert not PLACEHOLDER.search(str(policies([a_service("web")], {"web": WEB})[0].documents))


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_names_are_in_the_partition_of_the_region(region: str, partition: str) -> None:
    service = a_service(region=region)

    statements = service_statements(service, unknown_facts(service))
    named = {resource for each in statements for resource in each.resources} - {"*"}
    assert {each.split(":")[1] for each in named} == {partition}
