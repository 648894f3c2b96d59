"""What records are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Part of a record: changed only by making a new one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def evolve(self, **changes: Any) -> Self:
        """A copy with these fields changed, validated like a new one. A mapping given for a part that is itself
        a record changes those fields of it: `deploy.evolve(stop={"requested_at": now})`.
        """
        # pydantic keeps the fields in `__dict__`; iterating over a model takes as long as validating it.
        fields = self.__dict__
        for name, value in changes.items():
            part = fields.get(name)
            if isinstance(value, Mapping) and isinstance(part, Record):
                changes[name] = part.evolve(**value)
        return type(self).model_validate({**fields, **changes})
