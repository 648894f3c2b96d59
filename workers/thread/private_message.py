"""A message for one person, sent by the first route that works.

1. The response_url of what they typed or clicked. It works in any conversation, for half an hour.
2. An ephemeral message in the channel or thread. The bot and the person have to be members of the channel
   (docs.slack.dev, chat.postEphemeral: `not_in_channel`, `channel_not_found`, `user_not_in_channel`).
3. A direct message, which needs the app's Messages tab (docs.slack.dev, chat.postMessage:
   `messages_tab_disabled`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.models.blocks import ActionsBlock, ContextBlock, MarkdownTextObject, SectionBlock

from deploys.message_size import utf8_bytes
from deploys.mrkdwn import VERBATIM_ARGUMENTS, verbatim
from deploys.mrkdwn import channel_link as channel_link
from deploys.text_limits import CARD_BYTES, SECTION, STATE_BYTES, TEXT, clip, clip_bytes
from workers.thread import response_url
from workers.thread.native_block_support import NativeBlockSupport
from workers.thread.slack_error_handling import CALL_FAILURES, SlackCallFailed, SlackErrorKind, classify_error

log = structlog.get_logger()

TRIES_PER_ROUTE = 3
"""Tries of one route (count)."""
MOST_WAIT_SECONDS = 6.0
"""The longest that a worker waits between tries, for all routes together (seconds)."""
TEMPORARY_ERRORS = frozenset({SlackErrorKind.UNREACHABLE, SlackErrorKind.RATE_LIMITED})
"""Errors that another try may not meet."""
ADVICE = {
    "messages_tab_disabled": "turn on the app's Messages tab (App Home, Show Tabs), as in manifest.yml",
}


@dataclass(frozen=True)
class Recipient:
    """One person, and where they are."""

    user: str
    channel: str = ""
    """Empty: in no channel, as on the Home tab."""
    thread_ts: str | None = None
    response_url: str | None = None


class DeliveryResult(Enum):
    """What became of a message."""

    DELIVERED = auto()
    CLOSED = auto()  # no route to this person works
    LATER = auto()  # Slack did not answer, or asked to wait: a later try may succeed


Sender = Callable[[dict[str, Any]], Any]
"""Sends `text`, and `blocks` if there are some. Raises SlackCallFailed, or what the client raises."""


def send_private_message(
    client: WebClient,
    to: Recipient,
    text: str,
    buttons: ActionsBlock | None = None,
    *,
    forms: Sequence[Sequence[dict[str, Any]]] = (),
    native_blocks: NativeBlockSupport | None = None,
) -> DeliveryResult:
    """Sends a text, with a row of buttons below it if there is one; logs each route that fails.

    forms: blocks that are shown in place of the text, which says the same: the richest first. If Slack does
    not take one, as a workspace without data tables does, the next is tried, and at last the text alone.
    native_blocks: what is known of that; what Slack refuses is noted there.

    Slack keeps ephemeral messages for nobody, so one that arrives twice does no harm.
    """
    give_up_at = time.monotonic() + MOST_WAIT_SECONDS
    failures: list[SlackCallFailed] = []
    if native_blocks is not None:
        forms = [each for each in forms if native_blocks.takes(each)]
    for method, sender, where in _routes(client, to):
        message, *plainer = _messages(where, text, buttons, forms)
        failure = _try_route(method, sender, message, plainer, give_up_at, native_blocks)
        if failure is None:
            return DeliveryResult.DELIVERED
        failures.append(failure)
        log.warning(
            "a private route failed",
            user=to.user,
            channel=to.channel,
            method=method,
            error=failure.detail,
            **_advice(failure),
        )
    log.error(
        "a private message was not delivered", user=to.user, channel=to.channel, error=failures[-1].detail
    )
    return (
        DeliveryResult.LATER
        if any(each.kind in TEMPORARY_ERRORS for each in failures)
        else DeliveryResult.CLOSED
    )


def _routes(client: WebClient, to: Recipient) -> Iterator[tuple[str, Sender, str]]:
    """Each route: its method, the sender and what the text begins with. A direct message says which channel
    it belongs to."""
    thread: dict[str, Any] = {"thread_ts": to.thread_ts} if to.thread_ts else {}
    if to.response_url:
        url = to.response_url
        yield response_url.METHOD, lambda message: response_url.post(client, url, {**message, **thread}), ""
    if to.channel:
        ephemeral = partial(client.chat_postEphemeral, channel=to.channel, user=to.user, **VERBATIM_ARGUMENTS)
        yield "chat.postEphemeral", lambda message: ephemeral(**message, **thread), ""
    direct = partial(
        client.chat_postMessage, channel=to.user, unfurl_links=False, unfurl_media=False, **VERBATIM_ARGUMENTS
    )
    where = f"In {channel_link(to.channel)}: " if to.channel else ""
    yield "chat.postMessage", lambda message: direct(**message), where


def _try_route(
    method: str,
    sender: Sender,
    message: dict[str, Any],
    plainer: Sequence[dict[str, Any]],
    give_up_at: float,
    native_blocks: NativeBlockSupport | None,
) -> SlackCallFailed | None:
    """The last error; None once Slack has taken the message, or a plainer one."""
    failure: SlackCallFailed | None = None
    refused: Sequence[dict[str, Any]] = ()
    for tried in range(1, TRIES_PER_ROUTE + len(plainer) + 1):
        try:
            sender(message)
        except SlackCallFailed as error:
            failure = error
        except CALL_FAILURES as error:
            failure = classify_error(method, error)
        else:
            if native_blocks is not None:
                native_blocks.note_refused(refused)
            return None
        if failure.kind is SlackErrorKind.BLOCKS and plainer:
            refused = refused or message["blocks"]
            message, *plainer = plainer
            continue
        if failure.kind is SlackErrorKind.TEXT:
            message = _shorten_text(message)
            continue
        wait = max(failure.retry_after, 0.5 * tried)
        if (
            failure.kind not in TEMPORARY_ERRORS
            or tried == TRIES_PER_ROUTE
            or time.monotonic() + wait > give_up_at
        ):
            break
        time.sleep(wait)
    return failure


def _messages(
    where: str, text: str, buttons: ActionsBlock | None, forms: Sequence[Sequence[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """The message in each form; the last is the text alone, which says everything."""
    text = where + text
    fallback_text = clip(verbatim(text), TEXT)
    if forms:
        first = [ContextBlock(elements=[MarkdownTextObject(text=where)]).to_dict()] if where else []
        shown = [[*first, *blocks] for blocks in forms if blocks]
    elif buttons is not None:
        section = SectionBlock(text=MarkdownTextObject(text=clip(text, SECTION)))
        shown = [[section.to_dict(), buttons.to_dict()]]
    else:
        shown = []
    return [
        *({"text": fallback_text, "blocks": verbatim(blocks)} for blocks in shown),
        {"text": fallback_text},
    ]


def _shorten_text(message: dict[str, Any]) -> dict[str, Any]:
    """As short as a card's text; if it is that short already, as short as a state line."""
    text = message["text"]
    limit = CARD_BYTES if utf8_bytes(text) > CARD_BYTES else STATE_BYTES
    return {**message, "text": clip_bytes(text, limit)}


def _advice(failure: SlackCallFailed) -> dict[str, str]:
    advice = ADVICE.get(failure.detail.split(" ")[0])
    return {"advice": advice} if advice else {}
