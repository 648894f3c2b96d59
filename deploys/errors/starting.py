"""What keeps a process from starting. Every process prints the message to stderr and exits with 2."""

from __future__ import annotations

from typing import Any

from deploys.errors.refused import SlipwayError


class NotStarted(SlipwayError):
    sentence = """Slipway cannot start."""


class CatalogueUnreadable(NotStarted):
    sentence = """{file} cannot be read: {why}. SERVICES_FILE names the file; start from
    services.example.yml."""


class CatalogueInvalid(NotStarted):
    sentence = """{file} cannot be used: {mistakes}.{listing}"""

    @property
    def problems(self) -> tuple[Any, ...]:
        """Each mistake (`deploys.catalogue.Problem`: line, column, path, message), by line."""
        return tuple(self.facts["problems"])


class SettingsInvalid(NotStarted):
    sentence = """Slipway cannot start: {mistakes}. Settings come from the environment, or from
    {env_file}.{listing}"""

    @property
    def names(self) -> tuple[str, ...]:
        """The settings that are missing or wrong."""
        return tuple(self.facts["names"])


class RedisSilent(NotStarted):
    sentence = """Redis does not answer at REDIS_URL ({why}). Slipway keeps its deploys there and cannot start
    without it."""


class SlackSilent(NotStarted):
    sentence = """Slack does not answer at {url} ({why}). Check the network, and SLACK_API_URL if you set
    it."""


class SlackRefusesToken(NotStarted):
    sentence = """Slack refuses {setting} ({error}). {advice}"""
