"""A rollout that is followed no longer, or not for now: cancelled, past the deadline, errors."""

from __future__ import annotations

import re
from typing import Any

import pytest

from deploys.deploy import Outcome, Phase
from deploys.errors import AwsDenied, AwsRefused, AwsUnavailable
from tests.workers.flows.followed import begin_elsewhere, changing, ending, follow
from tests.workers.yard import BOB, Yard
from workers.flows import trouble
from workers.flows.steps import STEPS


def test_whoever_cancels_stops_following_and_nothing_else(yard: Yard) -> None:
    begin_elsewhere(yard, "1.4.2")
    before = changing(yard)
    deploy_id = follow(yard)
    yard.until(lambda: yard.get(deploy_id).rollout.new_running)
    yard.cancel(deploy_id, BOB)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert re.fullmatch(
        "I no longer follow deployment `ecs-svc/N`, as <@U02BOB0000> asked. Nothing was changed: it goes on "
        r"in ECS. When I last looked, \d of 3 new tasks ran, and 3 old tasks.",
        ending(yard, deploy_id),
    )
    assert changing(yard) == before
    yard.ecs.advance(600)
    assert yard.images_running("web") == {"1.4.2"}


def test_cancelled_before_a_rollout_was_found(yard: Yard) -> None:
    deploy_id = follow(yard)
    yard.engine.advance(deploy_id)
    yard.cancel(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert ending(yard, deploy_id) == (
        "<@U01ALICE00> stopped this before a rollout was found. Nothing was changed."
    )


def test_past_the_deadline_it_is_no_longer_followed(yard: Yard) -> None:
    begin_elsewhere(yard, "1.5.0-noroom")
    before = changing(yard)

    deploy_id = follow(yard, deadline=120)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.EXPIRED
    assert ending(yard, deploy_id) == (
        "*No longer followed*: deployment `ecs-svc/N` did not end within the deadline of SOME TIME since I "
        "began to follow it. It is not mine to roll back, so nothing was changed. When I last looked, 0 of 3 "
        "new tasks ran, and 3 old tasks. `/deploy follow web` follows it on."
    )
    assert changing(yard) == before


def test_errors_are_tried_again_and_never_lead_back(yard: Yard) -> None:
    begin_elsewhere(yard, "1.4.2")
    deploy_id = follow(yard)
    yard.until_phase(deploy_id, Phase.LOOKING_ON)
    before = changing(yard)
    yard.ecs.faults.add(kind="access-denied", operation="DescribeServices", times=4)

    yard.until(lambda: yard.get(deploy_id).attempts == 2)
    assert "ecs:DescribeServices" in yard.get(deploy_id).last_error

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert changing(yard) == before


DENIED: dict[str, Any] = {"action": "ecs:DescribeServices", "detail": "no", "code": "x", "request_id": ""}


@pytest.mark.parametrize("asked_to_stop", [True, False])
@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize(
    "error", [AwsUnavailable(**DENIED), AwsDenied(**DENIED), AwsRefused(**DENIED), KeyError("a bug")]
)
def test_no_error_leads_to_a_phase_that_changes_something(
    yard: Yard, error: Exception, late: bool, asked_to_stop: bool
) -> None:
    begin_elsewhere(yard, "1.4.2")
    deploy_id = follow(yard)
    yard.until_phase(deploy_id, Phase.LOOKING_ON)
    if asked_to_stop:
        yard.cancel(deploy_id)
    yard.ecs.advance(5000 if late else 1)
    claim = yard.store.claim(deploy_id, "test", 60, due_by=yard.ecs.now() + 60)
    assert claim is not None
    turn = yard.engine._turn(claim, yard.engine._look([claim]))

    left = trouble.after_error(claim.deploy, error, turn, "ref")

    expected = Outcome.CANCELLED if asked_to_stop else Outcome.EXPIRED if late else None
    assert left.deploy.outcome is expected
    assert left.deploy.phase is (Phase.ENDED if expected else Phase.LOOKING_ON)


def test_every_phase_has_a_step() -> None:
    assert set(STEPS) == set(Phase) - {Phase.ENDED}
