"""The buttons of a card: the ids that both sides agree on, and the value each carries.

A value names a deploy and the question it was shown with, nothing else: all else is read back from the store.
"""

from __future__ import annotations

import re
from typing import NamedTuple

APPROVE = "deploy:approve"
REJECT = "deploy:reject"
CANCEL = "deploy:cancel"
CONTINUE = "deploy:continue"
"""Answers of a PAUSE hook; for them the number in the value is the pause's."""
ROLL_BACK = "deploy:roll-back"
CANCEL_ALL = "batch:cancel"
"""Its value names a batch, with question 0."""
FOLLOW = "deploy:follow"
LIKELY_TAG = "deploy:likely-tag"
"""Deploys the tag that was likely meant; its value names the refused deploy or batch, with question 0."""
MORE = "deploy:more"
"""The overflow menu; the value of the chosen option begins with the action, as `deploy:cancel|<value>`."""
QUESTION_BUTTONS = frozenset({APPROVE, REJECT, CONTINUE, ROLL_BACK})
"""The buttons of a question: without them nobody can answer it."""


_VALUE = re.compile(r"([0-9A-Za-z]{1,64})\.([0-9]{1,9})")


class ButtonValue(NamedTuple):
    """What a button's value says."""

    deploy_id: str
    question: int


def numbered_action_id(action_id: str, number: int) -> str:
    """The action's id for one of several such buttons in a block, in which Slack takes each id once."""
    return f"{action_id}/{number}"


def base_action_id(action_id: str) -> str:
    """The action that a button's id names, numbered or not."""
    return action_id.partition("/")[0]


def button_value(deploy_id: str, question: int) -> str:
    """The value of a button."""
    return f"{deploy_id}.{question}"


def parse_button_value(value: str) -> ButtonValue | None:
    """The value read back; None when it is not one of ours."""
    found = _VALUE.fullmatch(value)
    return ButtonValue(found[1], int(found[2])) if found else None
