"""The one workspace this Slack plays: its people, channels and user groups."""

from __future__ import annotations

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
PEOPLE = frozenset({ALICE, BOB, CAROL, DAVE})

# When the workspace was founded, in epoch seconds: `created` and `updated` of everything in it.
FOUNDED = 1_700_000_000


@dataclass(frozen=True)
class User:
    id: str
    name: str
    real_name: str
    email: str | None = None
    is_bot: bool = False


@dataclass
class Channel:
    """A channel, or with `direct_to` the direct messages between the bot and one person."""

    id: str
    name: str
    is_private: bool = False
    members: set[str] = field(default_factory=set)
    direct_to: str | None = None
    is_archived: bool = False

    def may_be_seen_by(self, user: str) -> bool:
        """Public channels are open to everybody, the others to their members."""
        return not self.is_private or user in self.members

    @property
    def name_in_payloads(self) -> str:
        """Slack tells apps no name of private conversations in commands and interactions."""
        if self.direct_to is not None:
            return "directmessage"
        return "privategroup" if self.is_private else self.name


@dataclass(frozen=True)
class UserGroup:
    id: str
    handle: str
    name: str
    members: tuple[str, ...]


class Workspace:
    """The people, channels and groups by id; names, `@name` and `#name` are understood too."""

    def __init__(self, bot_name: str, app_name: str) -> None:
        self.users = {user.id: user for user in _users(bot_name, app_name)}
        self.channels = {channel.id: channel for channel in _channels()}
        self.groups = {group.id: group for group in _groups()}

    def user(self, named: str) -> User | None:
        wanted = named.removeprefix("@")
        return next((user for user in self.users.values() if wanted in (user.id, user.name)), None)

    def person(self, named: str) -> User | None:
        """A human being: the bot and Slackbot press no buttons."""
        found = self.user(named)
        return found if found is not None and found.id in PEOPLE else None

    def channel(self, named: str) -> Channel | None:
        wanted = named.removeprefix("#")
        return next((known for known in self.channels.values() if wanted in (known.id, known.name)), None)

    def group(self, named: str) -> UserGroup | None:
        wanted = named.removeprefix("@")
        return next((group for group in self.groups.values() if wanted in (group.id, group.handle)), None)

    def direct_messages_with(self, user: str) -> Channel:
        """The conversation of the bot and this person, opened when first asked for."""
        channel_id = "D" + user[1:]
        if channel_id not in self.channels:
            members = {user, BOT_USER}
            self.channels[channel_id] = Channel(
                channel_id, channel_id.lower(), is_private=True, members=members, direct_to=user
            )
        return self.channels[channel_id]

    def people(self) -> Iterator[User]:
        return (user for user in self.users.values() if user.id in PEOPLE)


def _users(bot_name: str, app_name: str) -> list[User]:
    return [
        User(ALICE, "alice", "Alice Archer", "alice@slipway-demo.example"),
        User(BOB, "bob", "Bob Baker", "bob@slipway-demo.example"),
        User(CAROL, "carol", "Carol Cooper", "carol@slipway-demo.example"),
        User(DAVE, "dave", "Dave Dyer", "dave@slipway-demo.example"),
        User(BOT_USER, bot_name, app_name, is_bot=True),
        User(SLACKBOT, "slackbot", "Slackbot"),
    ]


def _channels() -> list[Channel]:
    everyone = set(PEOPLE)
    return [
        Channel("C01DEPLOYS", "deploys", members=everyone | {BOT_USER}),
        Channel("C02GENERAL", "general", members=set(everyone)),
        Channel("C03RANDOM0", "random", members=everyone | {BOT_USER}),
        Channel("G04PAYMENTS", "payments", is_private=True, members={ALICE, BOB}),
    ]


def _groups() -> list[UserGroup]:
    return [
        UserGroup("S01DEPLOYERS", "deployers", "Deployers", (ALICE, DAVE)),
        UserGroup("S02APPROVERS", "approvers", "Approvers", (BOB, DAVE)),
    ]
