"""What is told outside of the thread: a link to it where the deploy was asked for, and failures in their
channel. A message about a failure is edited once something came of it, in the thread as well.

Each message is noted in the thread's state right after it was sent. A channel that Slack does not let us post
in is noted and left alone: the thread has it all.
"""

from __future__ import annotations

import structlog

from deploys.records.thread_state import FailureMessage
from workers.thread.failure_edits import FailureEdit
from workers.thread.rate_limits import Urgency
from workers.thread.slack_calls import RetryLater
from workers.thread.slack_error_handling import SlackCallFailed, SlackErrorKind
from workers.thread.thread_source import Alert
from workers.thread.thread_writer import RetrySlotName, ThreadWriter

log = structlog.get_logger()

_SLOT: RetrySlotName = "elsewhere_next_try"


def tell_elsewhere(writer: ThreadWriter) -> float | None:
    """Sends what is missing; failures first. Returns when to come back (epoch seconds); None: all is told.

    Raises:
        SlackCallFailed: an error that affects every call.
    """
    try:
        for alert in writer.source.alerts(writer.thread):
            _post_alert(alert, writer)
        for edit in writer.source.failure_edits(writer.thread):
            _edit_failure(edit, writer)
        _write_link(writer)
    except RetryLater as later:
        return writer.now() + later.seconds
    return None


def _post_alert(alert: Alert, writer: ThreadWriter) -> None:
    told = writer.thread.failure_messages
    if alert.channel not in (writer.thread.channel, *writer.thread.closed_channels):
        ts = _send(alert.channel, alert.text, writer, Urgency.URGENT)
        sent = FailureMessage(
            channel=alert.channel, ts=ts, deploy_id=alert.deploy_id, message=alert.next_message - 1
        )
        told = (*told, sent) if ts else told
    posted = {**writer.thread.alerts_posted, alert.deploy_id: alert.next_message}
    writer.save(alerts_posted=posted, failure_messages=told, elsewhere_next_try=None)


def _edit_failure(edit: FailureEdit, writer: ThreadWriter) -> None:
    """One that somebody deleted, or in a channel that is closed now, is not edited again either."""
    if edit.posted.channel not in writer.thread.closed_channels:
        _send(edit.posted.channel, edit.text, writer, Urgency.NORMAL, edited=edit.posted.ts)
    edited = edit.posted.evolve(since_then=edit.since_then)
    told = tuple(edited if each == edit.posted else each for each in writer.thread.failure_messages)
    writer.save(failure_messages=told, elsewhere_next_try=None)


def _write_link(writer: ThreadWriter) -> None:
    """It is posted once, and edited when all has ended."""
    thread, source = writer.thread, writer.source
    if source.asked_in == thread.channel or source.asked_in in thread.closed_channels or not thread.permalink:
        return
    text = source.link_text(thread.permalink)
    if text == thread.link_text or (thread.link_ts and not source.is_over):
        return
    ts = _send(source.asked_in, text, writer, Urgency.NORMAL, edited=thread.link_ts)
    writer.save(link_ts=ts or thread.link_ts, link_text=text, elsewhere_next_try=None)


def _send(channel: str, text: str, writer: ThreadWriter, urgency: Urgency, *, edited: str = "") -> str:
    """The message's ts; empty if Slack does not let us write there."""

    def send(has_slot: bool) -> str:
        if edited:
            writer.calls.update(channel, edited, text, (), urgency=urgency, has_slot=has_slot)
            return edited
        thread_ts = writer.source.request_thread if channel == writer.source.asked_in else None
        return writer.calls.post(channel, text, thread_ts=thread_ts, urgency=urgency, has_slot=has_slot).ts

    try:
        return writer.call_in_slot(_SLOT, urgency, send)
    except SlackCallFailed as failure:
        if failure.kind is SlackErrorKind.CARD_GONE:
            return edited  # somebody deleted it
        if failure.kind is not SlackErrorKind.CHANNEL:
            raise
        log.error("a channel was not told", deploy=writer.source.id, channel=channel, error=failure.detail)
        writer.save(closed_channels=(*writer.thread.closed_channels, channel))
        return ""
