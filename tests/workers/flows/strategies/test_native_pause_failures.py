"""Pauses that fail: what the thread says about them is true, and *Roll back* always works."""

from __future__ import annotations

import pytest

from deploys.pauses import unanswered_pause
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.rollback import RollbackCause, RollbackCauseKind
from deploys.records.thread_messages import ThreadMessageKind
from deploys.records.traffic import HookAction, PauseAnswer
from tests.builders import a_deploy, a_native_service, a_plan
from tests.workers.engine_harness import ALICE, BOB, EngineHarness
from tests.workers.flows.ecs_state_builders import (
    a_deployment,
    a_service_deployment,
    ecs_enum_values,
    service_with,
)
from tests.workers.flows.external_rollouts import changing_calls
from tests.workers.flows.native_deployments import (
    Json,
    attach_alarm,
    configure_native_service,
    continue_calls,
    newest_service_deployment,
    pause_hook,
    request_until_paused,
    set_attached_alarm,
    thread_replies,
    wait_for_question,
    wait_until,
    wait_until_ended,
)
from workers.flows.rollback.restoring import is_restored

CONTINUE, ROLLBACK = HookAction.CONTINUE, HookAction.ROLLBACK
TEST_STAGE = "POST_TEST_TRAFFIC_SHIFT"


def lambda_hook(name: str, *stages: str) -> Json:
    """A Lambda hook. In the sandbox, those whose name ends in `-fail` fail."""
    return {
        "targetType": "AWS_LAMBDA",
        "hookTargetArn": f"arn:aws:lambda:eu-west-1:123456789012:function:{name}",
        "roleArn": "arn:aws:iam::123456789012:role/hooks",
        "lifecycleStages": list(stages) or [TEST_STAGE],
    }


def last_reply(harness: EngineHarness, deploy_id: str) -> str:
    return thread_replies(harness, deploy_id)[-1]


@pytest.mark.parametrize("hooks", [(), (pause_hook(),)], ids=["alone", "beside a pause"])
def test_a_lambda_hook_that_fails_is_named(harness: EngineHarness, hooks: tuple[Json, ...]) -> None:
    configure_native_service(harness, "shop", *hooks, lambda_hook("smoke-fail"), lambda_hook("warm-up"))
    deploy_id = harness.request_deploy("shop", "1.4.2")
    wait_until_ended(harness, deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.ROLLED_BACK
    assert last_reply(harness, deploy_id) == (
        "*Rolled back* to `shop:31`: ECS rolls back by itself (Service deployment rolled back because "
        "POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. Lifecycle hook target "
        "arn:aws:lambda:eu-west-1:123456789012:function:smoke-fail returned FAILED status). The Lambda "
        "function `smoke-fail` of a lifecycle hook did not succeed; its log says why."
    )


def test_an_alarm_that_goes_off_at_a_pause_is_the_reason(harness: EngineHarness) -> None:
    attach_alarm(harness, "shop", pause_hook())
    deploy_id = harness.request_deploy("shop", "1.4.2")
    wait_for_question(harness, deploy_id)

    set_attached_alarm(harness, "ALARM")
    wait_until_ended(harness, deploy_id)

    assert last_reply(harness, deploy_id) == (
        "*Rolled back* to `shop:31`: the alarm `site-5xx` went off, and ECS rolls back by itself."
    )


@pytest.mark.parametrize("action", list(HookAction))
def test_an_answer_that_ecs_did_not_take_in_time_is_not_called_no_answer(
    harness: EngineHarness, action: HookAction
) -> None:
    harness.ecs.faults.add(operation="ContinueServiceDeployment", kind="access-denied", times=None)
    deploy_id = request_until_paused(harness, pause_hook(minutes=1, action=action.value))
    harness.answer_pause(deploy_id, CONTINUE)
    wait_until_ended(harness, deploy_id)

    text = "\n".join(thread_replies(harness, deploy_id))
    assert "obody answered" not in text
    if action is CONTINUE:
        assert harness.get(deploy_id).outcome is Outcome.SUCCEEDED
        assert (
            f"<@{BOB}> pressed *Continue*, but ECS did not accept it before the pause timed out. ECS "
            "continues by itself."
        ) in text
    else:
        assert harness.get(deploy_id).outcome is Outcome.ROLLED_BACK
        assert last_reply(harness, deploy_id) == (
            f"*Rolled back* to `shop:31`: <@{BOB}> pressed *Continue* at the pause once the test traffic has "
            "moved, but ECS did not accept it before the pause timed out, so ECS rolls back by itself."
        )


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        ({"kind": "access-denied"}, 1),
        ({"kind": "error", "code": "ClientException", "status": 400}, 2),  # the read may have been stale
    ],
)
def test_roll_back_takes_the_other_way_where_ecs_does_not_take_the_answer(
    harness: EngineHarness, fault: Json, tries: int
) -> None:
    deploy_id = request_until_paused(harness, pause_hook(minutes=60))
    harness.ecs.faults.add(operation="ContinueServiceDeployment", times=None, **fault)

    harness.answer_pause(deploy_id, ROLLBACK)
    wait_until_ended(harness, deploy_id)

    assert len(continue_calls(harness)) == tries

    why = f"<@{BOB}> pressed *Roll back* at the pause once the test traffic has moved."
    assert harness.get(deploy_id).outcome is Outcome.ROLLED_BACK
    assert thread_replies(harness, deploy_id)[-2:] == [
        f"Rolling back to `shop:31`: {why}",
        f"*Rolled back* to `shop:31`: {why}",
    ]
    newest = newest_service_deployment(harness, "shop")
    assert newest
    assert newest.status == "ROLLBACK_SUCCESSFUL"
    assert len(harness.ecs.calls("StopServiceDeployment")) == 1


def test_of_two_pauses_at_once_the_one_that_ends_first_is_asked_first(harness: EngineHarness) -> None:
    deploy_id = request_until_paused(harness, pause_hook(minutes=30), pause_hook(minutes=2))
    deploy = harness.get(deploy_id)
    first = unanswered_pause(deploy)
    assert first
    assert first.expires_at
    assert first.expires_at - deploy.traffic.stage_since < 180  # type: ignore[union-attr]

    harness.answer_pause(deploy_id, CONTINUE)
    wait_for_question(harness, deploy_id, 2)
    harness.answer_pause(deploy_id, CONTINUE)
    wait_until_ended(harness, deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.SUCCEEDED
    assert len(continue_calls(harness)) == 2


def test_cancelled_before_ecs_lists_the_rollout_it_is_stopped_and_not_replaced(
    harness: EngineHarness,
) -> None:
    """A new deployment of the old version would start its tasks and shift traffic again."""
    configure_native_service(harness, "shop", pause_hook())
    deploy_id = harness.request_deploy("shop", "1.4.2")
    wait_until(harness, lambda: harness.get(deploy_id).phase is Phase.FOLLOWING, step=0.2)
    updates = len(harness.ecs.calls("UpdateService"))
    harness.cancel(deploy_id)
    wait_until_ended(harness, deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.CANCELLED
    assert len(harness.ecs.calls("StopServiceDeployment")) == 1
    assert len(harness.ecs.calls("UpdateService")) == updates
    assert f"cancelled by <@{ALICE}>" in harness.thread_text(deploy_id, ThreadMessageKind.PROGRESS)
    assert harness.leftover_keys() == []


@pytest.mark.usefixtures("short_watch_interval")
def test_a_throttled_look_does_not_replace_the_rollout_either(harness: EngineHarness) -> None:
    deploy_id = request_until_paused(harness, pause_hook())
    updates = len(harness.ecs.calls("UpdateService"))
    harness.ecs.faults.add(operation="DescribeServiceDeployments", kind="throttle", times=4)
    harness.cancel(deploy_id)
    wait_until_ended(harness, deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.CANCELLED
    assert len(harness.ecs.calls("StopServiceDeployment")) == 1
    assert len(harness.ecs.calls("UpdateService")) == updates


def test_where_service_deployments_are_not_allowed_the_old_version_is_set_again(
    harness: EngineHarness,
) -> None:
    for operation in ("ListServiceDeployments", "DescribeServiceDeployments"):
        harness.ecs.faults.add(operation=operation, kind="access-denied", times=None)
    configure_native_service(harness, "shop")
    deploy_id = harness.request_deploy("shop", "1.4.2")
    wait_until(harness, lambda: harness.get(deploy_id).phase is Phase.FOLLOWING)
    updates = len(harness.ecs.calls("UpdateService"))
    harness.cancel(deploy_id)
    wait_until_ended(harness, deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.CANCELLED
    assert len(harness.ecs.calls("UpdateService")) == updates + 1


def test_a_roll_back_that_ecs_took_and_forgot_is_made_good(harness: EngineHarness) -> None:
    deploy_id = request_until_paused(harness, pause_hook(minutes=60))
    why = f"<@{BOB}> pressed *Roll back* at the pause once the test traffic has moved."
    taken_at = harness.ecs.now()

    def taken(deploy: Deploy) -> Deploy:
        assert deploy.traffic
        assert deploy.traffic.open_pause
        answer = PauseAnswer(user=BOB, action=ROLLBACK, at=taken_at, send_tried=True, accepted_at=taken_at)
        traffic = deploy.traffic.with_last_pause(deploy.traffic.open_pause.evolve(answer=answer))
        return deploy.evolve(
            traffic=traffic, rollback={"cause": RollbackCause(kind=RollbackCauseKind.ECS, sentence=why)}
        )

    harness.store.amend(deploy_id, taken, by=BOB, what="rollback")
    wait_until_ended(harness, deploy_id)

    deploy = harness.get(deploy_id)
    assert deploy.ended_at is not None
    assert deploy.outcome is Outcome.ROLLED_BACK
    assert 30 <= deploy.ended_at - taken_at < 120
    assert last_reply(harness, deploy_id) == f"*Rolled back* to `shop:31`: {why}"


def test_a_rollback_that_ecs_never_finishes_does_not_hold_the_line_for_ever(harness: EngineHarness) -> None:
    deploy_id = request_until_paused(harness, pause_hook(minutes=60))
    newest = newest_service_deployment(harness, "shop")
    assert newest
    with harness.ecs.region.hold_time() as region:
        region.update_service_deployment(newest.arn, status="ROLLBACK_IN_PROGRESS")
    wait_until(harness, lambda: not harness.get(deploy_id).in_progress, seconds=7200, step=120)

    deploy = harness.get(deploy_id)
    assert deploy.outcome is Outcome.FAILED
    assert last_reply(harness, deploy_id).startswith(
        "*Failed*: the rollback to `shop:31` did not finish within 22 min. The service is set to it, "
        "with its count; ECS keeps trying to start its tasks. Look at the service's events now."
    )
    assert harness.leftover_keys() == []


@pytest.mark.parametrize(
    ("status", "calls"),
    [
        ("PENDING", ["StopServiceDeployment"]),
        ("IN_PROGRESS", ["StopServiceDeployment"]),
        ("STOP_REQUESTED", []),
        ("ROLLBACK_REQUESTED", []),
        ("ROLLBACK_IN_PROGRESS", []),
        ("ROLLBACK_SUCCESSFUL", ["TagResource", "UpdateService"]),
        ("ROLLBACK_FAILED", ["TagResource", "UpdateService"]),
        ("STOPPED", ["TagResource", "UpdateService"]),
        ("SUCCESSFUL", ["TagResource", "UpdateService"]),
    ],
)
def test_what_the_rollback_asks_of_ecs(harness: EngineHarness, status: str, calls: list[str]) -> None:
    """A rollout that rolls back already is not asked again; one that has ended cannot be stopped."""
    deploy_id = request_until_paused(harness, pause_hook())
    newest = newest_service_deployment(harness, "shop")
    assert newest
    with harness.ecs.region.hold_time() as region:
        region.update_service_deployment(newest.arn, status=status)
    before = len(changing_calls(harness))
    harness.store.amend(
        deploy_id, lambda d: d.in_phase(Phase.RESTORING, harness.ecs.now()), by=BOB, what="back"
    )
    harness.engine.advance(deploy_id)

    assert changing_calls(harness)[before:] == calls
    assert harness.get(deploy_id).phase is Phase.FOLLOWING_ROLLBACK


@pytest.mark.parametrize("shows_record", [True, False])
def test_that_it_is_back_stands_once_the_record_or_a_second_look_agrees(
    harness: EngineHarness, shows_record: bool
) -> None:
    deploy_id = request_until_paused(harness, pause_hook())
    harness.cancel(deploy_id)
    harness.until_phase(deploy_id, Phase.FOLLOWING_ROLLBACK)
    harness.ecs.advance(300)
    if not shows_record:
        harness.ecs.faults.add(operation="*ServiceDeployments", kind="access-denied", times=None)

    harness.engine.advance(deploy_id)
    assert harness.get(deploy_id).in_progress is not shows_record
    harness.ecs.advance(10)
    harness.engine.advance(deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.CANCELLED


@pytest.mark.parametrize("status", sorted(ecs_enum_values("ServiceDeploymentStatus")))
def test_while_ecs_goes_back_it_is_not_back(status: str) -> None:
    deploy = a_deploy(a_native_service(), plan=a_plan(old_revision="old"))
    ecs_service = service_with(a_deployment(revision="old", state="COMPLETED"))

    back = is_restored(deploy, ecs_service, a_service_deployment(status))

    assert back is (status not in ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "STOP_REQUESTED"))
