"""The Web API client of the bot's processes."""

from __future__ import annotations

from slack_sdk import WebClient

from deploys.telemetry.slack_calls import ObservedCalls


class SlackClient(ObservedCalls, WebClient):
    """A client whose calls are counted and traced."""
