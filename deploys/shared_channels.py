"""Which channels are shared with other organisations, as far as is known from Slack."""

from __future__ import annotations

from collections.abc import Callable

from deploys.stores.slack_directory import ChannelKind, SlackDirectory


class KnownSharedChannels:
    """What was read of channels lately. What was not, or what Slack does not tell, is unknown."""

    def __init__(
        self,
        directory: SlackDirectory,
        now: Callable[[], float],
        read: Callable[[str], object] = lambda channel: None,
    ) -> None:
        """read: reads from Slack what a channel is that is not known. Without it nobody asks Slack."""
        self._directory = directory
        self._now = now
        self._read = read

    def is_shared(self, channel: str) -> bool | None:
        """Whether this channel is shared, or about to be; None: that is not known."""
        known = self._directory.channel(channel, self._now())
        if known is None:
            self._read(channel)
            known = self._directory.channel(channel, self._now())
        return None if known is None or known.kind is ChannelKind.HIDDEN else known.is_shared
