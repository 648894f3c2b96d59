"""The content of a message: text and blocks, checked as Slack checks them.

`unsupported`: types of blocks that this workspace does not take.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from sandbox.slack.api_errors import ApiError, invalid_blocks
from sandbox.slack.app_content.call_arguments import CallArguments
from sandbox.slack.blockkit.block_limits import check_message_blocks
from sandbox.slack.blockkit.default_fields import with_default_fields
from sandbox.slack.blockkit.total_length import is_too_long

MAX_POST_CHARACTERS = 40_000
"""Characters of a new message's text. Slack cuts off the rest (docs.slack.dev, "Truncating really long
messages")."""
MAX_EDIT_BYTES = 4_000
"""Bytes of the text of an edit. The documentation of chat.update says characters; calls to Slack show UTF-8
bytes (openclaw #115027: 4,000 bytes are accepted, 4,002 are `msg_too_long`, whatever the characters)."""
TRUNCATED = "message_truncated"


@dataclass(frozen=True)
class MessageContent:
    """`blocks` is None if the call does not name them."""

    text: str | None
    blocks: list[dict[str, Any]] | None
    warnings: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.blocks)

    def warnings_json(self) -> dict[str, Any]:
        """The warnings in the answer if Slack changed the content."""
        if not self.warnings:
            return {}
        return {
            "warning": ",".join(self.warnings),
            "response_metadata": {"warnings": list(self.warnings)},
        }


def read_post(args: CallArguments, unsupported: Collection[str] = ()) -> MessageContent:
    """The content of a new message. A text that is too long is cut.

    Raises ApiError: no_text, invalid_blocks, msg_blocks_too_long, ...
    """
    content = _read_content(args, unsupported)
    _check_total_length(content)
    if content.text is None or len(content.text) <= MAX_POST_CHARACTERS:
        return content
    return replace(content, text=content.text[:MAX_POST_CHARACTERS], warnings=(TRUNCATED,))


def read_edit(args: CallArguments, unsupported: Collection[str] = ()) -> MessageContent:
    """The content of an edited message.

    Raises ApiError: msg_too_long, no_text, invalid_blocks, msg_blocks_too_long, ...
    """
    content = _read_content(args, unsupported)
    if content.text is not None and len(content.text.encode("utf-8", "surrogatepass")) > MAX_EDIT_BYTES:
        raise ApiError("msg_too_long")
    _check_total_length(content)
    return content


def read_answer(args: CallArguments, unsupported: Collection[str] = ()) -> MessageContent:
    """The content of an acknowledgement or of a post to a response_url.

    The total length of blocks has no limit there: bolt-js #2867 has blocks that chat.postMessage refused and
    a response_url accepted.

    Raises ApiError: no_text, msg_too_long, invalid_blocks, ...
    """
    content = _read_content(args, unsupported)
    if content.text is not None and len(content.text) > MAX_POST_CHARACTERS:
        raise ApiError("msg_too_long")
    return content


def _read_content(args: CallArguments, unsupported: Collection[str]) -> MessageContent:
    blocks = args.json_value("blocks", "invalid_blocks_format")
    content = MessageContent(args.text("text"), _checked_blocks(blocks, unsupported))
    if content.is_empty:
        raise ApiError("no_text")
    return content


def _check_total_length(content: MessageContent) -> None:
    if content.blocks and is_too_long(content.blocks):
        raise ApiError("msg_blocks_too_long")


def _checked_blocks(blocks: Any, unsupported: Collection[str]) -> list[dict[str, Any]] | None:
    if blocks is None:
        return None
    if not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    if problems := check_message_blocks(blocks, unsupported):
        raise invalid_blocks(problems)
    return with_default_fields(blocks)
