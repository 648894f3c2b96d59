"""What Slack signed, but does not look as Slack's payloads do, reaches no listener."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import structlog
from pydantic import BaseModel, Field, ValidationError
from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware

from bot.middleware.kinds import is_command
from bot.slack_clock import SECONDS

log = structlog.get_logger()


class _Team(BaseModel):
    id: str | None = None


class _Member(BaseModel):
    team_id: str | None = None


class _Anything(BaseModel):
    type: str = ""
    team_id: str | None = None
    team: _Team | str | None = None
    user: _Member | str | None = None
    view: dict[str, Any] | None = None
    message: dict[str, Any] | None = None


class _Command(BaseModel):
    user_id: str
    team_id: str
    channel_id: str
    trigger_id: str
    text: str = ""
    response_url: str | None = None


class _Event(BaseModel):
    type: str
    team: str | None = None
    user_team: str | None = None


class _Mention(_Event):
    user: str | None = None
    channel: str
    ts: str = Field(pattern=SECONDS)
    thread_ts: str | None = None
    text: str | None = None


class _Opened(_Event):
    user: str


class _MentionEvent(BaseModel):
    team_id: str
    event: _Mention


class _OpenedEvent(BaseModel):
    event: _Opened


class _AnyEvent(BaseModel):
    event: _Event


class _Person(BaseModel):
    id: str
    team_id: str | None = None


class _Option(BaseModel):
    value: str


class _Action(BaseModel):
    action_id: str
    value: str | None = None
    selected_option: _Option | None = None


class _Container(BaseModel):
    channel_id: str | None = None
    message_ts: str | None = None
    thread_ts: str | None = None


class _Click(BaseModel):
    user: _Person
    actions: list[_Action] = Field(min_length=1)
    container: _Container | None = None
    trigger_id: str | None = None


_EVENTS: dict[str, type[BaseModel]] = {"app_mention": _MentionEvent, "app_home_opened": _OpenedEvent}


def shapes_of(body: dict[str, Any]) -> Iterator[type[BaseModel]]:
    """What of a payload the listeners, or Bolt on the way to them, read."""
    yield _Anything
    if is_command(body):
        yield _Command
    if "actions" in body or body.get("type") == "block_actions":
        yield _Click
    if "event" in body or body.get("type") == "event_callback":
        event = body.get("event")
        kind = event.get("type") if isinstance(event, dict) else None
        yield _EVENTS.get(str(kind), _AnyEvent)


class WellFormed(Middleware):
    """Answers 400 to a payload in which something is missing or of another type."""

    def process(
        self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], BoltResponse]
    ) -> BoltResponse:
        """Names in the log what is wrong, never the values."""
        try:
            for shape in shapes_of(req.body):
                shape.model_validate(req.body)
        except ValidationError as error:
            wrong = [".".join(map(str, each["loc"])) for each in error.errors(include_input=False)]
            log.warning("a payload that is not as Slack's are was refused", wrong=wrong)
            return BoltResponse(status=400, body={"error": "invalid payload"})
        return next()
