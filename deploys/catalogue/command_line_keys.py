"""The key `command_line`: who asks when somebody types `slipway deploy ...` on a machine. Nobody may unless
they are named here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from deploys.catalogue.key_declaration import Key, KeyRecord, make_keys_model
from deploys.catalogue.slack_ids import CHANNEL_ID, USER_ID
from deploys.catalogue.value_kinds import (
    ValueKind,
    describe_value,
    duration_between,
    refuse,
    require_text,
    text_kind,
)

NAME_PATTERN = r"^[^\s:]{1,64}$"
"""Names of a machine's users, with or without a domain, and of tokens."""
SHA256_PATTERN = r"^[0-9a-f]{64}$"
_NAME_ERROR = "`{name}` cannot be a name: it has blanks or a colon, or more than 64 characters."
USER, TOKEN = "user", "token"
"""How an identity begins: `user/alice`, `token/ci`."""


def _check_sha256(value: object) -> str:
    text = require_text(value, "the SHA-256 that `slipway token` prints")
    if not re.fullmatch(SHA256_PATTERN, text):
        refuse(
            "this is not a SHA-256 of 64 hexadecimal digits. `slipway token NAME` makes a token and its hash."
        )
    return text


def _check_name(value: object) -> str:
    name = require_text(value, "the name of a user of the machine")
    if not re.fullmatch(NAME_PATTERN, name):
        refuse(_NAME_ERROR.format(name=name))
    return name


def _by_name(label: str, value: Any, schema: dict[str, Any], what: str) -> ValueKind:
    """A mapping from names to values."""

    def check(found: object) -> object:
        if found is None:
            return {}
        if not isinstance(found, dict):
            refuse(f"{describe_value(found)}; write {what}, indented below it.")
        for name in found:
            if not re.fullmatch(NAME_PATTERN, str(name)):
                refuse(_NAME_ERROR.format(name=name))
        return {str(name): each for name, each in found.items()}

    whole = {"type": "object", "additionalProperties": schema, "propertyNames": {"pattern": NAME_PATTERN}}
    values: Any = dict[str, value]
    annotation = Annotated[values, BeforeValidator(check), WithJsonSchema(whole)]
    return ValueKind(label, annotation, whole, lambda _: "none")


class CommandLineToken(KeyRecord):
    """A token, for a machine that is no person's."""

    user: Annotated[str, Key(USER_ID, "The Slack user who asks.", example="U01CI00000")]
    sha256: Annotated[
        str,
        Key(
            text_kind("hash", _check_sha256, SHA256_PATTERN),
            "The SHA-256 of the token, as `slipway token` prints it. The token itself is not in the file.",
            example="aaaf60828ce3a0e0e5718329bf33c268d683cf375d8013b12ff44e41744d4d0a",
        ),
    ]


TokenKeys = make_keys_model(CommandLineToken, "CommandLineTokenKeys")
_TOKENS = _by_name("tokens by name, below", TokenKeys, TokenKeys.model_json_schema(), "the tokens by name")
_USERS = _by_name(
    "user ids by name", USER_ID.annotation, USER_ID.schema, "the machine's users, each with a Slack user id"
)


class CommandLine(KeyRecord):
    """Who may ask on the command line, and what holds there."""

    users: Annotated[
        Mapping[str, str],
        Key(
            _USERS,
            "The machine's users who may ask, by the names that the operating system has, each with the id "
            "of their Slack user: what that person may do in Slack, they may do here.",
            default_text="none",
        ),
    ] = {}
    tokens: Annotated[
        Mapping[str, CommandLineToken],
        Key(
            _TOKENS,
            "Tokens, for machines that are no person's, by a name that the audit has.",
            default_text="none",
        ),
    ] = {}
    sudo_user: Annotated[
        str,
        Key(
            text_kind("name", _check_name, NAME_PATTERN),
            "The machine's user that has Slipway's settings. For a command that is run as this user through "
            "`sudo`, who asks is the one who called `sudo`.",
            default_text="none",
        ),
    ] = ""
    channel: Annotated[
        str,
        Key(
            CHANNEL_ID,
            "Where it counts as asked, and gets its thread, for a service that names neither "
            "`notify.channel` nor `channels`.",
            default_text="none",
        ),
    ] = ""
    slack_answers_last: Annotated[
        int,
        Key(
            duration_between("5m", "7d"),
            "How long what Slack last said of people, user groups and channels counts for what is asked on "
            "the command line, with Slack away. Longer lets deploys go on through a long outage, and "
            "somebody who loses access meanwhile has it for so much longer.",
        ),
    ] = 300

    def slack_user(self, identity: str) -> str | None:
        """The Slack user behind `user/alice` or `token/ci`; None if it is not named any more."""
        kind, _, name = identity.partition("/")
        if kind == USER:
            return self.users.get(name)
        found = self.tokens.get(name) if kind == TOKEN else None
        return found.user if found else None

    @property
    def people(self) -> frozenset[str]:
        """The Slack users who may ask."""
        return frozenset((*self.users.values(), *(each.user for each in self.tokens.values())))


CommandLineKeys = make_keys_model(
    CommandLine,
    "CommandLineKeys",
    "Who may ask on the command line (`slipway deploy ...`), also while Slack is down. Without it: nobody.",
)
