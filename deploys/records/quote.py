"""What the texts of a record quote of AWS and of containers, so that it can still be hidden later."""

from __future__ import annotations

from typing import Annotated

from deploys.records.record import Record


class _Prose:
    """Marks the fields of records that may hold quotes."""


PROSE = _Prose()
Prose = Annotated[str, PROSE]
"""A field with sentences of mrkdwn that may quote AWS or a container."""


class Quote(Record):
    """One quote, as it stands in the texts."""

    text: str
    """Mrkdwn, redacted."""
    is_log: bool = False
    """Whether a container wrote it to its log."""
