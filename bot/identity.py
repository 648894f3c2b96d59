"""Who the bot is in Slack: asked once, at the start, so that no listener has to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack_clock import SlackClock
from deploys.errors import SlackRefusesToken, SlackUnreachable
from deploys.slack_errors import exception_reason, slack_error_reason

START_TIMEOUT_SECONDS = 15.0
"""How long Slack may take to answer at the start."""
_TOKEN_ADVICE = (
    "At api.slack.com/apps: your app, OAuth & Permissions, Bot User OAuth Token; install the app to the "
    "workspace first."
)


@dataclass(frozen=True)
class Identity:
    """What auth.test says about the bot's token."""

    team: str
    user: str
    bot: str
    token: str = field(repr=False)
    enterprise: str = ""
    """The organisation of an Enterprise Grid; empty elsewhere."""


def fetch_identity(
    client: WebClient,
    clock: SlackClock,
    *,
    timeout: float = START_TIMEOUT_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> Identity:
    """Asks Slack who the token belongs to, for at most `timeout` seconds. Its answer tells its time, too.

    Raises:
        SlackRefusesToken: the token is not valid.
        SlackSilent: Slack did not answer.
    """
    until = time.monotonic() + timeout
    while True:
        asked_at = clock.uptime()
        try:
            answer = client.auth_test()
        except SlackApiError as error:
            why = describe_slack_error(error)
            if (
                error.response.status_code < 500
                and error.response.status_code != 429
                and why != "ratelimited"
            ):
                raise SlackRefusesToken(setting="SLACK_BOT_TOKEN", error=why, advice=_TOKEN_ADVICE) from error
            silent: Exception = error
        except OSError as error:
            silent = error
        else:
            clock.compare_with_answer(answer.headers, asked_at, clock.uptime())
            return Identity(
                team=answer["team_id"],
                user=answer["user_id"],
                bot=answer.get("bot_id") or "",
                token=client.token or "",
                enterprise=answer.get("enterprise_id") or "",
            )
        if time.monotonic() >= until:
            raise SlackUnreachable(url=client.base_url, why=describe_slack_error(silent)) from silent
        sleep(1.0)


def describe_slack_error(error: Exception) -> str:
    """Why a call to Slack failed, never empty."""
    if isinstance(error, SlackApiError):
        return slack_error_reason(error.response.status_code, error.response.data)
    return exception_reason(error)
