"""Tells who asked that their channel cannot be written to, by the one way left: the response_url."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import structlog
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from deploys import batch as batches
from deploys.batch import Batch
from deploys.deploy import Deploy, Verb
from deploys.message_size import utf8_bytes
from deploys.mrkdwn import AS_WRITTEN, as_written, channel
from deploys.naming import name
from workers.thread.client import CALL_SECONDS
from workers.thread.lengths import STATE_BYTES, clip_bytes
from workers.thread.trouble import CALL_FAILURES

log = structlog.get_logger()

SLACK_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})

REASONS: dict[str, str] = {
    "is_archived": "it is archived. Unarchive it, or ask in another channel",
    "restricted_action": "only some people may post there. Ask a workspace admin, or ask in another channel",
    "restricted_action_read_only_channel": "it is read-only. Ask in another channel",
    "restricted_action_non_threadable_channel": "it takes no threads. Ask in another channel",
    "restricted_action_thread_only_channel": "it takes replies in threads only. Ask in another channel",
    "is_inactive": "it is frozen, archived or deleted. Ask in another channel",
    "external_channel_migrating": "Slack is moving it to another workspace for now",
    "messages_tab_disabled": "the Messages tab of my Slack app is turned off. Ask in a channel",
    "method_not_supported_for_channel_type": "Slack lets no app post there. Ask in a channel",
    "team_access_not_granted": "I am not installed in its workspace. Ask a workspace admin to add me",
    "team_not_found": "Slack does not find its workspace. Ask in another channel",
}
NOT_IN = "I am not in it. Invite me there, with `/invite`"


def unreachable(deploy: Deploy, error: str) -> str:
    """What the requester is told."""
    return (
        f"I cannot post in {channel(deploy.channel)}: {REASONS.get(error, NOT_IN)}. I try again every few "
        f"minutes. The {'deploy of ' if deploy.verb is Verb.DEPLOY else ''}{name(deploy)} does not wait for "
        "that: "
        f"`/deploy status {deploy.service.name}` shows how it goes."
    )


def unreachable_for_all(batch: Batch, error: str) -> str:
    """The same of several that were asked for at once."""
    return (
        f"I cannot post in {channel(batch.channel)}: {REASONS.get(error, NOT_IN)}. I try again every few "
        f"minutes. The deploy of {batches.name(batch)} does not wait for that: `/deploy status` shows how it "
        "goes."
    )


def tell(client: WebClient, response_url: str, text: str) -> bool:
    """Posts to the response_url. False: no answer, to be tried again; True: done, or Slack takes no more."""
    if not _is_slacks(response_url, client.base_url):
        log.error(
            "not a response_url of Slack, so nothing is sent to it", host=urlsplit(response_url).hostname
        )
        return True
    webhook = WebhookClient(response_url, timeout=CALL_SECONDS, retry_handlers=[], proxy=client.proxy)
    webhook.proxy = client.proxy  # its constructor would take the environment's over
    try:
        answer = webhook.send_dict(_answer(text))
        if answer.status_code == 400 and utf8_bytes(text) > STATE_BYTES:
            answer = webhook.send_dict(_answer(clip_bytes(text, STATE_BYTES)))  # perhaps it was too long
    except CALL_FAILURES as error:
        log.warning("response_url did not answer", error=type(error).__name__)
        return False
    if answer.status_code >= 400:
        log.warning("response_url refused", status=answer.status_code, body=answer.body[:100])
    return answer.status_code < 500 and answer.status_code != 429


def _answer(text: str) -> dict[str, Any]:
    return {
        "text": as_written(text),
        "response_type": "ephemeral",
        "unfurl_links": False,
        "unfurl_media": False,
        **AS_WRITTEN,
    }


def _is_slacks(url: str, base_url: str) -> bool:
    """Slack's own address, or that of the Slack we are set up to talk to."""
    target, ours = urlsplit(url), urlsplit(base_url)
    if target.scheme == "https" and target.hostname in SLACK_HOSTS:
        return True
    return (target.scheme, target.netloc) == (ours.scheme, ours.netloc)
