"""The one workspace: its people, channels and user groups."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

TEAM_ID = "T01SLIPWAY"
TEAM_NAME = "Slipway Demo"
TEAM_DOMAIN = "slipway-demo"

APP_ID = "A01SLIPWAY"
BOT_ID = "B01SLIPWAY"
BOT_USER = "U0SLIPWAYB"
SLACKBOT = "USLACKBOT"

ALICE, BOB, CAROL, DAVE = "U01ALICE00", "U02BOB0000", "U03CAROL00", "U04DAVE000"
GINA = "U05GINA000"
"""A guest of the workspace."""
FRED = "U06FRED000"
"""A member of another organisation, with which #partners is shared."""
PEOPLE = frozenset({ALICE, BOB, CAROL, DAVE, GINA, FRED})
MEMBERS = PEOPLE - {GINA, FRED}
FOREIGN_TEAM_ID = "T02FOREIGN"

# `created` and `updated` of everything in the workspace, in epoch seconds.
CREATED_AT = 1_700_000_000
MAX_GROUP_MEMBERS = 9
"""People in direct messages of several (docs.slack.dev, "conversations.open": up to 8 besides oneself)."""


@dataclass(frozen=True)
class SlackUser:
    id: str
    name: str
    real_name: str
    email: str | None = None
    is_bot: bool = False
    is_guest: bool = False
    team: str = TEAM_ID
    """The workspace that the person belongs to."""


@dataclass
class SlackChannel:
    """A channel; with `direct_to` the direct messages of the bot and one person; with `is_group_direct` those
    of several people."""

    id: str
    name: str
    is_private: bool = False
    members: set[str] = field(default_factory=set)
    direct_to: str | None = None
    is_group_direct: bool = False
    is_archived: bool = False
    is_ext_shared: bool = False
    """Shared with another organisation."""

    def is_visible_to(self, user: str) -> bool:
        """Every member of the workspace sees public channels; guests, people of other organisations and, in
        private channels, everybody sees only those they are in."""
        return user in self.members or (not self.is_private and user not in (GINA, FRED))

    @property
    def kind(self) -> str:
        """As message events call it in `channel_type`."""
        if self.direct_to is not None:
            return "im"
        if self.is_group_direct:
            return "mpim"
        return "group" if self.is_private else "channel"

    @property
    def name_in_payloads(self) -> str:
        """In commands and interactions Slack does not name private conversations."""
        if self.direct_to is not None:
            return "directmessage"
        return "privategroup" if self.is_private else self.name


@dataclass(frozen=True)
class UserGroup:
    id: str
    handle: str
    name: str
    members: tuple[str, ...]


class SlackWorkspace:
    """The people, channels and user groups by id. Names, `@name` and `#name` are found too."""

    def __init__(self, bot_name: str, app_name: str) -> None:
        self.users = {user.id: user for user in _all_users(bot_name, app_name)}
        self.channels = {channel.id: channel for channel in _all_channels()}
        self.groups = {group.id: group for group in _all_groups()}

    def find_user(self, name_or_id: str) -> SlackUser | None:
        wanted = name_or_id.removeprefix("@")
        return next((user for user in self.users.values() if wanted in (user.id, user.name)), None)

    def find_person(self, name_or_id: str) -> SlackUser | None:
        """A human user: not the bot and not Slackbot."""
        found = self.find_user(name_or_id)
        return found if found is not None and found.id in PEOPLE else None

    def find_channel(self, name_or_id: str) -> SlackChannel | None:
        wanted = name_or_id.removeprefix("#")
        return next((known for known in self.channels.values() if wanted in (known.id, known.name)), None)

    def find_group(self, name_or_id: str) -> UserGroup | None:
        wanted = name_or_id.removeprefix("@")
        return next((group for group in self.groups.values() if wanted in (group.id, group.handle)), None)

    def direct_messages_with(self, user: str) -> SlackChannel:
        """The conversation of the bot and this person, created on first use."""
        channel_id = "D" + user[1:]
        if channel_id not in self.channels:
            members = {user, BOT_USER}
            self.channels[channel_id] = SlackChannel(
                channel_id, channel_id.lower(), is_private=True, members=members, direct_to=user
            )
        return self.channels[channel_id]

    def group_messages(self, name: str) -> SlackChannel | None:
        """The direct messages of several people by their name, such as `mpdm-alice--bob--slipway-1`, opened
        on first use. None if the name is no such one, or names somebody who is not there."""
        named = re.fullmatch(r"mpdm-(.+)-1", name)
        members = [self.find_user(each) for each in named[1].split("--")] if named else []
        known = {member.id for member in members if member}
        if not 3 <= len(members) == len(known) <= MAX_GROUP_MEMBERS:
            return None
        channel_id = f"C{zlib.crc32(name.encode()):010}"
        opened = SlackChannel(channel_id, name, is_private=True, members=known, is_group_direct=True)
        opened.is_ext_shared = any(self.users[each].team != TEAM_ID for each in known)
        return self.channels.setdefault(channel_id, opened)

    def people(self) -> Iterator[SlackUser]:
        return (user for user in self.users.values() if user.id in PEOPLE)


def _all_users(bot_name: str, app_name: str) -> list[SlackUser]:
    return [
        SlackUser(ALICE, "alice", "Alice Archer", "alice@slipway-demo.example"),
        SlackUser(BOB, "bob", "Bob Baker", "bob@slipway-demo.example"),
        SlackUser(CAROL, "carol", "Carol Cooper", "carol@slipway-demo.example"),
        SlackUser(DAVE, "dave", "Dave Dyer", "dave@slipway-demo.example"),
        SlackUser(GINA, "gina", "Gina Guest", "gina@contractor.example", is_guest=True),
        SlackUser(FRED, "fred", "Fred Foreign", team=FOREIGN_TEAM_ID),
        SlackUser(BOT_USER, bot_name, app_name, is_bot=True),
        SlackUser(SLACKBOT, "slackbot", "Slackbot"),
    ]


def _all_channels() -> list[SlackChannel]:
    everyone = set(MEMBERS)
    return [
        SlackChannel("C01DEPLOYS", "deploys", members=everyone | {BOT_USER, GINA}),
        SlackChannel("C02GENERAL", "general", members=set(everyone)),
        SlackChannel("C03RANDOM0", "random", members=everyone | {BOT_USER}),
        SlackChannel("C05PARTNERS", "partners", members=everyone | {BOT_USER, FRED}, is_ext_shared=True),
        SlackChannel("G04PAYMENTS", "payments", is_private=True, members={ALICE, BOB}),
    ]


def _all_groups() -> list[UserGroup]:
    return [
        UserGroup("S01DEPLOYERS", "deployers", "Deployers", (ALICE, DAVE)),
        UserGroup("S02APPROVERS", "approvers", "Approvers", (BOB, DAVE)),
    ]
