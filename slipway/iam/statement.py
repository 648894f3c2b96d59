"""A statement of an IAM policy, and how statements of several services become one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Json = dict[str, Any]

Conditions = Mapping[str, Mapping[str, tuple[str, ...]]]
"""By operator and key, the values of which one has to match."""


@dataclass(frozen=True)
class Statement:
    """One statement. Statements with the same id differ only in what they name."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    conditions: Conditions = field(default_factory=dict)
    effect: str = "Allow"

    def as_json(self) -> Json:
        """The statement as a policy has it."""
        statement: Json = {
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": _one_or_list(self.actions),
            "Resource": _one_or_list(self.resources),
        }
        if self.conditions:
            statement["Condition"] = {
                operator: {key: _one_or_list(values) for key, values in keys.items()}
                for operator, keys in self.conditions.items()
            }
        return statement

    def with_resources(self, resources: Iterable[str]) -> Statement:
        """The same for these resources."""
        return replace(self, resources=tuple(resources))


def merge(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """One statement of each id, for everything that those with this id name, in the order of the first ones.

    A condition's value then holds for the resources of the other services as well. That gives nothing away:
    who may update two services may also register any content in either family.
    """
    merged: dict[str, Statement] = {}
    for statement in statements:
        known = merged.get(statement.sid)
        merged[statement.sid] = _join(known, statement) if known else statement
    return tuple(merged.values())


def _join(one: Statement, other: Statement) -> Statement:
    operators = dict.fromkeys((*one.conditions, *other.conditions))
    return replace(
        one,
        actions=_union(one.actions, other.actions),
        resources=_union(one.resources, other.resources),
        conditions={
            operator: _join_keys(one.conditions.get(operator, {}), other.conditions.get(operator, {}))
            for operator in operators
        },
    )


def _join_keys(
    one: Mapping[str, tuple[str, ...]], other: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    return {key: _union(one.get(key, ()), other.get(key, ())) for key in dict.fromkeys((*one, *other))}


def _union(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def _one_or_list(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
