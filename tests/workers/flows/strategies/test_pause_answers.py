"""The answer to a pause is sent to ECS once, and again if it was lost."""

from __future__ import annotations

import pytest

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.traffic import HookAction, PauseAnswer, PauseEnd
from tests.workers.engine_harness import BOB, EngineHarness
from tests.workers.flows.native_deployments import (
    continue_calls,
    pause_ends,
    pause_hook,
    request_until_paused,
    thread_replies,
    wait_until,
    wait_until_ended,
)

PRESSED = f"<@{BOB}> pressed *Continue*: the rollout goes on."


def test_while_ecs_shows_the_hook_as_it_was_it_is_not_told_again(harness: EngineHarness) -> None:
    deploy_id = request_until_paused(harness, pause_hook())
    harness.answer_pause(deploy_id, HookAction.CONTINUE)
    wait_until(harness, lambda: continue_calls(harness), step=1.0)
    harness.ecs.faults.add(kind="stale", operation="DescribeServiceDeployments", seconds=20, times=3)
    wait_until_ended(harness, deploy_id)

    assert len(continue_calls(harness)) == 1
    assert harness.get(deploy_id).outcome is Outcome.SUCCEEDED
    assert thread_replies(harness, deploy_id).count(PRESSED) == 1


@pytest.mark.parametrize(("ago", "told_again"), [(29, 0), (31, 1)])
def test_an_answer_that_ecs_took_and_forgot_is_told_again_after_half_a_minute(
    harness: EngineHarness, ago: int, told_again: int
) -> None:
    deploy_id = request_until_paused(harness, pause_hook(minutes=60))
    at = harness.ecs.now() - ago

    def taken(deploy: Deploy) -> Deploy:
        assert deploy.traffic
        assert deploy.traffic.open_pause
        answer = PauseAnswer(user=BOB, action=HookAction.CONTINUE, at=at, send_tried=True, accepted_at=at)
        return deploy.evolve(
            traffic=deploy.traffic.with_last_pause(deploy.traffic.open_pause.evolve(answer=answer))
        )

    harness.store.amend(deploy_id, taken, by=BOB, what="continue")
    harness.engine.advance(deploy_id)

    assert len(continue_calls(harness)) == told_again
    wait_until_ended(harness, deploy_id)
    assert len(continue_calls(harness)) == 1
    assert pause_ends(harness.get(deploy_id)) == [PauseEnd.ANSWERED]
    assert PRESSED not in thread_replies(harness, deploy_id), "that was said when it was taken"
