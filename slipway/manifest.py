"""`slipway manifest`: the Slack app, to be pasted where Slack asks for it."""

from __future__ import annotations

from typing import Annotated

import typer

from deploys.settings import address_parts
from slipway.app_manifest import as_yaml, over_http, socket_mode

_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def _public_address(url: str | None) -> str | None:
    if url is None:
        return None
    parts = address_parts(url)
    if parts is None:
        raise typer.BadParameter(f"write an address, such as https://slipway.example.com; not {url}")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _THIS_MACHINE):
        raise typer.BadParameter(
            f"Slack sends to https:// addresses only, such as https://slipway.example.com; not {url}"
        )
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        raise typer.BadParameter(f"write the address alone, such as https://slipway.example.com; not {url}")
    return url


HELP = """Print the manifest of the Slack app.

Without an option it is the one for Socket Mode, where Slipway connects to Slack and nothing has to be
reachable from outside. At api.slack.com/apps: Create New App, From a manifest.
"""
"""Not the docstring, which `python -OO` drops."""


def manifest(
    http: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            callback=_public_address,
            help="Print the HTTP variant, for an app whose `web` process is reachable at this address.",
        ),
    ] = None,
) -> None:
    """`slipway manifest`."""
    typer.echo(as_yaml(over_http(http) if http else socket_mode()), nl=False)
