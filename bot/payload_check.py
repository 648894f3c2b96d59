"""What Slack signed, but does not look like Slack's payloads, reaches no listener. Also: what kind a payload
is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import structlog
from pydantic import BaseModel, Field, ValidationError
from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware

from bot.slack_clock import SLACK_TIMESTAMP

log = structlog.get_logger()


class _TeamFields(BaseModel):
    id: str | None = None


class _MemberFields(BaseModel):
    team_id: str | None = None


class _CommonShape(BaseModel):
    type: str = ""
    event_id: str | None = None
    trigger_id: str | None = None
    team_id: str | None = None
    team: _TeamFields | str | None = None
    user: _MemberFields | str | None = None
    view: dict[str, Any] | None = None
    message: dict[str, Any] | None = None


class _CommandShape(BaseModel):
    user_id: str
    team_id: str
    channel_id: str
    trigger_id: str
    text: str = ""
    response_url: str | None = None


class _EventShape(BaseModel):
    type: str
    team: str | None = None
    user_team: str | None = None


class _MentionFields(_EventShape):
    user: str | None = None
    channel: str
    ts: str = Field(pattern=SLACK_TIMESTAMP)
    thread_ts: str | None = None
    text: str | None = None


class _HomeOpenedFields(_EventShape):
    user: str


class _MentionShape(BaseModel):
    team_id: str
    event: _MentionFields


class _HomeOpenedShape(BaseModel):
    event: _HomeOpenedFields


class _OtherEventShape(BaseModel):
    event: _EventShape


class _UserFields(BaseModel):
    id: str
    team_id: str | None = None


class _OptionFields(BaseModel):
    value: str


class _ActionFields(BaseModel):
    action_id: str
    value: str | None = None
    selected_option: _OptionFields | None = None


class _ContainerFields(BaseModel):
    channel_id: str | None = None
    message_ts: str | None = None
    thread_ts: str | None = None


class _ClickShape(BaseModel):
    user: _UserFields
    actions: list[_ActionFields] = Field(min_length=1)
    container: _ContainerFields | None = None
    trigger_id: str | None = None


class _EnteredFields(BaseModel):
    value: str | None = None
    selected_option: _OptionFields | None = None
    selected_options: list[_OptionFields] | None = None
    selected_conversation: str | None = None


class _StateFields(BaseModel):
    values: dict[str, dict[str, _EnteredFields]] = Field(default_factory=dict)


class _ViewFields(BaseModel):
    id: str
    hash: str
    callback_id: str | None = None
    private_metadata: str | None = None
    state: _StateFields | None = None


class _ViewShape(BaseModel):
    user: _UserFields
    view: _ViewFields


class _MenuShape(BaseModel):
    user: _UserFields
    action_id: str
    block_id: str
    value: str | None = None
    view: _ViewFields


class _ShortcutMessageFields(BaseModel):
    ts: str = Field(pattern=SLACK_TIMESTAMP)
    thread_ts: str | None = None


class _ShortcutChannelFields(BaseModel):
    id: str


class _ShortcutShape(BaseModel):
    user: _UserFields
    trigger_id: str
    response_url: str | None = None
    channel: _ShortcutChannelFields | None = None
    message: _ShortcutMessageFields | None = None


_INTERACTION_SHAPES: dict[str, type[BaseModel]] = {
    "shortcut": _ShortcutShape,
    "message_action": _ShortcutShape,
    "view_submission": _ViewShape,
    "block_suggestion": _MenuShape,
}
_EVENT_SHAPES: dict[str, type[BaseModel]] = {
    "app_mention": _MentionShape,
    "app_home_opened": _HomeOpenedShape,
}


def list_shapes(body: dict[str, Any]) -> Iterator[type[BaseModel]]:
    """What the listeners read of a payload, or Bolt on the way to them."""
    yield _CommonShape
    if is_command(body):
        yield _CommandShape
    if "actions" in body or body.get("type") == "block_actions":
        yield _ClickShape
        if (body.get("view") or {}).get("type") == "modal":
            yield _ViewShape
    if body.get("type") in _INTERACTION_SHAPES:
        yield _INTERACTION_SHAPES[body["type"]]
    if "event" in body or body.get("type") == "event_callback":
        event = body.get("event")
        kind = event.get("type") if isinstance(event, dict) else None
        yield _EVENT_SHAPES.get(str(kind), _OtherEventShape)


class PayloadCheck(Middleware):
    """Answers 400 to a payload in which something is missing or has another type."""

    def process(
        self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], BoltResponse]
    ) -> BoltResponse:
        """Names in the log what is wrong, never the values."""
        try:
            for shape in list_shapes(req.body):
                shape.model_validate(req.body)
        except ValidationError as error:
            wrong = [".".join(map(str, each["loc"])) for each in error.errors(include_input=False)]
            log.warning("refused a payload that is not like Slack's", wrong=wrong)
            return BoltResponse(status=400, body={"error": "invalid payload"})
        return next()


def is_command(body: dict[str, Any]) -> bool:
    """A slash command: the one kind that can be answered with text in the ack."""
    return "command" in body and "trigger_id" in body


def is_click(body: dict[str, Any]) -> bool:
    """Somebody pressed a button or chose from a menu."""
    return body.get("type") == "block_actions" and bool(body.get("actions"))


def is_shortcut(body: dict[str, Any]) -> bool:
    """Somebody chose a shortcut of the app, on a message or anywhere."""
    return body.get("type") in ("shortcut", "message_action")


def is_search(body: dict[str, Any]) -> bool:
    """Somebody searches a menu whose options the app answers."""
    return body.get("type") == "block_suggestion"


def is_submission(body: dict[str, Any]) -> bool:
    """Somebody submitted a modal: what the app answers is shown in it."""
    return body.get("type") == "view_submission"


def delivery_id(body: dict[str, Any]) -> str | None:
    """The same for every delivery of one thing; None if Slack gives it no id.

    `event_id` is unique for each event, and retries keep it; each command and click has its own `trigger_id`.
    That opens modals in the person's name, so only its SHA-256 is kept.
    """
    if event := body.get("event_id"):
        return f"event:{event}"
    if trigger := body.get("trigger_id"):
        return f"trigger:{hashlib.sha256(trigger.encode()).hexdigest()}"
    return None
