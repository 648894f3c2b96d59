"""Questions back: when several deploys could be meant, each gets a button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.reply import Reply, section
from deploys import buttons, naming
from deploys.batch import Batch
from deploys.batch import name as naming_of_batch
from deploys.deploy import Deploy, Verb
from deploys.message_size import message_size
from deploys.standing import standing

MOST = 10
"""Deploys, and batches, offered in one message (count), if they fit."""


def which_to_cancel(deploys: Sequence[Deploy], batches: Sequence[Batch] = ()) -> Reply:
    """Asks which of several deploys is meant, or all of those that were asked for at once."""
    for most in range(MOST, 1, -1):
        reply = _question(deploys, batches, most)
        if message_size(reply.text, reply.blocks).fits:
            return reply
    return _question(deploys, batches, 1)


def _question(deploys: Sequence[Deploy], batches: Sequence[Batch], most: int) -> Reply:
    question = "Which one? Nothing was cancelled yet."
    offered = deploys[:most]
    together = [(_all_of(each), _all_button(each)) for each in batches[:most]]
    lines = [f"{naming.name(each)} {standing(each)}: `/deploy cancel {each.id}`" for each in offered]
    rest = len(deploys) - len(offered) + len(batches) - len(together)
    more = [f"and {rest} more, see `/deploy status SERVICE`"] if rest else []
    return Reply(
        "\n".join([question, *(f"• {line}" for line in (*(line for line, _ in together), *lines, *more))]),
        (
            section(question),
            *(section(line, button) for line, button in together),
            *(section(line, _button(each)) for line, each in zip(lines, offered, strict=True)),
            *(section(line) for line in more),
        ),
    )


def which_batch_to_cancel(batches: Sequence[Batch]) -> Reply:
    """Asks which of those that go by the same name is meant."""
    return which_to_cancel((), batches)


def _all_of(batch: Batch) -> str:
    return f"all of {naming_of_batch(batch)}: `/deploy cancel {batch.id}`"


def _all_button(batch: Batch) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": buttons.CANCEL_ALL,
        "style": "danger",
        "text": _plain(_cut(f"Cancel all of {naming_of_batch(batch, str)}", 75)),
        "value": buttons.value(batch.id, 0),
        "confirm": {
            "title": _plain("Cancel all of these deploys?"),
            "text": _plain("What has not begun is withdrawn, and what is under way is rolled back."),
            "confirm": _plain("Cancel all"),
            "deny": _plain("Leave them"),
            "style": "danger",
        },
    }


def _button(deploy: Deploy) -> dict[str, Any]:
    if deploy.verb is Verb.FOLLOW:
        return _stop_following(deploy)
    return {
        "type": "button",
        "action_id": buttons.CANCEL,
        "style": "danger",
        "text": _plain(_cut(f"Cancel {naming.name(deploy, str)}", 75)),
        "value": buttons.value(deploy.id, deploy.question),
        "confirm": {
            "title": _plain(f"Cancel this {deploy.verb}?"),
            "text": _plain(
                f"{_cut(naming.at_start(deploy, str), 200)} is withdrawn, or rolled back if it has begun to "
                "change the service."
            ),
            "confirm": _plain(f"Cancel the {deploy.verb}"),
            "deny": _plain("Leave it"),
            "style": "danger",
        },
    }


def _stop_following(deploy: Deploy) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": buttons.CANCEL,
        "text": _plain("Stop following"),
        "value": buttons.value(deploy.id, deploy.question),
        "confirm": {
            "title": _plain("Stop following this rollout?"),
            "text": _plain(f"{_cut(naming.at_start(deploy, str), 200)} goes on in ECS."),
            "confirm": _plain("Stop following"),
            "deny": _plain("Keep following"),
        },
    }


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
