"""Something sets the desired count to 0 while a stopped service is brought back: told, and set again."""

from __future__ import annotations

from deploys.deploy import MilestoneKind, Outcome, Phase
from tests.workers.flows.scaled import begin
from tests.workers.yard import Yard

SERVICE = "billing"
ALARM = (
    "*Needs a look*: something keeps setting the desired count to 0 while I bring back `billing:23`, so none "
    "of its tasks runs. I keep setting it to 2. Look at what scales or stops the service."
)


def set_to_zero(yard: Yard) -> None:
    yard.console.update_service(cluster="production", service=SERVICE, desiredCount=0)


def test_a_count_that_does_not_hold_is_told_once_and_set_until_it_does(yard: Yard) -> None:
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.cancel(deploy_id)
    yard.until_phase(deploy_id, Phase.FOLLOWING_BACK)
    began = yard.ecs.now()
    while yard.ecs.now() < began + 120:
        if yard.service(SERVICE)["desiredCount"]:
            set_to_zero(yard)
        yard.tick(5)

    (alarm,) = [m for m in yard.get(deploy_id).milestones if m.broadcast and m.kind is MilestoneKind.TROUBLE]
    assert alarm.text == ALARM
    assert 30 <= alarm.at - began < 60
    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert (yard.service(SERVICE)["desiredCount"], yard.images_running(SERVICE)) == (2, {"1.4.0"})
    assert yard.said(deploy_id).count("Needs a look") == 1


def test_set_to_zero_once_it_comes_back_without_an_alarm(yard: Yard) -> None:
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.cancel(deploy_id)
    yard.until_phase(deploy_id, Phase.FOLLOWING_BACK)
    set_to_zero(yard)

    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert "Needs a look" not in yard.said(deploy_id)


def test_a_rollback_of_ecs_that_was_set_to_zero_is_not_called_done_before_its_tasks_run(yard: Yard) -> None:
    """ECS calls any rollout complete at once where it is to run no task, its own way back too."""
    deploy_id = begin(yard, "1.5.0-crash")
    yard.until(lambda: yard.get(deploy_id).reason)
    set_to_zero(yard)

    yard.until(lambda: yard.get(deploy_id).outcome)
    assert (yard.service(SERVICE)["desiredCount"], yard.images_running(SERVICE)) == (2, {"1.4.0"})
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert deploy.reason.startswith("ECS gave up on the new revision")
    assert (
        "ECS is back at `billing:23`, but somebody, or something, set the desired count to 0 meanwhile, so "
        "none of its tasks runs. I set it to 2 again."
    ) in yard.said(deploy_id, MilestoneKind.TROUBLE)
    assert "Needs a look" not in yard.said(deploy_id)
