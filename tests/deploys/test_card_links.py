"""Where a card leads."""

from __future__ import annotations

import pytest

from deploys.card_links import card_links, compare_url
from deploys.console_links import log_group_url, service_url
from deploys.records.request import Verb
from tests.builders import a_deploy, a_plan, a_service

COMPARE = "https://github.com/acme/shop/compare/{from}...{to}"


@pytest.mark.parametrize(
    ("region", "console"),
    [
        ("eu-west-1", "https://eu-west-1.console.aws.amazon.com"),
        ("cn-north-1", "https://cn-north-1.console.amazonaws.cn"),
        ("us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_each_partition_has_its_console(region: str, console: str) -> None:
    service = a_service(region=region, cluster="pro duction")

    assert service_url(service, "health") == (
        f"{console}/ecs/v2/clusters/pro%20duction/services/web/health?region={region}"
    )
    assert log_group_url(region, "/ecs/web") == (
        f"{console}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/$252Fecs$252Fweb"
    )


@pytest.mark.parametrize(
    ("old", "new", "url"),
    [
        ("1.4.0", "1.4.2", "https://github.com/acme/shop/compare/1.4.0...1.4.2"),
        ("v1.4.0_rc-1", "v1.4.0", "https://github.com/acme/shop/compare/v1.4.0_rc-1...v1.4.0"),
        ("a/b|c>", "d&e#f", "https://github.com/acme/shop/compare/a%2Fb%7Cc%3E...d%26e%23f"),
        ("{to}", "1.4.2", "https://github.com/acme/shop/compare/%7Bto%7D...1.4.2"),
        ("1.4.2", "1.4.2", ""),
        ("", "1.4.2", ""),
        ("sha256:abc", "1.4.2", ""),
    ],
)
def test_a_comparison_of_two_tags(old: str, new: str, url: str) -> None:
    deploy = a_deploy(a_service(compare=COMPARE), tag=new, plan=a_plan(old_tag=old))

    assert compare_url(deploy) == url


def test_a_restart_compares_nothing_and_a_rollback_the_tag_of_its_plan() -> None:
    service, plan = a_service(compare=COMPARE), a_plan(old_tag="1.4.2", tag="1.4.0")

    assert compare_url(a_deploy(service, verb=Verb.RESTART, plan=plan)) == ""
    back = a_deploy(service, verb=Verb.ROLLBACK, tag="", plan=plan)
    assert compare_url(back) == "https://github.com/acme/shop/compare/1.4.2...1.4.0"


def test_the_links_of_a_card_in_their_order() -> None:
    planned = a_plan(log_group="/ecs/web", log_region="us-east-1")
    deploy = a_deploy(a_service(compare=COMPARE), plan=planned)

    assert list(card_links(deploy)) == ["ECS", "Logs", "Compare"]
    assert card_links(deploy)["Logs"].startswith("https://us-east-1.console.aws.amazon.com/")
    assert list(card_links(a_deploy(plan=a_plan()))) == ["ECS"]
    assert list(card_links(a_deploy(plan=None))) == ["ECS"]
