"""Whatever a step raises after the service was changed, that is neither left at zero nor given up.

Each call that a way out needs fails for a minute; every other one fails for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from structlog.testing import capture_logs

from deploys.catalogue.service import CheckAfter
from deploys.deploy import Deploy, Outcome, Phase
from deploys.errors import SlipwayError
from tests.workers.flows.checks import a_quiet_alarm
from tests.workers.flows.failing_calls import (
    BEFORE_THE_CHANGE,
    LEAVES_PAUSES,
    NEEDED,
    NOT_NEEDED,
    PROVES_ORDER,
    FailingCalls,
    an_error,
    calls_of_aws,
)
from tests.workers.flows.raised_errors import (
    ABOUT_THE_CLAIM,
    EVERY_ERROR,
    LIKE_THE_OTHERS,
    NEVER_RAISED,
    RAISED,
)
from tests.workers.flows.scaled import scaled
from tests.workers.flows.test_stop_start import assert_strict_order
from tests.workers.yard import Yard
from workers.ecs import rollouts

BEFORE = {
    Phase.WAITING,
    Phase.PLANNING,
    Phase.AWAITING_APPROVAL,
    Phase.REGISTERING,
    Phase.PREPARING,
    Phase.RECORDING,
}
OVER = {Phase.LOOKING_ON, Phase.ENDED}
"""Phases that change nothing."""


@dataclass(frozen=True)
class Case:
    """From when on calls fail, and how it ends."""

    phase: Phase
    ends: frozenset[Outcome]
    service: str = "billing"
    cancelled: bool = False
    """At the first call that fails."""
    cancelled_in: Phase | None = None
    """Before."""
    tag: str = "1.4.2"

    def __str__(self) -> str:
        how = "-cancelled" if self.cancelled or self.cancelled_in else ""
        return f"{self.service}-{self.phase.value}{how}"


def ends(*outcomes: Outcome) -> frozenset[Outcome]:
    return frozenset(outcomes)


SUCCEEDED, BACK = ends(Outcome.SUCCEEDED), ends(Outcome.ROLLED_BACK)
CANCELLED = ends(Outcome.CANCELLED)
UNTOUCHED_OR_BACK = ends(Outcome.REFUSED, Outcome.ROLLED_BACK, Outcome.SUCCEEDED)

STOPPED = (
    Case(Phase.STOPPING, UNTOUCHED_OR_BACK),
    Case(Phase.STOPPING, ends(Outcome.REFUSED, Outcome.CANCELLED), cancelled=True),
    Case(Phase.DRAINING, SUCCEEDED | BACK),
    Case(Phase.DRAINING, CANCELLED, cancelled=True),
    Case(Phase.STARTING, SUCCEEDED | BACK),
    Case(Phase.STARTING, CANCELLED | BACK, cancelled=True),
    Case(Phase.FOLLOWING, SUCCEEDED),
    Case(Phase.FOLLOWING, CANCELLED, cancelled=True),
    Case(Phase.CHECKING, BACK),
    Case(Phase.CHECKING, CANCELLED, cancelled=True),
    Case(Phase.RESTORING, CANCELLED, cancelled_in=Phase.FOLLOWING),
    Case(Phase.FOLLOWING_BACK, CANCELLED, cancelled_in=Phase.FOLLOWING),
    Case(Phase.SETTLING, CANCELLED, cancelled_in=Phase.FOLLOWING),
    Case(Phase.SETTLING, SUCCEEDED),
)
KEPT_RUNNING = (
    Case(Phase.UPDATING, UNTOUCHED_OR_BACK, "web"),
    Case(Phase.UPDATING, ends(Outcome.REFUSED, Outcome.CANCELLED), "web", cancelled=True),
    Case(Phase.FOLLOWING, SUCCEEDED, "web"),
    Case(Phase.FOLLOWING, CANCELLED, "web", cancelled=True),
    Case(Phase.CHECKING, BACK, "web"),
    Case(Phase.RESTORING, CANCELLED, "web", cancelled_in=Phase.FOLLOWING),
    Case(Phase.FOLLOWING_BACK, CANCELLED, "web", cancelled_in=Phase.FOLLOWING),
    Case(Phase.FOLLOWING, CANCELLED, "shop", cancelled=True),
    Case(Phase.RESTORING, CANCELLED, "shop", cancelled_in=Phase.FOLLOWING),
)
COUNTS = {"billing": 2, "web": 3, "shop": 3}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """To render the traceback of each failure would take far longer than everything else."""
    with capture_logs():
        yield


def test_every_error_is_listed() -> None:
    raised = {kind for kind in RAISED if issubclass(kind, SlipwayError)}

    assert raised | ABOUT_THE_CLAIM | NEVER_RAISED == EVERY_ERROR
    assert not raised & (ABOUT_THE_CLAIM | NEVER_RAISED)


def test_every_phase_is_listed() -> None:
    after = {case.phase for case in (*STOPPED, *KEPT_RUNNING)}

    assert after | BEFORE | OVER == set(Phase)
    assert not after & (BEFORE | OVER)


def test_every_call_of_aws_is_listed() -> None:
    listed = NEEDED | PROVES_ORDER | LEAVES_PAUSES | NOT_NEEDED | BEFORE_THE_CHANGE

    assert {name for name, _ in calls_of_aws()} == listed


def begins(case: Case) -> Callable[[Deploy], bool]:
    """Whether the deploy is in the phase, and the service about to be changed at the least."""

    def is_there(deploy: Deploy) -> bool:
        tried = deploy.update_tried or deploy.stop_requested_at is not None
        return deploy.phase is case.phase and tried

    return is_there


def run(yard: Yard, monkeypatch: pytest.MonkeyPatch, case: Case, kind: type[Exception]) -> FailingCalls:
    """Up to the outcome."""
    if case.service == "billing":
        scaled(yard)
    a_quiet_alarm(yard.ecs.client("cloudwatch"))
    checked = case.phase is Phase.CHECKING
    after = CheckAfter(alarms=("web-5xx",), lasts=30) if checked else None
    cancel = yard.cancel if case.cancelled else lambda deploy_id: None
    failing = FailingCalls(yard, monkeypatch, kind, begins(case), cancel)
    failing.deploy_id = yard.ask(case.service, case.tag, approvals=0, after=after)
    if case.cancelled_in:
        yard.until_phase(failing.deploy_id, case.cancelled_in)
        yard.tick(10)
        yard.cancel(failing.deploy_id)
    return failing


def assert_brought_back_whatever_fails(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, case: Case, kind: type[Exception]
) -> None:
    failing = run(yard, monkeypatch, case, kind)

    yard.until_outcome(failing.deploy_id)
    assert yard.service(case.service)["desiredCount"] == COUNTS[case.service]
    deploy = yard.until_over(failing.deploy_id)
    yard.ecs.advance(300)

    assert failing.failed, "nothing failed"
    assert deploy.outcome in case.ends
    assert yard.service(case.service)["desiredCount"] == COUNTS[case.service]
    tag = deploy.tag if deploy.outcome is Outcome.SUCCEEDED else "1.4.0"
    assert yard.images_running(case.service) == {tag}
    assert yard.leftovers() == []
    if case.service == "billing":
        assert_strict_order(yard, case.service)


def spread() -> Iterator[tuple[Case, type[Exception]]]:
    """The kinds that steps tell apart in every case; the others in two cases each, so that every case has
    some of them.
    """
    for number, kind in enumerate(RAISED):
        if kind in LIKE_THE_OTHERS:
            yield from ((case, kind) for case in STOPPED)
        else:
            half = len(STOPPED) // 2
            yield from ((STOPPED[(number + way) % len(STOPPED)], kind) for way in (0, half))


@pytest.mark.parametrize(
    ("case", "kind"), list(spread()), ids=lambda each: each.__name__ if isinstance(each, type) else str(each)
)
def test_a_service_that_was_stopped_comes_back(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, case: Case, kind: type[Exception]
) -> None:
    assert_brought_back_whatever_fails(yard, monkeypatch, case, kind)


@pytest.mark.parametrize("kind", LIKE_THE_OTHERS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("case", KEPT_RUNNING, ids=str)
def test_a_service_that_kept_running_goes_on_or_back(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, case: Case, kind: type[Exception]
) -> None:
    assert_brought_back_whatever_fails(yard, monkeypatch, case, kind)


@pytest.mark.parametrize("kind", LIKE_THE_OTHERS, ids=lambda kind: kind.__name__)
def test_a_rollout_that_cannot_be_stopped_is_undone_by_an_update(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def stop(*_: Any) -> None:
        raise an_error(kind)

    monkeypatch.setattr(rollouts, "stop", stop)
    deploy_id = yard.ask("web", "1.4.2")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.tick(10)
    yard.cancel(deploy_id)

    yard.until(lambda: yard.get(deploy_id).phase is Phase.FOLLOWING_BACK, seconds=20)
    assert yard.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert yard.images_running("web") == {"1.4.0"}
