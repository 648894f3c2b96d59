"""What the demo's processes find around them: nothing of what this machine is set up for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import slipway
from bot.settings import BotSettings, WebSettings
from workers.settings import SchedulerSettings, WorkerSettings

_SLIPWAY_SETTINGS = frozenset(
    name.upper()
    for process in (BotSettings, WebSettings, WorkerSettings, SchedulerSettings)
    for name in process.model_fields
)


def clean_env(environ: Mapping[str, str]) -> dict[str, str]:
    """This environment without settings of a real Slipway, of AWS or of a proxy. Pure.

    Of AWS's each one could lead past the region that is played here: a profile to real keys, a service's own
    endpoint or an order to ignore endpoints to Amazon. A proxy cannot reach what listens on this machine.
    """
    kept = {name: value for name, value in environ.items() if not _must_be_removed(name.upper())}
    # The processes run in a folder of the demo's, away from any `.env` here, and find the code by this.
    code = str(Path(slipway.__file__).parents[1])
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, (code, kept.get("PYTHONPATH"))))}


def _must_be_removed(name: str) -> bool:
    return name in _SLIPWAY_SETTINGS or name.startswith("AWS_") or name.endswith("_PROXY")
