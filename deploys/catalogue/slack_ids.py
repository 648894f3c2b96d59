"""Slack ids in services.yml: people, user groups and channels.

Access is decided by ids, because people can change their names. The forms are Slack's
(docs.slack.dev, "Object types" of the Web API): U or W for people, S for user groups, C or G for channels.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from deploys.catalogue.value_kinds import ValueKind, list_kind, refuse, require_text, text_kind

PERSON_OR_GROUP_PATTERN = r"^[UWS][A-Z0-9]{5,30}$"
CHANNEL_PATTERN = r"^[CG][A-Z0-9]{5,30}$"

FIND_PERSON = "in Slack: their profile, then ⋮, then Copy member ID"
FIND_GROUP = "in Slack: People & user groups, then the group, then ⋮, then Copy group ID"
FIND_CHANNEL = "in Slack: the channel's name at the top, then the foot of the About tab"

_MENTION = re.compile(r"<(?:@|#|!subteam\^)([A-Z0-9]+)(?:\|[^>]*)?>")
_OTHER_KINDS = {
    "A": "an app's",
    "B": "a bot's",
    "C": "a channel's",
    "D": "a direct message's",
    "E": "an organisation's",
    "G": "a private channel's",
    "S": "a user group's",
    "T": "a workspace's",
    "U": "a person's",
    "W": "a person's",
}


EVERYONE = "everyone"
"""In a list of people: every member of the workspace."""


class MentionRole(StrEnum):
    """In a list of people to mention: who that is depends on the deploy."""

    REQUESTER = "requester"
    APPROVERS = "approvers"


def is_user_group(identity: str) -> bool:
    """Whether an id names a user group rather than a person."""
    return identity.startswith("S")


def _or_everyone(ids: ValueKind) -> ValueKind:
    """A list of ids, or the word `everyone`, which stands alone."""

    def check(value: object) -> object:
        if isinstance(value, str) and value.strip() == EVERYONE:
            return [EVERYONE]
        if isinstance(value, list) and EVERYONE in value and len(value) > 1:
            refuse(f"`{EVERYONE}` stands alone, because nobody is left to be named.")
        return value

    schema = {"anyOf": [{"const": EVERYONE}, ids.schema]}
    listed: Any = ids.annotation
    annotation = Annotated[listed, BeforeValidator(check), WithJsonSchema(schema)]
    return ValueKind(f"`{EVERYONE}`, or a list of ids", annotation, schema)


def _id_kind(what: str, where: str, pattern: str, *, words: tuple[str, ...] = ()) -> ValueKind:
    def check(value: object) -> str:
        if value in words:
            return str(value)
        if value is None:
            refuse(f"there is no value; write {what}. An unquoted `#` begins a comment in YAML.")
        identity = require_text(value, what)
        if error := _find_error(identity, pattern, where):
            refuse(error)
        return identity

    return text_kind("id", check, pattern)


def _find_error(text: str, pattern: str, where: str) -> str | None:
    """What is wrong with an id; None if it is right."""
    if re.fullmatch(pattern, text):
        return None
    mention = _MENTION.fullmatch(text)
    if mention and re.fullmatch(pattern, mention[1]):
        return f"`{text}` is a mention; write only the id: `{mention[1]}`."
    if re.fullmatch(pattern, text.strip().upper()):
        return f"`{text}` is not an id. Did you mean `{text.strip().upper()}`?"
    return f"`{text}` is {_describe_kind(text)}. {where}"


def _describe_kind(text: str) -> str:
    if re.fullmatch(r"[A-Z][A-Z0-9]{6,}", text) and text[0] in _OTHER_KINDS and re.search("[0-9]", text):
        return f"{_OTHER_KINDS[text[0]]} id"
    if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        return "an e-mail address, not an id"
    if text.startswith(("@", "#")):
        return "a name, not an id"
    return "not an id"


PERSON_OR_GROUP_ID = _id_kind(
    "a user id (U…) or user group id (S…)",
    f"Write a user id (U… or W…; {FIND_PERSON}) or a user group id (S…; {FIND_GROUP}).",
    PERSON_OR_GROUP_PATTERN,
    words=(EVERYONE,),
)
PEOPLE = _or_everyone(list_kind("list of ids", PERSON_OR_GROUP_ID, "user ids (U…) and user group ids (S…)"))
USER_ID = _id_kind("a user id (U…)", f"Write a user id (U… or W…; {FIND_PERSON}).", r"^[UW][A-Z0-9]{5,30}$")
CHANNEL_ID = _id_kind(
    "a channel id (C… or G…)", f"Write a channel id (C… or G…; {FIND_CHANNEL}).", CHANNEL_PATTERN
)
PEOPLE_OR_ROLES = list_kind(
    "list of ids, `requester`, `approvers`",
    _id_kind(
        "`requester`, `approvers`, a user id (U…) or user group id (S…)",
        f"Write `requester`, `approvers`, a user id (U… or W…; {FIND_PERSON}) or a user group id (S…; "
        f"{FIND_GROUP}).",
        rf"{PERSON_OR_GROUP_PATTERN}|^(?:requester|approvers)$",
        words=tuple(MentionRole),
    ),
    "user ids (U…), user group ids (S…), `requester` and `approvers`",
)
