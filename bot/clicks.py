"""Clicks on buttons. What each button does is in `deploys.buttons`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from structlog.contextvars import bind_contextvars

from bot import attempts, commands
from bot.app_context import AppContext
from bot.forms.reason_form import PressedButton, reason_form
from bot.grammar import Command
from bot.private_reply import PrivateReply
from bot.refused_requests import note_refused_click
from bot.request import Request
from deploys import buttons
from deploys.buttons import ButtonPress, ButtonValue
from deploys.buttons.unlock import find_lock_by_id
from deploys.decisions import decision_text
from deploys.deploy_text import name_at_start, status_text
from deploys.errors import AlreadyDecided, ReasonMissing, Refused, StaleCard, UnknownDeploy
from deploys.mrkdwn import escape
from deploys.records.deploy import Deploy
from deploys.records.request import DeployRequest


class ButtonClick(NamedTuple):
    """One click on a button, or choice from a menu."""

    action_id: str
    value: str
    message_ts: str | None
    """The message with the button; None on a Home tab."""
    ephemeral: bool
    reason: str = ""
    """What was typed in the modal that asked for a reason."""


def read_click(body: dict[str, Any]) -> ButtonClick:
    """What was clicked, out of a block_actions payload."""
    action = body["actions"][0]
    container = body.get("container") or {}
    action_id, value = buttons.base_action_id(action["action_id"]), action.get("value") or ""
    if chosen := action.get("selected_option"):
        action_id, _, value = chosen["value"].partition("|")
    return ButtonClick(action_id, value, container.get("message_ts"), bool(container.get("is_ephemeral")))


def handle_click(click: ButtonClick, request: Request, context: AppContext) -> PrivateReply | None:
    """Does what the button says. None if the card itself is the answer.

    Raises:
        Refused
    """
    value = buttons.parse_button_value(click.value)
    if value is None:
        refusal = UnknownDeploy(id=escape(click.value[:64]))
        attempts.note(refusal, {"verb": click.action_id, "target": click.value})
        raise refusal
    bind_contextvars(deploy=value.deploy_id)  # the request's end removes it (`bot.observed_request`)
    try:
        return _handle(click, value, request, context)
    except Refused as refusal:
        attempts.note(refusal, attempts.of_click(click.action_id, value, context))
        raise
    finally:
        if click.message_ts is None:  # on the Home tab, which shows at once what became of it
            context.jobs.publish_home(request.user, request.team)


def _handle(
    click: ButtonClick, value: ButtonValue, request: Request, context: AppContext
) -> PrivateReply | None:
    _refuse_stale_card(value.deploy_id, click, request, context)
    handle = buttons.HANDLERS.get(click.action_id)
    if handle is None:
        raise StaleCard(where="It was made by another version of me. `/deploy status` leads to the deploy.")

    def run_command(
        subcommand: str, *, asked_in: DeployRequest | None = None, **arguments: Any
    ) -> PrivateReply:
        asked = request
        if asked_in:
            asked = replace(
                request,
                channel=asked_in.channel,
                thread_ts=asked_in.thread_ts,
                new_thread=asked_in.new_thread,
            )
        return commands.run_command(Command(subcommand, **arguments), asked, context)

    press = ButtonPress(value, not click.ephemeral, request, context, run_command, click.reason)
    try:
        answer = handle(press)
    except ReasonMissing as missing:
        ask = buttons.REASON_QUESTIONS.get(click.action_id)
        if ask is None or not request.trigger_id:
            raise
        form = reason_form(ask(press), _pressed(click, request))
        return PrivateReply(missing.message, form=form)
    except Refused as error:
        note_refused_click(error, click.action_id, click.value, request, context.now())
        raise
    if isinstance(answer, PrivateReply):
        return answer
    return PrivateReply(str(answer)) if answer else None


def _pressed(click: ButtonClick, request: Request) -> PressedButton:
    return PressedButton(
        action_id=click.action_id,
        value=click.value,
        message_ts=click.message_ts,
        ephemeral=click.ephemeral,
        channel=request.channel,
        thread_ts=request.thread_ts,
        response_url=request.response_url,
    )


def press_with_reason(pressed: PressedButton, reason: str) -> ButtonClick:
    """The press that waited for this reason."""
    return ButtonClick(pressed.action_id, pressed.value, pressed.message_ts, pressed.ephemeral, reason)


def find_channel(value: str, context: AppContext) -> str:
    """The channel of the deploy, batch, lock or stop that a button is about: a click on the Home tab comes
    from none. Empty if there is no such thing."""
    parsed = buttons.parse_button_value(value)
    if parsed is None:
        return ""
    if deploy := context.store.get(parsed.deploy_id):
        return deploy.request.channel
    if batch := context.store.batch(parsed.deploy_id):
        return batch.request.channel
    if lock := find_lock_by_id(parsed.deploy_id, context):
        return lock.channel
    stop = context.stops.find()
    return stop.channel if stop and stop.id == parsed.deploy_id else ""


def _refuse_stale_card(deploy_id: str, click: ButtonClick, request: Request, context: AppContext) -> None:
    """A card can be posted twice if Slack's answer is lost; only the one that is kept up to date counts. A
    worker takes the buttons off the other one, which is known from now on.

    Raises:
        StaleCard
    """
    if click.ephemeral or click.message_ts is None:
        return
    deploy = context.store.get(deploy_id)
    thread_id = deploy.thread_id if deploy else deploy_id
    thread = context.threads.find(thread_id)
    if thread is None or (thread.channel, thread.ts) == (request.channel, click.message_ts):
        return
    if thread.channel == request.channel:
        context.threads.note_copy(thread_id, click.message_ts, context.now())
        context.jobs.publish()
    state = f"{_state_sentence(deploy)} " if deploy else ""
    raise StaleCard(where=f"{state}Use the ones in {context.threads.link(thread_id)}.")


def _state_sentence(deploy: Deploy) -> str:
    state = f"{name_at_start(deploy)} {status_text(deploy)}."
    decided = decision_text(deploy)
    return f"{AlreadyDecided(how=decided).message} {state}" if decided else state
