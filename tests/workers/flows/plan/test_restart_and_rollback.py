"""Restart and rollback use the same flows with another target version."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.errors import NothingToRollBackTo, RevisionAlreadyRuns, UnknownRollbackTarget
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import ARN, REGISTRY, a_deploy, a_plan
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.strict_order import assert_strict_order, tasks_of
from workers.flows.plan.rollback_target import find_rollback_revision


def revision_arn(number: int) -> str:
    return f"{ARN}:task-definition/web:{number}"


def a_successful_deploy(tag: str, new: int, old: int, **changes: Any) -> Deploy:
    plan = a_plan(old_revision=revision_arn(old), old_tag=f"of web:{old}")
    return a_deploy(
        tag=tag, outcome=Outcome.SUCCEEDED, ecs={"new_revision": revision_arn(new)}, plan=plan, **changes
    )


def test_a_restart_runs_the_same_version_in_new_tasks(harness: EngineHarness) -> None:
    before = {task["arn"] for task in tasks_of(harness, "web")}

    deploy_id = harness.request_verb(Verb.RESTART, "web")
    deploy = harness.until_over(deploy_id)

    assert (deploy.outcome, deploy.tag) == (Outcome.SUCCEEDED, "1.4.0")
    running = {t["arn"] for t in tasks_of(harness, "web") if t["lastStatus"] == "RUNNING"}
    assert len(running) == 3
    assert not running & before
    assert harness.running_tags("web") == {"1.4.0"}
    assert "web:1.4.0`, as now, in new tasks" in harness.thread_text(deploy_id, ThreadMessageKind.PLAN)


def test_a_restart_of_a_stop_start_service_keeps_strict_order(harness: EngineHarness) -> None:
    deploy_id = harness.request_verb(Verb.RESTART, "billing")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    assert "asks to restart `billing`" in harness.thread_text(deploy_id, ThreadMessageKind.QUESTION)
    harness.approve(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert_strict_order(harness, "billing")
    assert harness.describe_service("billing")["desiredCount"] == 2


def test_a_rollback_returns_to_the_revision_recorded_before(harness: EngineHarness) -> None:
    before = harness.describe_service("web")["taskDefinition"]
    harness.until_over(harness.request_deploy("web", "1.4.2"))

    deploy_id = harness.request_verb(Verb.ROLLBACK, "web")
    deploy = harness.until_over(deploy_id)

    assert (deploy.outcome, deploy.tag) == (Outcome.SUCCEEDED, "1.4.0")
    assert harness.describe_service("web")["taskDefinition"] == before, "as it was, not a copy"
    assert harness.running_tags("web") == {"1.4.0"}
    assert "Returning to `web:17`" in harness.thread_text(deploy_id)


def test_a_rollback_to_an_inactive_revision_registers_a_copy(harness: EngineHarness) -> None:
    before = harness.describe_service("web")["taskDefinition"]
    harness.until_over(harness.request_deploy("web", "1.4.2"))
    harness.ecs.client("ecs").deregister_task_definition(taskDefinition=before)

    deploy = harness.until_over(harness.request_verb(Verb.ROLLBACK, "web"))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.ecs.new_revision not in (None, before)
    assert harness.running_tags("web") == {"1.4.0"}


def test_a_rollback_goes_to_the_tag_or_deploy_that_is_named(harness: EngineHarness) -> None:
    first = harness.request_deploy("web", "1.4.1")
    harness.until_over(first)
    harness.until_over(harness.request_deploy("web", "1.4.2"))
    harness.until_over(harness.request_deploy("web", "1.5.0"))

    harness.until_over(harness.request_verb(Verb.ROLLBACK, "web", "1.4.2"))
    assert harness.running_tags("web") == {"1.4.2"}

    harness.until_over(harness.request_verb(Verb.ROLLBACK, "web", first))
    assert harness.running_tags("web") == {"1.4.1"}


def test_a_rollback_whose_image_is_gone_is_refused(harness: EngineHarness) -> None:
    harness.until_over(harness.request_deploy("web", "1.4.2"))
    harness.ecs.client("ecr").batch_delete_image(repositoryName="web", imageIds=[{"imageTag": "1.4.0"}])

    deploy = harness.until_over(harness.request_verb(Verb.ROLLBACK, "web"))

    assert deploy.outcome is Outcome.REFUSED
    assert deploy.outcome_reason == (
        "Revision `web:17` of `web` cannot run any more: its image "
        f"`{REGISTRY}/web:1.4.0` is gone from the registry. Roll back to another "
        "version with `/deploy rollback web TAG`, or deploy a tag that is there. The newest tags are "
        "`1.5.0`, `1.4.2`, `1.5.0-crash`, `1.5.0-unhealthy`, `1.5.0-slow`."
    )
    assert harness.running_tags("web") == {"1.4.2"}


def test_the_same_restart_under_way_is_not_a_second_one(harness: EngineHarness) -> None:
    assert harness.request_verb(Verb.RESTART, "web") == harness.request_verb(Verb.RESTART, "web")


def test_a_second_rollback_does_not_return_to_what_was_rolled_back() -> None:
    earlier = [
        a_successful_deploy("1.4.0", new=1, old=2, verb=Verb.ROLLBACK),
        a_successful_deploy("1.4.2", new=2, old=1),
        a_successful_deploy("1.4.0", new=1, old=9),
    ]

    assert find_rollback_revision(a_deploy(verb=Verb.ROLLBACK), earlier, revision_arn(1)) == revision_arn(9)


def test_after_a_change_in_the_console_the_last_good_one_of_ours_comes_back() -> None:
    earlier = [a_successful_deploy("1.4.2", new=2, old=1)]

    assert find_rollback_revision(a_deploy(verb=Verb.ROLLBACK), earlier, revision_arn(7)) == revision_arn(2)


@pytest.mark.parametrize(
    ("target", "running", "refusal"),
    [
        ("", 5, NothingToRollBackTo),
        ("9.9.9", 5, UnknownRollbackTarget),
        ("1.4.2", 2, RevisionAlreadyRuns),
    ],
)
def test_a_rollback_that_has_no_goal_is_refused(target: str, running: int, refusal: type[Exception]) -> None:
    earlier = [a_successful_deploy("1.4.2", new=2, old=1)] if target else []

    with pytest.raises(refusal):
        find_rollback_revision(
            a_deploy(verb=Verb.ROLLBACK, rollback_target=target), earlier, revision_arn(running)
        )


def test_a_deploy_that_failed_is_nothing_to_return_to() -> None:
    failed = a_successful_deploy("1.4.2", new=2, old=1).evolve(outcome=Outcome.ROLLED_BACK)

    with pytest.raises(UnknownRollbackTarget):
        find_rollback_revision(
            a_deploy(verb=Verb.ROLLBACK, rollback_target="1.4.2"), [failed], revision_arn(1)
        )


def test_of_many_known_versions_the_newest_are_named() -> None:
    many = [a_successful_deploy(f"1.{number}.0", new=number, old=number - 1) for number in range(40, 25, -1)]

    with pytest.raises(UnknownRollbackTarget) as refused:
        find_rollback_revision(a_deploy(verb=Verb.ROLLBACK, rollback_target="9.9.9"), many, revision_arn(40))

    assert refused.value.message == (
        "No deploy of `web` that succeeded has the tag or id `9.9.9`. Known tags: `1.40.0`, `1.39.0`, "
        "`1.38.0`, `1.37.0`, `1.36.0`, `1.35.0`, `1.34.0`, `1.33.0`, `1.32.0`, `1.31.0` and 5 more. Any "
        "tag in the registry can be deployed with `/deploy web TAG`."
    )
