"""`slipway manifest`: the manifest of the Slack app, to paste into Slack."""

from __future__ import annotations

from typing import Annotated

import typer

from deploys.settings import split_url
from slipway.app_manifest import format_as_yaml, http_manifest, socket_mode_manifest

_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def _check_public_url(url: str | None) -> str | None:
    if url is None:
        return None
    parts = split_url(url)
    if parts is None:
        raise typer.BadParameter(f"write a URL such as https://slipway.example.com; not {url}")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS):
        raise typer.BadParameter(
            f"Slack only sends to https:// URLs such as https://slipway.example.com; not {url}"
        )
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        raise typer.BadParameter(f"write only the address, such as https://slipway.example.com; not {url}")
    return url


HELP = """Print the manifest of the Slack app.

Without an option it is the manifest for Socket Mode: Slipway connects to Slack, and nothing has to be
reachable from outside. To use it, go to api.slack.com/apps, Create New App, From a manifest.
"""
"""Not a docstring, because `python -OO` drops those."""


def manifest(
    http: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            callback=_check_public_url,
            help="Print the manifest for HTTP, for a `web` process that is reachable at this URL.",
        ),
    ] = None,
) -> None:
    """`slipway manifest`."""
    typer.echo(format_as_yaml(http_manifest(http) if http else socket_mode_manifest()), nl=False)
