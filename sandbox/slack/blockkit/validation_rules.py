"""The rules that Block Kit's limits are built of. Each reports problems in Slack's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

Json = dict[str, Any]


class Problems:
    """Problems, each with a JSON pointer to its place: the messages that Slack adds to `invalid_blocks`."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def add(self, problem: str, pointer: str) -> None:
        self.messages.append(f"{problem} [json-pointer:{pointer}]")


Rule = Callable[[Any, str, Problems], None]


def string(maximum: int, minimum: int = 1, pattern: str | None = None) -> Rule:
    def check(value: Any, where: str, findings: Problems) -> None:
        if not isinstance(value, str):
            findings.add("must be a string", where)
        elif len(value) > maximum:
            findings.add(f"must be less than {maximum + 1} characters", where)
        elif len(value) < minimum:
            findings.add(f"must be more than {minimum - 1} characters", where)
        elif pattern is not None and not re.fullmatch(pattern, value):
            findings.add("does not match the required format", where)

    return check


def one_of(*allowed: str) -> Rule:
    def check(value: Any, where: str, findings: Problems) -> None:
        if value not in allowed:
            findings.add(f"must be one of: {', '.join(allowed)}", where)

    return check


def boolean(value: Any, where: str, findings: Problems) -> None:
    if not isinstance(value, bool):
        findings.add("must be a boolean", where)


def integer(minimum: int, maximum: int) -> Rule:
    def check(value: Any, where: str, findings: Problems) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            findings.add("must be an integer", where)
        elif not minimum <= value <= maximum:
            findings.add(f"must be between {minimum} and {maximum}", where)

    return check


def anything(_value: Any, _where: str, _findings: Problems) -> None:
    """For parts that this sandbox does not check."""


def list_of(rule: Rule, maximum: int, minimum: int = 0) -> Rule:
    def check(value: Any, where: str, findings: Problems) -> None:
        if not isinstance(value, list):
            findings.add("must be an array", where)
            return
        if len(value) > maximum:
            findings.add(f"no more than {maximum} items allowed", where)
        if len(value) < minimum:
            findings.add(f"no less than {minimum} items allowed", where)
        for index, item in enumerate(value):
            rule(item, f"{where}/{index}", findings)

    return check


def object_with(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None) -> Rule:
    """An object with these fields and no others."""
    known = {**required, **(optional or {})}

    def check(value: Any, where: str, findings: Problems) -> None:
        if not isinstance(value, dict):
            findings.add("must be an object", where)
            return
        for name in required:
            if value.get(name) is None:
                findings.add(f"missing required field: {name}", where)
        for name, part in value.items():
            if name not in known:
                findings.add(f"invalid additional property: {name}", where)
            elif part is not None:
                known[name](part, f"{where}/{name}", findings)

    return check


def typed_object(kinds: Mapping[str, Rule], allowed: Collection[str] | None = None) -> Rule:
    """An object whose `type` decides which rule applies."""

    def check(value: Any, where: str, findings: Problems) -> None:
        if not isinstance(value, dict):
            findings.add("must be an object", where)
            return
        kind = value.get("type")
        if kind is None:
            findings.add("missing required field: type", where)
        elif not isinstance(kind, str):
            findings.add("must be a string", f"{where}/type")
        elif kind not in kinds or (allowed is not None and kind not in allowed):
            findings.add(f"unsupported type: {kind}", f"{where}/type")
        else:
            kinds[kind](value, where, findings)

    return check


def all_rules(first: Rule, second: Rule) -> Rule:
    def check(value: Any, where: str, findings: Problems) -> None:
        first(value, where, findings)
        second(value, where, findings)

    return check


def at_least_one(*names: str) -> Rule:
    def check(value: Any, where: str, findings: Problems) -> None:
        if isinstance(value, dict) and not any(value.get(name) for name in names):
            findings.add(f"missing required field: {' or '.join(names)}", where)

    return check


def exactly_one(*names: str) -> Rule:
    def check(value: Any, where: str, findings: Problems) -> None:
        if isinstance(value, dict) and sum(value.get(name) is not None for name in names) != 1:
            findings.add(f"must have exactly one of: {', '.join(names)}", where)

    return check
