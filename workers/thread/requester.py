"""Tells who asked that their channel cannot be written to, by the one way left: the response_url."""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from deploys import batch as batches
from deploys.batch import Batch
from deploys.deploy import Deploy, Verb
from deploys.mrkdwn import channel
from deploys.naming import name
from workers.thread.client import CALL_SECONDS
from workers.thread.trouble import CALL_FAILURES

log = structlog.get_logger()

SLACK_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})

REASONS: dict[str, str] = {
    "is_archived": "it is archived. Unarchive it, or ask in another channel",
    "restricted_action": "only some people may post there. Ask a workspace admin, or ask in another channel",
    "restricted_action_read_only_channel": "it is read-only. Ask in another channel",
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
        answer = webhook.send(text=text, response_type="ephemeral")
    except CALL_FAILURES as error:
        log.warning("response_url did not answer", error=type(error).__name__)
        return False
    if answer.status_code >= 400:
        log.warning("response_url refused", status=answer.status_code, body=answer.body[:100])
    return answer.status_code < 500 and answer.status_code != 429


def _is_slacks(url: str, base_url: str) -> bool:
    """Slack's own address, or that of the Slack we are set up to talk to."""
    target, ours = urlsplit(url), urlsplit(base_url)
    if target.scheme == "https" and target.hostname in SLACK_HOSTS:
        return True
    return (target.scheme, target.netloc) == (ours.scheme, ours.netloc)
