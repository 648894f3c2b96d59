"""What both ways in check and build before they serve."""

from __future__ import annotations

from redis import Redis
from redis.backoff import ConstantBackoff
from slack_sdk import WebClient

from bot import identity
from bot.desk import Desk, furnish
from bot.slack_clock import SlackClock
from deploys.catalogue.catalogue import load
from deploys.connection import client
from deploys.process import wait_for, warn_about
from deploys.settings import SlackSettings

ANSWER_SECONDS = 1.3
"""Longest wait for one answer of Redis: with one retry, a person still hears within Slack's 3 seconds that it
is away; and longer than the second that the store waits for a request to be on disk."""


def open_desk(settings: SlackSettings) -> Desk:
    """Reads the catalogue, reaches Redis and asks Slack who we are.

    Raises:
        NotStarted: one of them is not right; the message says which and what to do.
    """
    catalogue = load(settings.services_file)
    redis = connect(settings.redis_url)
    wait_for(redis)
    warn_about(redis)
    clock = SlackClock()
    who = identity.find_out(
        WebClient(token=settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url), clock
    )
    return furnish(who, catalogue, redis, connect(settings.redis_url), slack_clock=clock)


def connect(url: str) -> Redis:
    """A client that answers or fails while Slack still waits."""
    return client(url, timeout=ANSWER_SECONDS, retries=1, backoff=ConstantBackoff(0.05))
