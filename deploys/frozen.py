"""What records are made of."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Part of a record: changed only by making a new one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def evolve(self, **changes: Any) -> Self:
        """A copy with these fields changed, validated like a new one."""
        # pydantic keeps the fields in `__dict__`; iterating over a model takes as long as validating it.
        return type(self).model_validate({**self.__dict__, **changes})
