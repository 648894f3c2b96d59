"""What publishing a thread counts, logs and traces."""

from __future__ import annotations

import pytest
import structlog
from structlog.contextvars import get_contextvars

from deploys.errors import LeaseLost
from deploys.telemetry.slack_calls import result_of_status
from tests.logged_lines import logged_lines
from tests.reported_metrics import reported_metrics
from tests.traced import traced
from tests.workers.thread.publisher_harness import PublisherHarness
from workers.thread.sync import ThreadSync


def test_calls_to_slack_count_by_method_and_result(harness: PublisherHarness) -> None:
    harness.slack.add_fault("http-429", method="chat.postMessage")
    with reported_metrics("worker") as reports:
        harness.request()
        harness.run_until_published()
        series = reports.read()

    posted = 'slipway_slack_calls_total{method="chat.postMessage",result="ok"}'
    assert series[posted] == 1
    assert series[posted.replace("ok", "throttled")] == 1
    assert series['slipway_slack_call_duration_seconds_count{method="chat.postMessage"}'] == 2


def test_every_line_that_a_publish_logs_names_its_deploy(
    harness: PublisherHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ThreadSync.run

    def logging_run(sync: ThreadSync) -> float | None:
        structlog.get_logger().info("within a publish")
        return real(sync)

    monkeypatch.setattr(ThreadSync, "run", logging_run)
    with logged_lines() as lines:
        ids = {harness.request(), harness.request(tag="1.4.3")}
        harness.run_until_published()

    assert {line["event"] for line in lines} == {"within a publish"}
    assert {line["deploy"] for line in lines} == ids
    assert "deploy" not in get_contextvars()


def test_a_thread_whose_lease_was_lost_is_counted(
    harness: PublisherHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(sync: ThreadSync) -> float | None:
        raise LeaseLost(id="x")

    monkeypatch.setattr(ThreadSync, "run", lose)
    with reported_metrics("worker") as reports:
        harness.request()
        harness.publish_due()
        series = reports.read()

    assert series['slipway_leases_lost_total{of="thread"}'] == 1


def test_a_publish_is_a_span_with_its_calls_to_slack_inside(harness: PublisherHarness) -> None:
    harness.slack.add_fault("http-429", method="chat.postMessage")
    with traced("worker") as spans:
        deploy_id = harness.request()
        harness.run_until_published()

    limited, posted = spans.named("slack chat.postMessage")
    assert spans.parent_of(posted) == "publish"
    assert dict(posted.attributes or {}) == {"slipway.deploy": deploy_id}
    assert dict(limited.attributes or {}) == {"slipway.deploy": deploy_id, "error.type": "SlackApiError"}
    assert all(not each.events for each in spans.all()), "no exception is recorded with its message"


@pytest.mark.parametrize(
    ("status", "result"),
    [(200, "ok"), (302, "ok"), (404, "refused"), (429, "throttled"), (500, "failed"), (503, "failed")],
)
def test_the_result_of_an_answer_of_slack(status: int, result: str) -> None:
    assert result_of_status(status) == result
