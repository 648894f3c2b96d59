"""Cancelled in each phase, in the very moment in which it was committed: what it did is done, and said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pytest

from deploys.claims import Claim
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from deploys.errors import AlreadyCancelled, AlreadyGoingBack, Refused, TooLateToCancel
from deploys.store import Store
from tests.workers.flows.test_stop_start import assert_strict_order, restore_tags
from tests.workers.yard import ALICE, BOB, Yard


class Ends(Enum):
    """What cancelling in a phase leads to."""

    WITHDRAWN = "nothing was changed"
    ROLLED_BACK = "what ran before runs again"
    GOING_BACK = "refused: it is on its way back for another reason"
    TOO_LATE = "refused: its outcome is known"
    NO_SUCH_PHASE = "this strategy never gets there"


ROLLING = {
    Phase.WAITING: Ends.WITHDRAWN,
    Phase.PLANNING: Ends.WITHDRAWN,
    Phase.AWAITING_APPROVAL: Ends.WITHDRAWN,
    Phase.REGISTERING: Ends.WITHDRAWN,
    Phase.PREPARING: Ends.NO_SUCH_PHASE,  # only with a task before: see test_preparing_cancelled
    Phase.UPDATING: Ends.WITHDRAWN,
    Phase.RECORDING: Ends.NO_SUCH_PHASE,
    Phase.STOPPING: Ends.NO_SUCH_PHASE,
    Phase.DRAINING: Ends.NO_SUCH_PHASE,
    Phase.STARTING: Ends.NO_SUCH_PHASE,
    Phase.FOLLOWING: Ends.ROLLED_BACK,
    Phase.CHECKING: Ends.NO_SUCH_PHASE,  # only with a check after: see test_checking
    Phase.LOOKING_ON: Ends.NO_SUCH_PHASE,  # only of what is followed: see test_looking_on
    Phase.RESTORING: Ends.GOING_BACK,
    Phase.FOLLOWING_BACK: Ends.GOING_BACK,
    Phase.SETTLING: Ends.TOO_LATE,
    Phase.ENDED: Ends.TOO_LATE,
}
STOP_START = {
    **ROLLING,
    Phase.UPDATING: Ends.NO_SUCH_PHASE,
    Phase.RECORDING: Ends.WITHDRAWN,
    Phase.STOPPING: Ends.WITHDRAWN,
    Phase.DRAINING: Ends.ROLLED_BACK,
    Phase.STARTING: Ends.ROLLED_BACK,
}
SERVICES = {"web": ROLLING, "billing": STOP_START}
NOTHING_REGISTERED = {Phase.WAITING, Phase.PLANNING, Phase.AWAITING_APPROVAL}


@dataclass
class Canceller:
    """Alice, who cancels as soon as the record is so, before the worker that wrote it does anything more."""

    yard: Yard
    moment: Callable[[Deploy], bool]
    nth: int = 1
    """Which of the records that are so she waits for."""
    deploy_id: str = ""
    seen: int = 0
    refused: Refused | None = None

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stands behind the store, where claims and commits come by."""
        claim, commit = Store.claim, Store.commit

        def claimed(store: Store, *args: Any, **kwargs: Any) -> Claim | None:
            found = claim(store, *args, **kwargs)
            if found and found.deploy.phase is Phase.WAITING:  # nobody commits that phase
                self._notice(found.deploy)
            return found

        def committed(store: Store, *args: Any, **kwargs: Any) -> Claim:
            left = commit(store, *args, **kwargs)
            self._notice(left.deploy)
            return left

        monkeypatch.setattr(Store, "claim", claimed)
        monkeypatch.setattr(Store, "commit", committed)

    @property
    def asked(self) -> bool:
        """Whether the moment came."""
        return self.seen >= self.nth

    def _notice(self, deploy: Deploy) -> None:
        if deploy.id != self.deploy_id or self.asked or not self.moment(deploy):
            return
        self.seen += 1
        if self.asked:
            try:
                self.yard.cancel(deploy.id)
            except Refused as refused:
                self.refused = refused


@dataclass
class Before:
    """A service as it was before the deploy."""

    desired: int
    deployments: list[str]
    revision: str
    revisions: list[str]
    tasks: set[str]

    @classmethod
    def of(cls, yard: Yard, name: str) -> Before:
        service = yard.service(name)
        ecs = yard.ecs.client("ecs")
        return cls(
            desired=service["desiredCount"],
            deployments=[deployment["id"] for deployment in service["deployments"]],
            revision=service["taskDefinition"],
            revisions=ecs.list_task_definitions(familyPrefix=name)["taskDefinitionArns"],
            tasks=set(ecs.list_tasks(cluster="production", serviceName=name)["taskArns"]),
        )


def entering(phase: Phase) -> Callable[[Deploy], bool]:
    """The moment in which a phase was written."""
    return lambda deploy: deploy.phase is phase


def reaching(yard: Yard, phase: Phase, service: str) -> str:
    """A deploy that comes through this phase by itself; its id. Bob approves."""
    changes: dict[str, Any] = {"approvals": 1, "approvers": (BOB,)}
    if phase in (Phase.RESTORING, Phase.FOLLOWING_BACK):
        return yard.ask(service, "1.5.0-slow", deadline=60, **changes)
    if phase is Phase.SETTLING and service == "web":
        yard.ecs.faults.add(operation="UpdateService", kind="timeout-after", seconds=0.05)
    return yard.ask(service, "1.4.2", **changes)


def run(yard: Yard, canceller: Canceller) -> Deploy:
    """The deploy to its end."""

    def over() -> bool:
        deploy = yard.get(canceller.deploy_id)
        if deploy.phase is Phase.AWAITING_APPROVAL and not deploy.decisions and not deploy.cancel:
            yard.approve(deploy.id)
        return deploy.phase is Phase.ENDED

    yard.until(over)
    assert canceller.asked, "the moment never came"
    return yard.get(canceller.deploy_id)


def assert_withdrawn(yard: Yard, service: str, before: Before, deploy: Deploy) -> None:
    assert deploy.outcome is Outcome.CANCELLED
    changed = "the service was touched" if deploy.new_revision else "anything was changed"
    assert yard.said(deploy.id, MilestoneKind.END) == f"Cancelled by <@{ALICE}> before {changed}."
    after = Before.of(yard, service)
    assert (after.deployments, after.revision, after.desired, after.tasks) == (
        before.deployments,
        before.revision,
        before.desired,
        before.tasks,
    )
    assert yard.ecs.calls("UpdateService") == []


def assert_rolled_back(yard: Yard, service: str, before: Before, deploy: Deploy, outcome: Outcome) -> None:
    assert deploy.outcome is outcome
    old = before.revision.rpartition("/")[2]
    said = yard.said(deploy.id, MilestoneKind.END)
    if outcome is Outcome.CANCELLED:
        assert said.startswith(f"*Cancelled* by <@{ALICE}>: rolled back to `{old}`.")
    else:
        assert said.startswith(f"*Rolled back* to `{old}`: ")
    after = Before.of(yard, service)
    assert (after.revision, after.desired) == (before.revision, before.desired)
    assert yard.images_running(service) == {"1.4.0"}
    assert len(after.tasks) == before.desired


def assert_nothing_left(yard: Yard, service: str) -> None:
    assert yard.leftovers() == []
    assert restore_tags(yard, service) == []
    if service == "billing":
        assert_strict_order(yard, service)


CELLS = [
    pytest.param(service, phase, id=f"{service}-{phase.value.replace(' ', '-')}")
    for service in SERVICES
    for phase in Phase
    if SERVICES[service].get(phase) is not Ends.NO_SUCH_PHASE
]


@pytest.mark.parametrize("service", SERVICES)
def test_every_phase_has_its_answer(service: str) -> None:
    assert set(SERVICES[service]) == set(Phase)


@pytest.mark.parametrize(("service", "phase"), CELLS)
def test_cancelled_the_moment_a_phase_begins(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, service: str, phase: Phase
) -> None:
    expected = SERVICES[service][phase]
    before = Before.of(yard, service)
    canceller = Canceller(yard, entering(phase))
    canceller.watch(monkeypatch)
    canceller.deploy_id = reaching(yard, phase, service)

    deploy = run(yard, canceller)

    match expected:
        case Ends.WITHDRAWN:
            assert canceller.refused is None
            assert_withdrawn(yard, service, before, deploy)
            if phase in NOTHING_REGISTERED:
                assert Before.of(yard, service).revisions == before.revisions
        case Ends.ROLLED_BACK:
            assert canceller.refused is None
            assert_rolled_back(yard, service, before, deploy, Outcome.CANCELLED)
        case Ends.GOING_BACK:
            assert isinstance(canceller.refused, AlreadyGoingBack)
            assert_rolled_back(yard, service, before, deploy, Outcome.ROLLED_BACK)
        case Ends.TOO_LATE:
            assert isinstance(canceller.refused, TooLateToCancel)
            assert deploy.outcome is Outcome.SUCCEEDED
            assert yard.images_running(service) == {"1.4.2"}
    assert_nothing_left(yard, service)


@pytest.mark.parametrize(
    ("service", "phase"),
    [("web", Phase.UPDATING), ("billing", Phase.STOPPING), ("billing", Phase.STARTING)],
)
def test_cancelled_between_the_written_intent_and_the_call_it_is_rolled_back(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, service: str, phase: Phase
) -> None:
    before = Before.of(yard, service)
    canceller = Canceller(yard, entering(phase), nth=2)
    canceller.watch(monkeypatch)
    canceller.deploy_id = reaching(yard, phase, service)

    deploy = run(yard, canceller)

    assert_rolled_back(yard, service, before, deploy, Outcome.CANCELLED)
    assert_nothing_left(yard, service)


@pytest.mark.parametrize("phase", [Phase.RESTORING, Phase.FOLLOWING_BACK])
def test_cancelled_again_on_the_way_back_it_says_who_did_so_first(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, phase: Phase
) -> None:
    before = Before.of(yard, "billing")
    canceller = Canceller(yard, entering(phase))
    canceller.watch(monkeypatch)
    canceller.deploy_id = yard.ask("billing", "1.4.2")
    yard.until_phase(canceller.deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(canceller.deploy_id)
    yard.until_phase(canceller.deploy_id, Phase.DRAINING)
    yard.cancel(canceller.deploy_id, BOB)

    deploy = run(yard, canceller)

    assert isinstance(canceller.refused, AlreadyCancelled)
    assert f"<@{BOB}> asked for it" in canceller.refused.message
    assert deploy.cancel is not None
    assert deploy.cancel.user == BOB
    assert Before.of(yard, "billing").desired == before.desired
    assert_nothing_left(yard, "billing")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    ("tag", "moment", "outcome"),
    [
        ("1.4.2", lambda deploy: deploy.seen_end == "succeeded", Outcome.SUCCEEDED),
        ("1.5.0-crash", lambda deploy: bool(deploy.reason), Outcome.ROLLED_BACK),
    ],
    ids=["after the rollout", "after ECS gave it up"],
)
def test_a_cancel_that_cannot_change_the_end_any_more_is_mentioned_there(
    yard: Yard,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    tag: str,
    moment: Callable[[Deploy], bool],
    outcome: Outcome,
) -> None:
    canceller = Canceller(yard, moment)
    canceller.watch(monkeypatch)
    canceller.deploy_id = yard.ask(service, tag)

    deploy = run(yard, canceller)

    assert deploy.outcome is outcome
    assert canceller.refused is None
    assert f"The cancel of <@{ALICE}> came too late" in yard.said(deploy.id, MilestoneKind.END)
    assert yard.leftovers() == []


def test_cancelled_behind_another_the_line_closes_up(yard: Yard) -> None:
    first = yard.ask("web", "1.5.0-slow")
    second = yard.ask("web", "1.4.2")
    third = yard.ask("web", "1.5.0")
    yard.until_phase(first, Phase.FOLLOWING)

    yard.cancel(second)
    yard.until_over(second)

    assert yard.store.line("web") == [first, third]
    assert yard.said(second, MilestoneKind.END) == f"Cancelled by <@{ALICE}> before anything was changed."
    yard.until_over(third)
    assert yard.images_running("web") == {"1.5.0"}
    assert_nothing_left(yard, "web")
