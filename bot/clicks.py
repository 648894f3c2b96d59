"""Clicks on a card's buttons.

A button's value names a deploy and a question; all else is read from the store.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from bot import decide, press_likely_tag, reply_texts
from bot.app_context import AppContext
from bot.commands import follow
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys import button_ids
from deploys.errors import StaleCard, UnknownDeploy
from deploys.mrkdwn import escape
from deploys.records.approval import Verdict
from deploys.records.traffic import HookAction


class ButtonClick(NamedTuple):
    """One press of a button or choice of a menu."""

    action_id: str
    value: str
    message_ts: str | None
    """The message it stands on; None on a Home tab."""
    ephemeral: bool


def read_click(body: dict[str, Any]) -> ButtonClick:
    """What was clicked, out of a block_actions payload."""
    action = body["actions"][0]
    container = body.get("container") or {}
    action_id, value = button_ids.base_action_id(action["action_id"]), action.get("value") or ""
    if chosen := action.get("selected_option"):
        action_id, _, value = chosen["value"].partition("|")
    return ButtonClick(action_id, value, container.get("message_ts"), bool(container.get("is_ephemeral")))


def handle_click(click: ButtonClick, request: Request, context: AppContext) -> PrivateReply | None:
    """Does what the button says. None where the card itself is the answer.

    Raises:
        Refused: it was refused.
    """
    pressed = button_ids.parse_button_value(click.value)
    if pressed is None:
        raise UnknownDeploy(id=escape(click.value[:64]))
    _refuse_stale_card(pressed.deploy_id, click, request, context)
    match click.action_id:
        case button_ids.CANCEL_ALL:
            reply = decide.cancel_batch(decide.find_batch(pressed.deploy_id, context), request, context)
            return reply if click.ephemeral else None
        case button_ids.APPROVE:
            return decide.decide_approval(
                pressed.deploy_id, pressed.question, Verdict.APPROVED, request, context
            )
        case button_ids.REJECT:
            return decide.decide_approval(
                pressed.deploy_id, pressed.question, Verdict.REJECTED, request, context
            )
        case button_ids.CONTINUE:
            decide.answer_pause(pressed.deploy_id, pressed.question, HookAction.CONTINUE, request, context)
            return None
        case button_ids.ROLL_BACK:
            decide.answer_pause(pressed.deploy_id, pressed.question, HookAction.ROLLBACK, request, context)
            return None
        case button_ids.CANCEL:
            reply = decide.cancel_deploy(pressed.deploy_id, request, context)
            return reply if click.ephemeral else None
        case button_ids.LIKELY_TAG:
            return press_likely_tag.press_likely_tag(pressed.deploy_id, request, context)
        case button_ids.FOLLOW:
            return follow.press_follow(pressed.deploy_id, request, context)
    raise StaleCard(where="It was made by another version of me. `/deploy status` leads to the deploy.")


def _refuse_stale_card(deploy_id: str, click: ButtonClick, request: Request, context: AppContext) -> None:
    """A card can be posted twice when Slack's answer is lost; only the one that is kept up to date counts."""
    if click.ephemeral or click.message_ts is None:
        return
    deploy = context.store.get(deploy_id)
    view = context.threads.find(deploy.thread_id if deploy else deploy_id)
    if view is None or (view.channel, view.ts) == (request.channel, click.message_ts):
        return
    raise StaleCard(where=reply_texts.stale_card_hint(view))
