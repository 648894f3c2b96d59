"""The answer to a pause on its way to ECS: told once, told again where it was lost."""

from __future__ import annotations

import pytest

from deploys.deploy import Deploy, Outcome
from deploys.traffic import HookAction, PauseAnswer, PauseEnd
from tests.workers.flows.natives import a_pause, replies, until, until_over
from tests.workers.flows.test_native_pauses import continued, ends
from tests.workers.flows.test_native_trouble import paused
from tests.workers.yard import BOB, Yard

PRESSED = f"<@{BOB}> pressed *Continue*: the rollout goes on."


def test_while_ecs_shows_the_hook_as_it_was_it_is_not_told_again(yard: Yard) -> None:
    deploy_id = paused(yard, a_pause())
    yard.answer(deploy_id, HookAction.CONTINUE)
    until(yard, lambda: continued(yard), step=1.0)
    yard.ecs.faults.add(kind="stale", operation="DescribeServiceDeployments", seconds=20, times=3)
    until_over(yard, deploy_id)

    assert len(continued(yard)) == 1
    assert yard.get(deploy_id).outcome is Outcome.SUCCEEDED
    assert replies(yard, deploy_id).count(PRESSED) == 1


@pytest.mark.parametrize(("ago", "told_again"), [(29, 0), (31, 1)])
def test_an_answer_that_ecs_took_and_forgot_is_told_again_after_half_a_minute(
    yard: Yard, ago: int, told_again: int
) -> None:
    deploy_id = paused(yard, a_pause(minutes=60))
    at = yard.ecs.now() - ago

    def taken(deploy: Deploy) -> Deploy:
        assert deploy.shift
        assert deploy.shift.pause
        answer = PauseAnswer(user=BOB, action=HookAction.CONTINUE, at=at, tried=True, taken_at=at)
        return deploy.evolve(shift=deploy.shift.with_pause(deploy.shift.pause.evolve(answer=answer)))

    yard.store.amend(deploy_id, taken, by=BOB, what="continue")
    yard.engine.advance(deploy_id)

    assert len(continued(yard)) == told_again
    until_over(yard, deploy_id)
    assert len(continued(yard)) == 1
    assert ends(yard.get(deploy_id)) == [PauseEnd.ANSWERED]
    assert PRESSED not in replies(yard, deploy_id), "that was said when it was taken"
