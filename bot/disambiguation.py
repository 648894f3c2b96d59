"""Questions back: when several deploys could be meant, each gets a button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.private_reply import PrivateReply, section_block
from deploys import button_ids, deploy_text
from deploys.deploy_text import status_text
from deploys.message_size import message_size
from deploys.records.batch import Batch
from deploys.records.batch import batch_name as naming_of_batch
from deploys.records.deploy import Deploy
from deploys.records.request import Verb

MAX_CHOICES = 10
"""Deploys, and batches, offered in one message (count), if they fit."""


def ask_which_to_cancel(deploys: Sequence[Deploy], batches: Sequence[Batch] = ()) -> PrivateReply:
    """Asks which of several deploys is meant, or all of those that were asked for at once."""
    for most in range(MAX_CHOICES, 1, -1):
        reply = _build_question(deploys, batches, most)
        if message_size(reply.text, reply.blocks).fits:
            return reply
    return _build_question(deploys, batches, 1)


def _build_question(deploys: Sequence[Deploy], batches: Sequence[Batch], limit: int) -> PrivateReply:
    question = "Which one? Nothing was cancelled yet."
    offered = deploys[:limit]
    together = [(_batch_line(each), _cancel_batch_button(each)) for each in batches[:limit]]
    lines = [
        f"{deploy_text.deploy_name(each)} {status_text(each)}: `/deploy cancel {each.id}`" for each in offered
    ]
    rest = len(deploys) - len(offered) + len(batches) - len(together)
    more = [f"and {rest} more, see `/deploy status SERVICE`"] if rest else []
    return PrivateReply(
        "\n".join([question, *(f"• {line}" for line in (*(line for line, _ in together), *lines, *more))]),
        (
            section_block(question),
            *(section_block(line, button) for line, button in together),
            *(section_block(line, _cancel_button(each)) for line, each in zip(lines, offered, strict=True)),
            *(section_block(line) for line in more),
        ),
    )


def ask_which_batch_to_cancel(batches: Sequence[Batch]) -> PrivateReply:
    """Asks which of those that go by the same name is meant."""
    return ask_which_to_cancel((), batches)


def _batch_line(batch: Batch) -> str:
    return f"all of {naming_of_batch(batch)}: `/deploy cancel {batch.id}`"


def _cancel_batch_button(batch: Batch) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": button_ids.CANCEL_ALL,
        "style": "danger",
        "text": _plain_text(_truncate(f"Cancel all of {naming_of_batch(batch, str)}", 75)),
        "value": button_ids.button_value(batch.id, 0),
        "confirm": {
            "title": _plain_text("Cancel all of these deploys?"),
            "text": _plain_text("What has not begun is withdrawn, and what is under way is rolled back."),
            "confirm": _plain_text("Cancel all"),
            "deny": _plain_text("Leave them"),
            "style": "danger",
        },
    }


def _cancel_button(deploy: Deploy) -> dict[str, Any]:
    if deploy.verb is Verb.FOLLOW:
        return _stop_following_button(deploy)
    return {
        "type": "button",
        "action_id": button_ids.CANCEL,
        "style": "danger",
        "text": _plain_text(_truncate(f"Cancel {deploy_text.deploy_name(deploy, str)}", 75)),
        "value": button_ids.button_value(deploy.id, deploy.approval.question),
        "confirm": {
            "title": _plain_text(f"Cancel this {deploy.verb}?"),
            "text": _plain_text(
                f"{_truncate(deploy_text.name_at_start(deploy, str), 200)} is withdrawn, or rolled back if it has begun to "
                "change the service."
            ),
            "confirm": _plain_text(f"Cancel the {deploy.verb}"),
            "deny": _plain_text("Leave it"),
            "style": "danger",
        },
    }


def _stop_following_button(deploy: Deploy) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": button_ids.CANCEL,
        "text": _plain_text("Stop following"),
        "value": button_ids.button_value(deploy.id, deploy.approval.question),
        "confirm": {
            "title": _plain_text("Stop following this rollout?"),
            "text": _plain_text(f"{_truncate(deploy_text.name_at_start(deploy, str), 200)} goes on in ECS."),
            "confirm": _plain_text("Stop following"),
            "deny": _plain_text("Keep following"),
        },
    }


def _plain_text(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def _truncate(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
