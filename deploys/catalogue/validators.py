"""The values of the keys of services.yml: each function gives one its meaning, or says what is wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import NoReturn

from pydantic_core import PydanticCustomError

from deploys.catalogue import durations, slack_ids
from deploys.catalogue.suggestions import did_you_mean

ECS_NAME_PATTERN = r"^[A-Za-z0-9_-]{1,255}$"
"""Clusters, services, containers (ECS API reference: CreateCluster, CreateService, ContainerDefinition)."""
REGION_PATTERN = r"^[a-z]{2,}(-[a-z]+)+-[0-9]+$"
MAX_APPROVALS = 10
MAX_FAILED_TASKS = 200
DEADLINE_RANGE = (10, 86_400)
APPROVAL_EXPIRY_RANGE = (5, 604_800)
PRE_TASK_DEADLINE_RANGE = (10, 43_200)
POST_CHECK_DURATION_RANGE = (10, 43_200)
"""Shortest and longest (seconds)."""


def refuse(message: str) -> NoReturn:
    """Refuse a value with a message for people."""
    raise PydanticCustomError("services.yml", "{message}", {"message": message})


def describe_value(value: object) -> str:
    """What stands there, in words."""
    match value:
        case None:
            return "nothing stands here"
        case bool():
            return f"`{str(value).lower()}` is a yes or no"
        case int() | float():
            return f"`{value}` is a number"
        case list():
            return "this is a list"
        case dict():
            return "this is a mapping"
    text = str(value)
    return f"`{text if len(text) <= 60 else text[:59] + '…'}` is text"


def require_text(value: object, what: str) -> str:
    """A text value; numbers and yes-or-no need quotes, as in every YAML file."""
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, bool | int | float):
        refuse(f"{describe_value(value)}; write {what}, in quotes if it looks like that.")
    refuse(f"{'the text is empty' if isinstance(value, str) else describe_value(value)}; write {what}.")


def check_ecs_name(what: str) -> Callable[[object], str]:
    """The name of a thing in ECS: not its ARN."""

    def check(value: object) -> str:
        name = require_text(value, f"the name of {what}")
        if re.fullmatch(ECS_NAME_PATTERN, name):
            return name
        if name.startswith("arn:") and re.fullmatch(ECS_NAME_PATTERN, last := name.rsplit("/", 1)[-1]):
            refuse(f"this is an ARN; write the name alone: `{last}`.")
        allowed = "letters, digits, hyphens and underscores, 255 at most"
        refuse(f"`{name}` cannot be the name of {what}; ECS allows {allowed}.")

    return check


def check_region(value: object) -> str:
    """An AWS region's form; whether there is such a region is AWS's to know."""
    name = require_text(value, "an AWS region such as `eu-west-1`")
    if re.fullmatch(REGION_PATTERN, name):
        return name
    zone = re.fullmatch(r"([a-z]{2,}(?:-[a-z]+)+-[0-9]+)[a-z]", name)
    if zone:
        refuse(f"`{name}` is an availability zone; write its region: `{zone[1]}`.")
    refuse(f"`{name}` is not an AWS region; they look like `eu-west-1`.")


def check_choice(allowed: type[StrEnum], what: str) -> Callable[[object], str]:
    """One of the words of an enumeration."""
    words = [str(each) for each in allowed]
    *others, last = (f"`{word}`" for word in words)
    choice = f"{', '.join(others)} or {last}"

    def check(value: object) -> str:
        word = require_text(value, choice)
        if word in words:
            return word
        refuse(f"`{word}` is not {what}; write {choice}.{did_you_mean(word, words)}")

    return check


def check_approvals(value: object) -> int:
    """How many approvals a deploy needs."""
    return _check_count(value, "how many different people have to approve", MAX_APPROVALS)


def check_give_up_after(value: object) -> int:
    """How many tasks may fail in a row."""
    return _check_count(value, "how many tasks may fail in a row, 0 for any number", MAX_FAILED_TASKS)


def _check_count(value: object, what: str, most: int) -> int:
    """A whole number from 0."""
    allowed = f"write {what}: 0 to {most}"
    if isinstance(value, bool) or not isinstance(value, int):
        quotes = ", without quotes" if isinstance(value, str) and value.strip().isdigit() else ""
        refuse(f"{describe_value(value)}; {allowed}{quotes}.")
    if not 0 <= value <= most:
        refuse(f"`{value}` is out of range; {allowed}.")
    return value


def check_yes_or_no(value: object) -> bool:
    """True or false, as YAML 1.2 and editors understand it."""
    if isinstance(value, bool):
        return value
    meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(str(value).strip().lower())
    hint = f" Did you mean `{meant}`?" if meant else ""
    refuse(f"{describe_value(value)}; write `true` or `false`, without quotes.{hint}")


def check_duration(shortest: int, longest: int) -> Callable[[object], int]:
    """A length of time in seconds, within bounds (seconds)."""

    def check(value: object) -> int:
        allowed = "write a length of time such as `90s`, `20m` or `1h30m`, or a number of seconds"
        if isinstance(value, bool | float) or not isinstance(value, int | str):
            refuse(f"{describe_value(value)}; {allowed}.")
        seconds = value if isinstance(value, int) else durations.parse_duration(value.strip())
        if seconds is None:
            meant = durations.suggest_duration(str(value))
            refuse(
                f"`{value}` is not a length of time; {allowed}."
                + (f" Did you mean `{meant}`?" if meant else "")
            )
        if not shortest <= seconds <= longest:
            bounds = f"from {durations.format_duration(shortest)} to {durations.format_duration(longest)}"
            refuse(f"`{value}` is out of range; anything {bounds} is allowed.")
        return seconds

    return check


def check_person_or_group(value: object) -> str:
    """A user id or user group id."""
    return _check_slack_id(value, "a user id (U…) or user group id (S…)", slack_ids.person_or_group_id_error)


def check_channel(value: object) -> str:
    """A channel id."""
    return _check_slack_id(value, "a channel id (C… or G…)", slack_ids.channel_id_error)


def _check_slack_id(value: object, what: str, complaint: Callable[[str], str | None]) -> str:
    if value is None:
        refuse(f"nothing stands here; write {what}. An unquoted `#` begins a comment in YAML.")
    identity = require_text(value, what)
    if wrong := complaint(identity):
        refuse(wrong)
    return identity


def check_list(what: str, *, none: bool = True) -> Callable[[object], object]:
    """A list, which may be empty where none may be meant; each of its members is checked on its own."""

    def check(value: object) -> object:
        if isinstance(value, list):
            return value if value or none else refuse(f"the list is empty; write a list of {what}.")
        if value is None:
            refuse(f"nothing stands here; write a list of {what}{', or `[]` for none' if none else ''}.")
        example = f": `[{value}]`" if isinstance(value, str | int) and not isinstance(value, bool) else ""
        refuse(f"{describe_value(value)}; write a list of {what}{example}.")

    return check


def check_no_repeats(values: tuple[str, ...]) -> tuple[str, ...]:
    """The same list, unless something stands in it twice."""
    twice = sorted(value for value, count in Counter(values).items() if count > 1)
    if twice:
        refuse(f"`{twice[0]}` stands here more than once.")
    return values
