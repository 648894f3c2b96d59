"""The cards of `/deploy scale` and `/deploy run`."""

from __future__ import annotations

from typing import Any

import pytest

from deploys import buttons
from deploys.records.approval import Cancel
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from tests.builders import NOW
from tests.workers.thread.sample_deploys import command, scaling
from workers.thread.card import card_headline, deploy_card

WHERE = "production by <@U01ALICE00>"
CANCEL = {"cancel": Cancel(user="U02BOB0000", at=NOW)}


def ended(deploy: Deploy, outcome: Outcome, **changes: Any) -> Deploy:
    return deploy.evolve(phase=Phase.ENDED, outcome=outcome, ended_at=NOW + 9, **changes)


FOLLOWED, RAN = scaling(Phase.FOLLOWING_COUNT), command(Phase.RUNNING_COMMAND)


@pytest.mark.parametrize(
    ("deploy", "line"),
    [
        (scaling(), "planning, nothing changed yet"),
        (scaling(Phase.REGISTERING), "about to begin"),
        (scaling(Phase.SCALING), "setting the desired count"),
        (FOLLOWED, "scaling from 3 to 5 tasks, 4 of 5 tasks running"),
        (
            FOLLOWED.evolve(count_change={"before": 5}),
            "looking whether the tasks run",
        ),
        (scaling(Phase.RESTORING_COUNT), "scaling back to 3 tasks"),
        (ended(FOLLOWED, Outcome.SUCCEEDED), "done, 4 of 5 tasks running"),
        (ended(FOLLOWED, Outcome.ROLLED_BACK), "scaled back to 3 tasks"),
        (ended(FOLLOWED, Outcome.SUPERSEDED), "superseded by another count"),
        (ended(FOLLOWED, Outcome.FAILED), "failed, needs attention"),
        (ended(FOLLOWED, Outcome.CANCELLED, **CANCEL), "cancelled by <@U02BOB0000>, scaled back to 3 tasks"),
        (ended(scaling(), Outcome.CANCELLED, **CANCEL), "cancelled by <@U02BOB0000>, nothing was changed"),
    ],
)
def test_the_headline_of_a_scaling(deploy: Deploy, line: str) -> None:
    assert card_headline(deploy) == f"*web* scaling to 5 tasks on {WHERE}: *{line}*"


@pytest.mark.parametrize(
    ("deploy", "line"),
    [
        (command(), "planning, nothing changed yet"),
        (RAN, "running the command"),
        (ended(RAN, Outcome.SUCCEEDED), "done"),
        (ended(RAN, Outcome.FAILED), "failed, exit code 3"),
        (ended(RAN, Outcome.FAILED, pre_task={"exit_code": None}), "failed"),
        (ended(RAN, Outcome.CANCELLED, **CANCEL), "cancelled by <@U02BOB0000>, stopped midway"),
        (ended(command(), Outcome.CANCELLED, **CANCEL), "cancelled by <@U02BOB0000>, nothing was run"),
        (ended(command(), Outcome.REFUSED), "refused, nothing was run"),
    ],
)
def test_the_headline_of_a_command(deploy: Deploy, line: str) -> None:
    assert card_headline(deploy) == f"*web* command `rake -T` on {WHERE}: *{line}*"


def test_a_scaling_says_the_counts_and_what_application_auto_scaling_will_do() -> None:
    lines = deploy_card(FOLLOWED, [], NOW + 9).text.splitlines()

    assert lines[1:4] == [
        "Tasks: 4 running, 1 pending, 5 desired.",
        "Why: fixes the login",
        "Application Auto Scaling (2 to 6 tasks) may change the count again at any time.",
    ]
    given_up = deploy_card(ended(FOLLOWED, Outcome.ROLLED_BACK), [], NOW + 9).text
    assert "Auto Scaling" not in given_up


def test_a_command_says_where_it_runs_and_for_how_long() -> None:
    lines = deploy_card(RAN, [], NOW + 9).text.splitlines()

    assert lines[1:3] == [
        "Running `rake -T`, 9 s so far, at most 1 h.",
        "In container `web` of `web:1` (`1.4.0`), in a task of its own.",
    ]


@pytest.mark.parametrize(
    ("deploy", "label", "title", "text"),
    [
        (
            FOLLOWED,
            "Scale back",
            "Undo this scaling?",
            "The scaling of web to 5 tasks on production (eu-west-1) is under way. Slipway sets the desired "
            "count that there was before.",
        ),
        (
            RAN,
            "Stop the command",
            "Stop this command?",
            "The command rake -T in web on production (eu-west-1) is stopped midway; what it has done so far "
            "is not undone.",
        ),
        (
            command(),
            "Withdraw",
            "Withdraw this command?",
            "The command rake -T in web on production (eu-west-1) will not happen. Nothing has been changed.",
        ),
    ],
)
def test_the_button_that_cancels_says_what_it_does(deploy: Deploy, label: str, title: str, text: str) -> None:
    button = buttons.cancel_button(deploy)

    assert button.confirm is not None
    assert (button.label, button.confirm.title, button.confirm.text) == (label, title, text)
