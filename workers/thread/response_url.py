"""Answers by response_url: only the person who typed or clicked sees them, wherever the bot is a member.

Slack takes five of them within 30 minutes (docs.slack.dev, "Handling user interaction").
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from deploys.mrkdwn import AS_WRITTEN
from workers.thread.client import CALL_SECONDS
from workers.thread.trouble import CALL_FAILURES, KIND_BY_ERROR, Kind, Trouble, judge

METHOD = "response_url"
SLACK_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
_OF_CONTENT = (Kind.TEXT, Kind.BLOCKS)
_FOR_ONE_PERSON = {
    "response_type": "ephemeral",
    "replace_original": False,
    "unfurl_links": False,
    "unfurl_media": False,
}


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
        answer = webhook.send_dict({**_FOR_ONE_PERSON, **AS_WRITTEN, **message})
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
    named = (kind for error, kind in KIND_BY_ERROR.items() if error in body and kind in _OF_CONTENT)
    return next(named, Kind.OTHER)


def _is_slacks(url: str, base_url: str) -> bool:
    """Slack's own address, or that of the Slack we are set up to talk to."""
    target, ours = urlsplit(url), urlsplit(base_url)
    if target.scheme == "https" and target.hostname in SLACK_HOSTS:
        return True
    return (target.scheme, target.netloc) == (ours.scheme, ours.netloc)
