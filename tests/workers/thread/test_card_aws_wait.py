"""The card of a deploy that waits for its turn to call AWS."""

from __future__ import annotations

import pytest

from deploys.formatting import utc_time
from deploys.records.approval import Cancel
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.retries import AwsWait
from tests.builders import NOW, a_deploy
from tests.workers.thread.sample_deploys import BOB, LATER
from workers.thread.card import deploy_card
from workers.thread.card_aws_wait import aws_wait_line
from workers.thread.card_state import state_text

WAIT = AwsWait(limit="task-definition-changes", until=NOW + 600, before=12)


def waiting(wait: AwsWait = WAIT) -> Deploy:
    return a_deploy(phase=Phase.REGISTERING).evolve(retries={"aws_wait": wait})


def test_the_card_says_what_aws_limits_and_when_its_turn_is_expected() -> None:
    shown = deploy_card(waiting(), (), LATER)

    assert "*waiting for its turn at AWS*" in shown.text
    assert (
        "AWS takes only so many new revisions of task definitions a second from one account. Its turn is "
        "expected at about 2026-09-21 14:23 UTC. 12 others go first."
    ) in shown.text


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        (AwsWait(limit="service-changes", until=NOW, before=1), "changes of services"),
        (AwsWait(limit="service-reads", until=NOW), "reads of services"),
        (AwsWait(limit="of a newer version", until=NOW), "calls"),
    ],
)
def test_each_limit_has_words_for_people(wait: AwsWait, expected: str) -> None:
    others = " 1 other goes first." if wait.before else ""
    assert aws_wait_line(waiting(wait), utc_time) == (
        f"AWS takes only so many {expected} a second from one account. Its turn is expected at about "
        f"{utc_time(NOW)}.{others}"
    )


@pytest.mark.parametrize(
    "deploy",
    [
        waiting().evolve(cancel=Cancel(user=BOB, at=NOW)),
        waiting().evolve(outcome=Outcome.CANCELLED),
        waiting().reset_attempts(),
        waiting().in_phase(Phase.UPDATING, NOW),
    ],
)
def test_nothing_is_said_of_it_once_something_else_matters(deploy: Deploy) -> None:
    assert aws_wait_line(deploy, utc_time) == ""
    assert "turn at AWS" not in state_text(deploy)
