"""What the bot's processes read from the environment."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr

from deploys.settings import SlackSettings, refuse, slack_token


def _refuse_token(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(("xoxb-", "xapp-", "xoxp-")):
        refuse(f"begins with {value[:5]}, so it is a token and not the signing secret.")
    return value


class BotSettings(SlackSettings):
    """`bot`: Socket Mode, where Slipway connects to Slack."""

    slack_app_token: Annotated[SecretStr, slack_token("xapp-", {"xoxb-": "SLACK_BOT_TOKEN"})] = Field(
        description="The app-level token for Socket Mode; it begins with xapp-. At api.slack.com/apps: your "
        "app, Basic Information, App-Level Tokens, Generate Token and Scopes, with connections:write.",
    )


class WebSettings(SlackSettings):
    """`web`: HTTP, where Slack sends its requests to an address of yours."""

    slack_signing_secret: Annotated[SecretStr, BeforeValidator(_refuse_token)] = Field(
        description="The secret that Slack signs its requests with. At api.slack.com/apps: your app, Basic "
        "Information, App Credentials, Signing Secret, Show.",
    )
