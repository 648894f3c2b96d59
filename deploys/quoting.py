"""Other people's words in messages: those of AWS and of containers. Each quote is redacted, and none is made
in a channel that is shared with another organisation, so that none gets into such a deploy's record either.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from deploys.mrkdwn import code, escape_line
from deploys.redaction import redact

NOT_QUOTED = "(not quoted in a channel that is shared with others)"

_hidden: ContextVar[bool] = ContextVar("quotes_hidden", default=False)


class SharedChannels(Protocol):
    """Who knows which channels are shared with other organisations."""

    def is_shared(self, channel: str) -> bool | None:
        """Whether this channel is shared; None: that is not known."""
        ...


class NoSharedChannels:
    """No channel is shared."""

    def is_shared(self, channel: str) -> bool | None:
        """False."""
        return False


NO_SHARED_CHANNELS: SharedChannels = NoSharedChannels()


@contextmanager
def quotes_hidden(hidden: bool) -> Iterator[None]:
    """Whether the messages that are made in this block quote nothing."""
    token = _hidden.set(hidden)
    try:
        yield
    finally:
        _hidden.reset(token)


def must_hide_quotes(channels: SharedChannels, channel: str) -> bool:
    """Whether nothing may be quoted in this channel: it is shared, or nobody knows whether it is."""
    return channels.is_shared(channel) is not False


def are_quotes_hidden() -> bool:
    """Whether nothing may be quoted now."""
    return _hidden.get()


def quoted(text: str) -> str:
    """Words of AWS as mrkdwn on one line, in a sentence; empty stays empty."""
    if not text:
        return ""
    return NOT_QUOTED if are_quotes_hidden() else escape_line(redact(text))


def quote_code(text: str) -> str:
    """The same in a code span."""
    return NOT_QUOTED if are_quotes_hidden() else code(redact(text))
