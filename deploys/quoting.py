"""Other people's words in messages: those of AWS and of containers. Each quote is redacted, and none is made
in a channel that is shared with another organisation, so that none gets into such a deploy's record either.

What is quoted is remembered, and a record keeps it (`deploys.quoted_texts`): a channel may be shared later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from deploys.environment_values import hide_known_values
from deploys.mrkdwn import code, escape_line
from deploys.records.quote import Quote
from deploys.redaction import redact
from deploys.text_limits import shorten

NOT_QUOTED = "(not quoted in a channel that is shared with others)"

NOT_SHOWN = "(not shown: `logs: hide` in services.yml)"

_hidden: ContextVar[bool] = ContextVar("quotes_hidden", default=False)
_made: ContextVar[list[Quote] | None] = ContextVar("quotes_made", default=None)


class SharedChannels(Protocol):
    """Who knows which channels are shared with other organisations."""

    def is_shared(self, channel: str) -> bool | None:
        """Whether this channel is shared; None: that is not known."""
        ...

    def look_up(self, channels: Iterable[str]) -> None:
        """Call this before `is_shared` is asked about many: they can be looked up together."""
        ...


class NoSharedChannels:
    """No channel is shared."""

    def is_shared(self, channel: str) -> bool | None:
        """False."""
        return False

    def look_up(self, channels: Iterable[str]) -> None:
        """Nothing has to be looked up."""


NO_SHARED_CHANNELS: SharedChannels = NoSharedChannels()


@contextmanager
def quotes_hidden(hidden: bool, *, before: Sequence[Quote] = ()) -> Iterator[list[Quote]]:
    """Whether the messages that are made in this block quote nothing. Its list grows by each quote.

    before: quotes that were made earlier, and that messages of this block may repeat.
    """
    made = list(before)
    tokens = _hidden.set(hidden), _made.set(made)
    try:
        yield made
    finally:
        _hidden.reset(tokens[0])
        _made.reset(tokens[1])


def quotes_made() -> tuple[Quote, ...]:
    """Those that were made in this block so far."""
    return tuple(_made.get() or ())


def must_hide_quotes(channels: SharedChannels, channel: str) -> bool:
    """Whether nothing may be quoted in this channel: it is shared, or nobody knows whether it is."""
    return channels.is_shared(channel) is not False


def are_quotes_hidden() -> bool:
    """Whether nothing may be quoted now."""
    return _hidden.get()


def quoted(text: str, *, limit: int | None = None, read: bool = True) -> str:
    """Words of AWS as mrkdwn on one line, in a sentence; empty stays empty. limit: longer ones are cut
    (UTF-16 units). read: as in `hide_known_values`."""
    return _quote(escape_line(_without_secrets(text, limit, read=read))) if text else ""


def quote_code(text: str, *, limit: int | None = None) -> str:
    """The same in a code span."""
    return _quote(code(_without_secrets(text, limit)))


def _without_secrets(text: str, limit: int | None, *, read: bool = True) -> str:
    """Cut last: half a value would be found no more."""
    if are_quotes_hidden():
        return ""
    whole = redact(hide_known_values(text, read=read))
    return whole if limit is None else shorten(whole, limit)


def quote_log(mrkdwn: str) -> str:
    """Lines of a log, redacted and escaped already."""
    return _quote(mrkdwn, is_log=True)


def _quote(mrkdwn: str, *, is_log: bool = False) -> str:
    if are_quotes_hidden():
        return NOT_QUOTED
    made = _made.get()
    if made is not None:
        made.append(Quote(text=mrkdwn, is_log=is_log))
    return mrkdwn
