"""The environment of the demo's processes: nothing that this machine is configured for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import slipway
from bot.settings import BotSettings, WebSettings
from slipway.requests.settings import CommandLineSettings
from workers.settings import EventsSettings, SchedulerSettings, WorkerSettings

_SLIPWAY_SETTINGS = frozenset(
    name.upper()
    for process in (
        BotSettings,
        WebSettings,
        WorkerSettings,
        SchedulerSettings,
        EventsSettings,
        CommandLineSettings,
    )
    for name in process.model_fields
)


def clean_env(environ: Mapping[str, str]) -> dict[str, str]:
    """This environment without the settings of a real Slipway, of AWS, of OpenTelemetry and of a proxy. Pure.

    Any AWS variable could make the demo reach the real AWS: a profile has real keys, and the endpoint of a
    service, or an order to ignore endpoints, leads to Amazon. A proxy cannot reach servers on this machine.
    """
    kept = {name: value for name, value in environ.items() if not _must_be_removed(name.upper())}
    # The processes run in the demo's folder, so they read no `.env` here. PYTHONPATH leads to the code.
    code = str(Path(slipway.__file__).parents[1])
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, (code, kept.get("PYTHONPATH"))))}


def _must_be_removed(name: str) -> bool:
    return name in _SLIPWAY_SETTINGS or name.startswith(("AWS_", "OTEL_")) or name.endswith("_PROXY")
