"""`slipway iam-policy`: prints what the services of services.yml need, with what AWS says of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from sandbox.ecs import EcsSandbox
from tests.in_process_aws import WORKERS_KEY
from tests.slipway.whole_cli import app
from tests.workers.flows.other_account import OTHER_ACCOUNT_ROLE

HERE = "123456789012"
WEB = "services:\n  web: {cluster: production, region: eu-west-1, deployers: []}\n"
OTHER = (
    "  billing:\n"
    "    {cluster: production, region: eu-west-1, deployers: [], strategy: rolling,\n"
    f"     role: {{arn: '{OTHER_ACCOUNT_ROLE.arn}', external_id: {OTHER_ACCOUNT_ROLE.external_id}}}}}\n"
)


def print_policies(*arguments: str, services: str = WEB) -> Result:
    Path("services.yml").write_text(services)
    return CliRunner().invoke(app, ["iam-policy", *arguments])


def read_json(result: Result) -> Any:
    return json.loads(result.stdout)


def resources(policy: dict[str, Any]) -> set[str]:
    found = [
        statement["Resource"] for each in policy["policies"] for statement in each["document"]["Statement"]
    ]
    return {resource for each in found for resource in ([each] if isinstance(each, str) else each)} - {"*"}


def test_what_aws_says_of_the_service_is_filled_in(aws_account: EcsSandbox) -> None:
    result = print_policies("--format", "json")

    assert (result.exit_code, result.stderr) == (0, "")
    [workers] = read_json(result)
    assert (workers["role"], workers["services"], workers["trust_policy"]) == (None, ["web"], None)
    assert [each["name"] for each in workers["policies"]] == ["slipway-workers"]
    ecs = f"arn:aws:ecs:eu-west-1:{HERE}"
    assert resources(workers) == {
        f"{ecs}:service/production/web",
        f"{ecs}:service-deployment/production/web/*",
        f"{ecs}:task/production/*",
        f"{ecs}:task-definition/web:*",
        f"arn:aws:ecr:eu-west-1:{HERE}:repository/web",
        f"arn:aws:logs:eu-west-1:{HERE}:log-group:/ecs/web:log-stream:web/web/*",
        f"arn:aws:iam::{HERE}:role/web-task",
        f"arn:aws:iam::{HERE}:role/ecs-task-execution",
    }


def test_the_text_says_where_each_policy_belongs(aws_account: EcsSandbox) -> None:
    aws_account.add_role(OTHER_ACCOUNT_ROLE.arn, external_id=OTHER_ACCOUNT_ROLE.external_id)

    result = print_policies("--workers-role", f"arn:aws:iam::{HERE}:role/workers", services=WEB + OTHER)

    assert (result.exit_code, result.stderr) == (0, "")
    headings = [line for line in result.stdout.splitlines() if line.startswith("#")]
    assert headings == [
        "# slipway-workers: for the role of the workers (web)",
        f"# slipway-210987654321-slipway: for {OTHER_ACCOUNT_ROLE.arn} (billing)",
        f"# slipway-210987654321-slipway-trust: who may assume {OTHER_ACCOUNT_ROLE.arn}",
    ]
    documents = [json.loads(each) for each in re.split(r"^#.*$", result.stdout, flags=re.MULTILINE)[1:]]
    assert documents[0]["Statement"][-1]["Resource"] == OTHER_ACCOUNT_ROLE.arn
    assert ":210987654321:repository/billing" in json.dumps(documents[1])
    assert documents[2]["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{HERE}:role/workers"}


def test_it_needs_no_more_than_what_it_prints(aws_account: EcsSandbox) -> None:
    first = print_policies("--format", "json")
    [workers] = read_json(first)
    aws_account.enforce_policies(WORKERS_KEY, [each["document"] for each in workers["policies"]])

    again = print_policies("--format", "json")

    assert (again.exit_code, again.stdout) == (0, first.stdout)


def test_what_aws_does_not_tell_is_named_and_the_exit_code_says_so(aws_account: EcsSandbox) -> None:
    aws_account.enforce_policies(WORKERS_KEY, [{"Statement": []}])

    result = print_policies()

    assert result.exit_code == 1
    assert "Not read: ecs:DescribeServices (production/web in eu-west-1): " in result.stderr
    assert result.stderr.endswith(
        "To be filled in (6 names): ACCOUNT, EXECUTION_ROLE_OF_web, FAMILY_OF_web, LOG_GROUP_OF_web, "
        "REPOSITORY_OF_web, TASK_ROLE_OF_web.\n"
    )


def test_a_service_that_ecs_does_not_have_is_named(aws_account: EcsSandbox) -> None:
    result = print_policies(services=WEB.replace("web:", "wbe:"))

    assert result.exit_code == 1
    assert result.stderr.startswith(
        "Not read: ecs:DescribeServices (production/wbe in eu-west-1): ECS has no service of this name "
        "there.\n"
        "To be filled in (6 names): "
    )


def test_offline_it_asks_aws_nothing(aws_account: EcsSandbox) -> None:
    result = print_policies("--offline")

    assert result.exit_code == 0
    assert aws_account.calls() == []
    assert ":task-definition/FAMILY_OF_web:*" in result.stdout
    assert result.stderr.startswith("To be filled in (6 names): ")


def test_a_privileged_container_is_said(large_account: EcsSandbox) -> None:
    services = "services: {node-agent: {cluster: legacy, region: eu-west-1, deployers: []}}\n"

    result = print_policies(services=services)

    assert result.exit_code == 0
    assert "NoPrivilegedContainers" not in result.stdout
    assert result.stderr == (
        "node-agent runs privileged containers, so the policy for the role of the workers allows task "
        "definitions that have some.\n"
    )


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (30, ""),
        (50, "12 managed policies are needed {why} raise that quota, or give some of the services a `role`"),
        (110, "26 managed policies are needed {why} give some of the services a `role`"),
    ],
)
def test_more_policies_than_a_role_may_have_are_said(aws_account: EcsSandbox, count: int, said: str) -> None:
    names = ", ".join(f"service-{number}: {{}}" for number in range(count))
    defaults = "{cluster: production, region: eu-west-1, deployers: []}"

    result = print_policies("--offline", services=f"defaults: {defaults}\nservices: {{{names}}}\n")

    why = (
        "for the role of the workers, since IAM takes 6,144 characters in one. A role has 10 by default, and "
        "20 at most:"
    )
    *_, last = result.stderr.splitlines()
    assert last == f"{said.format(why=why)} in services.yml." if said else last.startswith("To be filled in")


@pytest.mark.parametrize(
    ("arguments", "services", "said"),
    [
        ((), "services: {web: {deadlin: 3}}\n", "deadlin"),
        (("missing.yml",), WEB, "missing.yml"),
        (("--workers-role", "workers"), WEB, "write the ARN of a role"),
        (("--format", "yaml"), WEB, "'yaml' is not one of"),
    ],
)
def test_what_cannot_be_used_is_refused(
    aws_account: EcsSandbox, arguments: tuple[str, ...], services: str, said: str
) -> None:
    result = print_policies(*arguments, services=services)

    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
