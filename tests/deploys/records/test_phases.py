"""Every phase and every outcome has every fact, and the facts agree with one another."""

from __future__ import annotations

from dataclasses import MISSING, asdict, fields

import pytest
from pydantic import TypeAdapter

from deploys.records.phases import Outcome, OutcomeFacts, Phase, PhaseFacts, Stage


def test_no_fact_has_a_default() -> None:
    every = (*fields(PhaseFacts), *fields(OutcomeFacts))

    assert [each.name for each in every if each.default is not MISSING] == []


@pytest.mark.parametrize("enum", [Phase, Outcome])
def test_every_member_has_its_facts_and_is_read_back_by_its_name(enum: type[Phase] | type[Outcome]) -> None:
    for member in enum:
        assert isinstance(member.facts, (PhaseFacts, OutcomeFacts))
        assert TypeAdapter(enum).validate_json(f'"{member.value}"') is member
        assert f"{member}" == member.value


@pytest.mark.parametrize("name", [each.name for each in fields(PhaseFacts)])
def test_a_phase_without_one_of_the_facts_fails_at_import(name: str) -> None:
    facts = asdict(Phase.WAITING.facts)
    del facts[name]

    with pytest.raises(TypeError, match=f"missing 1 required keyword-only argument: '{name}'"):
        PhaseFacts(**facts)


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_has_words(phase: Phase) -> None:
    facts = phase.facts

    assert all(text.strip() for text in (facts.label, facts.sentence, facts.batch_label))
    assert facts.emoji == f":{facts.emoji.strip(':')}:"


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_words(outcome: Outcome) -> None:
    assert outcome.facts.sentence.strip()
    assert outcome.facts.emoji == f":{outcome.facts.emoji.strip(':')}:"


@pytest.mark.parametrize("phase", Phase)
def test_a_phase_that_leaves_the_service_alone_makes_no_call_that_changes_it(phase: Phase) -> None:
    if phase.facts.service_unchanged or phase.facts.watched or phase.facts.stage is Stage.EXTERNAL:
        assert not phase.facts.changes_service
    if phase.facts.stage is Stage.FIRST_CHANGE:
        assert phase.facts.changes_service


STAGES = {
    Stage.BEFORE_REVISION: {Phase.WAITING, Phase.PLANNING, Phase.AWAITING_APPROVAL, Phase.REGISTERING},
    Stage.BEFORE_CHANGE: {Phase.RUNNING_PRE_TASK, Phase.RUNNING_COMMAND, Phase.SAVING_RESTORE_POINT},
    Stage.FIRST_CHANGE: {Phase.UPDATING, Phase.STOPPING, Phase.SCALING},
    Stage.CHANGED: {Phase.DRAINING, Phase.STARTING, Phase.FOLLOWING, Phase.FOLLOWING_COUNT, Phase.CHECKING},
    Stage.EXTERNAL: {Phase.FOLLOWING_EXTERNAL},
    Stage.ROLLBACK: {Phase.RESTORING, Phase.FOLLOWING_ROLLBACK, Phase.RESTORING_COUNT},
    Stage.OVER: {Phase.SETTLING, Phase.ENDED},
}


@pytest.mark.parametrize("stage", Stage)
def test_the_phases_of_each_stage(stage: Stage) -> None:
    assert {each for each in Phase if each.facts.stage is stage} == STAGES[stage]


def test_which_phases_can_be_cancelled_are_watched_and_change_the_service() -> None:
    assert {each for each in Phase if not each.facts.cancellable} == STAGES[Stage.ROLLBACK] | STAGES[
        Stage.OVER
    ]
    assert {each for each in Phase if each.facts.watched} == {
        Phase.DRAINING,
        Phase.FOLLOWING,
        Phase.FOLLOWING_COUNT,
        Phase.FOLLOWING_EXTERNAL,
        Phase.FOLLOWING_ROLLBACK,
    }
    assert {each for each in Phase if each.facts.changes_service} == {
        Phase.UPDATING,
        Phase.STOPPING,
        Phase.STARTING,
        Phase.SCALING,
        Phase.RESTORING,
        Phase.RESTORING_COUNT,
        Phase.SETTLING,
    }
