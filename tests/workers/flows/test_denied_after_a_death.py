"""A worker died at its first change of a service, and the next is denied: nobody knows what was done."""

from __future__ import annotations

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase
from tests.workers.flows.scaled import SERVICE, begin, count, scaled, target
from tests.workers.flows.test_crashes import Killed, dying
from tests.workers.flows.test_stop_start import assert_strict_order, restore_tags
from tests.workers.yard import Yard
from workers.flows.words import going


def until_the_death(yard: Yard, monkeypatch: pytest.MonkeyPatch, service: str, *, after: bool) -> str:
    """A deploy whose worker died at its first UpdateService, before AWS got it or after."""
    deploy_id = yard.ask(service, "1.4.2", approvals=0)
    with dying(monkeypatch, at=1, after=after, among={"UpdateService"}), pytest.raises(Killed):
        yard.until_over(deploy_id)
    yard.lease_runs_out(deploy_id)
    yard.engine = yard.new_engine()
    return deploy_id


@pytest.mark.parametrize(
    ("denied", "after"), [("DescribeServices", False), ("DescribeServices", True), ("UpdateService", False)]
)
@pytest.mark.parametrize(("service", "tasks"), [("web", 3), ("billing", 2)])
def test_it_is_brought_back_and_not_called_unchanged(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, service: str, tasks: int, denied: str, after: bool
) -> None:
    """A call that AWS never got may still arrive, as far as the next worker knows."""
    deploy_id = until_the_death(yard, monkeypatch, service, after=after)
    yard.ecs.faults.add(operation=denied, kind="access-denied", times=6)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "nothing was changed" not in yard.said(deploy_id)
    assert (yard.service(service)["desiredCount"], yard.images_running(service)) == (tasks, {"1.4.0"})
    assert restore_tags(yard, service) == []
    assert yard.leftovers() == []


def test_a_stop_that_aws_turned_away_was_no_stop(yard: Yard) -> None:
    """Throttled, so not done: cancelled then, nothing is brought back and there was no downtime."""
    deploy_id = yard.ask(SERVICE, "1.4.2", approvals=0)
    yard.ecs.faults.add(operation="UpdateService", kind="throttle", times=None)
    yard.until(lambda: yard.get(deploy_id).phase is Phase.STOPPING and yard.get(deploy_id).attempts > 1)
    yard.cancel(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert (deploy.outcome, deploy.downtime) == (Outcome.CANCELLED, None)
    assert yard.said(deploy_id, MilestoneKind.END) == (
        f"Cancelled by <@{deploy.requester}> before the service was touched."
    )
    assert len(restore_tags(yard, SERVICE)) == 0


def test_a_count_that_moves_while_the_stop_is_turned_away_is_the_one_brought_back(yard: Yard) -> None:
    deploy_id = yard.ask(SERVICE, "1.4.2", approvals=0)
    yard.ecs.faults.add(operation="UpdateService", kind="throttle", times=3)
    yard.until(lambda: yard.get(deploy_id).phase is Phase.STOPPING and yard.get(deploy_id).attempts == 3)
    yard.console.update_service(cluster="production", service=SERVICE, desiredCount=4)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.original is not None
    assert (deploy.original.desired_count, count(yard)) == (4, 4)
    stops = [m.text for m in deploy.milestones if "Stopping: the desired count" in m.text]
    assert [text.partition("goes from ")[2][0] for text in stops] == ["2", "4"], "each once"
    assert stops[-1] == going.stopping(deploy, deploy.original)
    assert_strict_order(yard, SERVICE)


@pytest.mark.parametrize("kind", ["timeout-before", "timeout-after"])
def test_a_suspension_without_an_answer_says_nothing_about_the_service(yard: Yard, kind: str) -> None:
    scaled(yard)
    before = target(yard)
    yard.ecs.faults.add(operation="RegisterScalableTarget", kind=kind)
    yard.ecs.faults.add(operation="ecs:UpdateService", kind="access-denied", times=None)

    deploy = yard.until_over(begin(yard))

    assert deploy.outcome is Outcome.REFUSED
    assert yard.said(deploy.id, MilestoneKind.END).startswith("*Refused*, the service was not touched: ")
    assert (count(yard), target(yard)) == (2, before)
