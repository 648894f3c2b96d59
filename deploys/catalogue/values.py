"""The values of the keys of services.yml: each function gives one its meaning, or says what is wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import NoReturn

from pydantic_core import PydanticCustomError

from deploys.catalogue import durations, slack_ids
from deploys.catalogue.nearest import did_you_mean

ECS_NAME = r"^[A-Za-z0-9_-]{1,255}$"
"""Clusters, services, containers (ECS API reference: CreateCluster, CreateService, ContainerDefinition)."""
REGION = r"^[a-z]{2,}(-[a-z]+)+-[0-9]+$"
MOST_APPROVALS = 10
MOST_FAILED_TASKS = 200
DEADLINE = (10, 86_400)
APPROVAL_EXPIRY = (5, 604_800)
TASK_DEADLINE = (10, 43_200)
CHECK_LASTS = (10, 43_200)
"""Shortest and longest (seconds)."""


def refuse(message: str) -> NoReturn:
    """Refuse a value with a message for people."""
    raise PydanticCustomError("services.yml", "{message}", {"message": message})


def shown(value: object) -> str:
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


def text(value: object, what: str) -> str:
    """A text value; numbers and yes-or-no need quotes, as in every YAML file."""
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, bool | int | float):
        refuse(f"{shown(value)}; write {what}, in quotes if it looks like that.")
    refuse(f"{'the text is empty' if isinstance(value, str) else shown(value)}; write {what}.")


def ecs_name(what: str) -> Callable[[object], str]:
    """The name of a thing in ECS: not its ARN."""

    def check(value: object) -> str:
        name = text(value, f"the name of {what}")
        if re.fullmatch(ECS_NAME, name):
            return name
        if name.startswith("arn:") and re.fullmatch(ECS_NAME, last := name.rsplit("/", 1)[-1]):
            refuse(f"this is an ARN; write the name alone: `{last}`.")
        allowed = "letters, digits, hyphens and underscores, 255 at most"
        refuse(f"`{name}` cannot be the name of {what}; ECS allows {allowed}.")

    return check


def region(value: object) -> str:
    """An AWS region's form; whether there is such a region is AWS's to know."""
    name = text(value, "an AWS region such as `eu-west-1`")
    if re.fullmatch(REGION, name):
        return name
    zone = re.fullmatch(r"([a-z]{2,}(?:-[a-z]+)+-[0-9]+)[a-z]", name)
    if zone:
        refuse(f"`{name}` is an availability zone; write its region: `{zone[1]}`.")
    refuse(f"`{name}` is not an AWS region; they look like `eu-west-1`.")


def one_of(allowed: type[StrEnum], what: str) -> Callable[[object], str]:
    """One of the words of an enumeration."""
    words = [str(each) for each in allowed]
    *others, last = (f"`{word}`" for word in words)
    choice = f"{', '.join(others)} or {last}"

    def check(value: object) -> str:
        word = text(value, choice)
        if word in words:
            return word
        refuse(f"`{word}` is not {what}; write {choice}.{did_you_mean(word, words)}")

    return check


def approvals(value: object) -> int:
    """How many approvals a deploy needs."""
    return _count(value, "how many different people have to approve", MOST_APPROVALS)


def give_up_after(value: object) -> int:
    """How many tasks may fail in a row."""
    return _count(value, "how many tasks may fail in a row, 0 for any number", MOST_FAILED_TASKS)


def _count(value: object, what: str, most: int) -> int:
    """A whole number from 0."""
    allowed = f"write {what}: 0 to {most}"
    if isinstance(value, bool) or not isinstance(value, int):
        quotes = ", without quotes" if isinstance(value, str) and value.strip().isdigit() else ""
        refuse(f"{shown(value)}; {allowed}{quotes}.")
    if not 0 <= value <= most:
        refuse(f"`{value}` is out of range; {allowed}.")
    return value


def yes_or_no(value: object) -> bool:
    """True or false, as YAML 1.2 and editors understand it."""
    if isinstance(value, bool):
        return value
    meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(str(value).strip().lower())
    hint = f" Did you mean `{meant}`?" if meant else ""
    refuse(f"{shown(value)}; write `true` or `false`, without quotes.{hint}")


def duration(shortest: int, longest: int) -> Callable[[object], int]:
    """A length of time in seconds, within bounds (seconds)."""

    def check(value: object) -> int:
        allowed = "write a length of time such as `90s`, `20m` or `1h30m`, or a number of seconds"
        if isinstance(value, bool | float) or not isinstance(value, int | str):
            refuse(f"{shown(value)}; {allowed}.")
        seconds = value if isinstance(value, int) else durations.parse(value.strip())
        if seconds is None:
            meant = durations.meant(str(value))
            refuse(
                f"`{value}` is not a length of time; {allowed}."
                + (f" Did you mean `{meant}`?" if meant else "")
            )
        if not shortest <= seconds <= longest:
            bounds = f"from {durations.show(shortest)} to {durations.show(longest)}"
            refuse(f"`{value}` is out of range; anything {bounds} is allowed.")
        return seconds

    return check


def person_or_group(value: object) -> str:
    """A user id or user group id."""
    return _slack_id(value, "a user id (U…) or user group id (S…)", slack_ids.person_or_group_complaint)


def channel(value: object) -> str:
    """A channel id."""
    return _slack_id(value, "a channel id (C… or G…)", slack_ids.channel_complaint)


def _slack_id(value: object, what: str, complaint: Callable[[str], str | None]) -> str:
    if value is None:
        refuse(f"nothing stands here; write {what}. An unquoted `#` begins a comment in YAML.")
    identity = text(value, what)
    if wrong := complaint(identity):
        refuse(wrong)
    return identity


def listed(what: str, *, none: bool = True) -> Callable[[object], object]:
    """A list, which may be empty where none may be meant; each of its members is checked on its own."""

    def check(value: object) -> object:
        if isinstance(value, list):
            return value if value or none else refuse(f"the list is empty; write a list of {what}.")
        if value is None:
            refuse(f"nothing stands here; write a list of {what}{', or `[]` for none' if none else ''}.")
        example = f": `[{value}]`" if isinstance(value, str | int) and not isinstance(value, bool) else ""
        refuse(f"{shown(value)}; write a list of {what}{example}.")

    return check


def no_repeats(values: tuple[str, ...]) -> tuple[str, ...]:
    """The same list, unless something stands in it twice."""
    twice = sorted(value for value, count in Counter(values).items() if count > 1)
    if twice:
        refuse(f"`{twice[0]}` stands here more than once.")
    return values
