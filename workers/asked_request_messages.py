"""The messages that call those who may do what somebody was refused: posted once, and edited when they are
over.

The bot enqueues this with every request and click, and the scheduler every few seconds. What is kept in Redis
stays until Slack has taken the last word. A message whose answer was lost is posted again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog

from deploys.buttons.repeat_request import typed_command
from deploys.buttons.run_asked import run_asked_button
from deploys.mrkdwn import code, escape_line, mention
from deploys.records.asked_request import AskedRequest
from deploys.stores.asked_requests import AskedRequests, AskedState
from deploys.text_limits import SECTION, clip, shorten
from workers.thread.rate_limits import Urgency
from workers.thread.slack_calls import RetryLater, SlackCalls
from workers.thread.slack_error_handling import SlackCallFailed, SlackErrorKind

log = structlog.get_logger()

TEMPORARY_ERRORS = frozenset({SlackErrorKind.UNREACHABLE, SlackErrorKind.RATE_LIMITED, SlackErrorKind.TOKEN})
_MESSAGE = "message"
"""What is claimed, so that one worker at a time writes a message."""


class AskedRequestMessages:
    """One look at all of them."""

    def __init__(
        self,
        requests: AskedRequests,
        calls: SlackCalls,
        *,
        tell: Callable[[str, str | None, str, str], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        """tell: has one person told something: channel, thread, user, text."""
        self._requests = requests
        self._calls = calls
        self._tell = tell
        self._now = now

    def run(self) -> None:
        """Posts and edits what is due now."""
        for asked_id in self._requests.all():
            if not self._requests.claim(asked_id, _MESSAGE):
                continue
            try:
                self._show(asked_id)
            except RetryLater:
                continue  # it is tried again
            finally:
                self._requests.release(asked_id, _MESSAGE)

    def _show(self, asked_id: str) -> None:
        state = self._requests.find(asked_id)
        if state is None:
            return self._requests.remove(asked_id)
        is_over = state.is_over(self._now())
        try:
            if is_over and state.ts:
                channel, text = state.asked.refused.request.channel, end_text(state)
                self._calls.update(channel, state.ts, text, [_section(text)], urgency=Urgency.URGENT)
            elif not is_over and not state.ts:
                self._requests.note_posted(asked_id, self._post(state.asked))
        except SlackCallFailed as failure:
            if failure.kind in TEMPORARY_ERRORS:
                return None
            log.error(
                "people cannot be asked", channel=state.asked.refused.request.channel, error=str(failure)
            )
            self._tell_requester(state)
            is_over = True
        return self._requests.remove(asked_id) if is_over else None

    def _post(self, asked: AskedRequest) -> str:
        request = asked.refused.request
        text = question_text(asked)
        row = {"type": "actions", "elements": [run_asked_button(asked).to_slack()]}
        return self._calls.post(
            request.channel,
            text,
            [_section(text), row],
            thread_ts=request.thread_ts,
            urgency=Urgency.URGENT,
        ).ts

    def _tell_requester(self, state: AskedState) -> None:
        if state.ts:
            return
        request = state.asked.refused.request
        thread = None if request.new_thread else request.thread_ts
        self._tell(request.channel, thread, request.requester, not_asked_text(state.asked))


def question_text(asked: AskedRequest) -> str:
    """Whom it calls, who asks, and what for. Pure."""
    refused = asked.refused
    who = mention(refused.request.requester)
    reason = refused.reason.strip()
    why = f"\nWhy: {escape_line(shorten(reason, 500))}" if reason else ""
    override = "override the freeze and " if refused.subcommand == "override" else ""
    return f"{asked.people}: {who} asks one of you to {override}run {code(typed_command(refused))}.{why}"


def not_asked_text(asked: AskedRequest) -> str:
    """What the requester is told if nobody could be called. Pure."""
    return (
        f"I could not ask anybody to run {code(typed_command(asked.refused))}: Slack does not let me write "
        f"in this channel. Invite me to it, or ask {asked.people} yourself."
    )


def end_text(state: AskedState) -> str:
    """What became of it. Pure."""
    typed, who = code(typed_command(state.asked.refused)), mention(state.asked.refused.request.requester)
    if state.run_by:
        return f"{mention(state.run_by)} ran {typed}, which {who} had asked for."
    return f"{who} asked for {typed}, and nobody ran it within an hour. It can be asked for again."


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": clip(text, SECTION)}}
