"""Whole deploys in which people, AWS and containers write hostile text, and what Slack is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from deploys.access import Access
from deploys.catalogue.catalogue import Catalogue
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.stores.user_groups import UserGroups
from sandbox.slack import SlackSandbox
from tests.builders import a_deploy
from tests.hostile_texts import HOSTILE, LONG, assert_harmless
from tests.slack_directory import KnownDirectory
from tests.workers.engine_harness import ALICE, BOB, EngineHarness, a_sandbox_service
from tests.workers.home.home_harness import a_home_publisher
from tests.workers.thread.publisher_harness import ManualClock, PublisherHarness

AlterResponse = Callable[[str, Callable[[dict[str, Any]], None]], None]


@pytest.fixture
def slack() -> Iterator[SlackSandbox]:
    with SlackSandbox(Path(__file__).parents[4] / "manifest.yml", rate_limits=False) as sandbox:
        yield sandbox


def request_with_reason(harness: EngineHarness, service: str, tag: str, reason: str) -> str:
    request = {"requester": ALICE, "requested_at": harness.ecs.now(), "reason": reason}
    return harness.store.submit(a_deploy(a_sandbox_service(service), tag=tag, request=request)).deploy.id


def publish(harness: EngineHarness, slack: SlackSandbox, redis: Redis, *services: str) -> None:
    """The threads, and bob's Home tab; every call is looked at."""
    clock = ManualClock()
    clock.value = harness.ecs.now()
    publishing = PublisherHarness(redis, slack, clock)
    publishing.run_until_published()
    catalogue = Catalogue({each: a_sandbox_service(each) for each in services})
    access = Access(catalogue, UserGroups(redis), KnownDirectory(redis))
    a_home_publisher(publishing.client, redis, catalogue, access, clock()).publish(BOB, "T01SLIPWAY")
    calls = slack.calls()
    assert {"chat.postMessage", "views.publish"} <= {call["method"] for call in calls}
    for call in calls:
        assert "error" not in call, call
        assert_harmless(call["args"])


def crash_with_hostile_words(harness: EngineHarness, alter_response: AlterResponse) -> Deploy:
    def tasks(answer: dict[str, Any]) -> None:
        for task in answer["tasks"]:
            if task.get("stoppedReason"):
                task["stoppedReason"] = LONG
                for container in task["containers"]:
                    container["reason"] = HOSTILE

    def services(answer: dict[str, Any]) -> None:
        for service in answer["services"]:
            for event in service.get("events", ()):
                event["message"] = LONG
            for deployment in service["deployments"]:
                if "circuit breaker" in deployment.get("rolloutStateReason", ""):
                    deployment["rolloutStateReason"] = f"ECS deployment circuit breaker: {HOSTILE}"

    alter_response("DescribeTasks", tasks)
    alter_response("DescribeServices", services)
    return harness.until_outcome(request_with_reason(harness, "api", "1.5.0-crash", LONG))


def test_a_crash_that_is_explained_with_hostile_words(
    harness: EngineHarness, alter_response: AlterResponse, slack: SlackSandbox, redis: Redis
) -> None:
    logs = harness.engine._aws.region("eu-west-1").logs.meta.events

    def lines(parsed: dict[str, Any], **_: Any) -> None:
        for event in parsed["events"]:
            event["message"] = HOSTILE

    logs.register("after-call.cloudwatch-logs.GetLogEvents", lines)
    try:
        deploy = crash_with_hostile_words(harness, alter_response)
    finally:
        logs.unregister("after-call.cloudwatch-logs.GetLogEvents", lines)

    assert deploy.outcome is Outcome.ROLLED_BACK
    thread = harness.thread_text(deploy.id)
    assert "```&lt;!channel&gt;" in thread, "the log is quoted"
    assert thread.count("U0EVIL") >= 2, "so is what ECS said"
    publish(harness, slack, redis, "api")


def test_an_error_of_aws_with_hostile_words(
    harness: EngineHarness, slack: SlackSandbox, redis: Redis
) -> None:
    harness.ecs.faults.add(
        kind="error",
        operation="RegisterTaskDefinition",
        code="ClientException",
        status=400,
        message=HOSTILE,
    )

    deploy = harness.until_outcome(request_with_reason(harness, "web", "1.4.2", HOSTILE))

    assert deploy.outcome is Outcome.REFUSED
    assert "U0EVIL" in deploy.end_reason
    publish(harness, slack, redis, "web")


def test_a_question_and_a_hold_with_hostile_reasons(
    harness: EngineHarness, slack: SlackSandbox, redis: Redis
) -> None:
    asking = request_with_reason(harness, "ledger", "1.4.2", LONG)
    harness.until_phase(asking, Phase.AWAITING_APPROVAL)
    harness.lock("web", BOB, reason=LONG[:2000])
    held = request_with_reason(harness, "web", "1.4.2", HOSTILE)
    harness.until(lambda: harness.get(held).hold)

    assert "U0EVIL" in harness.get(held).to_json()
    publish(harness, slack, redis, "ledger", "web")
