"""JSON Schema of the values of services.yml: what a function that checks one cannot say of itself."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, WithJsonSchema

from deploys.catalogue import durations


def mapping_config(what: str, **schema: Any) -> ConfigDict:
    """For a mapping that allows the keys it names and no other: what its JSON Schema says beside them.

    Pydantic would take the docstring as the description, and `python -OO` drops those.
    """
    return ConfigDict(frozen=True, extra="forbid", json_schema_extra={"description": what, **schema})


def text_schema(pattern: str, **more: Any) -> WithJsonSchema:
    """Text of this form."""
    return WithJsonSchema({"type": "string", "pattern": pattern, **more})


def text_list_schema(pattern: str, **more: Any) -> WithJsonSchema:
    """A list of texts of this form, each once."""
    items = {"type": "string", "pattern": pattern}
    return WithJsonSchema({"type": "array", "items": items, "uniqueItems": True, **more})


def duration_schema(shortest: int, longest: int) -> WithJsonSchema:
    """A length of time within bounds (seconds)."""
    spelled = {"type": "string", "pattern": durations.DURATION_PATTERN, "minLength": 2}
    return WithJsonSchema({"anyOf": [{"type": "integer", "minimum": shortest, "maximum": longest}, spelled]})
