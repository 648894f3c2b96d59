"""Which revision is the newest that Slipway did not register, and which calls finding it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deploys.catalogue.service import BaseChoice
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import RevisionConfig
from deploys.records.request import Verb
from tests.builders import ARN, a_deploy, a_plan, a_service
from tests.workers.ecs.task_definition_builders import a_revision
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.plan.base_revision_deploys import (
    copied_revision,
    plan_message,
    run_deploy,
)
from tests.workers.flows.terraform_revisions import (
    Json,
    change_environment,
    describe_revision,
    double_memory,
    register_revision,
)
from workers.flows.plan.base_revision import find_config_origin, is_registered_by_slipway


def task_definition_calls(harness: EngineHarness, base: BaseChoice) -> list[str]:
    """The task definition calls that planning `web` makes, some time after the last deployment."""
    harness.ecs.advance(400)
    before = len(harness.ecs.calls())
    deploy_id = harness.request_deploy("web", "1.4.2", base=base, approvals=1)
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    asked = [call.operation for call in harness.ecs.calls()[before:] if "TaskDefinition" in call.operation]
    harness.cancel(deploy_id)
    deploy = harness.until_over(deploy_id)
    assert "newer" not in plan_message(harness, deploy)
    assert "copy" not in plan_message(harness, deploy)
    return asked


@pytest.mark.parametrize("change", [change_environment, lambda _: None], ids=["changed", "identical"])
@pytest.mark.parametrize("base", BaseChoice)
def test_once_copied_or_found_identical_it_is_no_news_and_one_call_tells_that(
    harness: EngineHarness, base: BaseChoice, change: Callable[[Json], None]
) -> None:
    register_revision(harness, change)
    run_deploy(harness, "1.4.1", base=BaseChoice.LATEST)

    assert task_definition_calls(harness, base) == ["DescribeTaskDefinition"]


def test_somebody_s_revision_below_the_newest_is_found_by_a_list(harness: EngineHarness) -> None:
    run_deploy(harness, "1.4.1")
    register_revision(harness, double_memory)
    ours = run_deploy(harness, "1.4.2")
    before = len(harness.ecs.calls("ListTaskDefinitions"))

    deploy = run_deploy(harness, "1.5.0", base=BaseChoice.LATEST)

    assert (ours.ecs.new_revision or "").endswith("web:20")
    assert copied_revision(deploy) == "web:19"
    assert len(harness.ecs.calls("ListTaskDefinitions")) == before + 1


def test_revisions_of_slipway_that_do_not_run_are_known_from_its_records(harness: EngineHarness) -> None:
    run_deploy(harness, "1.4.1")
    run_deploy(harness, "1.5.0-crash")

    assert task_definition_calls(harness, BaseChoice.LATEST) == [
        "DescribeTaskDefinition",
        "ListTaskDefinitions",
    ]


def test_a_newer_revision_is_looked_at_by_one_more_call(harness: EngineHarness) -> None:
    register_revision(harness, change_environment)
    harness.ecs.advance(400)
    before = len(harness.ecs.calls())

    harness.until_phase(harness.request_deploy("web", "1.4.2", approvals=1), Phase.AWAITING_APPROVAL)

    asked = [call.operation for call in harness.ecs.calls()[before:] if "TaskDefinition" in call.operation]
    assert asked == ["DescribeTaskDefinition", "DescribeTaskDefinition", "ListTaskDefinitions"]


@pytest.mark.parametrize("base", BaseChoice)
def test_a_failed_deploy_s_revision_is_nobody_s_newer_configuration(
    harness: EngineHarness, base: BaseChoice
) -> None:
    failed = run_deploy(harness, "1.5.0-crash")

    deploy = run_deploy(harness, "1.4.2", base=base)

    assert failed.outcome is Outcome.ROLLED_BACK
    assert copied_revision(deploy) == "web:17"
    assert deploy.plan is not None
    assert deploy.plan.config == RevisionConfig(origin=f"{ARN}:task-definition/web:17")


@pytest.mark.parametrize("base", BaseChoice)
def test_after_a_rollback_the_revisions_of_slipway_above_are_passed_over(
    harness: EngineHarness, base: BaseChoice
) -> None:
    run_deploy(harness, "1.4.1")
    run_deploy(harness, "1.4.2")
    harness.until_over(harness.request_verb(Verb.ROLLBACK, "web"))

    deploy = run_deploy(harness, "1.5.0", base=base)

    assert copied_revision(deploy) == "web:18"
    assert "newer" not in plan_message(harness, deploy)


def test_a_revision_copied_in_the_console_with_our_tags_is_somebody_s(harness: EngineHarness) -> None:
    ours = run_deploy(harness, "1.4.1")
    tags = describe_revision(harness, ours.ecs.new_revision)["tags"]
    register_revision(harness, double_memory, like="web:18", tags=tags)

    deploy = run_deploy(harness, "1.4.2", base=BaseChoice.LATEST)

    assert tags["slipway:deploy"] == ours.id
    assert copied_revision(deploy) == "web:19"


def test_another_service_s_deploys_of_the_family_are_passed_over(harness: EngineHarness) -> None:
    """Their records belong to another service; their tags identify them."""
    register_revision(harness, double_memory)
    tags = {"team": "shop", "slipway:deploy": "x9y8z7w6"}
    register_revision(harness, lambda request: request.update(memory="2048"), tags=tags)

    assert copied_revision(run_deploy(harness, base=BaseChoice.LATEST)) == "web:18"


def test_a_family_with_more_new_revisions_than_one_page_lists(harness: EngineHarness) -> None:
    register_revision(harness, double_memory)
    run_deploy(harness, "1.4.1")
    ours = {"slipway:deploy": "x9y8z7w6"}
    for _ in range(101):
        register_revision(harness, tags=ours)

    deploy = run_deploy(harness, "1.4.2", base=BaseChoice.LATEST)

    assert copied_revision(deploy) == "web:18"


def test_a_service_that_moved_to_another_family_is_compared_with_that_one(harness: EngineHarness) -> None:
    run_deploy(harness, "1.4.1", base=BaseChoice.LATEST)
    moved = register_revision(harness, lambda request: request.update(family="web-v2"))
    harness.ecs_client.update_service(cluster="production", service="web", taskDefinition=moved)
    harness.ecs.advance(300)
    register_revision(harness, double_memory)
    register_revision(harness, lambda request: request.update(family="web-v2", cpu="512", memory="1024"))

    deploy = run_deploy(harness, "1.4.2", base=BaseChoice.LATEST)

    assert copied_revision(deploy) == "web-v2:2"
    assert (deploy.ecs.new_revision or "").endswith("web-v2:3")


def our_deploy(number: int, **record: Any) -> Deploy:
    """A deploy that registered this revision of web."""
    return a_deploy(a_service(), ecs={"new_revision": f"{ARN}:task-definition/web:{number}"}, **record)


@pytest.mark.parametrize(
    ("tag", "records", "expected"),
    [
        ("", [], False),
        ("w7x8y9zt", [], True),  # the record was lost
        ("w7x8y9zt:restore", [], True),
        ("w7x8y9zt", [our_deploy(7, id="w7x8y9zt")], True),
        ("w7x8y9zt", [our_deploy(6, id="w7x8y9zt")], False),  # somebody copied it
        ("w7x8y9zt", [a_deploy(id="w7x8y9zt")], True),  # it died before it could write down which
        (
            "w7x8y9zt:restore",
            [our_deploy(6, id="w7x8y9zt", rollback={"revision_copy": f"{ARN}:task-definition/web:7"})],
            True,
        ),
    ],
)
def test_which_revisions_are_slipway_s(tag: str, records: list[Deploy], expected: bool) -> None:
    revision = a_revision(tags=(("slipway:deploy", tag),) if tag else ())

    assert is_registered_by_slipway(revision, records) is expected


def test_where_the_running_configuration_comes_from() -> None:
    terraforms, copy = a_revision(), a_revision(tags=(("slipway:deploy", "w7x8y9zt"),))
    plan = a_plan(config=RevisionConfig(origin=f"{ARN}:task-definition/web:3"))

    assert find_config_origin(terraforms, []) == terraforms.arn
    assert find_config_origin(copy, []) == ""
    assert plan.config is not None
    assert (
        find_config_origin(copy, [our_deploy(8, plan=plan), our_deploy(7, id="w7x8y9zt", plan=plan)])
        == plan.config.origin
    )
    assert find_config_origin(copy, [our_deploy(7, id="w7x8y9zt", plan=a_plan())]) == ""
