"""What a submitted form or plan does: the same as the typed command, with the same checks.

What is wrong with a field is said at the field, what is refused at the top of the form, and what a button can
lift closes the form and is answered as the typed command is, because Slack takes no such button in a modal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot import attempts, clicks, commands, error_boundary, grammar, usage
from bot.app_context import AppContext
from bot.forms import deploy_form, reason_form
from bot.forms.deploy_form import CHANNEL, REASON, SERVICE, TAG, FormOrigin, PlannedDeploy
from bot.forms.opening import form_at
from bot.forms.options import NO_TAG
from bot.grammar import DEPLOY, Command, ParseError, ParseErrorKind
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys.access_rules import Action
from deploys.errors import ChannelMissing, Refused, TagNotChosen, TagOfAnotherService
from deploys.mrkdwn import escape
from deploys.records.deploy import new_deploy_id

CLOSE_ALL: Mapping[str, Any] = {"response_action": "clear"}


@dataclass(frozen=True)
class FormAnswer:
    """What becomes of a submitted view, and what its person is told beside it."""

    body: Mapping[str, Any] = field(default_factory=dict)
    """As Slack takes it in the ack; empty: the view closes."""
    private: PrivateReply | None = None
    request: Request | None = None
    """Where that is told."""

    def to_slack(self) -> dict[str, Any]:
        """The body of the ack."""
        return dict(self.body)


@dataclass(frozen=True)
class Entered:
    """What a person entered in the form."""

    service: str = ""
    tag: str = ""
    tag_of: str = ""
    """The service that the tag was chosen for."""
    reason: str = ""
    channel: str = ""
    channel_block: str = CHANNEL
    plan_first: bool = False


def read_entered(view: Mapping[str, Any]) -> Entered:
    """The values of the form, as Slack sends them. What is not there is empty."""
    found: dict[str, Any] = {}
    for block_id, actions in ((view.get("state") or {}).get("values") or {}).items():
        name, _, of = block_id.partition(":")
        value = actions.get(name) or {}
        match name:
            case "service" | "tag":
                found[name] = (value.get("selected_option") or {}).get("value") or ""
            case "reason":
                found[name] = value.get("value") or ""
            case "channel":
                found |= {"channel": value.get("selected_conversation") or "", "channel_block": block_id}
            case "plan_first":
                found[name] = bool(value.get("selected_options"))
        if name == TAG:
            found["tag_of"] = of
    return Entered(**found)


def place_request(view: Mapping[str, Any], sender: Request, context: AppContext) -> Request:
    """The sender's request, in the channel and thread from which the form was opened, or where the button was
    pressed; if that was in none, in the channel that was chosen, or the first one of the service.

    Raises:
        StaleForm
    """
    if view.get("callback_id") == deploy_form.PLAN_VIEW:
        return _sent_from(deploy_form.read_planned(view).origin, sender)
    if view.get("callback_id") == reason_form.REASON_FORM:
        pressed = reason_form.read_pressed(view)
        place = {name: getattr(pressed, name) for name in ("channel", "thread_ts", "response_url")}
        return replace(sender, from_form=False, **place)
    origin = deploy_form.read_origin(view)
    if origin.channel:
        return _sent_from(origin, sender)
    entered = read_entered(view)
    service = context.catalogue.services.get(entered.service)
    first = service.channels[0] if service and service.channels else ""
    return _sent_from(origin.evolve(channel=entered.channel or first), sender)


def submit_form(view: Mapping[str, Any], request: Request, context: AppContext) -> FormAnswer:
    """Queues what the form says, or shows its plan. What is refused is part of the answer.

    Raises:
        StaleForm, RedisError
    """
    origin, entered = deploy_form.read_origin(view), read_entered(view)
    try:
        command = _parse(entered)
        if not request.channel:
            raise ChannelMissing(service=escape(command.service))
        if entered.plan_first:
            return _show_plan(command, origin, request, context)
        return _queue(command, request, context)
    except ParseError as error:
        return _field_error(_field_of(error, entered), usage.describe_error(error, commands.SUBCOMMANDS))
    except (TagNotChosen, TagOfAnotherService) as error:
        return _field_error(_tag_block(entered), error.message)
    except ChannelMissing as error:
        return _field_error(entered.channel_block, error.message)
    except Refused as error:
        reply = error_boundary.answer_error(error, context, request)
        service = context.catalogue.services.get(entered.service)
        if reply.has_buttons or service is None:
            return FormAnswer(private=reply, request=request)
        return _update(form_at(origin, service, request, context, refusal=error.message))


def submit_plan(view: Mapping[str, Any], request: Request, context: AppContext) -> FormAnswer:
    """Queues what the plan is of. The form below it closes too, unless it is refused.

    Raises:
        StaleForm, RedisError
    """
    planned = deploy_form.read_planned(view)
    command = Command(DEPLOY, (planned.service,), tag=planned.tag, reason=planned.reason)
    try:
        return replace(_queue(command, request, context), body=CLOSE_ALL)
    except Refused as error:
        reply = error_boundary.answer_error(error, context, request)
        if reply.has_buttons:
            return FormAnswer(CLOSE_ALL, reply, request)
        return _update(deploy_form.refused_plan(error.message))


def submit_reason(view: Mapping[str, Any], request: Request, context: AppContext) -> FormAnswer:
    """Presses the button that asked for a reason, with that. What is refused is told as after a press.

    Raises:
        StaleForm, RedisError
    """
    pressed, reason = reason_form.read_pressed(view), reason_form.read_reason(view)
    if not reason:
        return _field_error(reason_form.REASON, "Why? Other people will read the reason.")
    try:
        reply = clicks.handle_click(clicks.press_with_reason(pressed, reason), request, context)
    except Refused as error:
        reply = error_boundary.answer_error(error, context, request)
    return FormAnswer(private=reply, request=request)


def _queue(command: Command, request: Request, context: AppContext) -> FormAnswer:
    return FormAnswer(private=commands.run_command(command, request, context), request=request)


def _show_plan(command: Command, origin: FormOrigin, request: Request, context: AppContext) -> FormAnswer:
    try:
        context.access.may(Action.DEPLOY, request.asker, command.service)
    except Refused as refusal:
        attempts.note(refusal, attempts.of_command(command, context))
        raise
    plan_id = new_deploy_id()
    planned = PlannedDeploy(
        origin=origin.evolve(channel=request.channel),
        service=command.service,
        tag=command.tag,
        reason=command.reason,
    )
    context.threads.save_plan_view(plan_id, deploy_form.plan_frame(planned))
    context.jobs.show_plan(plan_id, command.service, command.tag, request.channel, request.user, request.team)
    shown = deploy_form.reading_plan(planned, plan_id)
    return FormAnswer({"response_action": "push", "view": shown})


def _parse(entered: Entered) -> Command:
    """Raises ParseError, TagNotChosen, TagOfAnotherService."""
    if entered.tag in ("", NO_TAG):
        raise TagNotChosen()
    if entered.tag_of not in ("", entered.service):
        raise TagOfAnotherService(service=escape(entered.service))
    reason = entered.reason.split()
    words = [entered.service, f"{entered.tag}:" if reason else entered.tag, *reason]
    return grammar.parse_arguments(commands.SUBCOMMANDS[DEPLOY], words)


def _field_of(error: ParseError, entered: Entered) -> str:
    if error.kind is ParseErrorKind.REASON_TOO_LONG:
        return REASON
    return _tag_block(entered) if error.service else SERVICE


def _tag_block(entered: Entered) -> str:
    return deploy_form.block_for(TAG, entered.tag_of)


def _field_error(block_id: str, sentence: str) -> FormAnswer:
    """Slack shows these errors as plain text."""
    return FormAnswer({"response_action": "errors", "errors": {block_id: as_plain(sentence)}})


def as_plain(sentence: str) -> str:
    """A sentence without mentions, as it reads without mrkdwn."""
    plain = sentence.replace("`", "")
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        plain = plain.replace(entity, character)
    return plain


def _sent_from(origin: FormOrigin, sender: Request) -> Request:
    return replace(
        sender,
        channel=origin.channel,
        thread_ts=origin.thread_ts,
        new_thread=origin.new_thread,
        response_url=origin.response_url,
    )


def show_error(view: Mapping[str, Any], sentence: str) -> FormAnswer:
    """Shows in the view why its submission failed. No mention is in the sentence."""
    if view.get("callback_id") == deploy_form.PLAN_VIEW:
        return _update(deploy_form.refused_plan(sentence))
    is_reason = view.get("callback_id") == reason_form.REASON_FORM
    return _field_error(reason_form.REASON if is_reason else SERVICE, sentence)


def _update(view: deploy_form.View) -> FormAnswer:
    return FormAnswer({"response_action": "update", "view": view})
