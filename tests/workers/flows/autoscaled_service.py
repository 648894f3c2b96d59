"""A stop-start service that Application Auto Scaling scales, and the ways in which its deploy can end."""

from __future__ import annotations

import math
from collections.abc import Callable

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.restore_point import ALL_SUSPENDED, SuspendedState
from tests.workers.engine_harness import EngineHarness
from workers.ecs import scalable_targets
from workers.ecs.aws.aws_clients import AwsClients
from workers.ecs.aws.lease_check import LEASE_CHECK

SERVICE = "billing"
NOTHING_SUSPENDED = SuspendedState()
SUSPENSIONS_BEFORE = [
    NOTHING_SUSPENDED,
    SuspendedState(scale_in=True),
    SuspendedState(scheduled=True),
    ALL_SUSPENDED,
]


def scalable_target(harness: EngineHarness) -> scalable_targets.ScalableTargetState:
    found = scalable_targets.read_target(AwsClients().region("eu-west-1"), "production", SERVICE)
    assert found is not None
    return found


def autoscale_billing(harness: EngineHarness, before: SuspendedState = NOTHING_SUSPENDED) -> None:
    """Lets Application Auto Scaling scale billing between 2 and 6 tasks, with these processes suspended."""
    harness.ecs.autoscale(SERVICE, minimum=2, maximum=6)
    if before != NOTHING_SUSPENDED:
        suspend_by_hand(before)


def suspend_by_hand(processes: SuspendedState) -> None:
    with LEASE_CHECK.by(lambda: math.inf):  # as no deploy does it
        scalable_targets.set_suspension(AwsClients().region("eu-west-1"), "production", SERVICE, processes)


def requested_suspensions(harness: EngineHarness) -> list[dict[str, bool]]:
    """What each RegisterScalableTarget call asked to suspend, in order."""
    return [
        note.params["SuspendedState"]
        for note in harness.ecs.calls("RegisterScalableTarget")
        if "SuspendedState" in note.params
    ]


def start_approved_deploy(harness: EngineHarness, tag: str = "1.4.2") -> str:
    """Starts an approved deploy of billing; its id."""
    deploy_id = harness.request_deploy(SERVICE, tag)
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    return deploy_id


def desired_count(harness: EngineHarness) -> int:
    desired: int = harness.describe_service(SERVICE)["desiredCount"]
    return desired


def run_to_success(harness: EngineHarness) -> Deploy:
    return harness.until_over(start_approved_deploy(harness))


def run_crashing_version(harness: EngineHarness) -> Deploy:
    return harness.until_over(start_approved_deploy(harness, "1.5.0-crash"))


def cancel_in_phase(phase: Phase) -> Callable[[EngineHarness], Deploy]:
    def go(harness: EngineHarness) -> Deploy:
        deploy_id = start_approved_deploy(harness)
        harness.until_phase(deploy_id, phase)
        harness.cancel(deploy_id)
        return harness.until_over(deploy_id)

    return go


def run_until_superseded(harness: EngineHarness) -> Deploy:
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.client("ecs").update_service(
        cluster="production", service=SERVICE, taskDefinition="ledger", forceNewDeployment=True
    )
    return harness.until_over(deploy_id)


def run_with_stop_denied(harness: EngineHarness) -> Deploy:
    deploy_id = start_approved_deploy(harness)
    harness.ecs.faults.add(operation="ecs:UpdateService", kind="access-denied")
    return harness.until_over(deploy_id)


def run_with_count_changed(harness: EngineHarness) -> Deploy:
    deploy_id = start_approved_deploy(harness)
    harness.until_phase(deploy_id, Phase.DRAINING)
    harness.ecs.client("ecs").update_service(cluster="production", service=SERVICE, desiredCount=4)
    return harness.until_over(deploy_id)


WAYS_TO_END: dict[Outcome | str, tuple[Callable[[EngineHarness], Deploy], Outcome]] = {
    "success": (run_to_success, Outcome.SUCCEEDED),
    "rollback": (run_crashing_version, Outcome.ROLLED_BACK),
    "cancelled while draining": (cancel_in_phase(Phase.DRAINING), Outcome.CANCELLED),
    "cancelled while following": (cancel_in_phase(Phase.FOLLOWING), Outcome.CANCELLED),
    "superseded": (run_until_superseded, Outcome.SUPERSEDED),
    "refused after recording": (run_with_stop_denied, Outcome.REFUSED),
    "count changed": (run_with_count_changed, Outcome.ROLLED_BACK),
}
