"""A message that one person alone reads, by the first way that is open.

1. The response_url of what they typed or clicked. It works wherever they are, for half an hour.
2. An ephemeral message in the channel or thread. The bot and the person have to be members of the channel
   (docs.slack.dev, chat.postEphemeral: `not_in_channel`, `channel_not_found`, `user_not_in_channel`).
3. A direct message, which needs the app's Messages tab (docs.slack.dev, chat.postMessage:
   `messages_tab_disabled`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.models.blocks import ActionsBlock, MarkdownTextObject, SectionBlock

from deploys.message_size import utf8_bytes
from deploys.mrkdwn import VERBATIM_ARGUMENTS, verbatim
from deploys.mrkdwn import channel_link as channel_link
from deploys.text_limits import CARD_BYTES, SECTION, STATE_BYTES, TEXT, clip, clip_bytes
from workers.thread import response_url
from workers.thread.slack_error_handling import CALL_FAILURES, SlackCallFailed, SlackErrorKind, classify_error

log = structlog.get_logger()

TRIES_PER_METHOD = 3
"""Tries of one way (count)."""
MOST_WAIT_SECONDS = 6.0
"""A worker is not held longer than this by waits between tries, all ways together (seconds)."""
TEMPORARY_ERRORS = frozenset({SlackErrorKind.UNREACHABLE, SlackErrorKind.RATE_LIMITED})
"""Troubles that another try may not meet."""
ADVICE = {
    "messages_tab_disabled": "turn on the app's Messages tab (App Home, Show Tabs), as in manifest.yml",
}


@dataclass(frozen=True)
class Recipient:
    """One person, and where they are."""

    user: str
    channel: str = ""
    """Empty: nowhere, as on the Home tab."""
    thread_ts: str | None = None
    response_url: str | None = None


class DeliveryResult(Enum):
    """What became of a message."""

    DELIVERED = auto()
    CLOSED = auto()  # no way to this person is open
    LATER = auto()  # Slack did not answer, or asked to wait: a later try may succeed


SendMethod = Callable[[dict[str, Any]], Any]
"""Sends `text`, and `blocks` if there are some. Raises Trouble, or what the client raises."""


def send_private_message(
    client: WebClient, to: Recipient, text: str, buttons: ActionsBlock | None = None
) -> DeliveryResult:
    """Sends a text, with a row of buttons below it if need be; logs each way that is closed.

    Slack keeps ephemeral messages for nobody, so one that arrives twice does no harm.
    """
    give_up_at = time.monotonic() + MOST_WAIT_SECONDS
    troubles: list[SlackCallFailed] = []
    for method, way, said in _send_methods(client, to, text):
        trouble = _try_method(method, way, _message(said, buttons), give_up_at)
        if trouble is None:
            return DeliveryResult.DELIVERED
        troubles.append(trouble)
        log.warning(
            "a way to one person is closed",
            user=to.user,
            channel=to.channel,
            method=method,
            error=trouble.detail,
            **_advice(trouble),
        )
    log.error("an answer did not reach its user", user=to.user, channel=to.channel, error=troubles[-1].detail)
    return (
        DeliveryResult.LATER
        if any(each.kind in TEMPORARY_ERRORS for each in troubles)
        else DeliveryResult.CLOSED
    )


def _send_methods(client: WebClient, to: Recipient, text: str) -> Iterator[tuple[str, SendMethod, str]]:
    """Each way by its method, with what is said by it: a direct message says where it belongs."""
    thread: dict[str, Any] = {"thread_ts": to.thread_ts} if to.thread_ts else {}
    if to.response_url:
        url = to.response_url
        yield response_url.METHOD, lambda message: response_url.post(client, url, {**message, **thread}), text
    if to.channel:
        ephemeral = partial(client.chat_postEphemeral, channel=to.channel, user=to.user, **VERBATIM_ARGUMENTS)
        yield "chat.postEphemeral", lambda message: ephemeral(**message, **thread), text
    direct = partial(
        client.chat_postMessage, channel=to.user, unfurl_links=False, unfurl_media=False, **VERBATIM_ARGUMENTS
    )
    where = f"In {channel_link(to.channel)}: " if to.channel else ""
    yield "chat.postMessage", lambda message: direct(**message), where + text


def _try_method(
    method: str, way: SendMethod, message: dict[str, Any], give_up_at: float
) -> SlackCallFailed | None:
    """The last trouble; None once Slack has taken the message."""
    trouble: SlackCallFailed | None = None
    for tried in range(1, TRIES_PER_METHOD + 1):
        try:
            way(message)
        except SlackCallFailed as error:
            trouble = error
        except CALL_FAILURES as error:
            trouble = classify_error(method, error)
        else:
            return None
        if trouble.kind is SlackErrorKind.BLOCKS and "blocks" in message:
            message = {"text": message["text"]}  # the text says all of it
            continue
        if trouble.kind is SlackErrorKind.TEXT:
            message = _shorten_text(message)
            continue
        wait = max(trouble.retry_after, 0.5 * tried)
        if (
            trouble.kind not in TEMPORARY_ERRORS
            or tried == TRIES_PER_METHOD
            or time.monotonic() + wait > give_up_at
        ):
            break
        time.sleep(wait)
    return trouble


def _message(text: str, buttons: ActionsBlock | None) -> dict[str, Any]:
    said = clip(verbatim(text), TEXT)
    if buttons is None:
        return {"text": said}
    section = SectionBlock(text=MarkdownTextObject(text=clip(text, SECTION)))
    return {"text": said, "blocks": verbatim([section.to_dict(), buttons.to_dict()])}


def _shorten_text(message: dict[str, Any]) -> dict[str, Any]:
    """As short as a card's text may be; if it is that short already, as short as its state line."""
    text = message["text"]
    room = CARD_BYTES if utf8_bytes(text) > CARD_BYTES else STATE_BYTES
    return {**message, "text": clip_bytes(text, room)}


def _advice(trouble: SlackCallFailed) -> dict[str, str]:
    advice = ADVICE.get(trouble.detail.split(" ")[0])
    return {"advice": advice} if advice else {}
