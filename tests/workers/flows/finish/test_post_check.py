"""The post-check: a URL that has to answer, and what can interrupt the check."""

from __future__ import annotations

import re
from typing import Any

import pytest

from deploys.errors import AwsUnavailable
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.fake_web_server import FakeWebServer
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.checked_deploys import (
    ALARM_NAME,
    assert_old_version_restored,
    request_checked_deploy,
)
from workers.flows.finish import checking
from workers.http_check import HttpCheckResult


def test_what_holds_for_its_time_succeeds_and_says_what_was_checked(
    harness: EngineHarness, health_endpoint: FakeWebServer, cloudwatch: Any
) -> None:
    deploy_id = request_checked_deploy(
        harness, http=f"{health_endpoint.url}/health?key=s3cret", alarms=(ALARM_NAME,)
    )
    checked = (
        f"`{health_endpoint.url}/health` has to answer with 2xx and alarm `{ALARM_NAME}` has to stay quiet"
    )
    began = harness.until_phase(deploy_id, Phase.CHECKING)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.ended_at is not None
    assert 60 <= deploy.ended_at - began.phase_since < 75
    assert f"• after the rollout, for 1 min: {checked}; else it is rolled back" in harness.thread_text(
        deploy_id, ThreadMessageKind.PLAN
    )
    assert (
        f"The rollout is complete. Now it is checked for 1 min: {checked}; else I roll back."
        in harness.thread_text(deploy_id, ThreadMessageKind.PROGRESS)
    )
    requests = len(health_endpoint.requested_paths)
    assert 6 <= requests <= 8
    assert harness.thread_text(deploy_id, ThreadMessageKind.END).endswith(
        f" Checked for 1 min: `{health_endpoint.url}/health` answered {requests} of {requests} times, "
        f"`{ALARM_NAME}` quiet."
    )
    assert "s3cret" not in harness.thread_text(deploy_id)


def test_an_address_that_misses_three_times_rolls_back(
    harness: EngineHarness, health_endpoint: FakeWebServer
) -> None:
    health_endpoint.statuses = [200, 200, 503]
    deploy_id = request_checked_deploy(harness, http=health_endpoint.url)

    deploy = harness.until_over(deploy_id)

    assert_old_version_restored(harness, deploy)
    assert len(health_endpoint.requested_paths) == 5
    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == (
        f"*Rolled back* to `web:17`: after the rollout `{health_endpoint.url}` did not answer with 2xx 3 "
        "times in a row, last: "
        "503 Service Unavailable."
    )


def test_a_task_that_stopped_during_the_check_is_not_said_to_run(
    harness: EngineHarness, health_endpoint: FakeWebServer
) -> None:
    deploy_id = request_checked_deploy(harness, http=health_endpoint.url)
    began = harness.until_phase(deploy_id, Phase.CHECKING).phase_since
    harness.until(lambda: harness.ecs.now() >= began + 52)
    one = harness.ecs_client.list_tasks(cluster="production", serviceName="web")["taskArns"][0]
    harness.ecs_client.stop_task(cluster="production", task=one)

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED

    assert "*Succeeded.* `web` runs `1.4.2`: 2 of 3 tasks running now, after " in harness.thread_text(
        deploy_id, ThreadMessageKind.END
    )


def test_single_misses_are_borne(harness: EngineHarness, health_endpoint: FakeWebServer) -> None:
    health_endpoint.statuses = [503, 503, 200, 500, 200, 404, 404, 200]
    deploy_id = request_checked_deploy(harness, http=health_endpoint.url)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert f"`{health_endpoint.url}` answered 3 of 8 times." in harness.thread_text(
        deploy_id, ThreadMessageKind.END
    )


def test_looks_that_break_again_and_again_end_in_a_rollback(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(address: str) -> HttpCheckResult:
        raise AwsUnavailable(action="anything", detail="silence")

    monkeypatch.setattr(checking, "EXTRA_SECONDS", 20.0)
    monkeypatch.setattr("workers.http_check.check_url", broken)
    deploy_id = request_checked_deploy(harness, http="https://shop.example.com/health", lasts=10)

    deploy = harness.until_over(deploy_id)

    assert_old_version_restored(harness, deploy)
    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == (
        "*Rolled back* to `web:17`: AWS does not answer anything for now (silence)."
    )


def test_cancelled_while_it_is_checked_it_is_rolled_back(
    harness: EngineHarness, health_endpoint: FakeWebServer
) -> None:
    deploy_id = request_checked_deploy(harness, http=health_endpoint.url)
    harness.until_phase(deploy_id, Phase.CHECKING)

    harness.cancel(deploy_id)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert harness.running_tags("web") == {"1.4.0"}


def test_the_next_deploy_waits_until_it_is_checked(
    harness: EngineHarness, health_endpoint: FakeWebServer
) -> None:
    first = request_checked_deploy(harness, http=health_endpoint.url)
    second = harness.request_deploy("web", "1.5.0")
    harness.until_phase(first, Phase.CHECKING)
    harness.tick(30)

    assert harness.get(second).phase is Phase.WAITING


def test_a_console_change_while_it_is_checked_supersedes_it(
    harness: EngineHarness, health_endpoint: FakeWebServer
) -> None:
    deploy_id = request_checked_deploy(harness, http=health_endpoint.url)
    harness.until_phase(deploy_id, Phase.CHECKING)

    harness.ecs.client("ecs").update_service(cluster="production", service="web", taskDefinition="web:17")

    assert harness.until_over(deploy_id).outcome is Outcome.SUPERSEDED
    assert "moves the service to `web:17`. I leave it;" in harness.thread_text(
        deploy_id, ThreadMessageKind.END
    )


def test_a_service_that_is_deleted_while_it_is_checked_ends_it(
    harness: EngineHarness, health_endpoint: FakeWebServer
) -> None:
    deploy_id = request_checked_deploy(harness, http=health_endpoint.url)
    harness.until_phase(deploy_id, Phase.CHECKING)

    harness.ecs_client.delete_service(cluster="production", service="web", force=True)

    assert harness.until_over(deploy_id).outcome is Outcome.FAILED
    end = harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert re.match(
        r"\*Failed\*: the ECS service (is being deleted \(ECS calls it DRAINING\)|was deleted \(ECS calls it "
        r"INACTIVE\)), so there is nothing left to deploy or restore\.",
        end,
    )
    assert harness.leftover_keys() == []


def test_a_worker_that_was_away_goes_on_where_the_check_was(
    harness: EngineHarness, health_endpoint: FakeWebServer
) -> None:
    deploy_id = request_checked_deploy(harness, http=health_endpoint.url)
    harness.until_phase(deploy_id, Phase.CHECKING)
    harness.tick(400)

    harness.engine = harness.new_engine()
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.post_check is not None
    assert deploy.post_check.successes >= 1, "the end needs a good look, however long nobody looked"
