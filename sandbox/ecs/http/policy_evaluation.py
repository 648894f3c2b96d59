"""Whether an IAM policy allows a request, and by which of its statements.

As in the IAM user guide, "Policy evaluation logic". Elements and operators that are not known here are
refused when a policy is attached: one that is judged by only a part of what it says would be judged wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

Json = Mapping[str, Any]
Context = Mapping[str, str | tuple[str, ...]]

_ELEMENTS = {"Sid", "Effect", "Action", "Resource", "Condition"}


@dataclass(frozen=True)
class IamRequest:
    """One permission that a request needs: the action, on which resource, with which condition keys."""

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)


class Match(NamedTuple):
    """What allowed a request: the statement's id, the action, and the resource as the policy writes it."""

    sid: str
    action: str
    resource: str


class Decision(NamedTuple):
    """Whether a request is allowed."""

    allowed_by: tuple[Match, ...]
    is_denied: bool
    """Whether a statement denies it, whatever others allow."""

    @property
    def is_allowed(self) -> bool:
        return bool(self.allowed_by) and not self.is_denied


def check_policy(document: Json) -> None:
    """Raises ValueError for what this evaluation does not know."""
    for statement in document["Statement"]:
        if unknown := statement.keys() - _ELEMENTS:
            raise ValueError(f"not evaluated here: {', '.join(sorted(unknown))}")
        for operator in statement.get("Condition", {}):
            name = operator.rpartition(":")[2].removesuffix("IfExists")
            if name != "Null" and name not in _COMPARE:
                raise ValueError(f"not evaluated here: the operator {operator}")


def evaluate(statements: Sequence[Json], request: IamRequest) -> Decision:
    """Some statement has to allow it, and none may deny it."""
    matching = [(each, match) for each in statements for match in _matches(each, request)]
    return Decision(
        tuple(match for each, match in matching if each["Effect"] == "Allow"),
        any(each["Effect"] == "Deny" for each, _ in matching),
    )


def listed(value: Any) -> list[str]:
    """The texts of a policy element, which may be one text."""
    return [value] if isinstance(value, str) else list(value)


def _matches(statement: Json, request: IamRequest) -> Iterator[Match]:
    """One for each resource of the statement that the request is for."""
    if not any(_like(pattern.lower(), request.action.lower()) for pattern in listed(statement["Action"])):
        return
    resources = [each for each in listed(statement["Resource"]) if _like(each, request.resource)]
    if resources and _conditions_hold(statement, request.context):
        for resource in resources:
            yield Match(statement.get("Sid", ""), request.action, resource)


def _conditions_hold(statement: Json, context: Context) -> bool:
    return all(
        _holds(operator, context.get(key), listed(values))
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )


def _holds(operator: str, found: str | tuple[str, ...] | None, wanted: list[str]) -> bool:
    """One condition (IAM user guide, "Condition operators" and "Multivalued context keys")."""
    if operator == "Null":
        return (found is None) == (wanted == ["true"])
    quantifier, _, name = operator.rpartition(":")
    if found is None:
        return quantifier == "ForAllValues" or name.endswith("IfExists")
    compare = _COMPARE[name.removesuffix("IfExists")]
    values = listed(found)
    if quantifier != "ForAllValues" and len(values) != 1:
        raise ValueError(f"{operator} needs a quantifier for a key with several values")
    return all(any(compare(pattern, value) for pattern in wanted) for value in values)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    glob = "".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in text)
    return re.compile(glob, re.DOTALL)


def _like(pattern: str, value: str) -> bool:
    return _pattern(pattern).fullmatch(value) is not None


def _arn_like(pattern: str, value: str) -> bool:
    """Part by part: a star does not reach over a colon, except in the last part."""
    parts, found = pattern.split(":", 5), value.split(":", 5)
    return len(parts) == len(found) and all(map(_like, parts, found))


def _equal(pattern: str, value: str) -> bool:
    return pattern == value


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": _equal,
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
}
