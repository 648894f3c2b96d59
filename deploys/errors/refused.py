"""What every error is made of: a class's docstring is the sentence people read."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any


class SlipwayError(Exception):
    """Something went wrong."""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        self.message = " ".join(cleandoc(type(self).__doc__ or "").split()).format(**facts)
        super().__init__(self.message)


class Refused(SlipwayError):
    """This was refused."""
