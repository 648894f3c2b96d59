"""Cancelled at the moment each phase is committed: the result is right, and so is the message."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import pytest

from deploys.errors import AlreadyCancelled, AlreadyRollingBack, TooLateToCancel
from deploys.records.confirmations import Observation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import ALICE, BOB, EngineHarness
from tests.workers.flows.strict_order import assert_strict_order, restore_tags
from tests.workers.flows.whole_deploys.canceller import (
    Canceller,
    ServiceBefore,
    is_in_phase,
    request_reaching,
    run_to_end,
)


class CancelResult(Enum):
    """What cancelling in a phase leads to."""

    WITHDRAWN = "nothing was changed"
    ROLLED_BACK = "what ran before runs again"
    ROLLING_BACK = "refused: it is rolled back for another reason"
    TOO_LATE = "refused: its outcome is known"
    NO_SUCH_PHASE = "this strategy never gets there"


ROLLING_RESULTS = {
    Phase.WAITING: CancelResult.WITHDRAWN,
    Phase.PLANNING: CancelResult.WITHDRAWN,
    Phase.AWAITING_APPROVAL: CancelResult.WITHDRAWN,
    Phase.REGISTERING: CancelResult.WITHDRAWN,
    Phase.RUNNING_PRE_TASK: CancelResult.NO_SUCH_PHASE,  # only with a pre-task: see test_pre_task_cancelled
    Phase.RUNNING_COMMAND: CancelResult.NO_SUCH_PHASE,  # see test_commands
    Phase.SCALING: CancelResult.NO_SUCH_PHASE,  # see test_scale
    Phase.FOLLOWING_COUNT: CancelResult.NO_SUCH_PHASE,
    Phase.RESTORING_COUNT: CancelResult.NO_SUCH_PHASE,
    Phase.UPDATING: CancelResult.WITHDRAWN,
    Phase.SAVING_RESTORE_POINT: CancelResult.NO_SUCH_PHASE,
    Phase.STOPPING: CancelResult.NO_SUCH_PHASE,
    Phase.DRAINING: CancelResult.NO_SUCH_PHASE,
    Phase.STARTING: CancelResult.NO_SUCH_PHASE,
    Phase.FOLLOWING: CancelResult.ROLLED_BACK,
    Phase.CHECKING: CancelResult.NO_SUCH_PHASE,  # only with a post-check: see test_post_check
    Phase.FOLLOWING_EXTERNAL: CancelResult.NO_SUCH_PHASE,  # only external rollouts: see test_external_rollout
    Phase.RESTORING: CancelResult.ROLLING_BACK,
    Phase.FOLLOWING_ROLLBACK: CancelResult.ROLLING_BACK,
    Phase.SETTLING: CancelResult.TOO_LATE,
    Phase.ENDED: CancelResult.TOO_LATE,
}
STOP_START_RESULTS = {
    **ROLLING_RESULTS,
    Phase.UPDATING: CancelResult.NO_SUCH_PHASE,
    Phase.SAVING_RESTORE_POINT: CancelResult.WITHDRAWN,
    Phase.STOPPING: CancelResult.WITHDRAWN,
    Phase.DRAINING: CancelResult.ROLLED_BACK,
    Phase.STARTING: CancelResult.ROLLED_BACK,
}
RESULTS_BY_SERVICE = {"web": ROLLING_RESULTS, "billing": STOP_START_RESULTS}
NOTHING_REGISTERED = {Phase.WAITING, Phase.PLANNING, Phase.AWAITING_APPROVAL}


def assert_withdrawn(harness: EngineHarness, service: str, before: ServiceBefore, deploy: Deploy) -> None:
    assert deploy.outcome is Outcome.CANCELLED
    changed = "the service was touched" if deploy.ecs.new_revision else "anything was changed"
    assert (
        harness.thread_text(deploy.id, ThreadMessageKind.END) == f"Cancelled by <@{ALICE}> before {changed}."
    )
    after = ServiceBefore.read(harness, service)
    assert (after.deployments, after.revision, after.desired_count, after.tasks) == (
        before.deployments,
        before.revision,
        before.desired_count,
        before.tasks,
    )
    assert harness.ecs.calls("UpdateService") == []


def assert_restored(
    harness: EngineHarness, service: str, before: ServiceBefore, deploy: Deploy, outcome: Outcome
) -> None:
    assert deploy.outcome is outcome
    old = before.revision.rpartition("/")[2]
    text = harness.thread_text(deploy.id, ThreadMessageKind.END)
    if outcome is Outcome.CANCELLED:
        assert text.startswith(f"*Cancelled* by <@{ALICE}>: rolled back to `{old}`.")
    else:
        assert text.startswith(f"*Rolled back* to `{old}`: ")
    after = ServiceBefore.read(harness, service)
    assert (after.revision, after.desired_count) == (before.revision, before.desired_count)
    assert harness.running_tags(service) == {"1.4.0"}
    assert len(after.tasks) == before.desired_count


def assert_nothing_left(harness: EngineHarness, service: str) -> None:
    assert harness.leftover_keys() == []
    assert restore_tags(harness, service) == []
    if service == "billing":
        assert_strict_order(harness, service)


CASES = [
    pytest.param(service, phase, id=f"{service}-{phase.value.replace(' ', '-')}")
    for service in RESULTS_BY_SERVICE
    for phase in Phase
    if RESULTS_BY_SERVICE[service].get(phase) is not CancelResult.NO_SUCH_PHASE
]


@pytest.mark.parametrize("service", RESULTS_BY_SERVICE)
def test_every_phase_has_its_answer(service: str) -> None:
    assert set(RESULTS_BY_SERVICE[service]) == set(Phase)


@pytest.mark.parametrize(("service", "phase"), CASES)
def test_cancelled_the_moment_a_phase_begins(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, service: str, phase: Phase
) -> None:
    expected = RESULTS_BY_SERVICE[service][phase]
    before = ServiceBefore.read(harness, service)
    canceller = Canceller(harness, is_in_phase(phase))
    canceller.install(monkeypatch)
    canceller.deploy_id = request_reaching(harness, phase, service)

    deploy = run_to_end(harness, canceller)

    match expected:
        case CancelResult.WITHDRAWN:
            assert canceller.refusal is None
            assert_withdrawn(harness, service, before, deploy)
            if phase in NOTHING_REGISTERED:
                assert ServiceBefore.read(harness, service).revisions == before.revisions
        case CancelResult.ROLLED_BACK:
            assert canceller.refusal is None
            assert_restored(harness, service, before, deploy, Outcome.CANCELLED)
        case CancelResult.ROLLING_BACK:
            assert isinstance(canceller.refusal, AlreadyRollingBack)
            assert_restored(harness, service, before, deploy, Outcome.ROLLED_BACK)
        case CancelResult.TOO_LATE:
            assert isinstance(canceller.refusal, TooLateToCancel)
            assert deploy.outcome is Outcome.SUCCEEDED
            assert harness.running_tags(service) == {"1.4.2"}
    assert_nothing_left(harness, service)


@pytest.mark.parametrize(
    ("service", "phase"),
    [("web", Phase.UPDATING), ("billing", Phase.STOPPING), ("billing", Phase.STARTING)],
)
def test_cancelled_between_the_written_intent_and_the_call_it_is_rolled_back(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, service: str, phase: Phase
) -> None:
    before = ServiceBefore.read(harness, service)
    canceller = Canceller(harness, is_in_phase(phase), nth=2)
    canceller.install(monkeypatch)
    canceller.deploy_id = request_reaching(harness, phase, service)

    deploy = run_to_end(harness, canceller)

    assert_restored(harness, service, before, deploy, Outcome.CANCELLED)
    assert_nothing_left(harness, service)


@pytest.mark.parametrize("phase", [Phase.RESTORING, Phase.FOLLOWING_ROLLBACK])
def test_cancelled_again_during_the_rollback_it_says_who_did_so_first(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, phase: Phase
) -> None:
    before = ServiceBefore.read(harness, "billing")
    canceller = Canceller(harness, is_in_phase(phase))
    canceller.install(monkeypatch)
    canceller.deploy_id = harness.request_deploy("billing", "1.4.2")
    harness.until_phase(canceller.deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(canceller.deploy_id)
    harness.until_phase(canceller.deploy_id, Phase.DRAINING)
    harness.cancel(canceller.deploy_id, BOB)

    deploy = run_to_end(harness, canceller)

    assert isinstance(canceller.refusal, AlreadyCancelled)
    assert f"<@{BOB}> asked for it" in canceller.refusal.message
    assert deploy.cancel is not None
    assert deploy.cancel.user == BOB
    assert ServiceBefore.read(harness, "billing").desired_count == before.desired_count
    assert_nothing_left(harness, "billing")


@pytest.mark.parametrize("service", RESULTS_BY_SERVICE)
@pytest.mark.parametrize(
    ("tag", "moment", "outcome"),
    [
        (
            "1.4.2",
            lambda deploy: deploy.awaits_confirmation(Observation.ROLLOUT_SUCCEEDED),
            Outcome.SUCCEEDED,
        ),
        ("1.5.0-crash", lambda deploy: bool(deploy.outcome_reason), Outcome.ROLLED_BACK),
    ],
    ids=["after the rollout", "after ECS gave it up"],
)
def test_a_cancel_that_cannot_change_the_end_any_more_is_mentioned_there(
    harness: EngineHarness,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    tag: str,
    moment: Callable[[Deploy], bool],
    outcome: Outcome,
) -> None:
    if outcome is Outcome.SUCCEEDED:  # with ECS's record of the rollout, one look would know the end
        for operation in ("ListServiceDeployments", "DescribeServiceDeployments"):
            harness.ecs.faults.add(operation=operation, kind="access-denied", times=None)
    canceller = Canceller(harness, moment)
    canceller.install(monkeypatch)
    canceller.deploy_id = harness.request_deploy(service, tag)

    deploy = run_to_end(harness, canceller)

    assert deploy.outcome is outcome
    assert canceller.refusal is None
    assert f"The cancel of <@{ALICE}> came too late" in harness.thread_text(deploy.id, ThreadMessageKind.END)
    assert harness.leftover_keys() == []


def test_cancelled_behind_another_the_line_closes_up(harness: EngineHarness) -> None:
    first = harness.request_deploy("web", "1.5.0-slow")
    second = harness.request_deploy("web", "1.4.2")
    third = harness.request_deploy("web", "1.5.0")
    harness.until_phase(first, Phase.FOLLOWING)

    harness.cancel(second)
    harness.until_over(second)

    assert harness.store.service_queue("web") == [first, third]
    assert (
        harness.thread_text(second, ThreadMessageKind.END)
        == f"Cancelled by <@{ALICE}> before anything was changed."
    )
    harness.until_over(third)
    assert harness.running_tags("web") == {"1.5.0"}
    assert_nothing_left(harness, "web")
