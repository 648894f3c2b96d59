"""What a container was given is in no quote of AWS, in no record and in no key of Redis."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deploys.environment_values import UNREADABLE
from deploys.records.phases import Outcome, Phase
from tests.scenarios.canaries import redis_contents
from tests.workers.engine_harness import EngineHarness

VALUE = "blue harbour seven"
SAID = f"exec {VALUE}: no such file"
SHOWN = "exec [value of BANNER]: no such file"


@pytest.fixture(autouse=True)
def given_value(harness: EngineHarness) -> None:
    """The service runs a revision with this value."""
    ecs = harness.ecs_client
    revision = ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
    revision["containerDefinitions"][0]["environment"].append({"name": "BANNER", "value": VALUE})
    known = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
    ecs.register_task_definition(**{name: value for name, value in revision.items() if name in known})
    ecs.update_service(cluster="production", service="web", taskDefinition="web")
    harness.ecs.advance(300)


def fail_starts(harness: EngineHarness) -> None:
    harness.ecs.fail_starts("web", "runtime", SAID)


def add_event(harness: EngineHarness) -> None:
    harness.ecs.fail_starts("web", "runtime", "no space left")
    deploy_id = harness.store.recent(None, 1)[0].id
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.add_event("web", "agent", SAID)


def refuse(operation: str) -> Callable[[EngineHarness], None]:
    def add_fault(harness: EngineHarness) -> None:
        harness.ecs.faults.add(
            kind="error", operation=operation, code="ClientException", status=400, message=SAID
        )

    add_fault.__name__ = operation
    return add_fault


@pytest.mark.parametrize(
    "speak", [fail_starts, add_event, refuse("RegisterTaskDefinition"), refuse("UpdateService")]
)
def test_a_value_that_ecs_repeats_is_named_instead(
    harness: EngineHarness, speak: Callable[[EngineHarness], None]
) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    speak(harness)

    deploy = harness.until_outcome(deploy_id)

    assert deploy.outcome in (Outcome.ROLLED_BACK, Outcome.REFUSED)
    assert SHOWN in harness.thread_text(deploy_id)
    found = [name for name, text in redis_contents(harness.redis).items() if VALUE in text]
    assert found == []


def test_a_reason_is_not_quoted_while_the_values_cannot_be_read(harness: EngineHarness) -> None:
    fail_starts(harness)
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.faults.add(operation="DescribeTaskDefinition", kind="throttle", times=1000)

    harness.until(lambda: UNREADABLE in harness.thread_text(deploy_id))

    assert VALUE not in harness.get(deploy_id).to_json()
