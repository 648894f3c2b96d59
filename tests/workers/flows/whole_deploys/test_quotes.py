"""What a container wrote and AWS said: redacted, and not quoted at all where others read along."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from deploys.catalogue.service import LogLines
from deploys.quoted_texts import without_quotes
from deploys.quoting import NOT_QUOTED, NOT_SHOWN
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.stores import audit
from sandbox.ecs.words_of_others import EVENTS, FAILED_STARTS
from tests.scenarios.canaries import find_secrets, redis_contents, spill, spilled
from tests.workers.engine_harness import EngineHarness, a_sandbox_service

SAID_BY_ECS = "the service scheduler said password=hunter2"


class Knows:
    """Gives this answer for every channel."""

    def __init__(self, answer: bool | None) -> None:
        self.answer = answer

    def is_shared(self, channel: str) -> bool | None:
        return self.answer

    def look_up(self, channels: Iterable[str]) -> None:
        pass


def crash(harness: EngineHarness, **changes: object) -> Deploy:
    return harness.until_outcome(harness.request_deploy("api", "1.5.0-crash", **changes))


def test_the_last_lines_are_quoted_by_default(harness: EngineHarness) -> None:
    deploy = crash(harness)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "FATAL giving up" in harness.thread_text(deploy.id)


def texts(deploy: Deploy) -> str:
    return deploy.evolve(quotes=()).to_json()


def test_what_was_quoted_can_be_taken_out_again(harness: EngineHarness) -> None:
    deploy = crash(harness)
    assert "FATAL" in texts(deploy)
    assert "circuit breaker" in texts(deploy), "ECS's own words"

    hidden, without_log = without_quotes(deploy), without_quotes(deploy, logs_only=True)

    assert "FATAL" not in hidden.to_json()
    assert "circuit breaker" not in hidden.to_json()
    assert NOT_QUOTED in hidden.to_json()
    assert "FATAL" not in without_log.to_json()
    assert "circuit breaker" in texts(without_log)
    assert NOT_SHOWN in without_log.to_json()


def test_services_yml_as_it_is_now_hides_the_logs(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("api", "1.5.0-crash")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.access.services["api"] = a_sandbox_service("api", logs=LogLines.HIDE)

    deploy = harness.until_outcome(deploy_id)

    assert deploy.service.logs is LogLines.SHOW
    assert "FATAL" not in deploy.to_json()
    assert "(`logs: hide` in services.yml)" in harness.thread_text(deploy_id)
    assert not harness.ecs.calls("GetLogEvents")


def test_an_error_of_aws_that_a_record_has_can_be_taken_out_again(harness: EngineHarness) -> None:
    harness.ecs.faults.add(
        kind="error",
        operation="RegisterTaskDefinition",
        code="ClientException",
        status=400,
        message="a <b>",
    )

    deploy = harness.until_outcome(harness.request_deploy("web", "1.4.2"))

    assert "a &lt;b&gt;" in deploy.end_reason
    assert "a &lt;b&gt;" not in without_quotes(deploy).to_json()


def test_a_service_that_hides_its_logs_says_where_they_are(harness: EngineHarness) -> None:
    deploy = crash(harness, logs=LogLines.HIDE)

    text = harness.thread_text(deploy.id)
    assert "exited with code 1" in text
    assert "FATAL" not in deploy.to_json()
    assert (
        "The last lines of `api` are not shown here (`logs: hide` in services.yml); see group "
        "`/ecs/api`, stream `api/api/" in text
    )
    assert not harness.ecs.calls("GetLogEvents")


@pytest.mark.parametrize("answer", [True, None])
def test_nothing_is_quoted_in_a_channel_that_is_shared_or_may_be(
    harness: EngineHarness, answer: bool | None
) -> None:
    harness.shared_channels = Knows(answer)
    harness.engine = harness.new_engine()
    deploy = crash(harness)

    assert deploy.outcome is Outcome.ROLLED_BACK
    record = deploy.to_json()
    assert "FATAL" not in record
    assert "circuit breaker" not in record, "ECS's own words"
    assert NOT_QUOTED in record
    assert "this channel is shared with others" in harness.thread_text(deploy.id)
    assert not harness.ecs.calls("GetLogEvents")


def test_an_error_of_aws_is_named_and_not_quoted_in_a_shared_channel(harness: EngineHarness) -> None:
    harness.ecs.faults.add(
        kind="error",
        operation="RegisterTaskDefinition",
        code="ClientException",
        status=400,
        message=SAID_BY_ECS,
    )
    harness.shared_channels = Knows(True)
    harness.engine = harness.new_engine()

    deploy = harness.until_outcome(harness.request_deploy("web", "1.4.2"))

    assert deploy.outcome is Outcome.REFUSED
    assert f"{NOT_QUOTED} (ClientException)" in deploy.end_reason


def test_an_error_of_aws_is_quoted_without_what_may_be_a_secret(harness: EngineHarness) -> None:
    harness.ecs.faults.add(
        kind="error",
        operation="RegisterTaskDefinition",
        code="ClientException",
        status=400,
        message=SAID_BY_ECS,
    )

    deploy = harness.until_outcome(harness.request_deploy("web", "1.4.2"))

    assert "the service scheduler said password=[redacted]" in deploy.end_reason
    assert "hunter2" not in deploy.to_json()


def test_a_reason_why_tasks_stopped_is_quoted_without_secrets(harness: EngineHarness) -> None:
    ecs = harness.ecs.client("ecs")
    deploy_id = harness.request_deploy("web", "1.4.2", deadline=60)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    revision = harness.get(deploy_id).ecs.new_revision

    while (deploy := harness.get(deploy_id)).in_progress:
        if deploy.phase is Phase.FOLLOWING:
            arns = ecs.list_tasks(cluster="production", serviceName="web")["taskArns"]
            for task in ecs.describe_tasks(cluster="production", tasks=arns)["tasks"] if arns else ():
                if task["taskDefinitionArn"] == revision:
                    ecs.stop_task(cluster="production", task=task["taskArn"], reason=spill("a reason of ECS"))
        harness.tick(10)

    places = {
        "the record": deploy.to_json(),
        "the audit": str(audit.trail(harness.redis, deploy_id)),
    }
    assert "postgres://app:[redacted]@db/shop" in harness.thread_text(deploy_id)
    assert find_secrets(spilled("a reason of ECS"), places) == []


@pytest.mark.parametrize("source", FAILED_STARTS)
def test_a_reason_in_which_ecs_quotes_another_system_has_no_secret(
    harness: EngineHarness, source: str
) -> None:
    place = f"a reason of the {source}"
    harness.ecs.fail_starts("web", source, spill(place))
    harness.ecs.watch_words(list(spilled(place).values()))

    deploy = harness.until_outcome(harness.request_deploy("web", "1.4.2"))

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "postgres://app:[redacted]@db/shop" in harness.thread_text(deploy.id)
    assert find_secrets(spilled(place), redis_contents(harness.redis)) == []
    assert any(harness.ecs.watched_words().values()), "ECS has told it"


def test_an_event_in_which_ecs_quotes_another_system_has_no_secret(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.5.0-crash")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    places = [f"an event that quotes the {source}" for source in EVENTS]
    harness.ecs.watch_words([word for place in places for word in spilled(place).values()])
    for source, place in zip(EVENTS, places, strict=True):
        harness.ecs.add_event("web", source, spill(place))

    harness.until_outcome(deploy_id)

    assert "postgres://app:[redacted]@db/shop" in harness.thread_text(deploy_id)
    seeded = {name: word for place in places for name, word in spilled(place).items()}
    assert find_secrets(seeded, redis_contents(harness.redis)) == []
    read = harness.ecs.watched_words()
    assert all(any(read[word] for word in spilled(place).values()) for place in places)
