"""The first `.env`: what can be known is filled in, and what is missing is said."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping

_KEY_BYTES = 32
"""Of the key that signs restore tags (bytes): `openssl rand -hex 32` makes as many."""

_OWN = ("REDIS_URL", "RESTORE_TAG_KEY")
"""What is known here."""
SLACK_TOKENS = {
    "SLACK_BOT_TOKEN": (
        "xoxb-...",
        "api.slack.com/apps: your app, OAuth & Permissions, Bot User OAuth Token, once the app is installed.",
    ),
    "SLACK_APP_TOKEN": (
        "xapp-...",
        "Basic Information, App-Level Tokens, Generate: with the scope connections:write.",
    ),
}
"""What only Slack can give, and where it is. A process refuses these values."""


def write_env_text(environ: Mapping[str, str]) -> str:
    """The text of the file.

    environ: variables that are set there are not written, so that no secret is copied.
    """
    return "\n".join([*_header(), *_known(environ), *_missing(environ)]) + "\n"


def missing_settings(values: Mapping[str, str | None]) -> tuple[str, ...]:
    """The variables that have no value yet, or still a placeholder."""
    own = [name for name in _OWN if not values.get(name)]
    tokens = [
        name
        for name, (placeholder, _) in SLACK_TOKENS.items()
        if (values.get(name) or placeholder) == placeholder
    ]
    return (*own, *tokens)


def _header() -> Iterator[str]:
    yield "# Settings of Slipway's processes, the same for all of them. Keep it out of version control."
    yield "# `slipway check --env bot --env worker --env scheduler` says what is missing or wrong."


def _known(environ: Mapping[str, str]) -> Iterator[str]:
    yield ""
    yield "# The Redis (or Valkey) that holds the deploys."
    yield from _setting(environ, "REDIS_URL", "redis://localhost:6379/0")
    yield ""
    yield "# Signs the tags by which a stopped service is brought back if Redis is lost. Made for you."
    yield from _setting(environ, "RESTORE_TAG_KEY", secrets.token_hex(_KEY_BYTES))


def _missing(environ: Mapping[str, str]) -> Iterator[str]:
    for name, (placeholder, where) in SLACK_TOKENS.items():
        yield ""
        if not environ.get(name):
            yield f"# MISSING. {where}"
        yield from _setting(environ, name, placeholder)


def _setting(environ: Mapping[str, str], name: str, value: str) -> Iterator[str]:
    yield f"# {name} is set in the environment, which wins." if environ.get(name) else f"{name}={value}"
