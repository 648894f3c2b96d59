"""Builds a value of any type, with hostile text or other samples wherever a person or AWS supplies text."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from enum import Enum
from typing import Any

from pydantic import BaseModel, ValidationError

from tests.builders import NOW
from tests.hostile_texts import HOSTILE

SLACK_IDS = {
    **dict.fromkeys(("user", "requester", "owner", "users", "approvers", "deployers"), "U02BOB0000"),
    "people": "<@U02BOB0000>",
    "run_by": "U02BOB0000",
    **dict.fromkeys(("may_roll_back", "may_lock", "may_override", "named"), "U02BOB0000"),
    **dict.fromkeys(("mention_on_question", "mention_on_success", "mention_on_failure"), "U02BOB0000"),
    **dict.fromkeys(("channel", "channels", "failures"), "C01DEPLOYS"),
    "team": "T01SLIPWAY",
    "permalink": "https://slack.test/archives/C01DEPLOYS/p1",
}
"""Names of what Slack itself gives: links, and ids (`bot/payload_check.py` refuses anything else)."""
OWN_IDS = frozenset({"id", "deploy_id", "own_deploy_id", "batch_id", "thread_ts", "schema_number"})
MRKDWN_FIELDS = frozenset(
    {
        *("sentence", "end_reason", "last_error", "unknown_reason", "alarm_read_error", "causes", "missing"),
        "past_text",
    }
)
"""Fields with sentences of ours, in which other people's words are escaped already."""


@dataclasses.dataclass(frozen=True)
class ValueBuilder:
    """Builds values for fields and parameters from their types and names."""

    text: Callable[[str], str]
    """The text for this name."""
    number: Callable[[str], float] = lambda name: NOW
    """The number with decimals for this name."""
    records: Mapping[type, Callable[[], Any]] = dataclasses.field(default_factory=dict)
    """Samples of whole records, to be taken as they are."""
    key_names: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Of mappings with these names: what their keys are named after."""

    def build(self, annotation: Any, name: str = "") -> Any:
        """A value of this type for a field or parameter of this name."""
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is typing.Annotated:
            return self.build(arguments[0], name)
        if origin in (typing.Union, types.UnionType):
            return self.build(next(each for each in arguments if each is not type(None)), name)
        if origin is typing.Literal:
            return arguments[0]
        if origin is tuple:
            kinds = arguments[:1] * 2 if arguments[-1] is ... else arguments
            return tuple(self.build(each, name) for each in kinds)
        if origin in (list, Sequence):
            return [self.build(arguments[0], name)] * 2
        if origin in (dict, Mapping):
            key = self.build(arguments[0], self.key_names.get(name, name))
            return {key: self.build(arguments[1], name)}
        if origin is Counter:
            return Counter([self.build(arguments[0], name)])
        if origin is frozenset:
            return frozenset({self.build(arguments[0], name)})
        return self._build_plain(annotation, name)

    def _build_plain(self, annotation: Any, name: str) -> Any:
        plain: dict[Any, Callable[[], Any]] = {
            Any: lambda: self.text(name),
            str: lambda: self.text(name),
            int: lambda: 3,
            float: lambda: self.number(name),
            bool: lambda: True,
            **self.records,
        }
        if annotation in plain:
            return plain[annotation]()
        if isinstance(annotation, type) and issubclass(annotation, Enum):
            return next(iter(annotation))
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return self.record(annotation)
        if dataclasses.is_dataclass(annotation):
            hints = typing.get_type_hints(annotation)
            fields = dataclasses.fields(annotation)
            values = {each.name: self.build(hints[each.name], each.name) for each in fields}
            return typing.cast(Any, annotation)(**values)
        raise TypeError(f"no sample value for {annotation} ({name})")

    def record(self, model: type[BaseModel], **given: Any) -> Any:
        """A record of this kind; fields that take no such text keep their default."""
        hints, values = typing.get_type_hints(model, include_extras=True), dict[str, Any](given)
        for name in model.model_fields.keys() - given.keys() - {"schema_number", "thread_messages"}:
            value = self.build(hints[name], name)
            with suppress(ValidationError):
                model.__pydantic_validator__.validate_assignment(model.model_construct(), name, value)
                values[name] = value
        return model.model_validate(values)


def _hostile_text(name: str) -> str:
    if name in SLACK_IDS:
        return SLACK_IDS[name]
    if name in MRKDWN_FIELDS:
        return "A sentence of ours."
    return "w7x8y9zt" if name in OWN_IDS else HOSTILE


_HOSTILE_VALUES = ValueBuilder(_hostile_text)
build, hostile_record = _HOSTILE_VALUES.build, _HOSTILE_VALUES.record
