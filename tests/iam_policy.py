"""The workers' IAM policy as docs/operations.md prints it, and whether it allows a request, as IAM would."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "operations.md"
PLACEHOLDERS = {
    "REGION": "eu-west-1",
    "ACCOUNT": "123456789012",
    "CLUSTER": "production",
    "SERVICE": "web",
    "FAMILY": "web-family",
    "REPOSITORY": "web",
    "LOG_GROUP": "/ecs/web",
    "STREAM_PREFIX": "web",
    "TASK_ROLE": "web-task",
    "EXECUTION_ROLE": "web-execution",
}

Context = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class IamRequest:
    """One call: what it does, on which resource, and the values of its condition keys."""

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)


def read_policies() -> list[list[dict[str, Any]]]:
    """The statements of each policy of the page: the workers', that for roles, and the trust policy."""
    page = PAGE.read_text().partition("## IAM")[2]
    return [json.loads(each)["Statement"] for each in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]


def workers_policy() -> list[dict[str, Any]]:
    """The statements of the workers' policy, for the service `web` of one cluster."""
    text = json.dumps(read_policies()[0])
    filled = re.sub(r"\b[A-Z_]{4,}\b", lambda found: PLACEHOLDERS.get(found[0], found[0]), text)
    statements: list[dict[str, Any]] = json.loads(filled)
    return statements


def listed(value: Any) -> list[str]:
    """The texts of a policy element, which may be one text."""
    return [value] if isinstance(value, str) else list(value)


def is_allowed(statements: list[dict[str, Any]], request: IamRequest) -> bool:
    """Whether some statement allows it and none denies it (IAM user guide, "Policy evaluation logic")."""
    effects = {each["Effect"] for each in statements if _matches(each, request)}
    return effects == {"Allow"}


def _matches(statement: Mapping[str, Any], request: IamRequest) -> bool:
    return (
        any(_like(pattern, request.action) for pattern in listed(statement["Action"]))
        and any(_like(pattern, request.resource) for pattern in listed(statement["Resource"]))
        and all(
            _holds(operator, request.context.get(key), listed(values))
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
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
    assert quantifier == "ForAllValues" or len(values) == 1, "a key with several values needs a quantifier"
    return all(any(compare(pattern, value) for pattern in wanted) for value in values)


def _like(pattern: str, value: str) -> bool:
    glob = "".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in pattern)
    return re.fullmatch(glob, value, re.DOTALL) is not None


def _arn_like(pattern: str, value: str) -> bool:
    """Part by part: a star does not reach over a colon, except in the last part."""
    parts, found = pattern.split(":", 5), value.split(":", 5)
    return len(parts) == len(found) and all(map(_like, parts, found))


_COMPARE = {
    "StringEquals": lambda pattern, value: bool(pattern == value),
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
}
