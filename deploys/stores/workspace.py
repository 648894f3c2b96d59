"""Which Slack workspace this Slipway belongs to, as a bot learned at its start: the command line has to know
while Slack does not answer."""

from __future__ import annotations

from redis import Redis

from deploys.records.record import StoredRecord
from deploys.redis_connection import to_text
from deploys.stores import redis_keys


class Workspace(StoredRecord):
    """What Slack said of the bot's token (`auth.test`)."""

    team: str
    bot_user: str
    """The bot's own user id."""
    bot: str = ""
    enterprise: str = ""


def save_workspace(redis: Redis, workspace: Workspace) -> None:
    """Keeps it, for good."""
    redis.set(redis_keys.WORKSPACE, workspace.to_json())


def find_workspace(redis: Redis) -> Workspace | None:
    """The workspace; None until a bot or web process has started."""
    stored = redis.get(redis_keys.WORKSPACE)
    return Workspace.from_json(to_text(stored)) if stored else None
