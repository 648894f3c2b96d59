"""What the app says with an acknowledgement or to a response_url, as a message."""

from __future__ import annotations

from typing import Any

from sandbox.slack.outward.response_urls import ResponseUrl
from sandbox.slack.state import State
from sandbox.slack.store.message import Message
from sandbox.slack.team.workspace import BOT_USER
from sandbox.slack.webapi.arguments import Arguments
from sandbox.slack.webapi.content import Content, read_answer
from sandbox.slack.webapi.errors import ApiError

Json = dict[str, Any]

IN_CHANNEL = "in_channel"


def is_silent(body: Json) -> bool:
    """An acknowledgement that says nothing."""
    return not any(body.get(part) for part in ("text", "blocks", "attachments", "markdown_text"))


def post_answer(state: State, body: Json, user: str, channel: str) -> Message:
    """Posts an answer: to this person only, unless `response_type` is in_channel.

    Raises:
        ApiError: no_text, invalid_blocks, ...
    """
    content = read_answer(Arguments(body))
    public = body.get("response_type") == IN_CHANNEL
    return state.board.write(
        channel,
        BOT_USER,
        content.text or "",
        blocks=content.blocks or None,
        attachments=content.attachments,
        thread_ts=body.get("thread_ts"),
        ephemeral_to=None if public else user,
    )


def use_response_url(state: State, path: str, body: Json) -> None:
    """One post to a response_url: a new message, or the pressed one replaced or deleted.

    Raises:
        ApiError: expired_url, used_url, no_text, invalid_blocks, message_not_found
    """
    issued = state.response_urls.use(path)
    arguments = Arguments(body)
    if arguments.flag("delete_original"):
        state.board.remove(_original(state, issued))
    elif arguments.flag("replace_original"):
        _replace(state, _original(state, issued), read_answer(arguments))
    else:
        issued.posted.append(post_answer(state, body, issued.user, issued.channel))


def _original(state: State, issued: ResponseUrl) -> Message:
    original = issued.original
    if (
        original is None
        or state.messages.find_for(issued.user, original.channel, original.ts) is not original
    ):
        raise ApiError("message_not_found", status=404)
    if not original.by_app:
        raise ApiError("cant_update_message")
    return original


def _replace(state: State, original: Message, content: Content) -> None:
    original.text = content.text or ""
    original.blocks = content.blocks or None
    original.attachments = content.attachments or None
    original.selections.clear()
    if content.blocks is None:
        original.edited_ts = state.ids.timestamp()
    state.board.changed(original)
