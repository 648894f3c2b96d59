"""The answers of the app, in an acknowledgement or at a response_url, as messages."""

from __future__ import annotations

from typing import Any

from sandbox.slack.api_errors import ApiError
from sandbox.slack.app_content.call_arguments import CallArguments
from sandbox.slack.app_content.message_content import MessageContent, read_answer
from sandbox.slack.store.messages import SlackMessage
from sandbox.slack.team.workspace import BOT_USER
from sandbox.slack.to_app.response_urls import ResponseUrl
from sandbox.slack.workspace_state import WorkspaceState

Json = dict[str, Any]

IN_CHANNEL = "in_channel"


def is_empty_answer(body: Json) -> bool:
    """Whether an acknowledgement has no content."""
    return not any(body.get(part) for part in ("text", "blocks"))


def post_answer(state: WorkspaceState, body: Json, user: str, channel: str) -> SlackMessage:
    """Posts an answer that only this person sees, unless `response_type` is in_channel.

    Raises:
        ApiError: no_text, invalid_blocks, ...
    """
    content = read_answer(CallArguments(body), state.faults.unsupported_blocks())
    public = body.get("response_type") == IN_CHANNEL
    return state.message_writer.add(
        channel,
        BOT_USER,
        content.text or "",
        blocks=content.blocks or None,
        thread_ts=body.get("thread_ts"),
        ephemeral_to=None if public else user,
    )


def use_response_url(state: WorkspaceState, path: str, body: Json) -> None:
    """Handles one post to a response_url: posts a message, or replaces or deletes the clicked one.

    Raises:
        ApiError: expired_url, used_url, no_text, invalid_blocks, message_not_found
    """
    issued = state.response_urls.use(path)
    arguments = CallArguments(body)
    if arguments.boolean("delete_original"):
        state.message_writer.remove(_get_original(state, issued))
    elif arguments.boolean("replace_original"):
        content = read_answer(arguments, state.faults.unsupported_blocks())
        _replace_message(state, _get_original(state, issued), content)
    else:
        issued.posted_messages.append(post_answer(state, body, issued.user, issued.channel))


def _get_original(state: WorkspaceState, issued: ResponseUrl) -> SlackMessage:
    original = issued.original_message
    if (
        original is None
        or state.messages.find_for(issued.user, original.channel, original.ts) is not original
    ):
        raise ApiError("message_not_found", status=404)
    if not original.by_app:
        raise ApiError("cant_update_message")
    return original


def _replace_message(state: WorkspaceState, original: SlackMessage, content: MessageContent) -> None:
    original.text = content.text or ""
    original.blocks = content.blocks or None
    original.selections.clear()
    if content.blocks is None:
        original.edited_ts = state.ids.new_timestamp()
    state.message_writer.record_change(original)
