"""Which channels are shared with other organisations, as far as is known from Slack."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable

from deploys.stores.slack_directory import Channel, ChannelKind, SlackDirectory

REMEMBERED_SECONDS = 2.0
"""How long a process goes by what it found in Redis (seconds): little beside the minute between two reads of
Slack. What is not known is looked up each time."""
MAX_REMEMBERED = 1000
"""Channels that a process remembers (count)."""


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
        self._found: dict[str, tuple[float, Channel]] = {}
        """What was found of each channel, and when (epoch seconds)."""

    def reading(self, read: Callable[[str], object]) -> KnownSharedChannels:
        """The same, with what both find remembered by both, that asks Slack with this."""
        other = copy.copy(self)
        other._read = read
        return other

    def is_shared(self, channel: str) -> bool | None:
        """Whether this channel is shared, or about to be; None: that is not known."""
        known = self._find(channel)
        if known is None:
            self._read(channel)
            known = self._find(channel)
        return None if known is None or known.kind is ChannelKind.HIDDEN else known.is_shared

    def look_up(self, channels: Iterable[str]) -> None:
        """Reads with one question to Redis what is not remembered of these channels."""
        now = self._now()
        asked = [each for each in dict.fromkeys(channels) if not self._is_remembered(each, now)]
        if len(self._found) > MAX_REMEMBERED:
            self._found.clear()
        self._found.update(
            {each: (now, known) for each, known in self._directory.find_channels(asked, now).items()}
        )

    def _find(self, channel: str) -> Channel | None:
        self.look_up([channel])
        now = self._now()
        return self._found[channel][1] if self._is_remembered(channel, now) else None

    def _is_remembered(self, channel: str, now: float) -> bool:
        return channel in self._found and 0 <= now - self._found[channel][0] < REMEMBERED_SECONDS
