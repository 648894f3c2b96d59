"""The card's state, emoji and urgency for every phase and outcome."""

from __future__ import annotations

import pytest

from deploys.records.approval import Cancel, Decision, Verdict
from deploys.records.phases import Outcome, Phase
from tests.workers.thread.sample_deploys import (
    BOB,
    LATER,
    POSSIBLE_STATES,
    State,
    awaiting,
    following,
    rolling,
    sample_deploy,
)
from workers.thread import card_state
from workers.thread.card_progress import TaskCount, progress_bar


def test_every_phase_and_every_outcome_has_words() -> None:
    assert set(card_state.OUTCOMES) == set(Outcome)


@pytest.mark.parametrize("state", sorted(POSSIBLE_STATES, key=str), ids=lambda s: f"{s[0].name}-{s[1]}")
def test_an_emoji_never_stands_alone(state: State) -> None:
    deploy = sample_deploy(state)

    assert card_state.state_emoji(deploy).strip(":")
    assert len(card_state.state_text(deploy)) > len("ended")


IS_URGENT = {
    Phase.WAITING: False,
    Phase.PLANNING: False,
    Phase.AWAITING_APPROVAL: True,
    Phase.REGISTERING: False,
    Phase.RUNNING_PRE_TASK: False,
    Phase.RUNNING_COMMAND: False,
    Phase.SCALING: False,
    Phase.FOLLOWING_COUNT: False,
    Phase.RESTORING_COUNT: False,
    Phase.UPDATING: False,
    Phase.SAVING_RESTORE_POINT: False,
    Phase.STOPPING: False,
    Phase.DRAINING: False,
    Phase.STARTING: False,
    Phase.FOLLOWING: False,
    Phase.CHECKING: False,
    Phase.FOLLOWING_EXTERNAL: False,
    Phase.RESTORING: False,
    Phase.FOLLOWING_ROLLBACK: False,
    Phase.SETTLING: True,
    Phase.ENDED: True,
}


@pytest.mark.parametrize("phase", list(Phase))
def test_questions_and_ends_are_shown_at_once(phase: Phase) -> None:
    outcome = Outcome.SUCCEEDED if phase in (Phase.SETTLING, Phase.ENDED) else None
    before = card_state.state_key(rolling(phase=Phase.PLANNING, approval={"question": 7}))

    assert card_state.must_update_now(rolling(phase=phase, outcome=outcome), before) is IS_URGENT[phase]


def test_buttons_that_no_longer_apply_are_removed_at_once() -> None:
    asked = awaiting()
    shown = card_state.state_key(asked)

    assert not card_state.must_update_now(asked, shown)
    assert card_state.must_update_now(asked.evolve(phase=Phase.REGISTERING), shown)
    assert card_state.must_update_now(asked.evolve(cancel=Cancel(user=BOB, at=LATER)), shown)
    assert card_state.must_update_now(asked.evolve(approval={"question": 2}), shown)
    yes = Decision(user=BOB, verdict=Verdict.APPROVED, at=LATER)
    assert card_state.must_update_now(asked.evolve(approval={"decisions": (yes,)}), shown)


def test_time_runs_on_the_card_only_while_something_is_done() -> None:
    assert card_state.changes_with_time(following())
    for phase in (Phase.WAITING, Phase.AWAITING_APPROVAL, Phase.SETTLING, Phase.ENDED):
        assert not card_state.changes_with_time(rolling(phase=phase))


@pytest.mark.parametrize(
    ("done", "wanted", "drawn"),
    [
        (0, 3, "░░░░░░░░░░░░"),
        (1, 3, "▓▓▓▓░░░░░░░░"),
        (3, 3, "▓▓▓▓▓▓▓▓▓▓▓▓"),
        (4, 3, "▓▓▓▓▓▓▓▓▓▓▓▓"),
        (1, 1000, "▓░░░░░░░░░░░"),
        (999, 1000, "▓▓▓▓▓▓▓▓▓▓▓░"),
    ],
)
def test_the_bar_is_full_only_when_all_is_done(done: int, wanted: int, drawn: str) -> None:
    assert progress_bar(TaskCount(done, wanted, "new tasks running")) == drawn
