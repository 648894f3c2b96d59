"""The post-check of stop-start and blue/green services."""

from __future__ import annotations

import pytest

from deploys.catalogue.nested_keys import PostCheck, PreTask
from deploys.catalogue.service import Strategy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.fake_web_server import FakeWebServer
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.checked_deploys import assert_old_version_restored, request_checked_deploy
from tests.workers.flows.strict_order import assert_strict_order, restore_tags


def test_a_stop_start_service_that_somebody_else_moves_and_stops_is_not_left_at_zero(
    harness: EngineHarness, health_endpoint: FakeWebServer
) -> None:
    deploy_id = request_checked_deploy(harness, "billing", http=health_endpoint.url)
    harness.until_phase(deploy_id, Phase.CHECKING)

    harness.ecs_client.update_service(
        cluster="production", service="billing", taskDefinition="billing:23", desiredCount=0
    )

    assert harness.until_over(deploy_id).outcome is Outcome.SUPERSEDED
    assert harness.describe_service("billing")["desiredCount"] == 2


def test_a_stop_start_service_is_checked_and_settles(
    harness: EngineHarness, health_endpoint: FakeWebServer
) -> None:
    deploy_id = request_checked_deploy(harness, "billing", http=health_endpoint.url)
    harness.until_phase(deploy_id, Phase.CHECKING)
    downtime = harness.get(deploy_id).downtime_seconds

    deploy = harness.until_over(deploy_id)

    assert (deploy.outcome, deploy.downtime_seconds) == (Outcome.SUCCEEDED, downtime)
    assert f"`{health_endpoint.url}` answered" in harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert_strict_order(harness, "billing")
    assert restore_tags(harness, "billing") == []


def test_a_stop_start_service_goes_back_in_order_and_counts_both_downtimes_alone(
    harness: EngineHarness, health_endpoint: FakeWebServer
) -> None:
    health_endpoint.statuses = [200, 200, 200, 200, 200, 200, 500]
    deploy_id = request_checked_deploy(harness, "billing", http=health_endpoint.url, lasts=120)
    first = harness.until_phase(deploy_id, Phase.CHECKING).downtime_seconds
    turned = harness.until_phase(deploy_id, Phase.RESTORING).phase_since

    deploy = harness.until_over(deploy_id)

    assert_old_version_restored(harness, deploy, "billing", 2)
    assert_strict_order(harness, "billing")
    assert restore_tags(harness, "billing") == []
    assert first is not None
    assert deploy.ended_at is not None
    assert deploy.downtime_seconds == pytest.approx(first + deploy.ended_at - turned, abs=2)


def test_a_native_service_has_its_task_before_and_its_check_after(
    harness: EngineHarness, health_endpoint: FakeWebServer
) -> None:
    before = PreTask(command=("migrate",))
    after = PostCheck(http=health_endpoint.url, duration=30)
    deploy_id = harness.request_deploy("site", "1.4.2", strategy=Strategy.NATIVE, before=before, after=after)
    harness.until_phase(deploy_id, Phase.CHECKING)
    assert len(health_endpoint.requested_paths) == 1, "the first look, once ECS says it succeeded"

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert harness.running_tags("site") == {"1.4.2"}
    text = harness.thread_text(deploy_id)
    assert text.index("`migrate` exited with 0") < text.index("ECS rolls") < text.index("Checked for 30 s")


def test_a_native_service_that_does_not_hold_goes_back(
    harness: EngineHarness, health_endpoint: FakeWebServer
) -> None:
    health_endpoint.statuses = [500]
    after = PostCheck(http=health_endpoint.url, duration=60)
    deploy_id = harness.request_deploy("site", "1.4.2", strategy=Strategy.NATIVE, after=after)

    deploy = harness.until_over(deploy_id)

    assert_old_version_restored(harness, deploy, "site", 2)
    assert "3 times in a row, last: 500 Internal Server Error." in harness.thread_text(
        deploy_id, ThreadMessageKind.END
    )
