"""Following ends early or is interrupted: cancelled, past the deadline, errors."""

from __future__ import annotations

import re
from typing import Any

import pytest

from deploys.errors import AwsDenied, AwsRefused, AwsUnavailable
from deploys.records.phases import Outcome, Phase
from tests.workers.engine_harness import BOB, EngineHarness
from tests.workers.flows.external_rollouts import (
    changing_calls,
    end_message,
    request_follow,
    start_external_rollout,
)
from workers.flows import step_errors
from workers.flows.steps import STEPS


def test_whoever_cancels_stops_following_and_nothing_else(harness: EngineHarness) -> None:
    start_external_rollout(harness, "1.4.2")
    before = changing_calls(harness)
    deploy_id = request_follow(harness)
    harness.until(lambda: harness.get(deploy_id).rollout.counts.new_running)
    harness.cancel(deploy_id, BOB)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert re.fullmatch(
        "I no longer follow deployment `ecs-svc/N`, as <@U02BOB0000> asked. Nothing was changed: it goes on "
        r"in ECS. When I last looked, \d of 3 new tasks ran, and 3 old tasks.",
        end_message(harness, deploy_id),
    )
    assert changing_calls(harness) == before
    harness.ecs.advance(600)
    assert harness.running_tags("web") == {"1.4.2"}


def test_cancelled_before_a_rollout_was_found(harness: EngineHarness) -> None:
    deploy_id = request_follow(harness)
    harness.engine.advance(deploy_id)
    harness.cancel(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert end_message(harness, deploy_id) == (
        "<@U01ALICE00> stopped this before a rollout was found. Nothing was changed."
    )


def test_past_the_deadline_it_is_no_longer_followed(harness: EngineHarness) -> None:
    start_external_rollout(harness, "1.5.0-noroom")
    before = changing_calls(harness)

    deploy_id = request_follow(harness, deadline=120)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.EXPIRED
    assert end_message(harness, deploy_id) == (
        "*No longer followed*: deployment `ecs-svc/N` did not end within the deadline of SOME TIME after I "
        "started to follow it. I did not start it, so I changed nothing. When I last looked, 0 of 3 new "
        "tasks ran, and 3 old tasks. `/deploy follow web` follows it again."
    )
    assert changing_calls(harness) == before


def test_errors_are_tried_again_and_never_lead_back(harness: EngineHarness) -> None:
    start_external_rollout(harness, "1.4.2")
    deploy_id = request_follow(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING_EXTERNAL)
    before = changing_calls(harness)
    harness.ecs.faults.add(kind="access-denied", operation="DescribeServices", times=4)

    harness.until(lambda: harness.get(deploy_id).retries.attempts == 2)
    assert "ecs:DescribeServices" in harness.get(deploy_id).retries.last_error

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert changing_calls(harness) == before


ERROR_FIELDS: dict[str, Any] = {
    "action": "ecs:DescribeServices",
    "detail": "no",
    "code": "x",
    "request_id": "",
}


@pytest.mark.parametrize("asked_to_stop", [True, False])
@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize(
    "error",
    [
        AwsUnavailable(**ERROR_FIELDS),
        AwsDenied(**ERROR_FIELDS),
        AwsRefused(**ERROR_FIELDS),
        KeyError("a bug"),
    ],
)
def test_no_error_leads_to_a_phase_that_changes_something(
    harness: EngineHarness, error: Exception, late: bool, asked_to_stop: bool
) -> None:
    start_external_rollout(harness, "1.4.2")
    deploy_id = request_follow(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING_EXTERNAL)
    if asked_to_stop:
        harness.cancel(deploy_id)
    harness.ecs.advance(5000 if late else 1)
    claim = harness.store.claim(deploy_id, "test", 60, due_by=harness.ecs.now() + 60)
    assert claim is not None
    context = harness.engine._context(claim, harness.engine._read_together([claim]))

    result = step_errors.handle_step_error(claim.deploy, error, context, "ref")

    expected = Outcome.CANCELLED if asked_to_stop else Outcome.EXPIRED if late else None
    assert result.deploy.outcome is expected
    assert result.deploy.phase is (Phase.ENDED if expected else Phase.FOLLOWING_EXTERNAL)


def test_every_phase_has_a_step() -> None:
    assert set(STEPS) == set(Phase) - {Phase.ENDED}
