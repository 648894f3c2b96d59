"""What the command line reads from the environment: no token of Slack, and nothing of AWS."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from bot.settings import RequestLimitSettings


class CommandLineSettings(RequestLimitSettings):
    """`slipway deploy ...`"""

    slipway_token: SecretStr | None = Field(
        default=None,
        description="The token of who asks, if that is no user of this machine (`slipway token`).",
    )
    slipway_token_file: Path | None = Field(
        default=None, description="A file with that token, which nobody but its owner may read."
    )
