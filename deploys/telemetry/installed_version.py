"""The version of Slipway that runs."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def installed_version() -> str:
    """The version of the installed package; `unknown` if the code runs without being installed."""
    try:
        return version("slipway-bot")
    except PackageNotFoundError:
        return "unknown"
