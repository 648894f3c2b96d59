"""Questions back: when several deploys could be meant, each gets a button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.reply import Reply, section
from deploys import buttons, naming
from deploys.deploy import Deploy, Verb
from deploys.standing import standing

MOST = 10
"""Deploys offered in one message (count)."""


def which_to_cancel(deploys: Sequence[Deploy]) -> Reply:
    """Asks which of several deploys is meant."""
    question = "Which one? Nothing was cancelled yet."
    offered = deploys[:MOST]
    lines = [f"{naming.name(each)} {standing(each)}: `/deploy cancel {each.id}`" for each in offered]
    rest = len(deploys) - len(offered)
    more = [f"and {rest} more, see `/deploy status SERVICE`"] if rest else []
    return Reply(
        "\n".join([question, *(f"• {line}" for line in (*lines, *more))]),
        (
            section(question),
            *(section(line, _button(each)) for line, each in zip(lines, offered, strict=True)),
            *(section(line) for line in more),
        ),
    )


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
