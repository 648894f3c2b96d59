"""What is refused on the command line alone: nobody knows who asks, or where it counts as asked."""

from __future__ import annotations

from deploys.errors.base import Refused
from deploys.errors.startup import StartupError


class CommandLineClosed(Refused):
    sentence = """Nobody may ask on the command line: `services.yml` has no `command_line`. To let `{name}`,
    write `command_line: {{users: {{{name}: THEIR_SLACK_USER_ID}}}}` there."""


class MachineUserNotNamed(Refused):
    sentence = """You are `{name}` on this machine, and `services.yml` does not say who that is in Slack.
    The people who may edit it can name you: `command_line: {{users: {{{name}: YOUR_SLACK_USER_ID}}}}`. With a
    token, set SLIPWAY_TOKEN_FILE."""


class TokenNotNamed(Refused):
    sentence = """The token in {setting} is none of those in `services.yml` (`command_line.tokens`), which has
    their SHA-256. `slipway token NAME --user ID` makes a new one."""


class TokenFileUnsafe(Refused):
    sentence = """The token was not read: SLIPWAY_TOKEN_FILE ({file}) {problem}."""


class PlaceMissing(Refused):
    sentence = """`services.yml` names no channel for `{service}`, so its thread would have no place. Write
    `notify.channel` for the service, or `command_line.channel` for all."""


class PlaceNotNamed(Refused):
    sentence = """`{channel}` is no channel that `services.yml` names. Those are: {channels}."""


class NothingAsked(Refused):
    sentence = """{what} {state}, so there is nothing to decide. Nothing was changed."""


class UnknownChoice(Refused):
    sentence = """There is no choice `{name}`. {nearest} What is offered, and how to take it, is printed with
    each refusal."""


class WorkspaceUnknown(StartupError):
    sentence = """Slipway does not know its Slack workspace yet, since no bot has started with this Redis.
    Start `bot` or `web` once, with REDIS_URL as it is here."""
