"""A Slack workspace played on this machine, for the demo and the tests."""

from __future__ import annotations

from sandbox.slack.client import SandboxError, SlackClient
from sandbox.slack.sandbox import SlackSandbox
from sandbox.slack.slack_limits import SlackTimeouts

__all__ = ["SandboxError", "SlackClient", "SlackSandbox", "SlackTimeouts"]
