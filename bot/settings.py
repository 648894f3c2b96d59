"""What the bot's processes read from the environment."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr

from deploys.settings import Settings, SlackSettings, refuse, slack_token
from deploys.stores.request_limits import Limits


def _refuse_token(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(("xoxb-", "xapp-", "xoxp-")):
        refuse(f"begins with {value[:5]}, so it is a token and not the signing secret.")
    return value


def _count_up_to(most: int) -> BeforeValidator:
    def check(value: Any) -> int:
        if not re.fullmatch(r"[0-9]{1,6}", str(value)) or not 1 <= int(value) <= most:
            refuse(f"is {value!r}, but has to be a whole number from 1 to {most}.")
        return int(value)

    return BeforeValidator(check)


class RequestLimitSettings(Settings):
    """How many requests are taken."""

    changes_per_minute: Annotated[int, _count_up_to(1000)] = Field(
        default=30, description="Requests of one person that change something, clicks too, within a minute."
    )
    queries_per_minute: Annotated[int, _count_up_to(1000)] = Field(
        default=60, description="Requests of one person that change nothing, within a minute."
    )
    max_waiting_per_service: Annotated[int, _count_up_to(1000)] = Field(
        default=20, description="Deploys of one service that may wait at the same time, and as many commands."
    )
    max_open_per_person: Annotated[int, _count_up_to(10_000)] = Field(
        default=60, description="Deploys of one person that may be open at the same time."
    )

    @property
    def limits(self) -> Limits:
        """The limits together."""
        return Limits(
            self.changes_per_minute,
            self.queries_per_minute,
            self.max_waiting_per_service,
            self.max_open_per_person,
        )


class RequestSettings(RequestLimitSettings, SlackSettings):
    """What the processes that take Slack's requests have in common."""


class BotSettings(RequestSettings):
    """`bot`: Socket Mode, where Slipway connects to Slack."""

    slack_app_token: Annotated[SecretStr, slack_token("xapp-", {"xoxb-": "SLACK_BOT_TOKEN"})] = Field(
        description="The app-level token for Socket Mode; it begins with xapp-. At api.slack.com/apps: your "
        "app, Basic Information, App-Level Tokens, Generate Token and Scopes, with connections:write.",
    )


class WebSettings(RequestSettings):
    """`web`: HTTP, where Slack sends its requests to an address of yours."""

    slack_signing_secret: Annotated[SecretStr, BeforeValidator(_refuse_token)] = Field(
        description="The secret that Slack signs its requests with. At api.slack.com/apps: your app, Basic "
        "Information, App Credentials, Signing Secret, Show.",
    )
