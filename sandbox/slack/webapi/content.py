"""What a message says: text, blocks and attachments, checked as Slack checks them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.slack.blockkit.blocks import check_message_blocks
from sandbox.slack.blockkit.filling import filled_in
from sandbox.slack.webapi.arguments import Arguments
from sandbox.slack.webapi.errors import ApiError, invalid_blocks

# chat.postMessage cuts beyond 40,000 and chat.update refuses beyond 4,000 (docs.slack.dev); what would be
# cut in a real workspace is refused here, so that it is noticed.
LONGEST_POST = 40_000
LONGEST_UPDATE = 4_000
_LONGEST_MARKDOWN = 12_000
_MOST_ATTACHMENTS = 100


@dataclass(frozen=True)
class Content:
    """`blocks` and `attachments` are None where the call did not speak of them."""

    text: str | None
    blocks: list[dict[str, Any]] | None
    attachments: list[dict[str, Any]] | None

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.blocks or self.attachments)


def read_content(args: Arguments, longest: int) -> Content:
    """Raises ApiError: no_text, msg_too_long, invalid_blocks, invalid_blocks_format, ..."""
    text = _text(args)
    blocks = args.structure("blocks", "invalid_blocks_format")
    attachments = args.structure("attachments", "invalid_attachments")
    if text is not None and len(text) > longest:
        raise ApiError("msg_too_long")
    content = Content(text, _checked_blocks(blocks), _checked_attachments(attachments))
    if content.is_empty:
        raise ApiError("no_text")
    return content


def _text(args: Arguments) -> str | None:
    markdown = args.text("markdown_text")
    if not markdown:
        return args.text("text")
    if args.text("text") or args.given.get("blocks"):
        raise ApiError("markdown_text_conflict")
    if len(markdown) > _LONGEST_MARKDOWN:
        raise ApiError("msg_too_long")
    return markdown


def _checked_blocks(blocks: Any) -> list[dict[str, Any]] | None:
    if blocks is None:
        return None
    if not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    if problems := check_message_blocks(blocks):
        raise invalid_blocks(problems)
    return filled_in(blocks)


def _checked_attachments(attachments: Any) -> list[dict[str, Any]] | None:
    if attachments is None:
        return None
    if not isinstance(attachments, list) or not all(isinstance(part, dict) for part in attachments):
        raise ApiError("invalid_attachments")
    if len(attachments) > _MOST_ATTACHMENTS:
        raise ApiError("too_many_attachments")
    return [{"id": index, **part} for index, part in enumerate(attachments, start=1)]
