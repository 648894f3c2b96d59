"""The texts of a restart and a rollback, before and after the plan."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import ContainerChange
from deploys.records.request import Verb
from tests.builders import REGISTRY, a_plan
from tests.workers.thread.sample_deploys import LATER, awaiting, following, rolling
from workers.messages.unreachable_channel import channel_unreachable
from workers.thread.card import card_headline, deploy_card

WHERE = "production by <@U01ALICE00>"


def restart(**changes: Any) -> Deploy:
    """`/deploy restart web`, not planned yet."""
    return rolling(verb=Verb.RESTART, tag="", plan=None, request={"reason": ""}).evolve(**changes)


def rollback(**changes: Any) -> Deploy:
    """`/deploy rollback web`, not planned yet."""
    return restart(**{"verb": Verb.ROLLBACK, **changes})


PLANNED_RESTART: dict[str, Any] = {
    "tag": "1.4.0",
    "plan": a_plan(
        tag="1.4.0",
        changes=(
            ContainerChange(
                container="web", old_image=f"{REGISTRY}/web:1.4.0", new_image=f"{REGISTRY}/web:1.4.0"
            ),
        ),
    ),
}
PLANNED_ROLLBACK: dict[str, Any] = {"tag": "1.4.1", "plan": a_plan(tag="1.4.1", old_tag="1.4.2")}


@pytest.mark.parametrize(
    ("deploy", "line"),
    [
        (restart(), f"*web* restart on {WHERE}: *planning, nothing changed yet*"),
        (
            restart(**PLANNED_RESTART, phase=Phase.UPDATING),
            f"*web* restart of `1.4.0` on {WHERE}: *starting the rollout*",
        ),
        (
            restart(**PLANNED_RESTART, phase=Phase.RESTORING),
            f"*web* restart of `1.4.0` on {WHERE}: *rolling back to `web:1`*",
        ),
        (rollback(), f"*web* rollback on {WHERE}: *planning, nothing changed yet*"),
        (
            rollback(rollback_target="1.4.1"),
            f"*web* rollback to `1.4.1` on {WHERE}: *planning, nothing changed yet*",
        ),
        (
            rollback(**PLANNED_ROLLBACK, rollback_target="k3m9p2qr", phase=Phase.UPDATING),
            f"*web* rollback to `1.4.1` (from `1.4.2`) on {WHERE}: *starting the rollout*",
        ),
        (
            rollback(**PLANNED_ROLLBACK, phase=Phase.ENDED, outcome=Outcome.ROLLED_BACK),
            f"*web* rollback to `1.4.1` (from `1.4.2`) on {WHERE}: *rolled back to `1.4.2`*",
        ),
    ],
)
def test_the_headline(deploy: Deploy, line: str) -> None:
    assert card_headline(deploy) == line


@pytest.mark.parametrize(
    ("ahead", "behind"),
    [
        (restart(), "a restart by <@U01ALICE00>"),
        (rollback(), "a rollback by <@U01ALICE00>"),
        (rollback(rollback_target="1.4.1"), "a rollback to `1.4.1` by <@U01ALICE00>"),
        (restart(**PLANNED_RESTART), "a restart of `1.4.0` by <@U01ALICE00>"),
        (rolling(), "`1.4.2` by <@U01ALICE00>"),
    ],
)
def test_a_queued_deploy_says_which_deploy_is_ahead(ahead: Deploy, behind: str) -> None:
    waiting = restart(phase=Phase.WAITING)

    assert card_headline(waiting, [ahead]).endswith(f"*queued behind {behind}*")


def test_a_restart_names_the_image_that_stays() -> None:
    shown = deploy_card(restart(**PLANNED_RESTART, phase=Phase.UPDATING), (), LATER)

    assert shown.text.splitlines()[1] == "`web`: `1.4.0` (`sha256:aaaaaaaaaaaa`), as before"


def button_texts(deploy: Deploy) -> list[str]:
    """Every label and dialog text of the card's buttons."""
    said = []
    for block in deploy_card(deploy, (), LATER).blocks:
        if block["type"] != "actions":
            continue
        for element in block["elements"]:
            labels = [element.get("text"), *(option["text"] for option in element.get("options", ()))]
            confirm = element["confirm"]
            said += [label["text"] for label in labels if label]
            said += [confirm["title"]["text"], confirm["text"]["text"]]
    return said


def test_the_buttons_of_a_restart_that_rolls() -> None:
    deploy = following(verb=Verb.RESTART, **PLANNED_RESTART)

    assert button_texts(deploy) == [
        "Roll back to web:1",
        "Roll this restart back?",
        "The restart of web 1.4.0 on production (eu-west-1) is under way. Slipway brings back what ran "
        "before.",
    ]


def test_the_buttons_of_a_rollback_that_rolls() -> None:
    deploy = following(verb=Verb.ROLLBACK, **PLANNED_ROLLBACK)

    assert button_texts(deploy) == [
        "Roll back to 1.4.2",
        "Undo this rollback?",
        "The rollback of web to 1.4.1 on production (eu-west-1) is under way. Slipway "
        "brings back what ran before.",
    ]


def test_the_buttons_of_a_question() -> None:
    deploy = awaiting(verb=Verb.ROLLBACK, tag="1.4.0")

    assert button_texts(deploy) == [
        "Approve",
        "Approve this rollback?",
        "The rollback of ledger to 1.4.0 on production (eu-west-1). It runs 1.4.1 now, 2 tasks. No task runs "
        "for about 1 min.",
        "Reject",
        "Reject this rollback?",
        "The rollback of ledger to 1.4.0 on production (eu-west-1) will not happen. Nothing has been "
        "changed.",
        "Withdraw",
        "Withdraw this rollback?",
        "The rollback of ledger to 1.4.0 on production (eu-west-1) will not happen. Nothing has been "
        "changed.",
    ]


def test_a_requester_whose_channel_cannot_be_written_to() -> None:
    assert channel_unreachable(restart(), "not_in_channel") == (
        "I cannot post in <#C01DEPLOYS>: I am not in it. Invite me there, with `/invite`. I try again every "
        "few minutes. The restart of `web` continues: `/deploy status web` shows how it goes."
    )
