"""The types of the control API's answers."""

from __future__ import annotations

from typing import Any, TypedDict


class _RequiredMessageFields(TypedDict):
    channel: str
    ts: str
    user: str
    username: str
    text: str
    ephemeral: bool
    reply_count: int
    reply_users: list[str]
    latest_reply: str | None
    permalink: str


class MessageJson(_RequiredMessageFields, total=False):
    """A message as one person sees it. Optional members are left out if they are empty."""

    thread_ts: str
    blocks: list[dict[str, Any]]
    subtype: str
    bot_id: str
    edited: dict[str, str]


class _RequiredTypeFields(TypedDict):
    ok: bool
    kind: str
    replies: list[MessageJson]


class TypeResult(_RequiredTypeFields, total=False):
    """The result of typing: `kind` is "command" or "message"; `ts` is the message's."""

    ts: str


class ClickResult(TypedDict):
    """`ack` is ok, operation_timeout, dispatch_failed, or not_sent for an input that is sent with its
    form."""

    ok: bool
    ack: str
    replies: list[MessageJson]


class _RequiredSubmitFields(TypedDict):
    ok: bool
    ack: str
    views: list[dict[str, Any]]


class SubmitResult(_RequiredSubmitFields, total=False):
    """`errors` are the errors beside the inputs, by block_id; `views` is the stack afterwards."""

    errors: dict[str, str]
    problem: Any


class _RequiredCallFields(TypedDict):
    at: float
    method: str
    args: dict[str, Any]
    status: int


class LoggedCall(_RequiredCallFields, total=False):
    """One Web API call; `at` is in epoch seconds. Posts to a response_url have the method `response_url`."""

    error: str
