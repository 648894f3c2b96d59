"""Access and approvals are asked again right before the first change, also hours after the plan."""

from __future__ import annotations

import pytest

from deploys.errors import MembershipUnknown, NotADeployer, NotAnApprover
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from deploys.stores import audit
from tests.workers.engine_harness import ALICE, BOB, EngineHarness
from tests.workers.flows.pre_task_deploys import (
    MIGRATE,
    assert_service_untouched,
    one_off_tasks,
)

CAROL = "U03CAROL00"
NOT_A_DEPLOYER = NotADeployer(service="web", deployers=f"<@{BOB}>")
NOT_AN_APPROVER = NotAnApprover(service="web", approvers=f"<@{CAROL}>")
HAD_RUN = " `python -m web migrate` had run before the rollout; what it did is not undone."


def while_the_task_runs(harness: EngineHarness, service: str) -> str:
    """An approved deploy whose task before the rollout was started; its id."""
    deploy_id = harness.request_deploy(service, "1.4.2", before=MIGRATE, approvals=1, approvers=(BOB,))
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.until(lambda: one_off_tasks(harness))
    return deploy_id


@pytest.mark.parametrize("service", ["web", "billing"])
@pytest.mark.parametrize(
    ("user", "refusal", "reason"),
    [
        (ALICE, NOT_A_DEPLOYER, NOT_A_DEPLOYER.message),
        (
            BOB,
            NOT_AN_APPROVER,
            f"Approved by <@{BOB}>, who may not approve deploys of `SERVICE` any more, so it lacks an "
            "approval. Ask for it again.",
        ),
    ],
    ids=["requester", "approver"],
)
def test_who_lost_access_while_the_task_ran_changes_nothing(
    harness: EngineHarness, service: str, user: str, refusal: Exception, reason: str
) -> None:
    deploy_id = while_the_task_runs(harness, service)
    harness.access.refusals[user] = refusal

    deploy = harness.until_over(deploy_id)

    reason = reason.replace("SERVICE", service)
    assert deploy.outcome is Outcome.REFUSED
    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == (
        f"*Refused*, the service was not touched: {reason}{HAD_RUN}"
    )
    assert len(one_off_tasks(harness)) == 1, "it never runs twice"
    assert_service_untouched(harness, service)
    voided = [
        each["why"] for each in audit.trail(harness.redis, deploy_id) if each["what"] == "approval voided"
    ]
    assert voided == [f"The approval of <@{BOB}> is void. {reason}"]


def test_an_approval_that_is_not_needed_any_more_may_be_lost(harness: EngineHarness) -> None:
    """services.yml asks for one approval now."""
    deploy_id = harness.request_deploy("web", "1.4.2", before=MIGRATE, approvals=2, approvers=(BOB, CAROL))
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.approve(deploy_id, CAROL)
    harness.until(lambda: one_off_tasks(harness))
    harness.access.services["web"] = harness.get(deploy_id).service.model_copy(update={"approvals": 1})
    harness.access.refusals[BOB] = NOT_AN_APPROVER

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def test_what_nobody_can_tell_is_asked_again_and_the_task_is_not(harness: EngineHarness) -> None:
    deploy_id = while_the_task_runs(harness, "web")
    harness.access.refusals[ALICE] = MembershipUnknown(groups="<!subteam^S01DEPLOYERS>", service="web")
    harness.until(lambda: harness.get(deploy_id).retries.attempts > 1)
    assert harness.ecs.calls("UpdateService") == []
    del harness.access.refusals[ALICE]

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert len(one_off_tasks(harness)) == 1


def refuse_in_phase(harness: EngineHarness, phase: Phase) -> None:
    """The requester loses access once the deploy has reached this phase."""

    def may_run(deploy: Deploy) -> None:
        if deploy.phase is phase:
            raise NOT_A_DEPLOYER

    harness.access.may_run = may_run  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("service", "phase"),
    [
        ("web", Phase.UPDATING),
        ("web", Phase.SCALING),
        ("web", Phase.RUNNING_COMMAND),
        ("ledger", Phase.SAVING_RESTORE_POINT),
        ("ledger", Phase.STOPPING),
    ],
)
def test_every_first_change_asks(harness: EngineHarness, service: str, phase: Phase) -> None:
    refuse_in_phase(harness, phase)
    if phase is Phase.SCALING:
        deploy_id = harness.request_count(service, 5)
    elif phase is Phase.RUNNING_COMMAND:
        deploy_id = harness.request_command(service, "rake", "-T")
    else:
        deploy_id = harness.request_deploy(service, "1.4.2")
    if service == "ledger":
        harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        harness.approve(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert (deploy.outcome, deploy.end_reason) == (Outcome.REFUSED, NOT_A_DEPLOYER.message)
    assert harness.ecs.calls("RunTask") == []
    assert_service_untouched(harness, service)
