"""What records are made of, and the number of their format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json

from deploys.errors import UnknownSchema

SCHEMA = 1
"""The format of all records in Redis. Raise it with every change that older workers cannot read."""


class Record(BaseModel):
    """A record or a part of one. It never changes: `evolve` makes a new one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def evolve(self, **changes: Any) -> Self:
        """A copy with these fields changed, validated like a new one. A mapping for a part that is a record
        itself changes those fields of it: `deploy.evolve(stop={"requested_at": now})`.

        Raises:
            pydantic.ValidationError: there is no such field, or the value does not fit.
        """
        # pydantic keeps the fields in `__dict__`; iterating over a model takes as long as validating it.
        fields = self.__dict__
        for name, value in changes.items():
            part = fields.get(name)
            if isinstance(value, Mapping) and isinstance(part, Record):
                changes[name] = part.evolve(**value)
        # Forbidden also for a record that ignores fields it does not know when it is read.
        return type(self).model_validate({**fields, **changes}, extra="forbid")


class StoredRecord(Record):
    """A record that Redis keeps as JSON, with the number of its format."""

    schema_number: int = SCHEMA

    def to_json(self) -> str:
        """The record as Redis keeps it."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, stored: str | bytes) -> Self:
        """The record that Redis keeps.

        Raises:
            UnknownSchema: another version of Slipway wrote it.
        """
        try:
            record = cls.model_validate_json(stored)
        except ValidationError as error:
            raise UnknownSchema(kind=cls.__name__, found=_schema_of(stored), known=SCHEMA) from error
        if record.schema_number != SCHEMA or "schema_number" not in record.model_fields_set:
            raise UnknownSchema(kind=cls.__name__, found=_schema_of(stored), known=SCHEMA)
        return record


def _schema_of(stored: str | bytes) -> object:
    """The number in a record that cannot be read, for the error."""
    try:
        found = from_json(stored)
    except ValueError:
        return "unknown"
    return found.get("schema_number", "unknown") if isinstance(found, dict) else "unknown"
