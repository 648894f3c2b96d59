"""What people are told whose channel cannot be written to."""

from __future__ import annotations

from deploys import batch as batches
from deploys.batch import Batch
from deploys.deploy import Deploy, Verb
from deploys.mrkdwn import channel
from deploys.naming import name

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
