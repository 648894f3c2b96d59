"""Something sets the desired count to 0 during the rollback of a stopped service: Slipway alerts and sets
it again."""

from __future__ import annotations

from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.autoscaled_service import start_approved_deploy

SERVICE = "billing"
ALARM = (
    "*Needs attention*: something keeps setting the desired count to 0 while I bring back `billing:23`, so "
    "none of its tasks runs. I keep setting it to 2. Check what scales or stops the service."
)


def set_count_to_zero(harness: EngineHarness) -> None:
    harness.ecs_client.update_service(cluster="production", service=SERVICE, desiredCount=0)


def test_a_count_that_does_not_hold_is_reported_once_and_set_until_it_does(harness: EngineHarness) -> None:
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.cancel(deploy_id)
    harness.until_phase(deploy_id, Phase.FOLLOWING_ROLLBACK)
    began = harness.ecs.now()
    while harness.ecs.now() < began + 120:
        if harness.describe_service(SERVICE)["desiredCount"]:
            set_count_to_zero(harness)
        harness.tick(5)

    (alarm,) = [
        m
        for m in harness.get(deploy_id).thread_messages
        if m.broadcast and m.kind is ThreadMessageKind.PROBLEM
    ]
    assert alarm.text == ALARM
    assert 30 <= alarm.at - began < 60
    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert (harness.describe_service(SERVICE)["desiredCount"], harness.running_tags(SERVICE)) == (
        2,
        {"1.4.0"},
    )
    assert harness.thread_text(deploy_id).count("Needs attention") == 1


def test_set_to_zero_once_it_comes_back_without_an_alarm(harness: EngineHarness) -> None:
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.cancel(deploy_id)
    harness.until_phase(deploy_id, Phase.FOLLOWING_ROLLBACK)
    set_count_to_zero(harness)

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert "Needs attention" not in harness.thread_text(deploy_id)


def test_a_rollback_of_ecs_that_was_set_to_zero_is_not_called_done_before_its_tasks_run(
    harness: EngineHarness,
) -> None:
    """ECS calls any rollout with desired count 0 complete at once, including its own rollback."""
    deploy_id = start_approved_deploy(harness, "1.5.0-crash")
    harness.until(lambda: harness.get(deploy_id).outcome_reason)
    set_count_to_zero(harness)

    harness.until(lambda: harness.get(deploy_id).outcome)
    assert (harness.describe_service(SERVICE)["desiredCount"], harness.running_tags(SERVICE)) == (
        2,
        {"1.4.0"},
    )
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert deploy.outcome_reason.startswith("ECS gave up on the new revision")
    assert (
        "ECS is back at `billing:23`, but somebody or something set the desired count to 0 meanwhile, so "
        "none of its tasks runs. I set it to 2 again."
    ) in harness.thread_text(deploy_id, ThreadMessageKind.PROBLEM)
    assert "Needs attention" not in harness.thread_text(deploy_id)
