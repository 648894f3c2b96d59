"""A stop-start service that Application Auto Scaling scales, and the ways out of its deploy."""

from __future__ import annotations

from collections.abc import Callable

from deploys.deploy import Deploy, Outcome, Phase
from deploys.scaling import EVERYTHING, Suspension
from tests.workers.yard import Yard
from workers.ecs import scaling
from workers.ecs.session import Aws

SERVICE = "billing"
NOTHING = Suspension()
BEFORE = [NOTHING, Suspension(scale_in=True), Suspension(scheduled=True), EVERYTHING]


def target(yard: Yard) -> scaling.TargetSeen:
    found = scaling.target(Aws().region("eu-west-1"), "production", SERVICE)
    assert found is not None
    return found


def scaled(yard: Yard, before: Suspension = NOTHING) -> None:
    """Scaled between 2 and 6 tasks, with these processes suspended."""
    yard.ecs.autoscale(SERVICE, minimum=2, maximum=6)
    if before != NOTHING:
        set_by_somebody(before)


def set_by_somebody(processes: Suspension) -> None:
    scaling.suspend(Aws().region("eu-west-1"), "production", SERVICE, processes)


def suspensions(yard: Yard) -> list[dict[str, bool]]:
    """What RegisterScalableTarget was asked to suspend, in that order."""
    return [
        note.params["SuspendedState"]
        for note in yard.ecs.calls("RegisterScalableTarget")
        if "SuspendedState" in note.params
    ]


def begin(yard: Yard, tag: str = "1.4.2") -> str:
    """An approved deploy of billing."""
    deploy_id = yard.ask(SERVICE, tag)
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    return deploy_id


def count(yard: Yard) -> int:
    desired: int = yard.service(SERVICE)["desiredCount"]
    return desired


def succeed(yard: Yard) -> Deploy:
    return yard.until_over(begin(yard))


def crash(yard: Yard) -> Deploy:
    return yard.until_over(begin(yard, "1.5.0-crash"))


def cancel_in(phase: Phase) -> Callable[[Yard], Deploy]:
    def go(yard: Yard) -> Deploy:
        deploy_id = begin(yard)
        yard.until_phase(deploy_id, phase)
        yard.cancel(deploy_id)
        return yard.until_over(deploy_id)

    return go


def be_superseded(yard: Yard) -> Deploy:
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.ecs.client("ecs").update_service(
        cluster="production", service=SERVICE, taskDefinition="ledger", forceNewDeployment=True
    )
    return yard.until_over(deploy_id)


def be_refused_the_stop(yard: Yard) -> Deploy:
    deploy_id = begin(yard)
    yard.ecs.faults.add(operation="ecs:UpdateService", kind="access-denied")
    return yard.until_over(deploy_id)


def have_the_count_changed(yard: Yard) -> Deploy:
    deploy_id = begin(yard)
    yard.until_phase(deploy_id, Phase.DRAINING)
    yard.ecs.client("ecs").update_service(cluster="production", service=SERVICE, desiredCount=4)
    return yard.until_over(deploy_id)


WAYS_OUT: dict[Outcome | str, tuple[Callable[[Yard], Deploy], Outcome]] = {
    "success": (succeed, Outcome.SUCCEEDED),
    "rollback": (crash, Outcome.ROLLED_BACK),
    "cancelled while draining": (cancel_in(Phase.DRAINING), Outcome.CANCELLED),
    "cancelled while following": (cancel_in(Phase.FOLLOWING), Outcome.CANCELLED),
    "superseded": (be_superseded, Outcome.SUPERSEDED),
    "refused after recording": (be_refused_the_stop, Outcome.REFUSED),
    "count changed": (have_the_count_changed, Outcome.ROLLED_BACK),
}
