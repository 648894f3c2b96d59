"""Restart and rollback: the same flows with another goal."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase, Verb
from deploys.errors import AlreadyRuns, NothingToRollBackTo, UnknownTarget
from tests.builders import ARN, REGISTRY, a_deploy, a_plan
from tests.workers.flows.test_stop_start import assert_strict_order, tasks_of
from tests.workers.yard import Yard
from workers.flows.goals import revision_to_return_to


def revision(number: int) -> str:
    return f"{ARN}:task-definition/web:{number}"


def a_success(tag: str, new: int, old: int, **changes: Any) -> Deploy:
    plan = a_plan(old_revision=revision(old), old_tag=f"of web:{old}")
    return a_deploy(tag=tag, outcome=Outcome.SUCCEEDED, new_revision=revision(new), plan=plan, **changes)


def test_a_restart_runs_the_same_version_in_new_tasks(yard: Yard) -> None:
    before = {task["arn"] for task in tasks_of(yard, "web")}

    deploy_id = yard.ask_to(Verb.RESTART, "web")
    deploy = yard.until_over(deploy_id)

    assert (deploy.outcome, deploy.tag) == (Outcome.SUCCEEDED, "1.4.0")
    running = {t["arn"] for t in tasks_of(yard, "web") if t["lastStatus"] == "RUNNING"}
    assert len(running) == 3
    assert not running & before
    assert yard.images_running("web") == {"1.4.0"}
    assert "web:1.4.0`, as now, in new tasks" in yard.said(deploy_id, MilestoneKind.PLAN)


def test_a_restart_of_a_stop_start_service_keeps_strict_order(yard: Yard) -> None:
    deploy_id = yard.ask_to(Verb.RESTART, "billing")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    assert "asks to restart `billing`" in yard.said(deploy_id, MilestoneKind.QUESTION)
    yard.approve(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert_strict_order(yard, "billing")
    assert yard.service("billing")["desiredCount"] == 2


def test_a_rollback_returns_to_the_revision_recorded_before(yard: Yard) -> None:
    before = yard.service("web")["taskDefinition"]
    yard.until_over(yard.ask("web", "1.4.2"))

    deploy_id = yard.ask_to(Verb.ROLLBACK, "web")
    deploy = yard.until_over(deploy_id)

    assert (deploy.outcome, deploy.tag) == (Outcome.SUCCEEDED, "1.4.0")
    assert yard.service("web")["taskDefinition"] == before, "as it was, not a copy"
    assert yard.images_running("web") == {"1.4.0"}
    assert "Returning to `web:17`" in yard.said(deploy_id)


def test_a_rollback_to_an_inactive_revision_registers_a_copy(yard: Yard) -> None:
    before = yard.service("web")["taskDefinition"]
    yard.until_over(yard.ask("web", "1.4.2"))
    yard.ecs.client("ecs").deregister_task_definition(taskDefinition=before)

    deploy = yard.until_over(yard.ask_to(Verb.ROLLBACK, "web"))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.new_revision not in (None, before)
    assert yard.images_running("web") == {"1.4.0"}


def test_a_rollback_goes_to_the_tag_or_deploy_that_is_named(yard: Yard) -> None:
    first = yard.ask("web", "1.4.1")
    yard.until_over(first)
    yard.until_over(yard.ask("web", "1.4.2"))
    yard.until_over(yard.ask("web", "1.5.0"))

    yard.until_over(yard.ask_to(Verb.ROLLBACK, "web", "1.4.2"))
    assert yard.images_running("web") == {"1.4.2"}

    yard.until_over(yard.ask_to(Verb.ROLLBACK, "web", first))
    assert yard.images_running("web") == {"1.4.1"}


def test_a_rollback_whose_image_is_gone_is_refused(yard: Yard) -> None:
    yard.until_over(yard.ask("web", "1.4.2"))
    yard.ecs.client("ecr").batch_delete_image(repositoryName="web", imageIds=[{"imageTag": "1.4.0"}])

    deploy = yard.until_over(yard.ask_to(Verb.ROLLBACK, "web"))

    assert deploy.outcome is Outcome.REFUSED
    assert deploy.reason == (
        "Revision `web:17` of `web` cannot run any more: its image "
        f"`{REGISTRY}/web:1.4.0` is gone from the registry. Roll back to another "
        "version with `/deploy rollback web TAG`, or deploy a tag that is there. The newest tags are "
        "`1.5.0`, `1.4.2`, `1.5.0-crash`, `1.5.0-unhealthy`, `1.5.0-slow`."
    )
    assert yard.images_running("web") == {"1.4.2"}


def test_the_same_restart_under_way_is_not_a_second_one(yard: Yard) -> None:
    assert yard.ask_to(Verb.RESTART, "web") == yard.ask_to(Verb.RESTART, "web")


def test_a_second_rollback_does_not_return_to_what_was_rolled_back() -> None:
    earlier = [
        a_success("1.4.0", new=1, old=2, verb=Verb.ROLLBACK),
        a_success("1.4.2", new=2, old=1),
        a_success("1.4.0", new=1, old=9),
    ]

    assert revision_to_return_to(a_deploy(verb=Verb.ROLLBACK), earlier, revision(1)) == revision(9)


def test_after_a_change_in_the_console_the_last_good_one_of_ours_comes_back() -> None:
    earlier = [a_success("1.4.2", new=2, old=1)]

    assert revision_to_return_to(a_deploy(verb=Verb.ROLLBACK), earlier, revision(7)) == revision(2)


@pytest.mark.parametrize(
    ("target", "running", "refusal"),
    [
        ("", 5, NothingToRollBackTo),
        ("9.9.9", 5, UnknownTarget),
        ("1.4.2", 2, AlreadyRuns),
    ],
)
def test_a_rollback_that_has_no_goal_is_refused(target: str, running: int, refusal: type[Exception]) -> None:
    earlier = [a_success("1.4.2", new=2, old=1)] if target else []

    with pytest.raises(refusal):
        revision_to_return_to(a_deploy(verb=Verb.ROLLBACK, target=target), earlier, revision(running))


def test_a_deploy_that_failed_is_nothing_to_return_to() -> None:
    failed = a_success("1.4.2", new=2, old=1).evolve(outcome=Outcome.ROLLED_BACK)

    with pytest.raises(UnknownTarget):
        revision_to_return_to(a_deploy(verb=Verb.ROLLBACK, target="1.4.2"), [failed], revision(1))


def test_of_many_known_versions_the_newest_are_named() -> None:
    many = [a_success(f"1.{number}.0", new=number, old=number - 1) for number in range(40, 25, -1)]

    with pytest.raises(UnknownTarget) as refused:
        revision_to_return_to(a_deploy(verb=Verb.ROLLBACK, target="9.9.9"), many, revision(40))

    assert refused.value.message == (
        "No deploy of `web` that succeeded has the tag or id `9.9.9`. Known tags: `1.40.0`, `1.39.0`, "
        "`1.38.0`, `1.37.0`, `1.36.0`, `1.35.0`, `1.34.0`, `1.33.0`, `1.32.0`, `1.31.0` and 5 more. Any "
        "tag in the registry can be deployed with `/deploy web TAG`."
    )
