"""Answers by response_url: only the person who typed or clicked sees them.

Slack takes five of them within 30 minutes (docs.slack.dev, "Handling user interaction").
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from deploys.mrkdwn import VERBATIM_ARGUMENTS
from deploys.telemetry.slack_calls import result_of_status, slack_call
from workers.thread.slack_client import CALL_SECONDS
from workers.thread.slack_error_handling import (
    CALL_FAILURES,
    KIND_BY_ERROR,
    SlackCallFailed,
    SlackErrorKind,
    classify_error,
)

METHOD = "response_url"
SLACK_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
_CONTENT_ERRORS = (SlackErrorKind.TEXT, SlackErrorKind.BLOCKS)
_FOR_ONE_PERSON = {
    "response_type": "ephemeral",
    "replace_original": False,
    "unfurl_links": False,
    "unfurl_media": False,
}


def post(client: WebClient, url: str, message: dict[str, Any]) -> None:
    """Posts this message for one person. A message that was clicked stays unchanged.

    Raises:
        SlackCallFailed: Slack did not take it. Nothing is ever sent to an address that is not Slack's.
    """
    if not _is_slack_address(url, client.base_url):
        raise SlackCallFailed(
            SlackErrorKind.OTHER, METHOD, f"not an address of Slack: {urlsplit(url).hostname}"
        )
    webhook = WebhookClient(url, timeout=CALL_SECONDS, retry_handlers=[], proxy=client.proxy)
    webhook.proxy = client.proxy  # its constructor takes the environment's proxy
    try:
        with slack_call(METHOD) as call:
            answer = webhook.send_dict({**_FOR_ONE_PERSON, **VERBATIM_ARGUMENTS, **message})
            call.result = result_of_status(answer.status_code)
    except CALL_FAILURES as error:
        raise classify_error(METHOD, error) from error
    if answer.status_code >= 400:
        raise SlackCallFailed(
            _error_kind(answer.status_code, answer.body), METHOD, f"{answer.status_code} {answer.body[:100]}"
        )


def _error_kind(status: int, body: str) -> SlackErrorKind:
    """What a refusal means. Errors about the content come as HTTP 400 with the error in the body."""
    if status == 429:
        return SlackErrorKind.RATE_LIMITED
    if status >= 500:
        return SlackErrorKind.UNREACHABLE
    named = (kind for error, kind in KIND_BY_ERROR.items() if error in body and kind in _CONTENT_ERRORS)
    return next(named, SlackErrorKind.OTHER)


def _is_slack_address(url: str, base_url: str) -> bool:
    """Slack's own address, or that of the configured Slack API."""
    target, ours = urlsplit(url), urlsplit(base_url)
    if target.scheme == "https" and target.hostname in SLACK_HOSTS:
        return True
    return (target.scheme, target.netloc) == (ours.scheme, ours.netloc)
