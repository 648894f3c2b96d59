"""What the steps and publishes of real deploys count, log and trace."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import structlog
from structlog.contextvars import get_contextvars

from deploys.records.phases import Outcome, Phase
from tests.logged_lines import logged_lines
from tests.reported_metrics import reported_metrics
from tests.traced import traced
from tests.workers.engine_harness import EngineHarness
from workers.flows import steps


def test_the_counts_of_a_deploy_are_those_of_its_record(harness: EngineHarness) -> None:
    harness.ecs.faults.add(operation="UpdateService", kind="throttle", times=2)
    with reported_metrics("worker") as reports:
        deploy = harness.until_over(harness.request_deploy("web", "1.4.2"))
        series = reports.read()

    assert series['slipway_deploys_total{outcome="succeeded",service="web"}'] == 1
    took = (deploy.ended_at or 0) - deploy.request.requested_at
    assert series['slipway_deploy_duration_seconds_sum{outcome="succeeded"}'] == pytest.approx(took)
    for phase, times in Counter(each.phase for each in deploy.timeline).items():
        if phase is not Phase.ENDED:
            assert series[f'slipway_phase_duration_seconds_count{{phase="{phase}"}}'] == times
    throttled = 'slipway_aws_calls_total{api="ecs",operation="UpdateService",result="throttled"}'
    assert series[throttled] == 2
    assert series[throttled.replace("throttled", "ok")] == 1
    assert series["slipway_step_errors_total"] == 2
    totals = [
        sum(value for name, value in series.items() if name.startswith(begin))
        for begin in ("slipway_aws_calls_total", "slipway_aws_call_duration_seconds_count")
    ]
    assert totals == [len(harness.ecs.calls())] * 2
    assert series['slipway_leases_lost_total{of="deploy"}'] == 0
    assert series['slipway_step_lag_seconds_count{step="watch"}'] > 0


def test_a_call_without_an_answer_counts_as_failed(harness: EngineHarness) -> None:
    harness.ecs.faults.add(operation="UpdateService", kind="timeout-before", times=1)
    with reported_metrics("worker") as reports:
        harness.until_over(harness.request_deploy("web", "1.4.2"))
        series = reports.read()

    assert series['slipway_aws_calls_total{api="ecs",operation="UpdateService",result="failed"}'] == 1


def test_a_lost_lease_is_counted_and_said(harness: EngineHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    plan = steps.STEPS[Phase.PLANNING]

    def lose_lease(deploy: Any, context: Any) -> Any:
        harness.expire_lease(deploy_id)
        return plan(deploy, context)

    monkeypatch.setitem(steps.STEPS, Phase.PLANNING, lose_lease)
    with reported_metrics("worker") as reports, logged_lines() as lines:
        harness.engine.advance(deploy_id)
        series = reports.read()

    assert series['slipway_leases_lost_total{of="deploy"}'] == 1
    warnings = [(line["event"], line["deploy"]) for line in lines if line["log_level"] == "warning"]
    assert warnings == [("lost the lease; another worker goes on", deploy_id)]


def test_each_move_of_a_deploy_is_a_line_of_the_log(harness: EngineHarness) -> None:
    with logged_lines() as lines:
        deploy = harness.until_over(harness.request_deploy("web", "1.4.2"))

    moves = [line for line in lines if line["event"] == "deploy moved"]
    assert [line["phase"] for line in moves] == [each.phase for each in deploy.timeline[1:]]
    assert {(line["deploy"], line["service"], line["log_level"]) for line in moves} == {
        (deploy.id, "web", "info")
    }
    assert [line.get("outcome") for line in moves[-2:]] == [None, "succeeded"]


def test_a_check_that_says_no_is_no_error_of_a_step(harness: EngineHarness) -> None:
    with reported_metrics("worker") as reports, logged_lines() as lines:
        deploy = harness.until_over(harness.request_deploy("web", "9.9.9"))
        series = reports.read()

    assert deploy.outcome is Outcome.REFUSED
    assert series["slipway_step_errors_total"] == 0
    assert series['slipway_deploys_total{outcome="refused",service="web"}'] == 1
    refused = [line for line in lines if line["event"] == "refused"]
    assert [(line["deploy"], line["phase"], line["why"]) for line in refused] == [
        (deploy.id, "planning", "ImageMissing")
    ]
    assert {line["log_level"] for line in lines} == {"info"}


def test_a_refusal_of_aws_is_an_error_of_a_step_although_nothing_was_changed(harness: EngineHarness) -> None:
    harness.ecs.faults.add(operation="RegisterTaskDefinition", kind="access-denied", times=1)
    with reported_metrics("worker") as reports:
        deploy = harness.until_over(harness.request_deploy("web", "1.4.2"))
        series = reports.read()

    assert deploy.outcome is Outcome.REFUSED
    assert series["slipway_step_errors_total"] == 1


@pytest.mark.parametrize("service", ["web", "ledger"])
def test_every_line_that_a_step_logs_names_its_deploy(
    harness: EngineHarness, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for phase, step in list(steps.STEPS.items()):

        def logging_step(deploy: Any, context: Any, step: Any = step) -> Any:
            structlog.get_logger().info("within a step")
            return step(deploy, context)

        monkeypatch.setitem(steps.STEPS, phase, logging_step)
    harness.ecs.faults.add(operation="UpdateService", kind="error", times=1)
    with logged_lines() as lines:
        deploy_id = harness.request_deploy(service, "1.4.2")
        other_id = harness.request_deploy("api", "1.4.2")
        if service == "ledger":
            harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
            harness.approve(deploy_id)
        harness.until_over(deploy_id)
        harness.until_over(other_id)

    assert {line.get("deploy") for line in lines} == {deploy_id, other_id}
    assert "step failed" in {line["event"] for line in lines}
    assert "deploy" not in get_contextvars()


def test_a_step_is_a_span_with_its_calls_to_aws_inside(harness: EngineHarness) -> None:
    harness.ecs.faults.add(operation="UpdateService", kind="throttle", times=1)
    with traced("worker") as spans:
        deploy_id = harness.request_deploy("web", "1.4.2")
        deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert {each.name for each in spans.named("step")} >= {"step planning", "step updating", "step following"}
    named = {(each.attributes or {}).get("slipway.deploy") for each in spans.named("step")}
    assert named == {deploy_id}
    throttled, updated = spans.named("aws ecs:UpdateService")
    assert dict(throttled.attributes or {}) == {
        "slipway.deploy": deploy_id,
        "error.type": "ThrottlingException",
    }
    assert dict(updated.attributes or {}) == {"slipway.deploy": deploy_id}
    assert spans.parent_of(updated) == "step updating"
    assert all(not each.events for each in spans.all()), "no exception is recorded with its message"
