"""The steps on a card, with their times."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploys.formatting import utc_time
from deploys.records.approval import Cancel
from deploys.records.deploy import TIMELINE_ENTRIES, Deploy, PhaseEntry
from deploys.records.phases import Outcome, Phase
from sandbox.slack.blockkit.block_limits import check_message_blocks
from tests.builders import NOW, a_deploy, a_service
from tests.workers.thread.publisher_harness import PublisherHarness
from tests.workers.thread.sample_deploys import BOB
from workers.thread.card_timeline import (
    ENDED_AS,
    SHOWN_STEPS,
    STEP_TITLES,
    plan_block,
    timeline,
    timeline_text,
)

WAY = (Phase.WAITING, Phase.PLANNING, Phase.REGISTERING, Phase.UPDATING, Phase.FOLLOWING)
BACK = (Phase.RESTORING, Phase.FOLLOWING_ROLLBACK)


def went(*phases: Phase, ended: Outcome | None = None, **changes: Any) -> Deploy:
    """A deploy that entered a phase every ten seconds, and ended ten seconds after the last."""
    entries = tuple(PhaseEntry(phase=each, at=NOW + 10 * number) for number, each in enumerate(phases))
    at = NOW + 10 * len(phases)
    end = {"phase": Phase.ENDED, "outcome": ended, "ended_at": at} if ended else {"phase": phases[-1]}
    if ended:
        entries = (*entries, PhaseEntry(phase=Phase.ENDED, at=at))
    return a_deploy(timeline=entries, **{**end, **changes})


def said(deploy: Deploy) -> str:
    return timeline_text(deploy, utc_time).removeprefix("Steps since 2026-09-21 14:13 UTC: ")


def test_every_phase_has_its_step() -> None:
    assert set(STEP_TITLES) == set(Phase)
    assert set(ENDED_AS) == set(Outcome)


def test_a_step_that_runs_and_the_steps_before_it() -> None:
    assert said(went(*WAY)) == "Waited in the queue 10 s, Plan 10 s, New revision 10 s, Rollout now"
    assert timeline_text(went(*WAY), utc_time).startswith("Steps since 2026-09-21 14:13 UTC: ")


def test_phases_of_one_step_are_told_as_one() -> None:
    stopping = (Phase.PLANNING, Phase.SAVING_RESTORE_POINT, Phase.STOPPING, Phase.DRAINING, Phase.STARTING)

    assert said(went(*stopping, Phase.FOLLOWING)) == "Plan 10 s, Old tasks stop 30 s, Rollout now"


def test_a_wait_of_no_time_is_left_out() -> None:
    at_once = went(*WAY).timeline
    entries = (at_once[0], PhaseEntry(phase=Phase.PLANNING, at=NOW + 0.5), *at_once[2:])

    assert said(went(*WAY).evolve(timeline=entries)) == "Plan 20 s, New revision 10 s, Rollout now"


@pytest.mark.parametrize(
    ("deploy", "steps"),
    [
        (went(*WAY[1:], ended=Outcome.SUCCEEDED), "Plan 10 s, New revision 10 s, Rollout 20 s"),
        (went(*WAY[1:], ended=Outcome.FAILED), "Plan 10 s, New revision 10 s, Rollout failed after 20 s"),
        (
            went(*WAY[1:], ended=Outcome.SUPERSEDED),
            "Plan 10 s, New revision 10 s, Rollout superseded after 20 s",
        ),
        (
            went(Phase.PLANNING, Phase.AWAITING_APPROVAL, ended=Outcome.REJECTED),
            "Plan 10 s, Approval rejected after 10 s",
        ),
        (
            went(Phase.PLANNING, Phase.AWAITING_APPROVAL, ended=Outcome.EXPIRED),
            "Plan 10 s, Approval expired after 10 s",
        ),
        (
            went(Phase.WAITING, Phase.PLANNING, ended=Outcome.REFUSED),
            "Waited in the queue 10 s, Plan refused after 10 s",
        ),
        (went(*WAY[3:], *BACK), "Rollout failed after 20 s, Rollback now"),
        (went(*WAY[3:], *BACK, ended=Outcome.ROLLED_BACK), "Rollout failed after 20 s, Rollback 20 s"),
        (
            went(*WAY[3:], *BACK, ended=Outcome.CANCELLED, cancel=Cancel(user=BOB, at=NOW)),
            "Rollout cancelled after 20 s, Rollback 20 s",
        ),
        (
            went(*WAY[3:], Phase.SETTLING, ended=Outcome.FAILED),
            "Rollout failed after 20 s, Last look 10 s",
        ),
    ],
)
def test_the_step_that_was_not_passed_is_named(deploy: Deploy, steps: str) -> None:
    assert said(deploy) == steps
    block = plan_block(deploy)
    assert block is not None
    assert ("error" in [each["status"] for each in block["tasks"]]) == (" after " in steps)


def test_an_older_record_has_no_steps() -> None:
    older = a_deploy(phase=Phase.FOLLOWING)

    assert (timeline(older), timeline_text(older, utc_time), plan_block(older)) == ([], "", None)
    assert plan_block(went(Phase.PLANNING)) is None, "one step says no more than the state"


def test_the_plan_block_has_status_time_and_duration_of_each_step() -> None:
    block = plan_block(went(Phase.PLANNING, Phase.UPDATING))

    assert block is not None
    assert (block["type"], block["title"]) == ("plan", "Steps")
    assert [(each["task_id"], each["title"], each["status"]) for each in block["tasks"]] == [
        ("step-0", "Plan", "complete"),
        ("step-1", "Rollout", "in_progress"),
    ]
    [section] = block["tasks"][0]["details"]["elements"]
    assert section["elements"] == [
        {"type": "date", "timestamp": int(NOW), "format": "{time}", "fallback": "2026-09-21 14:13 UTC"},
        {"type": "text", "text": ", 10 s"},
    ]


def test_a_deploy_that_was_planned_again_and_again_keeps_its_newest_steps_within_slacks_limits() -> None:
    deploy = a_deploy()
    for number in range(100):
        phase = (Phase.PLANNING, Phase.AWAITING_APPROVAL)[number % 2]
        deploy = deploy.in_phase(phase, NOW + 10 * number)

    assert len(deploy.timeline) == TIMELINE_ENTRIES == 40
    assert deploy.timeline[-1] == PhaseEntry(phase=Phase.AWAITING_APPROVAL, at=NOW + 990)
    block = plan_block(deploy)
    assert block is not None
    assert len(block["tasks"]) == SHOWN_STEPS
    assert check_message_blocks(json.loads(json.dumps([block]))) == []


def rolled_out(harness: PublisherHarness, **changes: Any) -> str:
    """The id of a deploy whose rollout has begun."""
    deploy_id = harness.request(**changes)
    steps = went(Phase.PLANNING, Phase.UPDATING).timeline
    harness.change(deploy_id, timeline=steps, phase=Phase.UPDATING)
    return deploy_id


def test_a_workspace_that_takes_no_plan_block_refuses_it_once(harness: PublisherHarness) -> None:
    harness.slack.add_fault("unsupported-blocks", types=["plan"])

    first = rolled_out(harness)
    harness.run(5)
    second = rolled_out(harness, service=a_service("api"))
    harness.run(5)

    for each in (first, second):
        blocks = harness.card(each)["blocks"]
        assert "plan" not in [block["type"] for block in blocks]
        [line] = [b for b in blocks if b["type"] == "context" and "Steps since" in b["elements"][0]["text"]]
        assert line["elements"][0]["text"].endswith(": Plan 10 s, Rollout now")
    assert harness.call_count("chat.postMessage") == 3, "the second card is not tried with the block"


def test_where_the_block_is_taken_it_is_shown(harness: PublisherHarness) -> None:
    deploy = rolled_out(harness)
    harness.run(5)

    assert "plan" in [block["type"] for block in harness.card(deploy)["blocks"]]


def test_a_card_that_slack_refuses_for_another_reason_does_not_count_against_the_block(
    harness: PublisherHarness,
) -> None:
    harness.slack.add_fault("error", method="chat.postMessage", error="invalid_blocks", times=2)
    rolled_out(harness)
    harness.run(5)
    second = rolled_out(harness, service=a_service("api"))
    harness.run(5)

    assert "plan" in [block["type"] for block in harness.card(second)["blocks"]]
