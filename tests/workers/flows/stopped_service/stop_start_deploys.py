"""Stop-start deploys in the middle, and changes of their desired count."""

from __future__ import annotations

from deploys.records.phases import Phase
from tests.workers.engine_harness import EngineHarness


def start_stop_start(harness: EngineHarness, service: str, phase: Phase) -> str:
    """Starts an approved stop-start deploy, up to this phase; its id."""
    deploy_id = harness.request_deploy(service, "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.until_phase(deploy_id, phase)
    return deploy_id


def set_count(harness: EngineHarness, service: str, count: int) -> None:
    harness.ecs.client("ecs").update_service(cluster="production", service=service, desiredCount=count)
