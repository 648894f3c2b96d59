"""Which channel has the card, and who is mentioned when."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.notify_keys import Notify, SuccessMessage
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.where_told import (
    card_channel,
    channels_told,
    is_failure,
    is_loud_success,
    is_quiet_success,
    mentioned_at_end,
    mentioned_at_question,
)
from tests.builders import a_deploy, a_service

ALICE = "U01ALICE00"
BOB = "U02BOB0000"
ONCALL = "S0ONCALL001"
ASKED_IN = "C01DEPLOYS"
DEPLOYS = "C0DEPLOYS01"
FAILURES = "C0FAILURES1"


def a_deploy_told(**notify: Any) -> Deploy:
    return a_deploy(a_service(approvers=(BOB,), notify=Notify(**notify)))


@pytest.mark.parametrize(
    ("named", "channel"),
    [
        ([""], ASKED_IN),
        ([DEPLOYS], DEPLOYS),
        ([DEPLOYS, DEPLOYS], DEPLOYS),
        ([DEPLOYS, ""], ASKED_IN),
        ([DEPLOYS, FAILURES], ASKED_IN),
    ],
)
def test_a_card_is_in_the_channel_that_all_of_its_services_name(named: list[str], channel: str) -> None:
    deploys = [a_deploy_told(channel=each) for each in named]

    assert card_channel(deploys, deploys[0].request) == channel


def test_all_channels_that_read_of_a_deploy() -> None:
    assert channels_told(a_deploy()) == {ASKED_IN}
    assert channels_told(a_deploy_told(channel=DEPLOYS, failures=FAILURES)) == {ASKED_IN, DEPLOYS, FAILURES}


_FAILURES = {Outcome.ROLLED_BACK, Outcome.FAILED, Outcome.SUPERSEDED, Outcome.REFUSED}


@pytest.mark.parametrize("outcome", Outcome)
def test_who_is_mentioned_at_each_end(outcome: Outcome) -> None:
    def mentioned(**notify: Any) -> tuple[str, ...]:
        return mentioned_at_end(a_deploy_told(**notify).evolve(phase=Phase.ENDED, outcome=outcome))

    success, failure = outcome is Outcome.SUCCEEDED, outcome in _FAILURES
    assert mentioned() == (ALICE,)
    assert mentioned(mention_on_success=()) == (() if success else (ALICE,))
    assert mentioned(mention_on_failure=(ONCALL, "approvers", "requester")) == (
        (ONCALL, BOB, ALICE) if failure else (ALICE,)
    )
    assert mentioned(mention_on_failure=(ONCALL, "requester"), failures=FAILURES) == (ALICE,)
    assert mentioned(mention_on_failure=(ONCALL,), failures=FAILURES) == (() if failure else (ALICE,))


def test_who_is_called_to_answer_a_question() -> None:
    assert mentioned_at_question(a_deploy_told(), (BOB,)) == (BOB,)
    assert mentioned_at_question(a_deploy_told(mention_on_question=()), (BOB,)) == ()
    called = mentioned_at_question(a_deploy_told(mention_on_question=("approvers", ONCALL)), (BOB, ONCALL))
    assert called == (BOB, ONCALL)


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("message", SuccessMessage)
def test_only_a_success_is_quiet_or_loud(outcome: Outcome, message: SuccessMessage) -> None:
    ended = a_deploy_told(successes=message).evolve(phase=Phase.ENDED, outcome=outcome)
    success = outcome is Outcome.SUCCEEDED

    assert is_quiet_success(ended) == (success and message is SuccessMessage.QUIET)
    assert is_loud_success(ended) == (success and message is SuccessMessage.CHANNEL)


@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.FAILED])
@pytest.mark.parametrize("message", SuccessMessage)
def test_how_a_command_ended_is_for_its_thread(outcome: Outcome, message: SuccessMessage) -> None:
    told = a_deploy_told(successes=message, failures=FAILURES)
    command = told.evolve(verb=Verb.RUN, phase=Phase.ENDED, outcome=outcome)

    assert [ask(command) for ask in (is_quiet_success, is_loud_success, is_failure)] == [False] * 3
    assert mentioned_at_end(command) == (ALICE,)
