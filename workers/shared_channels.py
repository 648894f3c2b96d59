"""Which channels are shared with other organisations, as far as the workers know from Slack."""

from __future__ import annotations

from collections.abc import Callable

from deploys.stores.slack_directory import ChannelKind, SlackDirectory


class KnownSharedChannels:
    """What was read of channels lately. What was not, or what Slack does not tell, is unknown."""

    def __init__(self, directory: SlackDirectory, now: Callable[[], float]) -> None:
        self._directory = directory
        self._now = now

    def is_shared(self, channel: str) -> bool | None:
        """Whether this channel is shared, or about to be; None: that is not known."""
        known = self._directory.channel(channel, self._now())
        return None if known is None or known.kind is ChannelKind.HIDDEN else known.is_shared
