"""Which image runs is not known: that is said, and takes nothing back."""

from __future__ import annotations

import pytest

from deploys.audit import trail
from deploys.deploy import MilestoneKind, Outcome, Verb
from deploys.running_images import ImageMatch
from tests.workers.flows.conftest import Twist
from tests.workers.flows.pushes import (
    asked,
    digest_of,
    match,
    shows,
)
from tests.workers.yard import Yard


def test_tasks_without_a_digest_are_said_and_take_nothing_back(yard: Yard, twist: Twist) -> None:
    twist("DescribeTasks", shows(lambda _: None))

    deploy = yard.until_over(yard.ask("web", "1.4.2"))

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.UNKNOWN)
    said = yard.said(deploy.id, MilestoneKind.END)
    assert said.startswith(
        "*Succeeded.* ECS completed the rollout of `1.4.2` to `web`: 3 tasks running, after "
    )
    assert said.endswith(
        "Whether its tasks run the image that the plan showed is not known: ECS does not show the image "
        "digest of every task."
    )


@pytest.mark.parametrize("operation", ["ListTasks", "DescribeTasks"])
def test_tasks_that_may_not_be_read_are_said_and_take_nothing_back(yard: Yard, operation: str) -> None:
    yard.ecs.faults.add(kind="access-denied", operation=operation, times=None)

    deploy = yard.until_over(yard.ask("web", "1.4.2"))

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.UNKNOWN)
    said = yard.said(deploy.id, MilestoneKind.END)
    assert "`web` runs" not in said
    assert f"is not known: AWS does not allow ecs:{operation}: " in said


def test_a_read_that_fails_is_made_again(yard: Yard) -> None:
    deploy_id = asked(yard, "web")
    yard.until(lambda: yard.get(deploy_id).seen_end)
    yard.ecs.faults.add(kind="throttle", operation="ListTasks", times=8)

    deploy = yard.until_over(deploy_id)

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)


def test_reads_that_go_on_failing_are_given_up_and_said(yard: Yard) -> None:
    deploy_id = asked(yard, "web")
    yard.until(lambda: yard.get(deploy_id).seen_end)
    yard.ecs.faults.add(kind="throttle", operation="ListTasks", times=None)

    deploy = yard.until_over(deploy_id)

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.UNKNOWN)
    assert "is not known: AWS does not answer ecs:ListTasks for now" in yard.said(
        deploy_id, MilestoneKind.END
    )


def test_a_difference_that_one_read_alone_shows_is_none(yard: Yard, twist: Twist) -> None:
    deploy_id = asked(yard, "web")
    yard.until(lambda: yard.get(deploy_id).seen_end)
    other = digest_of(yard, "1.5.0")
    told: list[str] = []

    def once(seen: str) -> str:
        told.append(seen)
        return other if len(told) <= 3 else seen

    twist("DescribeTasks", shows(once))

    deploy = yard.until_over(deploy_id)

    assert len(told) > 3
    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)


def test_an_image_of_another_registry_is_called_by_its_tag(yard: Yard) -> None:
    deploy = yard.until_over(yard.ask("api", "v1.31", containers=("envoy",)))

    assert (deploy.outcome, match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.NOT_COMPARED)
    assert "*Succeeded.* `api` runs `v1.31`" in yard.said(deploy.id, MilestoneKind.END)
    entry = [each for each in trail(yard.redis, deploy.id) if each["outcome"]][-1]
    assert entry["digest"] == ""
    assert entry["running"].startswith("sha256:")


def test_a_rollout_that_is_only_followed_is_said_to_run_if_its_tasks_could_be_read(yard: Yard) -> None:
    planned = digest_of(yard, "1.4.0")
    yard.console.update_service(cluster="production", service="web", forceNewDeployment=True)

    followed = yard.until_over(yard.ask_to(Verb.FOLLOW, "web"))

    assert (followed.outcome, match(followed)) == (Outcome.SUCCEEDED, ImageMatch.NOT_COMPARED)
    assert "`web` runs `1.4.0`" in yard.said(followed.id, MilestoneKind.END)
    entry = [each for each in trail(yard.redis, followed.id) if each["outcome"]][-1]
    assert entry["running"] == planned


def test_a_rollout_that_is_only_followed_is_not_said_to_run_if_its_tasks_may_not_be_read(yard: Yard) -> None:
    yard.console.update_service(cluster="production", service="web", forceNewDeployment=True)
    yard.ecs.faults.add(kind="access-denied", operation="ListTasks", times=None)

    followed = yard.until_over(yard.ask_to(Verb.FOLLOW, "web"))

    assert (followed.outcome, match(followed)) == (Outcome.SUCCEEDED, ImageMatch.UNKNOWN)
    said = yard.said(followed.id, MilestoneKind.END)
    assert said.startswith(
        "*Succeeded.* The rollout that I followed is over: ECS completed it, of `web` to `1.4.0`"
    )
    assert " Which image its tasks run is not known: AWS does not allow ecs:ListTasks: " in said
