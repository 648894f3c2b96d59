"""`before`, `after` and `role`: keys that contain keys."""

from __future__ import annotations

import pytest

from deploys.catalogue.nested_keys import PostCheck, PreTask, Role
from deploys.catalogue.service import BaseChoice, Pin
from tests.deploys.catalogue.nested_key_mistakes import ARN, NESTED_KEY_MISTAKES
from tests.deploys.catalogue.services_yml import check_yaml, list_problems, one_service


def test_mappings_are_read_with_their_defaults() -> None:
    found = check_yaml(
        one_service(
            f"""
            pin: digest
            base: latest
            before:
              command: [python, manage.py, migrate, '--no-input']
            after:
              http: https://shop.example.com:8443/health?deep=1
              alarms: [shop-5xx, Latency of the shop]
              for: 90s
            role:
              arn: {ARN}
              external_id: slipway-web
            """
        )
    )

    web = found.services["web"]
    assert found.problems == ()
    assert web.pin is Pin.DIGEST
    assert web.base is BaseChoice.LATEST
    assert web.before == PreTask(
        command=("python", "manage.py", "migrate", "--no-input"), container="", deadline=600
    )
    assert web.after == PostCheck(
        http="https://shop.example.com:8443/health?deep=1",
        alarms=("shop-5xx", "Latency of the shop"),
        duration=90,
    )
    assert web.role == Role(arn=ARN, external_id="slipway-web")
    assert web.role.account == "123456789012"


def test_a_role_may_be_written_as_its_arn_alone() -> None:
    assert check_yaml(one_service(f"role: {ARN}")).services["web"].role == Role(arn=ARN)


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::123456789012:role/teams/shop/slipway",
        "arn:aws-cn:iam::123456789012:role/slipway",
        "arn:aws-us-gov:iam::123456789012:role/Slip.way+1=2,3@4-5_6",
    ],
)
def test_roles_of_other_partitions_and_with_paths_are_right(arn: str) -> None:
    assert list_problems(one_service(f"role: {arn}")) == []


def test_a_mapping_in_the_defaults_holds_for_all_is_replaced_whole_and_is_taken_back_by_an_empty_one() -> (
    None
):
    found = check_yaml(
        """
        defaults:
          cluster: production
          region: eu-west-1
          before: {command: [migrate], container: app, deadline: 1m}
          after: {alarms: [errors]}
          role: arn:aws:iam::123456789012:role/slipway
        services:
          web:
          api: {before: {command: [prepare]}}
          ledger: {before: {}, after: {}, role: {}}
        """
    )

    web, api, ledger = found.services.values()
    assert found.problems == ()
    assert web.before == PreTask(command=("migrate",), container="app", deadline=60)
    assert web.after == PostCheck(alarms=("errors",))
    assert web.role == api.role == Role(arn=ARN)
    assert api.before == PreTask(command=("prepare",))
    assert (ledger.before, ledger.after, ledger.role) == (None, None, None)


def test_anchors_and_merge_keys_work_inside_mappings_too() -> None:
    found = check_yaml(
        """
        x-migrate: &migrate {command: [migrate], deadline: 1m}
        x-account: &account {cluster: production, region: eu-west-1, before: *migrate}
        services:
          web: {<<: *account}
          api:
            <<: *account
            before: {<<: *migrate, deadline: 2m}
        """
    )

    assert found.problems == ()
    assert found.services["web"].before == PreTask(command=("migrate",), deadline=60)
    assert found.services["api"].before == PreTask(command=("migrate",), deadline=120)


def test_a_mistake_in_a_mapping_that_is_an_anchor_is_reported_once_where_it_stands() -> None:
    assert list_problems(
        """
        x-migrate: &migrate
          command: [migrate]
          deadlin: 1m
        services:
          web: {cluster: production, region: eu-west-1, before: *migrate}
          api:
            cluster: production
            region: eu-west-1
            before: {<<: *migrate}
        """
    ) == ["3:3: services.web.before.deadlin: there is no such key. Did you mean `deadline`?"]


@pytest.mark.parametrize(
    ("lines", "message"), NESTED_KEY_MISTAKES, ids=[lines for lines, _ in NESTED_KEY_MISTAKES]
)
def test_a_mistake_inside_a_mapping_is_explained_where_it_stands(lines: str, message: str) -> None:
    assert list_problems(one_service(lines)) == [message]


def test_every_mistake_inside_a_mapping_is_told() -> None:
    assert list_problems(
        """
        defaults:
          cluster: production
          region: eu-west-1
          after:
            http: shop.example.com
            alarms: [a, '']
            for: 1s
        services:
          web:
        """
    ) == [
        "5:11: defaults.after.http: `shop.example.com` cannot be requested; write a URL that begins with "
        "`https://` or `http://`.",
        "6:17: defaults.after.alarms[1]: the text is empty; write the name of a CloudWatch alarm.",
        "7:10: defaults.after.for: `1s` is out of range; anything from 10s to 12h is allowed.",
    ]


def test_what_is_secret_in_an_address_is_not_repeated() -> None:
    (message,) = list_problems(one_service("after: {http: 'https://bob:hunter2@shop.example.com/'}"))

    assert "hunter2" not in message
    assert "leave them out" in message


def test_one_ecs_service_in_two_accounts_is_two_services() -> None:
    def roles(one: str, other: str) -> str:
        return f"""
        defaults: {{cluster: production, region: eu-west-1}}
        services:
          web: {{ecs_service: web, role: 'arn:aws:iam::{one}:role/slipway'}}
          site: {{ecs_service: web, role: 'arn:aws:iam::{other}:role/other'}}
        """

    assert list_problems(roles("123456789012", "210987654321")) == []
    assert list_problems(roles("123456789012", "123456789012")) == [
        "4:10: services.site.ecs_service: this is the same ECS service as that of `web`: `web` in cluster "
        "`production` (123456789012, eu-west-1). Each ECS service may be in this file only once."
    ]
