"""How a key of services.yml is declared, and the model of a mapping's keys that is made of such declarations.

A key is a field of the record that Slipway keeps (`Service`, `PreTask`, ...), annotated with a `Key`. The
check of the file, its JSON Schema and the tables in docs/configuration.md all come from that declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import GenericAlias
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    create_model,
)
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from deploys.catalogue.value_kinds import Schema, ValueKind, describe_value, refuse


class KeyRecord(BaseModel):
    """A mapping of services.yml as Slipway keeps it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Key:
    """One key of services.yml: what its value may be, and what it means."""

    kind: ValueKind
    about: str
    """For people: shown by editors and in docs/configuration.md."""
    default_text: str = ""
    """What holds without the key, in words. Empty: the default of the field is shown."""
    name: str = ""
    """The key as it is written in the file. Empty: the name of the field."""
    example: Any = None
    """Shown if the key is required and missing."""
    in_defaults: bool = True
    """Whether it may also be in `defaults`."""


def find_keys(record: type[BaseModel]) -> Iterator[tuple[str, FieldInfo, Key]]:
    """The fields of a record that are keys in the file, in their order."""
    for name, field in record.model_fields.items():
        for key in field.metadata:
            if isinstance(key, Key):
                yield name, field, key


def make_keys_model(
    record: type[BaseModel],
    name: str,
    about: str = "",
    *,
    all_optional: bool = False,
    only_defaults: bool = False,
    schema: Schema | None = None,
) -> type[BaseModel]:
    """The model of a mapping that allows the keys of a record and no others.

    `all_optional`: a key that the record requires may be missing here, since it may be in `defaults`.
    """
    fields: dict[str, Any] = {
        field_name: (key.kind.annotation, _make_field(field, key, all_optional=all_optional))
        for field_name, field, key in find_keys(record)
        if key.in_defaults or not only_defaults
    }
    extra = {**({"description": about} if about else {}), **(schema or {})}
    config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=extra)
    return create_model(name, __config__=config, **fields)


def _make_field(field: FieldInfo, key: Key, *, all_optional: bool) -> Any:
    options: dict[str, Any] = {"description": key.about, "alias": key.name or None}
    if key.example is not None:
        options["examples"] = [key.example]
    if field.is_required() and not all_optional:
        return Field(**options)
    if field.is_required() or key.default_text:
        # With a factory, JSON Schema names no fixed default.
        return Field(default_factory=lambda: None if field.is_required() else field.default, **options)
    return Field(default=field.default, **options)


def nested_keys(
    record: type[BaseModel],
    what: str,
    *,
    label: str = "keys, below",
    shorthand: tuple[str, Schema] | None = None,
    check: Callable[[Any], Any] | None = None,
    schema: Schema | None = None,
) -> ValueKind:
    """A mapping with the keys of a record. An empty one takes back what `defaults` says.

    `what` says in messages what to write. `shorthand` is the key that plain text means, and the JSON Schema
    of that text. `check` is a rule about several of the keys together.
    """
    model = make_keys_model(record, f"{record.__name__}Keys", schema=schema)

    def check_mapping(value: object) -> object:
        if shorthand and isinstance(value, str):
            return {shorthand[0]: value}
        if not isinstance(value, dict):
            refuse(f"{describe_value(value)}; write {what}, indented below it, or `{{}}` for none.")
        return value or None

    optional_model: Any = model | None
    others = [shorthand[1]] if shorthand else []
    after = [AfterValidator(check)] if check else []
    annotation = Annotated[optional_model, BeforeValidator(check_mapping), _Alternatives(others), *after]
    return ValueKind(label, annotation, {})


def list_of_keys(
    record: type[BaseModel], what: str, *, at_most: int, check: Callable[[Any], Any], schema: Schema
) -> ValueKind:
    """A list of mappings with the keys of a record.

    `what` names the items in messages. `check` is a rule about several keys of one item together.
    """
    model: Any = make_keys_model(record, f"{record.__name__}Keys", schema=schema)

    def check_mapping(value: object) -> object:
        if not isinstance(value, dict):
            refuse(f"{describe_value(value)}; write keys and values, such as `- starts: ...`.")
        return value

    def check_list(value: object) -> object:
        if isinstance(value, dict):
            refuse(f"this is a mapping; write a list of {what}, each with a hyphen before its first key.")
        if not isinstance(value, list):
            refuse(f"{describe_value(value)}; write a list of {what}, or `[]` for none.")
        if len(value) > at_most:
            refuse(f"{len(value)} {what} are listed; at most {at_most} are allowed.")
        return value

    item: Any = Annotated[model, BeforeValidator(check_mapping), AfterValidator(check)]
    items: Any = GenericAlias(tuple, (item, ...))
    annotation = Annotated[items, Field(max_length=at_most), BeforeValidator(check_list)]
    return ValueKind(f"list of {what}, below", annotation, {})


class _Alternatives:
    """For JSON Schema: what else may take the place of a mapping. An empty mapping always may, null never."""

    def __init__(self, others: list[Schema]) -> None:
        self._others = others

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core)
        mapping = [each for each in schema["anyOf"] if each != {"type": "null"}]
        none: JsonSchemaValue = {"type": "object", "maxProperties": 0}
        return {"anyOf": [*mapping, *self._others, none]}


def find_nested_model(model: type[BaseModel], key: object) -> type[BaseModel] | None:
    """The model of the keys below a key; None if it has none."""
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            options = [
                getattr(each, "__origin__", each) for each in getattr(field.annotation, "__args__", ())
            ]
            return next(
                (each for each in options if isinstance(each, type) and issubclass(each, BaseModel)), None
            )
    return None


def list_key_names(model: type[BaseModel]) -> list[str]:
    """The keys of a model as they are written in the file."""
    return [field.alias or name for name, field in model.model_fields.items()]
