"""When a deploy is looked at although nothing may have happened: at the deadline of its phase."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.nested_keys import PreTask
from deploys.records.phases import Phase
from deploys.records.rollback import RollbackCauseKind
from deploys.records.traffic import Pause, PauseEnd, TrafficShift
from tests.builders import NOW, a_deploy, a_service
from workers.flows.observe.deadline import MIN_ROLLBACK_SECONDS, deadline_at

DEADLINE, BEGAN = 600, NOW - 100
PAUSE = Pause(hook_id="h", stage="POST_SCALE_UP", since=NOW - 40, expires_at=None, timeout_action=None)
ROLLING = {"ecs": {"rollout_started_at": BEGAN}}
CASES: dict[str, tuple[Phase, dict[str, Any], float | None]] = {
    "a rollout": (Phase.FOLLOWING, ROLLING, BEGAN + DEADLINE),
    "one that has just been asked for": (Phase.FOLLOWING, {}, None),
    "one that waits for people": (
        Phase.FOLLOWING,
        {**ROLLING, "traffic": TrafficShift(pauses=(PAUSE,))},
        None,
    ),
    "one that waited for people": (
        Phase.FOLLOWING,
        {
            **ROLLING,
            "traffic": TrafficShift(pauses=(PAUSE.evolve(end=PauseEnd.ANSWERED, ended_at=PAUSE.since + 30),)),
        },
        BEGAN + DEADLINE + 30,
    ),
    "a count": (Phase.FOLLOWING_COUNT, ROLLING, BEGAN + DEADLINE),
    "somebody else's rollout": (Phase.FOLLOWING_EXTERNAL, ROLLING, NOW - 50 + DEADLINE),
    "a rollback": (Phase.FOLLOWING_ROLLBACK, ROLLING, NOW - 50 + MIN_ROLLBACK_SECONDS),
    "a question": (Phase.AWAITING_APPROVAL, {"approval": {"expires_at": NOW + 30}}, NOW + 30),
    "a question that nobody has seen": (Phase.AWAITING_APPROVAL, {}, None),
    "a task before the rollout": (Phase.RUNNING_PRE_TASK, {}, NOW - 50 + 77),
    "nothing that waits": (Phase.PLANNING, {}, None),
    "a service that settles": (Phase.SETTLING, ROLLING, None),
}


@pytest.mark.parametrize("name", CASES)
def test_the_deadline_of_each_phase(name: str) -> None:
    phase, changes, expected = CASES[name]
    service = a_service(deadline=DEADLINE, before=PreTask(command=("migrate",), deadline=77))

    deploy = a_deploy(service, phase=phase, phase_since=NOW - 50).evolve(**changes)

    assert deadline_at(deploy, NOW) == expected


def test_a_rollback_by_ecs_has_time_of_its_own() -> None:
    following = a_deploy(a_service(deadline=DEADLINE), phase=Phase.FOLLOWING).evolve(**ROLLING)

    goes_back = following.with_rollback_cause(RollbackCauseKind.ECS, "")

    assert deadline_at(goes_back, NOW) == BEGAN + DEADLINE + MIN_ROLLBACK_SECONDS
