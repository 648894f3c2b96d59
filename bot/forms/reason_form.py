"""The modal in which a button asks for a reason: what it says, and what it keeps of the press. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bot import slack_text
from bot.forms.deploy_form import LABEL, TITLE, View
from bot.grammar import MAX_REASON_LENGTH
from bot.private_reply import section_block
from deploys.buttons.button import ReasonQuestion, plain_text
from deploys.errors import StaleForm
from deploys.mrkdwn import verbatim
from deploys.records.record import Record
from deploys.text_limits import SECTION, clip

REASON_FORM = "button_reason"
"""Callback id of the view."""
REASON = "reason"
"""Id of its one input and of its block."""


class PressedButton(Record):
    """The press that waits for a reason, and where it was made."""

    action_id: str
    value: str
    message_ts: str | None = None
    ephemeral: bool = False
    channel: str = ""
    thread_ts: str | None = None
    response_url: str | None = None


def reason_form(question: ReasonQuestion, pressed: PressedButton) -> View:
    """The modal that asks this question about this press."""
    why = {
        "type": "input",
        "block_id": REASON,
        "label": plain_text("Why", LABEL),
        "element": {
            "type": "plain_text_input",
            "action_id": REASON,
            "max_length": MAX_REASON_LENGTH,
            "focus_on_load": True,
        },
    }
    return {
        "type": "modal",
        "callback_id": REASON_FORM,
        "private_metadata": pressed.model_dump_json(),
        "title": plain_text(question.title, TITLE),
        "submit": plain_text(question.submit, TITLE),
        "close": plain_text("Not now", TITLE),
        "blocks": verbatim([section_block(clip(question.text, SECTION)), why]),
    }


def read_pressed(view: Mapping[str, Any]) -> PressedButton:
    """The press that the modal in this payload is about. Raises StaleForm."""
    try:
        return PressedButton.model_validate_json(view.get("private_metadata") or "")
    except ValidationError as error:
        raise StaleForm() from error


def read_reason(view: Mapping[str, Any]) -> str:
    """What was typed, cleaned as the reason of a command is."""
    values = (view.get("state") or {}).get("values") or {}
    typed = ((values.get(REASON) or {}).get(REASON) or {}).get("value") or ""
    return slack_text.clean_sentence(str(typed))[:MAX_REASON_LENGTH]
