"""What keeps a process from starting. Every process prints the message to stderr and exits with 2."""

from __future__ import annotations

from typing import Any

from deploys.errors.base import SlipwayError


class StartupError(SlipwayError):
    sentence = """Slipway cannot start."""


class CatalogueUnreadable(StartupError):
    sentence = """{file} cannot be read: {why}. SERVICES_FILE names the file; `slipway init`
    writes a first one."""


class CatalogueInvalid(StartupError):
    sentence = """{file} cannot be used: {mistakes}.{listing}"""

    @property
    def problems(self) -> tuple[Any, ...]:
        """Each mistake (`deploys.catalogue.Problem`: line, column, path, message), by line."""
        return tuple(self.facts["problems"])


class SettingsInvalid(StartupError):
    sentence = """Slipway cannot start: {mistakes}. Settings come from the environment, or from
    {env_file}.{listing}"""

    @property
    def names(self) -> tuple[str, ...]:
        """The settings that are missing or wrong."""
        return tuple(self.facts["names"])


class RedisUnreachable(StartupError):
    sentence = """Redis does not answer at REDIS_URL ({why}). Slipway keeps its deploys there and cannot start
    without it."""


class SlackUnreachable(StartupError):
    sentence = """Slack does not answer at {url} ({why}). Check the network, and SLACK_API_URL if you set
    it."""


class SlackRefusesToken(StartupError):
    sentence = """Slack refuses {setting} ({error}). {advice}"""
