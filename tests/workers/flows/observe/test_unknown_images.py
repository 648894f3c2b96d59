"""If it is not known which image runs, the thread says so and nothing is rolled back."""

from __future__ import annotations

import pytest

from deploys.records.phases import Outcome
from deploys.records.request import Verb
from deploys.records.rollout import ImageMatch
from deploys.records.thread_messages import ThreadMessageKind
from deploys.stores.audit import trail
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.conftest import AlterResponse
from tests.workers.flows.ecr_pushes import digest_of_tag, image_match, report_digests, request_by_tag


def test_tasks_without_a_digest_are_said_and_take_nothing_back(
    harness: EngineHarness, alter_response: AlterResponse
) -> None:
    alter_response("DescribeTasks", report_digests(lambda _: None))

    deploy = harness.until_over(harness.request_deploy("web", "1.4.2"))

    assert (deploy.outcome, image_match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.UNKNOWN)
    text = harness.thread_text(deploy.id, ThreadMessageKind.END)
    assert text.startswith(
        "*Succeeded.* ECS completed the rollout of `1.4.2` to `web`: 3 tasks running, after "
    )
    assert text.endswith(
        "Whether its tasks run the image that the plan showed is not known: ECS does not show the image "
        "digest of every task."
    )


@pytest.mark.parametrize("operation", ["ListTasks", "DescribeTasks"])
def test_tasks_that_may_not_be_read_are_said_and_take_nothing_back(
    harness: EngineHarness, operation: str
) -> None:
    harness.ecs.faults.add(kind="access-denied", operation=operation, times=None)

    deploy = harness.until_over(harness.request_deploy("web", "1.4.2"))

    assert (deploy.outcome, image_match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.UNKNOWN)
    text = harness.thread_text(deploy.id, ThreadMessageKind.END)
    assert "`web` runs" not in text
    assert f"is not known: AWS does not allow ecs:{operation}: " in text


@pytest.mark.usefixtures("short_watch_interval")
def test_a_read_that_fails_is_made_again(harness: EngineHarness) -> None:
    deploy_id = request_by_tag(harness, "web")
    harness.until(lambda: harness.get(deploy_id).rollout.serving_at)
    harness.ecs.faults.add(kind="throttle", operation="DescribeTasks", times=8)

    deploy = harness.until_over(deploy_id)

    assert (deploy.outcome, image_match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)


def test_reads_that_go_on_failing_are_given_up_and_said(harness: EngineHarness) -> None:
    deploy_id = request_by_tag(harness, "web")
    harness.until(lambda: harness.get(deploy_id).rollout.serving_at)
    harness.ecs.faults.add(kind="throttle", operation="DescribeTasks", times=None)

    deploy = harness.until_over(deploy_id)

    assert (deploy.outcome, image_match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.UNKNOWN)
    assert "is not known: AWS does not answer ecs:DescribeTasks for now" in harness.thread_text(
        deploy_id, ThreadMessageKind.END
    )


def test_a_difference_that_one_read_alone_shows_is_none(
    harness: EngineHarness, alter_response: AlterResponse
) -> None:
    deploy_id = request_by_tag(harness, "web")
    harness.until(lambda: harness.get(deploy_id).rollout.serving_at)
    other = digest_of_tag(harness, "1.5.0")
    reported: list[str] = []

    def once(seen: str) -> str:
        reported.append(seen)
        return other if len(reported) <= 3 else seen

    alter_response("DescribeTasks", report_digests(once))

    deploy = harness.until_over(deploy_id)

    assert len(reported) > 3
    assert (deploy.outcome, image_match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)


def test_an_image_of_another_registry_is_called_by_its_tag(harness: EngineHarness) -> None:
    deploy = harness.until_over(harness.request_deploy("api", "v1.31", containers=("envoy",)))

    assert (deploy.outcome, image_match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.NOT_COMPARED)
    assert "*Succeeded.* `api` runs `v1.31`" in harness.thread_text(deploy.id, ThreadMessageKind.END)
    entry = [each for each in trail(harness.redis, deploy.id) if each["outcome"]][-1]
    assert entry["digest"] == ""
    assert entry["running"].startswith("sha256:")


def test_a_rollout_that_is_only_followed_is_said_to_run_if_its_tasks_could_be_read(
    harness: EngineHarness,
) -> None:
    planned = digest_of_tag(harness, "1.4.0")
    harness.ecs_client.update_service(cluster="production", service="web", forceNewDeployment=True)

    followed = harness.until_over(harness.request_verb(Verb.FOLLOW, "web"))

    assert (followed.outcome, image_match(followed)) == (Outcome.SUCCEEDED, ImageMatch.NOT_COMPARED)
    assert "`web` runs `1.4.0`" in harness.thread_text(followed.id, ThreadMessageKind.END)
    entry = [each for each in trail(harness.redis, followed.id) if each["outcome"]][-1]
    assert entry["running"] == planned


def test_a_rollout_that_is_only_followed_is_not_said_to_run_if_its_tasks_may_not_be_read(
    harness: EngineHarness,
) -> None:
    harness.ecs_client.update_service(cluster="production", service="web", forceNewDeployment=True)
    harness.ecs.faults.add(kind="access-denied", operation="ListTasks", times=None)

    followed = harness.until_over(harness.request_verb(Verb.FOLLOW, "web"))

    assert (followed.outcome, image_match(followed)) == (Outcome.SUCCEEDED, ImageMatch.UNKNOWN)
    text = harness.thread_text(followed.id, ThreadMessageKind.END)
    assert text.startswith("*Succeeded.* The rollout I followed has ended: ECS moved `web` to `1.4.0`")
    assert " Which image its tasks run is not known: AWS does not allow ecs:ListTasks: " in text
