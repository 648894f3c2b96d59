"""Who asks on the command line: the machine's user, or the holder of a token. services.yml says who that is
in Slack, and nobody else may ask."""

from __future__ import annotations

import hashlib
import hmac
import os
import pwd
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from deploys.catalogue.command_line_keys import TOKEN, USER, CommandLine
from deploys.errors import CommandLineClosed, MachineUserNotNamed, Refused, TokenFileUnsafe, TokenNotNamed
from deploys.mrkdwn import escape_line
from deploys.redaction import keep_secret
from slipway.requests.settings import CommandLineSettings

OTHERS = stat.S_IRWXG | stat.S_IRWXO
MAX_TOKEN_BYTES = 4096


class Identity(NamedTuple):
    """Who asks."""

    name: str
    """`user/alice` or `token/ci`."""
    slack_user: str


def find_identity(settings: CommandLineSettings, command_line: CommandLine, user: str) -> Identity:
    """Who asks. A token that is given counts alone: if it is wrong, the machine's user does not count.

    user: the machine's user, as `machine_user` says.

    Raises:
        CommandLineClosed, MachineUserNotNamed, TokenNotNamed, TokenFileUnsafe
    """
    if settings.slipway_token is not None:
        return _find_token(settings.slipway_token.get_secret_value(), command_line, "SLIPWAY_TOKEN")
    if settings.slipway_token_file is not None:
        return _find_token(_read_token(settings.slipway_token_file), command_line, "SLIPWAY_TOKEN_FILE")
    name = escape_line(user).replace("`", "’")
    if not command_line.people:
        raise CommandLineClosed(name=name)
    identity = f"{USER}/{user}"
    slack_user = command_line.slack_user(identity)
    if slack_user is None:
        raise MachineUserNotNamed(name=name)
    return Identity(identity, slack_user)


def machine_user(sudo_user: str, environ: Mapping[str, str] = os.environ) -> str:
    """The name of the user who runs this process, as the operating system has it: no variable of the
    environment says so. If that is the user of Slipway's own processes, the one who became it with sudo."""
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"
    if sudo_user and name == sudo_user:
        return environ.get("SUDO_USER") or name
    return name


def hash_token(token: str) -> str:
    """As services.yml has it. A token is 256 random bits, so its hash needs neither salt nor rounds."""
    return hashlib.sha256(token.encode()).hexdigest()


def _find_token(token: str, command_line: CommandLine, setting: str) -> Identity:
    keep_secret([token])
    hashed, found = hash_token(token), None
    for name, each in command_line.tokens.items():  # all of them, so that the time says nothing
        if hmac.compare_digest(hashed, each.sha256):
            found = Identity(f"{TOKEN}/{name}", each.user)
    if found is None:
        raise TokenNotNamed(setting=setting)
    return found


def _read_token(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            if mode & OTHERS:
                raise _unsafe(file, f"may be read by others; write `chmod 600 {file}`")
            text = opened.read(MAX_TOKEN_BYTES).decode().strip()
    except OSError as error:
        raise _unsafe(file, f"cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise _unsafe(file, "is not text") from error
    if not text:
        raise _unsafe(file, "is empty")
    return text


def _unsafe(file: Path, problem: str) -> Refused:
    return TokenFileUnsafe(file=escape_line(str(file)), problem=escape_line(problem))
