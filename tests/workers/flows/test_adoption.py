"""How far a deploy came, by what carries its id in ECS. Pure."""

from __future__ import annotations

import pytest

from deploys.deploy import Deploy, Outcome, Phase
from tests.builders import ARN, NOW, a_deploy, a_stop_start_service
from workers.ecs.seen import ServiceSeen
from workers.ecs.task_definitions import replaced
from workers.flows.adoption import CAME_TO, Stopped, how_far
from workers.flows.marks import Mark
from workers.janitor import Care, care

OLD, NEW, OTHER = (f"{ARN}:task-definition/ledger:{number}" for number in (41, 42, 43))


def a_mark(*, stopped: bool) -> Mark:
    return Mark("w7x8y9zt", 2, old="ledger:41", new="ledger:42", stopped_at=NOW if stopped else None)


def seen(revision: str, desired: int) -> ServiceSeen:
    return ServiceSeen("arn", "ledger", "ACTIVE", revision, desired, 0, 0)


@pytest.mark.parametrize(
    ("revision", "desired", "stopped", "expected"),
    [
        (OLD, 2, False, Stopped.NOT_YET),
        (OLD, 2, True, Stopped.NOT_YET),
        (OLD, 0, False, Stopped.NOT_YET),  # somebody else set that count
        (OLD, 0, True, Stopped.OLD),
        (NEW, 2, True, Stopped.NEW_RUNS),
        (NEW, 0, True, Stopped.NEW),
        (OTHER, 2, True, Stopped.TAKEN),
        (OTHER, 0, True, Stopped.TAKEN),
    ],
)
def test_how_far_it_came(revision: str, desired: int, stopped: bool, expected: Stopped) -> None:
    assert how_far(a_mark(stopped=stopped), seen(revision, desired)) is expected


def test_every_state_has_a_phase_that_goes_on_from_there() -> None:
    assert set(CAME_TO) == set(Stopped)


def a_record(phase: Phase, outcome: Outcome | None = None, *, knows: bool = False) -> Deploy:
    return a_deploy(
        a_stop_start_service(), phase=phase, outcome=outcome, stop_requested_at=NOW if knows else None
    )


@pytest.mark.parametrize(
    ("record", "desired", "stopped", "expected"),
    [
        (None, 0, True, Care.TAKE_UP),
        (None, 2, False, Care.TAKE_UP),
        (a_record(Phase.AWAITING_APPROVAL), 0, True, Care.WAKE),
        (a_record(Phase.RECORDING), 2, True, Care.WAKE),
        (a_record(Phase.RECORDING), 0, False, Care.NONE),
        (a_record(Phase.DRAINING, knows=True), 0, True, Care.NONE),
        (a_record(Phase.ENDED, Outcome.REFUSED), 0, True, Care.TAKE_UP),
        (a_record(Phase.ENDED, Outcome.EXPIRED), 0, True, Care.TAKE_UP),
        (a_record(Phase.ENDED, Outcome.REFUSED), 2, True, Care.NONE),
        (a_record(Phase.ENDED, Outcome.REFUSED), 0, False, Care.NONE),
        (a_record(Phase.ENDED, Outcome.SUCCEEDED, knows=True), 0, True, Care.NONE),
        (a_record(Phase.ENDED, Outcome.ROLLED_BACK), 0, True, Care.NONE),
    ],
)
def test_what_a_marked_service_needs(
    record: Deploy | None, desired: int, stopped: bool, expected: Care
) -> None:
    assert care(record, a_mark(stopped=stopped), seen(OLD, desired)) is expected


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
    assert replaced(tags, "w7x8y9zt") == expected
