"""The button on a refusal for a name that does not exist: it runs the same command with the most similar name
that does."""

from __future__ import annotations

from typing import Any

from deploys.buttons.button import Button, ButtonPress, CommandReply, ConfirmDialog, button_value
from deploys.buttons.repeat_request import repeat_request, take_refused, typed_command
from deploys.errors import ChoiceGone
from deploys.records.refused_request import RefusedRequest

SUGGESTED_NAME = "refused:suggested-name"


def suggested_name_button(refused: RefusedRequest) -> Button | None:
    """None if no name is similar, or several services were named."""
    changes = _changes(refused)
    if not changes:
        return None
    confirm = ConfirmDialog(
        f"Do you mean {refused.facts['likely']}?",
        f"This does what typing {typed_command(refused, **changes)} does.",
        "Yes",
        "No",
    )
    return Button(
        SUGGESTED_NAME,
        f"I mean {refused.facts['likely']}",
        button_value(refused.id),
        style="primary",
        confirm=None if refused.is_query else confirm,
    )


def handle(press: ButtonPress) -> CommandReply:
    """Raises: ChoiceGone, ChoiceOfAnother, CommandTooLate, and whatever the command is refused for."""
    refused = take_refused(press)
    if not (changes := _changes(refused)):
        raise ChoiceGone()
    return repeat_request(press, refused, **changes)


def _changes(refused: RefusedRequest) -> dict[str, Any]:
    """What is different in the command with the other name."""
    likely = refused.facts.get("likely", "")
    if not likely or not refused.subcommand or len(refused.services) > 1:
        return {}
    return {"services": (likely,)} if refused.services else {"target": likely}
