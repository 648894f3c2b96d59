"""What the calls of a step are for."""

from __future__ import annotations

import pytest

from deploys.records.approval import Cancel
from deploys.records.confirmations import Observation, PendingConfirmation
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.restore_point import SavedScaling, SuspendedState
from deploys.stores.aws_budget import CallNeed
from tests.builders import NOW, a_deploy, a_stop_start_service
from workers.call_need import AHEAD, call_need, change_ahead

RESTORE, CHANGE, END, PROGRESS = CallNeed.RESTORE, CallNeed.CHANGE, CallNeed.END, CallNeed.PROGRESS

BY_PHASE = {
    Phase.WAITING: (PROGRESS, CHANGE),
    Phase.PLANNING: (PROGRESS, CHANGE),
    Phase.AWAITING_APPROVAL: (PROGRESS, CHANGE),
    Phase.REGISTERING: (END, CHANGE),
    Phase.RUNNING_PRE_TASK: (END, CHANGE),
    Phase.RUNNING_COMMAND: (END, CHANGE),
    Phase.SCALING: (END, CHANGE),
    Phase.FOLLOWING_COUNT: (PROGRESS, CHANGE),
    Phase.UPDATING: (END, CHANGE),
    Phase.SAVING_RESTORE_POINT: (END, CHANGE),
    Phase.STOPPING: (END, CHANGE),
    Phase.DRAINING: (PROGRESS, CHANGE),
    Phase.STARTING: (END, CHANGE),
    Phase.FOLLOWING: (PROGRESS, CHANGE),
    Phase.CHECKING: (PROGRESS, CHANGE),
    Phase.FOLLOWING_EXTERNAL: (PROGRESS, CHANGE),
    Phase.RESTORING: (RESTORE, RESTORE),
    Phase.FOLLOWING_ROLLBACK: (END, RESTORE),
    Phase.RESTORING_COUNT: (RESTORE, RESTORE),
    Phase.SETTLING: (PROGRESS, CHANGE),
    Phase.ENDED: (PROGRESS, CHANGE),
}
"""Of a read and of a change, for a service that was not stopped."""


def test_every_phase_has_its_needs() -> None:
    found = {
        phase: (
            call_need(a_deploy(phase=phase), changes=False),
            call_need(a_deploy(phase=phase), changes=True),
        )
        for phase in Phase
    }

    assert found == BY_PHASE


def stopped(phase: Phase, **changes: object) -> Deploy:
    return a_deploy(a_stop_start_service(), phase=phase).evolve(stop={"requested_at": NOW}, **changes)


@pytest.mark.parametrize("phase", [Phase.STOPPING, Phase.DRAINING, Phase.STARTING, Phase.RESTORING])
def test_nothing_goes_before_what_a_stopped_service_needs(phase: Phase) -> None:
    assert [call_need(stopped(phase), changes=each) for each in (False, True)] == [RESTORE, RESTORE]


def test_scaling_that_is_suspended_is_put_back_first() -> None:
    scaling = SavedScaling(suspended_before=SuspendedState(), suspend_tried=True)
    settling = a_deploy(phase=Phase.SETTLING).evolve(stop={"scaling": scaling})

    assert call_need(settling, changes=False) is RESTORE
    restored = settling.evolve(stop={"scaling": scaling.evolve(restored=True)})
    assert call_need(restored, changes=False) is PROGRESS


def test_a_started_service_is_looked_at_with_the_need_of_an_end_until_it_serves() -> None:
    following = stopped(Phase.FOLLOWING)

    assert call_need(following, changes=False) is END
    assert call_need(following.evolve(rollout={"serving_at": NOW}), changes=False) is PROGRESS


def test_a_read_that_may_confirm_an_end_has_the_need_of_one() -> None:
    pending = PendingConfirmation(observation=Observation.SUPERSEDED)

    assert call_need(a_deploy(phase=Phase.FOLLOWING, pending_confirmation=pending), changes=False) is END


def test_the_token_of_a_change_is_taken_ahead_unless_the_deploy_is_cancelled() -> None:
    cancel = Cancel(user="U01ALICE00", at=NOW)
    for phase in Phase:
        expected = AHEAD.get(phase, "")
        assert change_ahead(a_deploy(phase=phase)) == expected
        assert change_ahead(a_deploy(phase=phase, cancel=cancel)) == ""
    assert sorted(AHEAD) == sorted(
        [Phase.REGISTERING, Phase.SCALING, Phase.UPDATING, Phase.STOPPING, Phase.STARTING]
    )
