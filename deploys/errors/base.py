"""What every error is made of: its `sentence` is what people read, with the facts filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deploys.records.refused_request import RefusedRequest


class SlipwayError(Exception):
    sentence = """Something went wrong."""
    """Mrkdwn; each `{name}` is one of the facts. No docstring, since `python -OO` drops those."""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        self.message = " ".join(self.sentence.split()).format(**facts)
        super().__init__(self.message)


class InternalError(SlipwayError):
    sentence = """An error inside Slipway (reference `{reference}` in the workers' log)."""


class Refused(SlipwayError):
    sentence = """This was refused."""
    refused_request: RefusedRequest | None = None
    """What was refused, where that is known: buttons may offer to repeat it."""
    attempted: Mapping[str, str] = {}
    """What was asked for, once that is known: fields of the audit's entry."""
    refused_by: Mapping[str, str] = {}
    """The lock or freeze that refused it: fields of the audit's entry."""
