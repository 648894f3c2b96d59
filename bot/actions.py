"""Clicks on a card's buttons.

A button's value names a deploy and a question; all else is read from the store.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from bot import cancelling, deciding, likely_tag, replies
from bot.commands import follow
from bot.desk import Desk
from bot.reply import Reply
from bot.request import Request
from deploys import buttons
from deploys.deploy import Verdict
from deploys.errors import OldCard, UnknownDeploy
from deploys.mrkdwn import escape
from deploys.traffic import HookAction


class Click(NamedTuple):
    """One press of a button or choice of a menu."""

    action_id: str
    value: str
    message_ts: str | None
    """The message it stands on; None on a Home tab."""
    ephemeral: bool


def read(body: dict[str, Any]) -> Click:
    """What was clicked, out of a block_actions payload."""
    action = body["actions"][0]
    container = body.get("container") or {}
    action_id, value = buttons.action(action["action_id"]), action.get("value") or ""
    if chosen := action.get("selected_option"):
        action_id, _, value = chosen["value"].partition("|")
    return Click(action_id, value, container.get("message_ts"), bool(container.get("is_ephemeral")))


def answer(click: Click, request: Request, desk: Desk) -> Reply | None:
    """Does what the button says. None where the card itself is the answer.

    Raises:
        Refused: it was refused.
    """
    pressed = buttons.read(click.value)
    if pressed is None:
        raise UnknownDeploy(id=escape(click.value[:64]))
    _refuse_old_card(pressed.deploy_id, click, request, desk)
    match click.action_id:
        case buttons.CANCEL_ALL:
            reply = cancelling.cancel_all(cancelling.find(pressed.deploy_id, desk), request, desk)
            return reply if click.ephemeral else None
        case buttons.APPROVE:
            return deciding.decide(pressed.deploy_id, pressed.question, Verdict.APPROVED, request, desk)
        case buttons.REJECT:
            return deciding.decide(pressed.deploy_id, pressed.question, Verdict.REJECTED, request, desk)
        case buttons.CONTINUE:
            deciding.answer(pressed.deploy_id, pressed.question, HookAction.CONTINUE, request, desk)
            return None
        case buttons.ROLL_BACK:
            deciding.answer(pressed.deploy_id, pressed.question, HookAction.ROLLBACK, request, desk)
            return None
        case buttons.CANCEL:
            reply = deciding.cancel(pressed.deploy_id, request, desk)
            return reply if click.ephemeral else None
        case buttons.LIKELY_TAG:
            return likely_tag.pressed(pressed.deploy_id, request, desk)
        case buttons.FOLLOW:
            return follow.pressed(pressed.deploy_id, request, desk)
    raise OldCard(where="It was made by another version of me. `/deploy status` leads to the deploy.")


def _refuse_old_card(deploy_id: str, click: Click, request: Request, desk: Desk) -> None:
    """A card can be posted twice when Slack's answer is lost; only the one that is kept up to date counts."""
    if click.ephemeral or click.message_ts is None:
        return
    deploy = desk.store.get(deploy_id)
    view = desk.threads.find(deploy.told_in if deploy else deploy_id)
    if view is None or (view.channel, view.ts) == (request.channel, click.message_ts):
        return
    raise OldCard(where=replies.old_card(view))
