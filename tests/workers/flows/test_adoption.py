"""How far a deploy got, judged by what carries its id in ECS. No AWS calls."""

from __future__ import annotations

import pytest

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from tests.builders import ARN, NOW, a_deploy, a_stop_start_service
from workers.ecs.state import ServiceState
from workers.ecs.task_definitions import replaced_revision
from workers.flows.adoption import PHASE_BY_STOP_STAGE, StopStage, find_stop_stage
from workers.flows.stopped_service.restore_tags import RestoreTags
from workers.orphan_recovery import RecoveryAction, decide_recovery

OLD, NEW, OTHER = (f"{ARN}:task-definition/ledger:{number}" for number in (41, 42, 43))


def make_restore_tags(*, stopped: bool) -> RestoreTags:
    return RestoreTags(
        "w7x8y9zt", 2, old_revision="ledger:41", new_revision="ledger:42", stopped_at=NOW if stopped else None
    )


def service_at(revision: str, desired: int) -> ServiceState:
    return ServiceState("arn", "ledger", "ACTIVE", revision, desired, 0, 0)


@pytest.mark.parametrize(
    ("revision", "desired", "stopped", "expected"),
    [
        (OLD, 2, False, StopStage.NOT_STOPPED),
        (OLD, 2, True, StopStage.NOT_STOPPED),
        (OLD, 0, False, StopStage.NOT_STOPPED),  # somebody else set that count
        (OLD, 0, True, StopStage.OLD_STOPPED),
        (NEW, 2, True, StopStage.NEW_RUNNING),
        (NEW, 0, True, StopStage.NEW_STOPPED),
        (OTHER, 2, True, StopStage.SUPERSEDED),
        (OTHER, 0, True, StopStage.SUPERSEDED),
    ],
)
def test_how_far_it_came(revision: str, desired: int, stopped: bool, expected: StopStage) -> None:
    assert find_stop_stage(make_restore_tags(stopped=stopped), service_at(revision, desired)) is expected


def test_every_state_has_a_phase_that_goes_on_from_there() -> None:
    assert set(PHASE_BY_STOP_STAGE) == set(StopStage)


def a_record(phase: Phase, outcome: Outcome | None = None, *, stop_recorded: bool = False) -> Deploy:
    return a_deploy(
        a_stop_start_service(),
        phase=phase,
        outcome=outcome,
        stop={"requested_at": NOW if stop_recorded else None},
    )


@pytest.mark.parametrize(
    ("record", "desired", "stopped", "expected"),
    [
        (None, 0, True, RecoveryAction.RECOVER),
        (None, 2, False, RecoveryAction.RECOVER),
        (a_record(Phase.AWAITING_APPROVAL), 0, True, RecoveryAction.MAKE_DUE),
        (a_record(Phase.SAVING_RESTORE_POINT), 2, True, RecoveryAction.MAKE_DUE),
        (a_record(Phase.SAVING_RESTORE_POINT), 0, False, RecoveryAction.NONE),
        (a_record(Phase.DRAINING, stop_recorded=True), 0, True, RecoveryAction.NONE),
        (a_record(Phase.ENDED, Outcome.REFUSED), 0, True, RecoveryAction.RECOVER),
        (a_record(Phase.ENDED, Outcome.EXPIRED), 0, True, RecoveryAction.RECOVER),
        (a_record(Phase.ENDED, Outcome.REFUSED), 2, True, RecoveryAction.NONE),
        (a_record(Phase.ENDED, Outcome.REFUSED), 0, False, RecoveryAction.NONE),
        (a_record(Phase.ENDED, Outcome.SUCCEEDED, stop_recorded=True), 0, True, RecoveryAction.NONE),
        (a_record(Phase.ENDED, Outcome.ROLLED_BACK), 0, True, RecoveryAction.NONE),
    ],
)
def test_what_a_marked_service_needs(
    record: Deploy | None, desired: int, stopped: bool, expected: RecoveryAction
) -> None:
    assert decide_recovery(record, make_restore_tags(stopped=stopped), service_at(OLD, desired)) is expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"slipway:deploy": "w7x8y9zt", "slipway:replaces": "web:17"}, "web:17"),
        ({"slipway:deploy": "w7x8y9zt"}, ""),
        ({"slipway:deploy": "other234", "slipway:replaces": "web:17"}, None),
        ({"slipway:deploy": "other234", "slipway:rollback": "w7x8y9zt web:18"}, "web:18"),
        ({"slipway:rollback": "other234 web:18"}, None),
        ({}, None),
    ],
)
def test_what_a_revision_says_of_the_deploy_that_set_it(tags: dict[str, str], expected: str | None) -> None:
    assert replaced_revision(tags, "w7x8y9zt") == expected
