"""The calls of Slack's Web API that write a thread, each within the shared limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from deploys.mrkdwn import AS_WRITTEN, as_written
from workers.thread.limits import Limits, Urgency
from workers.thread.trouble import CALL_FAILURES, Kind, Trouble, judge


class NotNow(Exception):
    """The shared limits have no token for this call."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"come back in {seconds} s")
        self.seconds = seconds


class Calls:
    """Each method makes one call, or raises.

    Raises:
        NotNow: nothing was sent; come back then.
        Trouble: Slack refused, or did not answer.
    """

    def __init__(self, client: WebClient, limits: Limits) -> None:
        self._client = client
        self._limits = limits

    def post(
        self,
        channel: str,
        text: str,
        blocks: Sequence[dict[str, Any]] | None = None,
        *,
        thread_ts: str | None = None,
        broadcast: bool = False,
        urgency: Urgency = Urgency.NORMAL,
        promised: bool = False,
    ) -> str:
        """chat.postMessage; returns the message's ts."""
        self._take("chat.postMessage", channel, urgency, promised)
        answer = self._made(
            "chat.postMessage",
            lambda: self._client.chat_postMessage(
                channel=channel,
                text=as_written(text),
                blocks=as_written(blocks),
                thread_ts=thread_ts,
                reply_broadcast=broadcast if thread_ts else None,
                unfurl_links=False,
                unfurl_media=False,
                **AS_WRITTEN,
            ),
        )
        return str(answer["ts"])

    def update(
        self,
        channel: str,
        ts: str,
        text: str,
        blocks: Sequence[dict[str, Any]],
        *,
        urgency: Urgency = Urgency.NORMAL,
        promised: bool = False,
    ) -> None:
        """chat.update."""
        self._take("chat.update", channel, urgency, promised)
        self._made(
            "chat.update",
            lambda: self._client.chat_update(
                channel=channel, ts=ts, text=as_written(text), blocks=as_written(blocks), **AS_WRITTEN
            ),
        )

    def permalink(self, channel: str, ts: str) -> str:
        """chat.getPermalink."""
        self._take("chat.getPermalink", channel, Urgency.IDLE, promised=False)
        answer = self._made(
            "chat.getPermalink",
            lambda: self._client.chat_getPermalink(channel=channel, message_ts=ts),
        )
        return str(answer["permalink"])

    def _take(self, method: str, channel: str, urgency: Urgency, promised: bool) -> None:
        wait = self._limits.ask(method, channel=channel, urgency=urgency, promised=promised)
        if wait > 0:
            raise NotNow(wait)

    def _made(self, method: str, call: Callable[[], SlackResponse]) -> SlackResponse:
        try:
            answer = call()
        except CALL_FAILURES as error:
            trouble = judge(method, error)
            self._note(trouble)
            raise trouble from error
        self._limits.answered()
        return answer

    def _note(self, trouble: Trouble) -> None:
        """Tells all workers what concerns all of them."""
        if trouble.kind is Kind.AWAY:
            trouble.retry_after = self._limits.away()
            return
        self._limits.answered()
        if trouble.kind is Kind.RATE_LIMITED:
            self._limits.told_to_wait(trouble.method, trouble.retry_after)
