"""What a requester is told if the channel cannot be posted to."""

from __future__ import annotations

from deploys.deploy_text import deploy_name
from deploys.mrkdwn import channel_link, code
from deploys.records import batch as batches
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.request import Verb

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
NOT_A_MEMBER = "I am not in it. Invite me there, with `/invite`"


def card_channel_refused(channel: str, error: str) -> str:
    """Said in the thread. error: Slack's error name."""
    return (
        f"This belongs in {channel_link(channel)}, as `services.yml` says, but I cannot post there: "
        f"{REASONS.get(error, NOT_A_MEMBER)}."
    )


def channel_unreachable(deploy: Deploy, error: str) -> str:
    """The message for the requester. error: Slack's error name."""
    return (
        f"I cannot post in {channel_link(deploy.request.channel)}: {REASONS.get(error, NOT_A_MEMBER)}. I try "
        "again every few minutes. The "
        f"{'deploy of ' if deploy.verb is Verb.DEPLOY else ''}{deploy_name(deploy)} continues: "
        f"{code(f'/deploy status {deploy.service.name}')} shows how it goes."
    )


def channel_unreachable_for_batch(batch: Batch, error: str) -> str:
    """The same for a batch."""
    return (
        f"I cannot post in {channel_link(batch.request.channel)}: {REASONS.get(error, NOT_A_MEMBER)}. I try "
        f"again every few minutes. The deploy of {batches.batch_name(batch)} continues: `/deploy status` "
        "shows how it goes."
    )
