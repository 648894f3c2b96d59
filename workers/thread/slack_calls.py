"""The Web API calls that write a thread, each within the shared rate limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from deploys.mrkdwn import VERBATIM_ARGUMENTS, verbatim
from workers.thread.native_block_support import NativeBlockSupport
from workers.thread.rate_limits import SharedRateLimits, Urgency
from workers.thread.slack_error_handling import CALL_FAILURES, SlackCallFailed, SlackErrorKind, classify_error


class RetryLater(Exception):
    """This call has to wait: the rate limits have no token, or an earlier error set a later time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"come back in {seconds} s")
        self.seconds = seconds


class PostedMessage(NamedTuple):
    """A message that Slack has taken. Of one to a person, the channel is that of the direct messages."""

    channel: str
    ts: str


class SlackCalls:
    """Each method makes one call, or raises.

    Raises:
        RetryLater: nothing was sent; come back then.
        SlackCallFailed: Slack refused, or did not answer.
    """

    def __init__(self, client: WebClient, limits: SharedRateLimits) -> None:
        self._client = client
        self._limits = limits
        self.native_blocks = NativeBlockSupport(limits)

    def post(
        self,
        channel: str,
        text: str,
        blocks: Sequence[dict[str, Any]] | None = None,
        *,
        thread_ts: str | None = None,
        broadcast: bool = False,
        urgency: Urgency = Urgency.NORMAL,
        has_slot: bool = False,
        again: bool = False,
    ) -> PostedMessage:
        """chat.postMessage. again: another post in this channel follows."""
        self._take_token("chat.postMessage", channel, urgency, has_slot, again)
        answer = self._call(
            "chat.postMessage",
            lambda: self._client.chat_postMessage(
                channel=channel,
                text=verbatim(text),
                blocks=verbatim(blocks),
                thread_ts=thread_ts,
                reply_broadcast=broadcast if thread_ts else None,
                unfurl_links=False,
                unfurl_media=False,
                **VERBATIM_ARGUMENTS,
            ),
        )
        return PostedMessage(str(answer["channel"]), str(answer["ts"]))

    def update(
        self,
        channel: str,
        ts: str,
        text: str,
        blocks: Sequence[dict[str, Any]],
        *,
        urgency: Urgency = Urgency.NORMAL,
        has_slot: bool = False,
    ) -> None:
        """chat.update."""
        self._take_token("chat.update", channel, urgency, has_slot)
        self._call(
            "chat.update",
            lambda: self._client.chat_update(
                channel=channel, ts=ts, text=verbatim(text), blocks=verbatim(blocks), **VERBATIM_ARGUMENTS
            ),
        )

    def permalink(self, channel: str, ts: str) -> str:
        """chat.getPermalink."""
        self._take_token("chat.getPermalink", channel, Urgency.IDLE, has_slot=False)
        answer = self._call(
            "chat.getPermalink",
            lambda: self._client.chat_getPermalink(channel=channel, message_ts=ts),
        )
        return str(answer["permalink"])

    def _take_token(
        self, method: str, channel: str, urgency: Urgency, has_slot: bool, again: bool = False
    ) -> None:
        wait = self._limits.take_token(
            method, channel=channel, urgency=urgency, has_slot=has_slot, again=again
        )
        if wait > 0:
            raise RetryLater(wait)

    def _call(self, method: str, call: Callable[[], SlackResponse]) -> SlackResponse:
        try:
            answer = call()
        except CALL_FAILURES as error:
            failure = classify_error(method, error)
            self._note_error(failure)
            raise failure from error
        self._limits.note_answer()
        return answer

    def _note_error(self, failure: SlackCallFailed) -> None:
        """Shares with all workers what affects all of them."""
        if failure.kind is SlackErrorKind.UNREACHABLE:
            failure.retry_after = self._limits.note_outage()
            return
        self._limits.note_answer()
        if failure.kind is SlackErrorKind.RATE_LIMITED:
            self._limits.hold_method(failure.method, failure.retry_after)
