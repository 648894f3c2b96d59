"""PAUSE hooks: the thread asks, and people answer in Slack, elsewhere, or not at all."""

from __future__ import annotations

import re

import pytest

from deploys.errors import MembershipUnknown, NotAnApprover
from deploys.pauses import current_pause, unanswered_pause
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from deploys.records.traffic import HookAction, PauseEnd
from tests.workers.engine_harness import ALICE, BOB, EngineHarness
from tests.workers.flows.native_deployments import (
    answer_in_console,
    configure_native_service,
    continue_calls,
    newest_service_deployment,
    pause_ends,
    pause_hook,
    thread_replies,
    wait_for_question,
    wait_until,
    wait_until_ended,
    waiting_hook_ids,
)
from tests.workers.flows.worker_kills import WorkerKilled, kill_worker

CONTINUE, ROLLBACK = HookAction.CONTINUE, HookAction.ROLLBACK
DAVE = "U04DAVE000"


@pytest.fixture
def paused_deploy(harness: EngineHarness) -> str:
    """`/deploy shop 1.4.2` by alice, paused for five minutes at most; its id."""
    configure_native_service(harness, "shop", pause_hook())
    deploy_id = harness.request_deploy("shop", "1.4.2")
    wait_for_question(harness, deploy_id)
    return deploy_id


def without_dates(text: str) -> str:
    return re.sub(r"<!date[^>]*>", "THEN", text)


def test_the_question_says_what_waits_for_whom_how_long_and_what_then(
    harness: EngineHarness, paused_deploy: str
) -> None:
    [question] = [
        m for m in harness.get(paused_deploy).thread_messages if m.kind is ThreadMessageKind.QUESTION
    ]

    assert question.broadcast
    text = re.sub(r"within \d min( \d\d s)?", "within SOME TIME", without_dates(question.text))
    assert text == (
        f"<@{BOB}>: *paused* once the test traffic has moved. All production traffic still goes to the old "
        f"tasks. The request of <@{ALICE}> to deploy `shop` `1.4.2` waits for *Continue* or *Roll back*, by "
        "the buttons on the card above, until THEN. If nobody answers, ECS rolls back by itself."
    )


def test_continue(harness: EngineHarness, paused_deploy: str) -> None:
    harness.answer_pause(paused_deploy, CONTINUE)
    wait_until_ended(harness, paused_deploy)

    deploy = harness.get(paused_deploy)
    assert deploy.outcome is Outcome.SUCCEEDED
    assert pause_ends(deploy) == [PauseEnd.ANSWERED]
    texts = thread_replies(harness, paused_deploy)
    assert texts[2:5] == [
        f"<@{BOB}> pressed *Continue*: the rollout goes on.",
        "10 % of the production traffic goes to the new tasks now, for 1 min before more does.",
        "All production traffic goes to the new tasks now. The old ones still run.",
    ]
    assert len(continue_calls(harness)) == 1
    assert harness.running_tags("shop") == {"1.4.2"}


def test_roll_back(harness: EngineHarness, paused_deploy: str) -> None:
    harness.answer_pause(paused_deploy, ROLLBACK)
    wait_until_ended(harness, paused_deploy)

    deploy = harness.get(paused_deploy)
    assert deploy.outcome is Outcome.ROLLED_BACK
    why = f"<@{BOB}> pressed *Roll back* at the pause once the test traffic has moved."
    assert thread_replies(harness, paused_deploy)[2:] == [
        f"Rolling back to `shop:31`: {why}",
        f"*Rolled back* to `shop:31`: {why}",
    ]
    assert harness.running_tags("shop") == {"1.4.0"}
    assert harness.leftover_keys() == []


@pytest.mark.parametrize("action", list(HookAction))
def test_nobody_answers_in_time(harness: EngineHarness, action: HookAction) -> None:
    configure_native_service(harness, "shop", pause_hook(minutes=1, action=action.value))
    deploy_id = harness.request_deploy("shop", "1.4.2")
    wait_until_ended(harness, deploy_id)

    deploy = harness.get(deploy_id)
    assert pause_ends(deploy) == [PauseEnd.TIMED_OUT]
    assert continue_calls(harness) == []
    if action is CONTINUE:
        assert deploy.outcome is Outcome.SUCCEEDED
        assert ("Nobody answered the pause in time, so ECS continues by itself.") in thread_replies(
            harness, deploy_id
        )
    else:
        assert deploy.outcome is Outcome.ROLLED_BACK
        why = (
            "nobody answered in time at the pause once the test traffic has moved, so ECS rolls back by "
            "itself."
        )
        assert thread_replies(harness, deploy_id)[2:] == [
            f"Rolling back to `shop:31`: {why}",
            f"*Rolled back* to `shop:31`: {why}",
        ]


def test_somebody_continues_it_in_the_console(harness: EngineHarness, paused_deploy: str) -> None:
    answer_in_console(harness, "shop", "CONTINUE")
    wait_until_ended(harness, paused_deploy)

    assert harness.get(paused_deploy).outcome is Outcome.SUCCEEDED
    assert pause_ends(harness.get(paused_deploy)) == [PauseEnd.ANSWERED_ELSEWHERE]
    assert (
        "Somebody let the rollout continue outside Slipway, in the console or by the API."
    ) in thread_replies(harness, paused_deploy)


def test_the_console_was_faster_than_the_button(harness: EngineHarness, paused_deploy: str) -> None:
    answer_in_console(harness, "shop", "CONTINUE")
    harness.answer_pause(paused_deploy, ROLLBACK)
    wait_until_ended(harness, paused_deploy)

    assert harness.get(paused_deploy).outcome is Outcome.SUCCEEDED
    assert (
        "Somebody let the rollout continue outside Slipway, in the console or by the API. The answer of "
        f"<@{BOB}> was not needed any more."
    ) in thread_replies(harness, paused_deploy)


@pytest.mark.parametrize("how", ["hook", "stop"])
def test_somebody_rolls_back_in_the_console(harness: EngineHarness, paused_deploy: str, how: str) -> None:
    if how == "hook":
        answer_in_console(harness, "shop", "ROLLBACK")
        ecs_reason = (
            "Service deployment rolled back because POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed."
        )
    else:
        newest = newest_service_deployment(harness, "shop")
        assert newest
        ecs = harness.ecs.client("ecs")
        ecs.stop_service_deployment(serviceDeploymentArn=newest.arn, stopType="ROLLBACK")
        ecs_reason = "Service deployment rolled back by user."
    wait_until_ended(harness, paused_deploy)

    assert harness.get(paused_deploy).outcome is Outcome.ROLLED_BACK
    assert thread_replies(harness, paused_deploy)[-1] == (
        "*Rolled back* to `shop:31`: the pause once the test traffic has moved was ended outside Slipway, "
        f"and ECS rolls back. ECS says: {ecs_reason}"
    )


def test_two_hooks_one_after_another_and_two_at_once(harness: EngineHarness) -> None:
    configure_native_service(
        harness,
        "shop",
        pause_hook("POST_TEST_TRAFFIC_SHIFT", "POST_PRODUCTION_TRAFFIC_SHIFT"),
        pause_hook("POST_PRODUCTION_TRAFFIC_SHIFT"),
    )
    deploy_id = harness.request_deploy("shop", "1.4.2")
    for pause in (1, 2, 3):
        wait_for_question(harness, deploy_id, pause)
        harness.answer_pause(deploy_id, CONTINUE)
    wait_until_ended(harness, deploy_id)

    deploy = harness.get(deploy_id)
    assert deploy.outcome is Outcome.SUCCEEDED
    assert pause_ends(deploy) == [PauseEnd.ANSWERED] * 3
    assert deploy.traffic
    assert [pause.stage for pause in deploy.traffic.pauses] == [
        "POST_TEST_TRAFFIC_SHIFT",
        "POST_PRODUCTION_TRAFFIC_SHIFT",
        "POST_PRODUCTION_TRAFFIC_SHIFT",
    ]
    questions = [m.text for m in deploy.thread_messages if m.kind is ThreadMessageKind.QUESTION]
    assert (
        "once the production traffic has moved. All production traffic goes to the new tasks."
        in (questions[1])
    )
    assert len(continue_calls(harness)) == 3


def test_an_answer_by_somebody_who_lost_access_is_dropped_and_the_pause_waits_on(
    harness: EngineHarness, paused_deploy: str
) -> None:
    harness.access.refusals[DAVE] = NotAnApprover(service="shop", approvers="bob")
    harness.answer_pause(paused_deploy, CONTINUE, DAVE)
    wait_until(harness, lambda: unanswered_pause(harness.get(paused_deploy)))

    assert continue_calls(harness) == []
    assert waiting_hook_ids(harness, "shop")
    assert thread_replies(harness, paused_deploy)[-1] == (
        f"The answer of <@{DAVE}> does not count: they may no longer let it continue. The pause stays open."
    )
    harness.answer_pause(paused_deploy, CONTINUE)
    wait_until_ended(harness, paused_deploy)
    assert harness.get(paused_deploy).outcome is Outcome.SUCCEEDED


def test_while_nobody_knows_the_group_the_answer_is_kept(harness: EngineHarness, paused_deploy: str) -> None:
    harness.access.refusals[BOB] = MembershipUnknown(service="shop", groups="@approvers")
    harness.answer_pause(paused_deploy, CONTINUE)
    for _ in range(10):
        harness.tick()
    assert continue_calls(harness) == []
    assert "Slack did not say who is in @approvers" in harness.get(paused_deploy).retries.last_error

    harness.access.refusals.clear()
    wait_until_ended(harness, paused_deploy)

    assert harness.get(paused_deploy).outcome is Outcome.SUCCEEDED
    assert f"<@{BOB}> pressed *Continue*: the rollout goes on." in thread_replies(harness, paused_deploy)


def test_a_missing_permission_is_named_and_the_pause_goes_on(
    harness: EngineHarness, paused_deploy: str
) -> None:
    harness.ecs.faults.add(operation="ContinueServiceDeployment", kind="access-denied", times=5)
    harness.answer_pause(paused_deploy, CONTINUE)
    wait_until(harness, lambda: "ecs:ContinueServiceDeployment" in harness.thread_text(paused_deploy))

    assert "AWS does not allow ecs:ContinueServiceDeployment" in harness.thread_text(
        paused_deploy, ThreadMessageKind.PROBLEM
    )
    assert harness.get(paused_deploy).phase is Phase.FOLLOWING


def test_the_time_at_a_pause_is_no_slowness(harness: EngineHarness) -> None:
    configure_native_service(harness, "shop", pause_hook(minutes=10))
    deploy_id = harness.request_deploy("shop", "1.4.2", deadline=120)
    wait_for_question(harness, deploy_id)
    harness.ecs.advance(400)
    harness.answer_pause(deploy_id, CONTINUE)

    wait_until_ended(harness, deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.SUCCEEDED


def test_cancelled_at_a_pause(harness: EngineHarness, paused_deploy: str) -> None:
    harness.cancel(paused_deploy)

    assert unanswered_pause(harness.get(paused_deploy)) is None
    wait_until_ended(harness, paused_deploy)
    assert harness.get(paused_deploy).outcome is Outcome.CANCELLED
    newest = newest_service_deployment(harness, "shop")
    assert newest
    assert newest.status == "ROLLBACK_SUCCESSFUL"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("action", list(HookAction))
def test_a_worker_that_dies_while_it_tells_ecs(
    harness: EngineHarness,
    monkeypatch: pytest.MonkeyPatch,
    paused_deploy: str,
    action: HookAction,
    after: bool,
) -> None:
    harness.answer_pause(paused_deploy, action)
    with kill_worker(monkeypatch, at_call=1, after=after, operations={"ContinueServiceDeployment"}) as made:
        with pytest.raises(WorkerKilled):
            wait_until(harness, lambda: False)
        harness.expire_heartbeat(paused_deploy)
        harness.engine = harness.new_engine()
        wait_until_ended(harness, paused_deploy)

    deploy = harness.get(paused_deploy)
    assert len(made) == (1 if after else 2)
    assert pause_ends(deploy) == [PauseEnd.ANSWERED]
    if action is CONTINUE:
        assert deploy.outcome is Outcome.SUCCEEDED
        assert (
            thread_replies(harness, paused_deploy).count(f"<@{BOB}> pressed *Continue*: the rollout goes on.")
            == 1
        )
    else:
        assert deploy.outcome is Outcome.ROLLED_BACK
        assert f"<@{BOB}> pressed *Roll back* at the pause" in thread_replies(harness, paused_deploy)[-1]
    assert harness.leftover_keys() == []


def test_while_all_deploys_are_stopped_it_stays_at_its_pause_and_can_be_rolled_back(
    harness: EngineHarness, paused_deploy: str
) -> None:
    harness.answer_pause(paused_deploy, CONTINUE)
    stop = harness.stop_all()
    for _ in range(6):
        harness.tick(5)
    assert waiting_hook_ids(harness, "shop")
    pause = current_pause(harness.get(paused_deploy))
    assert pause is not None
    assert pause.answer is not None
    assert not pause.answer.send_tried

    harness.resume_all(stop)

    assert harness.until_outcome(paused_deploy).outcome is Outcome.SUCCEEDED


def test_a_rollback_at_a_pause_passes_the_stop_of_all_deploys(
    harness: EngineHarness, paused_deploy: str
) -> None:
    harness.stop_all()
    harness.answer_pause(paused_deploy, ROLLBACK)

    assert harness.until_outcome(paused_deploy).outcome is Outcome.ROLLED_BACK
