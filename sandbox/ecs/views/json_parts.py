"""Parts that many answers share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


def as_timestamp(moment: float) -> float:
    """ECS answers times in seconds since the epoch, to the millisecond."""
    return round(moment, 3)


def tag_list(tags: Mapping[str, str]) -> list[Json]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def tags_from(listed: list[Json] | None) -> dict[str, str]:
    return {tag["key"]: tag.get("value", "") for tag in listed or []}


def present_members(members: Mapping[str, Any], *, times: tuple[str, ...] = ()) -> Json:
    """The members that have a value; those in `times` as timestamps."""
    return {
        name: as_timestamp(value) if name in times else value
        for name, value in members.items()
        if value is not None
    }
