"""services.yml counts as it is when a deploy runs, until the first change. Then the record counts."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.nested_keys import PreTask
from deploys.catalogue.service import Service
from deploys.errors import UnknownService
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from deploys.stores import audit
from tests.builders import a_service, a_stop_start_service
from tests.workers.engine_harness import BOB, EngineHarness

APPROVAL_RAISED = "`approvals` was `0` and is `1` now"


def test_approvals_that_were_raised_while_it_waited_stop_it(harness: EngineHarness) -> None:
    first = harness.request_deploy("web", "1.4.1")
    waiting = harness.request_deploy("web", "1.4.2")
    harness.until_phase(first, Phase.FOLLOWING)
    harness.access.services["web"] = a_service(approvals=1, approvers=(BOB,))

    deploy = harness.until_over(waiting)

    assert deploy.outcome is Outcome.REFUSED
    assert harness.thread_text(waiting, ThreadMessageKind.END) == (
        "*Refused*, nothing was changed: `services.yml` says something else about `web` than when this was "
        f"requested: {APPROVAL_RAISED}. Ask for it again, so that it runs as `services.yml` says now."
    )
    assert harness.get(first).outcome is Outcome.SUCCEEDED, "it had begun"
    assert len(harness.ecs.calls("UpdateService")) == 1


def change_in_phase(harness: EngineHarness, phase: Phase, **changes: Any) -> None:
    """services.yml is edited once the deploy has reached this phase."""

    def current_service(deploy: Deploy) -> Service:
        return deploy.service.model_copy(update=changes) if deploy.phase is phase else deploy.service

    harness.access.current_service = current_service  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("service", "phase"),
    [
        ("web", Phase.WAITING),
        ("web", Phase.PLANNING),
        ("web", Phase.REGISTERING),
        ("web", Phase.RUNNING_PRE_TASK),
        ("web", Phase.UPDATING),
        ("ledger", Phase.AWAITING_APPROVAL),
        ("ledger", Phase.REGISTERING),
        ("ledger", Phase.SAVING_RESTORE_POINT),
        ("ledger", Phase.STOPPING),
    ],
)
def test_every_step_before_the_first_change_asks(harness: EngineHarness, service: str, phase: Phase) -> None:
    before = PreTask(command=("true",)) if phase is Phase.RUNNING_PRE_TASK else None
    change_in_phase(harness, phase, cluster="elsewhere")
    deploy_id = harness.request_deploy(service, "1.4.2", before=before)
    if service == "ledger" and phase is not Phase.AWAITING_APPROVAL:
        harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        harness.approve(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert "`cluster` was `production` and is `elsewhere` now" in deploy.end_reason
    assert harness.ecs.calls("UpdateService") == []
    assert harness.ecs.calls("RunTask") == []
    assert harness.running_tags(service) == {"1.4.0"}
    assert harness.leftover_keys() == []
    was_approved = service == "ledger" and phase is not Phase.AWAITING_APPROVAL
    expected = [f"The approval of <@{BOB}> is void. {deploy.end_reason}"] if was_approved else []
    assert voided(harness, deploy_id) == expected


def test_no_phase_asks_after_the_first_change(harness: EngineHarness) -> None:
    """A rollback has to go where the deploy was."""
    asked: set[Phase] = set()

    def current_service(deploy: Deploy) -> Service:
        asked.add(deploy.phase)
        return deploy.service

    harness.access.current_service = current_service  # type: ignore[method-assign]
    deploy_id = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.until_phase(deploy_id, Phase.DRAINING)
    harness.access.services["ledger"] = a_stop_start_service(cluster="elsewhere")
    harness.cancel(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert harness.running_tags("ledger") == {"1.4.0"}
    assert all(phase.facts.before_change for phase in asked)


def test_a_service_that_left_the_file_is_not_deployed(harness: EngineHarness) -> None:
    def current_service(deploy: Deploy) -> Service:
        raise UnknownService(name="web", nearest="")

    harness.access.current_service = current_service  # type: ignore[method-assign]

    deploy = harness.until_over(harness.request_deploy("web", "1.4.2"))

    assert deploy.outcome is Outcome.REFUSED
    assert harness.ecs.calls("RegisterTaskDefinition") == []


def test_what_is_stricter_in_the_record_goes_on_with_the_values_of_the_file(harness: EngineHarness) -> None:
    harness.access.services["web"] = a_service(approvals=0, deadline=77)

    deploy = harness.until_over(harness.request_deploy("web", "1.4.2", approvals=1, approvers=(BOB,)))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert (deploy.approval.question, deploy.service.deadline) == (0, 77)


def approved_and_held(harness: EngineHarness) -> str:
    """A deploy that was approved and could not register its revision yet."""
    deploy_id = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.ecs.faults.add(operation="RegisterTaskDefinition", kind="throttle")
    harness.approve(deploy_id)
    harness.until_phase(deploy_id, Phase.REGISTERING)
    return deploy_id


def voided(harness: EngineHarness, deploy_id: str) -> list[str]:
    """Why approvals were voided, as the audit trail has it."""
    entries = audit.trail(harness.redis, deploy_id)
    return [each["why"] for each in entries if each["what"] == "approval voided"]


def test_a_voided_approval_is_asked_again_and_written_down(harness: EngineHarness) -> None:
    deploy_id = approved_and_held(harness)
    harness.ecs_client.update_service(cluster="production", service="ledger", desiredCount=3)

    deploy = harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)

    assert (deploy.approval.question, deploy.approval.decisions) == (2, ())
    [why] = voided(harness, deploy_id)
    assert why.startswith(f"The approval of <@{BOB}> is void. The count went from ")
    assert "to 3 tasks, and nothing scales this service automatically." in why
    harness.approve(deploy_id)
    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert len(voided(harness, deploy_id)) == 1


def test_an_approver_who_lost_access_before_it_began_does_not_count(harness: EngineHarness) -> None:
    deploy_id = approved_and_held(harness)
    harness.access.refusals[BOB] = UnknownService(name="ledger", nearest="Bob left.")

    deploy = harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)

    assert (deploy.approval.question, deploy.approval.decisions) == (2, ())
    [why] = voided(harness, deploy_id)
    assert why.startswith(f"The approval of <@{BOB}> is void. ")
    assert "Bob left." in why
    assert harness.ecs.calls("UpdateService") == []


def test_a_record_that_says_it_was_approved_without_an_approval_is_asked_about(
    harness: EngineHarness,
) -> None:
    deploy_id = approved_and_held(harness)
    harness.store.amend(
        deploy_id, lambda deploy: deploy.evolve(approval={"decisions": ()}), by="nobody", what="forged"
    )

    assert harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL).approval.question == 2
    assert harness.ecs.calls("UpdateService") == []
