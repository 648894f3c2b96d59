"""`slipway token`: makes a token for the command line."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Annotated

import typer

from deploys.catalogue.command_line_keys import NAME_PATTERN
from slipway.requests.identity import hash_token
from slipway.terminal import print_safely

TOKEN_BYTES = 32
"""256 random bits."""
HELP = """Make a token, for a machine or a job that asks on the command line and is no person's.

The token goes into a new file that only you can read; it is printed nowhere. What services.yml needs is
printed: the token's SHA-256, which is no secret. Name the file in SLIPWAY_TOKEN_FILE where the token is used.
To replace a token, make another one of the same name; to take it back, remove its lines from services.yml.

Exits with 0, or with 2 if the file cannot be written, or is there already.
"""


def token(
    name: Annotated[str, typer.Argument(help="Its name, which the audit has: such as ci.")],
    user: Annotated[
        str, typer.Option(metavar="ID", help="The Slack user who asks with it.", show_default=False)
    ],
    file: Annotated[Path, typer.Option(help="Where it is written.", show_default="NAME.token")] = Path(),
) -> None:
    """`slipway token NAME`."""
    if not re.fullmatch(NAME_PATTERN, name) or "/" in name:
        raise typer.BadParameter(f"{name!r} cannot be a name: it has blanks, a colon or a slash.")
    if not re.fullmatch(r"[UW][A-Z0-9]{5,30}", user):
        raise typer.BadParameter(f"{user!r} is not a Slack user id (U…).", param_hint="--user")
    made = f"slipway_{secrets.token_urlsafe(TOKEN_BYTES)}"
    path = file if file != Path() else Path(f"{name}.token")
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(f"{made}\n")
    except OSError as error:
        print_safely(f"{path} cannot be written ({error.strerror or error}).", to_stderr=True)
        raise typer.Exit(2) from error
    print_safely(f"The token is in {path}, which only you can read. In services.yml:\n")
    print_safely(
        f"command_line:\n  tokens:\n    {name}:\n      user: {user}\n      sha256: {hash_token(made)}"
    )
