"""Whatever a step raises after the service was changed, that is neither left at zero nor given up.

Each call that a way out needs fails for a minute; every other one fails for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from structlog.testing import capture_logs

from deploys.catalogue.nested_keys import PostCheck
from deploys.errors import SlipwayError
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.autoscaled_service import autoscale_billing
from tests.workers.flows.checked_deploys import create_quiet_alarm
from tests.workers.flows.strict_order import assert_strict_order
from tests.workers.flows.whole_deploys.failing_aws_calls import (
    NOT_REQUIRED,
    ONLY_BEFORE_CHANGE,
    REQUIRED_FOR_STRICT_ORDER,
    REQUIRED_TO_LEAVE_PAUSES,
    REQUIRED_TO_RESTORE,
    FailingCalls,
    list_aws_calls,
    make_error,
)
from tests.workers.flows.whole_deploys.raised_errors import (
    CLAIM_ERRORS,
    ERRORS_TOLD_APART,
    EVERY_ERROR,
    NEVER_RAISED_AFTER_CHANGE,
    RAISED_AFTER_CHANGE,
)
from workers.ecs import service_deployments

PHASES_BEFORE_CHANGE = {
    Phase.WAITING,
    Phase.PLANNING,
    Phase.AWAITING_APPROVAL,
    Phase.REGISTERING,
    Phase.RUNNING_PRE_TASK,
    Phase.RUNNING_COMMAND,
    Phase.SAVING_RESTORE_POINT,
}
PHASES_WITHOUT_CHANGE = {Phase.FOLLOWING_EXTERNAL, Phase.ENDED}
"""Phases that change nothing."""
PHASES_OF_A_COUNT = {Phase.SCALING, Phase.FOLLOWING_COUNT, Phase.RESTORING_COUNT}
"""Phases of `/deploy scale`, which has tests of its own."""


@dataclass(frozen=True)
class Case:
    """From which phase on calls fail, and how the deploy may end."""

    phase: Phase
    allowed_outcomes: frozenset[Outcome]
    service: str = "billing"
    cancel_at_failure: bool = False
    """Cancelled at the first call that fails."""
    cancel_in: Phase | None = None
    """Cancelled in this phase, before calls fail."""
    tag: str = "1.4.2"

    def __str__(self) -> str:
        how = "-cancelled" if self.cancel_at_failure or self.cancel_in else ""
        return f"{self.service}-{self.phase.value}{how}"


def outcomes_of(*outcomes: Outcome) -> frozenset[Outcome]:
    return frozenset(outcomes)


SUCCEEDED, ROLLED_BACK = outcomes_of(Outcome.SUCCEEDED), outcomes_of(Outcome.ROLLED_BACK)
CANCELLED = outcomes_of(Outcome.CANCELLED)
REFUSED_OR_DONE = outcomes_of(Outcome.REFUSED, Outcome.ROLLED_BACK, Outcome.SUCCEEDED)

STOPPED_CASES = (
    Case(Phase.STOPPING, REFUSED_OR_DONE),
    Case(Phase.STOPPING, outcomes_of(Outcome.REFUSED, Outcome.CANCELLED), cancel_at_failure=True),
    Case(Phase.DRAINING, SUCCEEDED | ROLLED_BACK),
    Case(Phase.DRAINING, CANCELLED, cancel_at_failure=True),
    Case(Phase.STARTING, SUCCEEDED | ROLLED_BACK),
    Case(Phase.STARTING, CANCELLED | ROLLED_BACK, cancel_at_failure=True),
    Case(Phase.FOLLOWING, SUCCEEDED),
    Case(Phase.FOLLOWING, CANCELLED, cancel_at_failure=True),
    Case(Phase.CHECKING, ROLLED_BACK),
    Case(Phase.CHECKING, CANCELLED, cancel_at_failure=True),
    Case(Phase.RESTORING, CANCELLED, cancel_in=Phase.FOLLOWING),
    Case(Phase.FOLLOWING_ROLLBACK, CANCELLED, cancel_in=Phase.FOLLOWING),
    Case(Phase.SETTLING, CANCELLED, cancel_in=Phase.FOLLOWING),
    Case(Phase.SETTLING, SUCCEEDED),
)
RUNNING_CASES = (
    Case(Phase.UPDATING, REFUSED_OR_DONE, "web"),
    Case(Phase.UPDATING, outcomes_of(Outcome.REFUSED, Outcome.CANCELLED), "web", cancel_at_failure=True),
    Case(Phase.FOLLOWING, SUCCEEDED, "web"),
    Case(Phase.FOLLOWING, CANCELLED, "web", cancel_at_failure=True),
    Case(Phase.CHECKING, ROLLED_BACK, "web"),
    Case(Phase.RESTORING, CANCELLED, "web", cancel_in=Phase.FOLLOWING),
    Case(Phase.FOLLOWING_ROLLBACK, CANCELLED, "web", cancel_in=Phase.FOLLOWING),
    Case(Phase.FOLLOWING, CANCELLED, "shop", cancel_at_failure=True),
    Case(Phase.RESTORING, CANCELLED, "shop", cancel_in=Phase.FOLLOWING),
)
COUNTS = {"billing": 2, "web": 3, "shop": 3}


@pytest.fixture(autouse=True)
def silence_logs() -> Iterator[None]:
    """Rendering the traceback of each failure would take longer than everything else."""
    with capture_logs():
        yield


def test_every_error_is_listed() -> None:
    raised = {kind for kind in RAISED_AFTER_CHANGE if issubclass(kind, SlipwayError)}

    assert raised | CLAIM_ERRORS | NEVER_RAISED_AFTER_CHANGE == EVERY_ERROR
    assert not raised & (CLAIM_ERRORS | NEVER_RAISED_AFTER_CHANGE)


def test_every_phase_is_listed() -> None:
    after = {case.phase for case in (*STOPPED_CASES, *RUNNING_CASES)}

    assert after | PHASES_BEFORE_CHANGE | PHASES_WITHOUT_CHANGE | PHASES_OF_A_COUNT == set(Phase)
    assert not after & (PHASES_BEFORE_CHANGE | PHASES_WITHOUT_CHANGE)


def test_every_call_of_aws_is_listed() -> None:
    listed = (
        REQUIRED_TO_RESTORE
        | REQUIRED_FOR_STRICT_ORDER
        | REQUIRED_TO_LEAVE_PAUSES
        | NOT_REQUIRED
        | ONLY_BEFORE_CHANGE
    )

    assert {name for name, _ in list_aws_calls()} == listed


def is_failing(case: Case) -> Callable[[Deploy], bool]:
    """Whether the deploy is in this phase, and a change of the service was at least attempted."""

    def is_there(deploy: Deploy) -> bool:
        tried = deploy.ecs.update_tried or deploy.stop.requested_at is not None
        return deploy.phase is case.phase and tried

    return is_there


def start_case(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, case: Case, kind: type[Exception]
) -> FailingCalls:
    """Starts the deploy of this case."""
    if case.service == "billing":
        autoscale_billing(harness)
    create_quiet_alarm(harness.ecs.client("cloudwatch"))
    checked = case.phase is Phase.CHECKING
    after = PostCheck(alarms=("web-5xx",), duration=30) if checked else None
    cancel = harness.cancel if case.cancel_at_failure else lambda deploy_id: None
    failing = FailingCalls(harness, monkeypatch, kind, is_failing(case), cancel)
    failing.deploy_id = harness.request_deploy(case.service, case.tag, approvals=0, after=after)
    if case.cancel_in:
        harness.until_phase(failing.deploy_id, case.cancel_in)
        harness.tick(10)
        harness.cancel(failing.deploy_id)
    return failing


def assert_restored_despite_failures(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, case: Case, kind: type[Exception]
) -> None:
    failing = start_case(harness, monkeypatch, case, kind)

    harness.until_outcome(failing.deploy_id)
    assert harness.describe_service(case.service)["desiredCount"] == COUNTS[case.service]
    deploy = harness.until_over(failing.deploy_id)
    harness.ecs.advance(300)

    assert failing.failures, "nothing failed"
    assert deploy.outcome in case.allowed_outcomes
    assert harness.describe_service(case.service)["desiredCount"] == COUNTS[case.service]
    tag = deploy.tag if deploy.outcome is Outcome.SUCCEEDED else "1.4.0"
    assert harness.running_tags(case.service) == {tag}
    assert harness.leftover_keys() == []
    if case.service == "billing":
        assert_strict_order(harness, case.service)


def spread_errors(cases: Sequence[Case]) -> Iterator[tuple[Case, type[Exception]]]:
    """Two of the errors that steps handle differently in every case; each of them comes in several cases."""
    for number, case in enumerate(cases):
        for step in (0, 2):
            yield case, ERRORS_TOLD_APART[(number + step) % len(ERRORS_TOLD_APART)]


def other_errors() -> Iterator[tuple[Case, type[Exception]]]:
    """Each other error in one case, spread over all cases."""
    others = [kind for kind in RAISED_AFTER_CHANGE if kind not in ERRORS_TOLD_APART]
    return ((STOPPED_CASES[number % len(STOPPED_CASES)], kind) for number, kind in enumerate(others))


@pytest.mark.parametrize(
    ("case", "kind"),
    [*spread_errors(STOPPED_CASES), *other_errors()],
    ids=lambda each: each.__name__ if isinstance(each, type) else str(each),
)
def test_a_service_that_was_stopped_comes_back(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, case: Case, kind: type[Exception]
) -> None:
    assert_restored_despite_failures(harness, monkeypatch, case, kind)


@pytest.mark.parametrize(
    ("case", "kind"),
    list(spread_errors(RUNNING_CASES)),
    ids=lambda each: each.__name__ if isinstance(each, type) else str(each),
)
def test_a_service_that_kept_running_goes_on_or_back(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, case: Case, kind: type[Exception]
) -> None:
    assert_restored_despite_failures(harness, monkeypatch, case, kind)


@pytest.mark.parametrize("kind", ERRORS_TOLD_APART, ids=lambda kind: kind.__name__)
def test_a_rollout_that_cannot_be_stopped_is_undone_by_an_update(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def stop(*_: Any) -> None:
        raise make_error(kind)

    monkeypatch.setattr(service_deployments, "stop", stop)
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.tick(10)
    harness.cancel(deploy_id)

    harness.until(lambda: harness.get(deploy_id).phase is Phase.FOLLOWING_ROLLBACK, seconds=20)
    assert harness.until_over(deploy_id).outcome is Outcome.CANCELLED
    assert harness.running_tags("web") == {"1.4.0"}
