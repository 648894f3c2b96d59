"""Answers by response_url: only the person who typed or clicked sees them, wherever the bot is a member.

Slack takes five of them within 30 minutes (docs.slack.dev, "Handling user interaction").
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from workers.thread.client import CALL_SECONDS
from workers.thread.trouble import CALL_FAILURES, Kind, Trouble, judge

METHOD = "response_url"
SLACK_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})


def post(client: WebClient, url: str, message: dict[str, Any]) -> None:
    """Posts this message for one person; the one that was clicked stays as it is.

    Raises:
        Trouble: it was not taken. Nothing is ever sent to an address that is not Slack's.
    """
    if not _is_slacks(url, client.base_url):
        raise Trouble(Kind.OTHER, METHOD, f"not an address of Slack: {urlsplit(url).hostname}")
    webhook = WebhookClient(url, timeout=CALL_SECONDS, retry_handlers=[], proxy=client.proxy)
    webhook.proxy = client.proxy  # its constructor would take the environment's over
    try:
        answer = webhook.send_dict({"response_type": "ephemeral", "replace_original": False, **message})
    except CALL_FAILURES as error:
        raise judge(METHOD, error) from error
    if answer.status_code >= 400:
        raise Trouble(
            _kind(answer.status_code, answer.body), METHOD, f"{answer.status_code} {answer.body[:100]}"
        )


def _kind(status: int, body: str) -> Kind:
    """What a refusal means; those of content come as HTTP 400 with the error in the body."""
    if status == 429:
        return Kind.RATE_LIMITED
    if status >= 500:
        return Kind.AWAY
    return Kind.BLOCKS if "invalid_blocks" in body else Kind.OTHER


def _is_slacks(url: str, base_url: str) -> bool:
    """Slack's own address, or that of the Slack we are set up to talk to."""
    target, ours = urlsplit(url), urlsplit(base_url)
    if target.scheme == "https" and target.hostname in SLACK_HOSTS:
        return True
    return (target.scheme, target.netloc) == (ours.scheme, ours.netloc)
