"""Kinds of values in services.yml: their checks, their JSON Schema, and their names in the documentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import GenericAlias
from typing import Annotated, Any, NoReturn

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from deploys.catalogue.durations import DURATION_PATTERN, format_duration, parse_duration, suggest_duration
from deploys.catalogue.suggestions import did_you_mean

Schema = dict[str, Any]
"""JSON Schema of one value."""


@dataclass(frozen=True)
class ValueKind:
    """What a value in the file may be."""

    label: str
    """What the tables of docs/configuration.md call such a value."""
    annotation: Any
    """The type that pydantic reads the value as, with its checks and its JSON Schema."""
    schema: Schema
    format_default: Callable[[Any], str] = str
    """Writes a default value as it is written in the file."""


def refuse(message: str) -> NoReturn:
    """Refuse a value with a message for people."""
    raise PydanticCustomError("services.yml", "{message}", {"message": message})


def describe_value(value: object) -> str:
    """What the file says, in words."""
    match value:
        case None:
            return "there is no value"
        case bool():
            return f"`{str(value).lower()}` is a boolean"
        case int() | float():
            return f"`{value}` is a number"
        case list():
            return "this is a list"
        case dict():
            return "this is a mapping"
    text = str(value)
    return f"`{text if len(text) <= 60 else text[:59] + '…'}` is text"


def require_text(value: object, what: str) -> str:
    """A text value. Numbers and booleans need quotes, as in every YAML file."""
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, bool | int | float):
        refuse(f"{describe_value(value)}; write {what}, in quotes if it looks like that.")
    refuse(f"{'the text is empty' if isinstance(value, str) else describe_value(value)}; write {what}.")


def value_kind(label: str, python_type: Any, check: Callable[[Any], object], schema: Schema) -> ValueKind:
    """A kind that one function checks: it gets the value as YAML has it, and returns what to keep."""
    return ValueKind(label, Annotated[python_type, BeforeValidator(check), WithJsonSchema(schema)], schema)


def text_kind(label: str, check: Callable[[object], str], pattern: str, **schema: Any) -> ValueKind:
    """Text that one function checks. For JSON Schema it has to match a pattern."""
    return value_kind(label, str, check, {"type": "string", "pattern": pattern, **schema})


def list_kind(
    label: str, item: ValueKind, what: str, *, allow_empty: bool = True, at_most: int | None = None
) -> ValueKind:
    """A list of values of one kind, each of them once. `what` names the values in messages."""
    schema: Schema = {"type": "array", "items": item.schema, "uniqueItems": True}
    if not allow_empty:
        schema["minItems"] = 1
    if at_most is not None:
        schema["maxItems"] = at_most
    items: Any = GenericAlias(tuple, (item.annotation, ...))
    annotation = Annotated[
        items,
        BeforeValidator(_check_list(what, allow_empty)),
        AfterValidator(_check_no_repeats),
        AfterValidator(_check_length(what, at_most)),
        WithJsonSchema(schema),
    ]
    return ValueKind(label, annotation, schema)


def choice_of(options: type[StrEnum], what: str) -> ValueKind:
    """One of the words of an enumeration."""
    words = [str(each) for each in options]
    *others, last = (f"`{word}`" for word in words)
    allowed = f"{', '.join(others)} or {last}"

    def check(value: object) -> str:
        word = require_text(value, allowed)
        if word not in words:
            refuse(f"`{word}` is not {what}; write {allowed}.{did_you_mean(word, words)}")
        return word

    return value_kind(
        ", ".join(f"`{word}`" for word in words), options, check, {"type": "string", "enum": words}
    )


def count_up_to(most: int, what: str) -> ValueKind:
    """A whole number from 0."""
    allowed = f"write {what}: 0 to {most}"

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            quotes = ", without quotes" if isinstance(value, str) and value.strip().isdigit() else ""
            refuse(f"{describe_value(value)}; {allowed}{quotes}.")
        if not 0 <= value <= most:
            refuse(f"`{value}` is out of range; {allowed}.")
        return value

    return value_kind(f"0 to {most}", int, check, {"type": "integer", "minimum": 0, "maximum": most})


def duration_between(least: str, most: str) -> ValueKind:
    """A duration in seconds, within bounds that are written as in the file: `90s`, `20m`."""
    shortest, longest = parse_duration(least) or 0, parse_duration(most) or 0
    allowed = "write a duration such as `90s`, `20m` or `1h30m`, or a number of seconds"
    bounds = f"{least} to {most}"

    def check(value: object) -> int:
        if isinstance(value, bool | float) or not isinstance(value, int | str):
            refuse(f"{describe_value(value)}; {allowed}.")
        seconds = value if isinstance(value, int) else parse_duration(value.strip())
        if seconds is None:
            suggestion = suggest_duration(str(value))
            hint = f" Did you mean `{suggestion}`?" if suggestion else ""
            refuse(f"`{value}` is not a duration; {allowed}.{hint}")
        if not shortest <= seconds <= longest:
            refuse(f"`{value}` is out of range; anything from {bounds} is allowed.")
        return seconds

    number = {"type": "integer", "minimum": shortest, "maximum": longest}
    text = {"type": "string", "pattern": DURATION_PATTERN, "minLength": 2}
    schema = {"anyOf": [number, text]}
    annotation = Annotated[int, BeforeValidator(check), WithJsonSchema(schema)]
    return ValueKind(bounds, annotation, schema, format_duration)


def _check_boolean(value: object) -> bool:
    """True or false, as YAML 1.2 and editors understand it."""
    if not isinstance(value, bool):
        _refuse_non_boolean(value)
    return value


def _refuse_non_boolean(value: object) -> NoReturn:
    meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(str(value).strip().lower())
    hint = f" Did you mean `{meant}`?" if meant else ""
    refuse(f"{describe_value(value)}; write `true` or `false`, without quotes.{hint}")


BOOLEAN = ValueKind(
    "`true`, `false`",
    Annotated[bool, BeforeValidator(_check_boolean), WithJsonSchema({"type": "boolean"})],
    {"type": "boolean"},
    lambda value: str(value).lower(),
)


def _check_list(what: str, allow_empty: bool) -> Callable[[object], object]:
    def check(value: object) -> object:
        if isinstance(value, list):
            if value or allow_empty:
                return value
            refuse(f"the list is empty; write a list of {what}.")
        if value is None:
            none = ", or `[]` for none" if allow_empty else ""
            refuse(f"{describe_value(None)}; write a list of {what}{none}.")
        example = f": `[{value}]`" if isinstance(value, str | int) and not isinstance(value, bool) else ""
        refuse(f"{describe_value(value)}; write a list of {what}{example}.")

    return check


def _check_no_repeats(values: tuple[str, ...]) -> tuple[str, ...]:
    repeated = sorted(value for value, times in Counter(values).items() if times > 1)
    if repeated:
        refuse(f"`{repeated[0]}` is listed more than once.")
    return values


def _check_length(what: str, at_most: int | None) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    def check(values: tuple[str, ...]) -> tuple[str, ...]:
        if at_most is not None and len(values) > at_most:
            refuse(f"{len(values)} {what} are listed; at most {at_most} are allowed.")
        return values

    return check
