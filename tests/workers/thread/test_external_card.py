"""The card of a rollout that is only followed, and of a deploy that was refused for one."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.records.approval import Cancel
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.rollback import RollbackCause, RollbackCauseKind
from tests.builders import NOW
from tests.workers.thread.sample_deploys import BOB, LATER, external, rolling
from workers.thread import card_state as words
from workers.thread.card import card_headline, deploy_card

WHERE = "production, followed for <@U01ALICE00>"
PLANNED = f"*web* external rollout to `1.4.2` (from `1.4.0`) on {WHERE}"


def ended(outcome: Outcome, **changes: Any) -> Deploy:
    return external(phase=Phase.ENDED, outcome=outcome, ended_at=NOW + 90, **changes)


def actions(deploy: Deploy) -> list[dict[str, Any]]:
    """The buttons of the card."""
    blocks = deploy_card(deploy, (), LATER).blocks
    return [element for block in blocks if block["type"] == "actions" for element in block["elements"]]


def test_every_outcome_has_words() -> None:
    assert set(words.EXTERNAL_OUTCOMES) == set(Outcome)


@pytest.mark.parametrize(
    ("deploy", "line"),
    [
        (
            external(phase=Phase.PLANNING, tag="", plan=None),
            f"*web* external rollout on {WHERE}: *looking for a rollout in progress*",
        ),
        (
            external(phase=Phase.WAITING, tag="", plan=None),
            f"*web* external rollout on {WHERE}: *queued, starts now*",
        ),
        (
            external(cancel=Cancel(user=BOB, at=NOW)),
            f"{PLANNED}: *rolling out, <@{BOB}> asked to stop following, 2 of 3 new tasks running*",
        ),
        (
            external(rollback={"cause": RollbackCause(kind=RollbackCauseKind.ECS, sentence="ECS gave up.")}),
            f"{PLANNED}: *rolling back to `1.4.0`, 1 of 3 old tasks running*",
        ),
        (
            ended(Outcome.CANCELLED, cancel=Cancel(user=BOB, at=NOW)),
            f"{PLANNED}: *no longer followed, as <@{BOB}> asked, nothing was changed*",
        ),
        (
            ended(Outcome.EXPIRED),
            f"{PLANNED}: *no longer followed: it did not end in time, nothing was changed*",
        ),
        (
            ended(Outcome.ROLLED_BACK),
            f"{PLANNED}: *rolled back by ECS*",
        ),
    ],
)
def test_the_headline(deploy: Deploy, line: str) -> None:
    assert card_headline(deploy) == line


def test_a_deploy_queued_behind_it_says_what_is_ahead() -> None:
    waiting = rolling(phase=Phase.WAITING, plan=None)

    assert card_headline(waiting, [external()]).endswith(
        "*queued behind an external rollout to `1.4.2` followed for <@U01ALICE00>*"
    )


def test_the_button_stops_following_and_says_that_the_rollout_goes_on() -> None:
    [button] = actions(external())

    assert (button["action_id"], button["value"]) == ("deploy:cancel", "k3m9p2qr.0")
    assert "style" not in button
    assert button["confirm"]["title"]["text"] == "Stop following this rollout?"
    assert button["confirm"]["text"]["text"] == (
        "The external rollout of web to 1.4.2 on production (eu-west-1) goes on in ECS. Deploys that wait "
        "for it start."
    )


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_followed_rollout_that_ended_has_no_button(outcome: Outcome) -> None:
    assert actions(ended(outcome)) == []


def test_a_deploy_refused_for_an_external_rollout_offers_to_follow_it() -> None:
    refused = rolling(
        phase=Phase.ENDED,
        outcome=Outcome.REFUSED,
        plan=None,
        ended_at=NOW,
        refusal={"external_deployment_id": "ecs-svc/7"},
    )

    [button] = actions(refused)

    assert button["text"]["text"] == "Follow it"
    assert (button["action_id"], button["value"]) == ("deploy:follow", "k3m9p2qr.0")
    assert button["accessibility_label"] == "Follow the external rollout of web"


def test_a_deploy_refused_for_something_else_offers_nothing() -> None:
    assert actions(rolling(phase=Phase.ENDED, outcome=Outcome.REFUSED, plan=None, ended_at=NOW)) == []
