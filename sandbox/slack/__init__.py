"""A Slack workspace played on this machine, for the demo and the tests."""

from __future__ import annotations

from sandbox.slack.client import SandboxError, SlackClient
from sandbox.slack.server import SlackSandbox
from sandbox.slack.timings import Timings

__all__ = ["SandboxError", "SlackClient", "SlackSandbox", "Timings"]
