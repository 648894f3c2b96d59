"""The files the demo works with: the example catalogue and the app's manifest."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from deploys.catalogue.catalogue import load
from slipway.app_manifest import as_yaml, over_http, socket_mode
from slipway.demo.troupe import DemoFailed

SHORTEST_DEADLINE_SECONDS = 90
"""A rollout has this long however fast the ECS is: the machine may be busy."""


def services_file() -> Path:
    """services.example.yml of this checkout.

    Raises:
        DemoFailed: the package was installed without it.
    """
    path = Path(__file__).resolve().parents[2] / "services.example.yml"
    if not path.is_file():
        raise DemoFailed("the demo needs services.example.yml: run it in a clone of the repository")
    return path


def services_for(folder: Path, speed: float) -> Path:
    """The example catalogue in this folder, with the deadlines that fit an ECS so many times faster.

    Else a rollout that never ends would be waited for as long as Amazon's.
    """
    example = services_file()
    written: dict[str, Any] = yaml.safe_load(example.read_text())
    for name, service in load(example, {**os.environ, "AWS_REGION": "eu-west-1"}).services.items():
        shorter = max(SHORTEST_DEADLINE_SECONDS, round(service.deadline / speed))
        written["services"][name] = {
            **(written["services"][name] or {}),
            "deadline": min(service.deadline, shorter),
        }
    path = folder / "services.yml"
    path.write_text(yaml.safe_dump(written, sort_keys=False))
    return path


def manifest_for(folder: Path, address: str | None) -> Path:
    """The app's manifest in this folder: for HTTP at that address, or for Socket Mode."""
    path = folder / "manifest.yml"
    path.write_text(as_yaml(over_http(address) if address else socket_mode()))
    return path
