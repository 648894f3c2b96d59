"""An alarm that belongs to no deploy, posted in a channel."""

from __future__ import annotations

import structlog
from slack_sdk import WebClient

from deploys.mrkdwn import VERBATIM_ARGUMENTS, verbatim
from workers.thread.slack_error_handling import CALL_FAILURES, classify_error

log = structlog.get_logger()


def post_alarm(client: WebClient, channel: str, text: str) -> None:
    """Posts it once. If Slack does not take it, the log says so: status and Home show the alarm as well."""
    try:
        client.chat_postMessage(channel=channel, text=verbatim(text), **VERBATIM_ARGUMENTS)
    except CALL_FAILURES as error:
        detail = classify_error("chat.postMessage", error).detail
        log.warning("an alarm was not posted in its channel", channel=channel, error=detail)
