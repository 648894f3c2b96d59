"""The files that the demo works with: a services.yml, and the manifest of the Slack app."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from deploys.catalogue.catalogue import load_catalogue
from slipway.app_manifest import format_as_yaml, http_manifest, socket_mode_manifest
from slipway.demo.process_group import DemoFailed

SHORTEST_DEADLINE_SECONDS = 90
"""A rollout may take this long however fast ECS is, because the machine may be busy."""


def find_example_file() -> Path:
    """services.example.yml of this checkout.

    Raises:
        DemoFailed: the package is installed without it.
    """
    path = Path(__file__).resolve().parents[2] / "services.example.yml"
    if not path.is_file():
        raise DemoFailed("the demo needs services.example.yml: run it in a clone of the repository")
    return path


def write_services_file(folder: Path, speed: float) -> Path:
    """Writes the example to this folder, with deadlines for an ECS that is so many times faster.

    With its own deadlines the demo would wait for a rollout that never ends as long as Amazon's ECS does.
    """
    example = find_example_file()
    written: dict[str, Any] = yaml.safe_load(example.read_text())
    for name, service in load_catalogue(example, {**os.environ, "AWS_REGION": "eu-west-1"}).services.items():
        shorter = max(SHORTEST_DEADLINE_SECONDS, round(service.deadline / speed))
        written["services"][name] = {
            **(written["services"][name] or {}),
            "deadline": min(service.deadline, shorter),
        }
    path = folder / "services.yml"
    path.write_text(yaml.safe_dump(written, sort_keys=False))
    return path


def write_manifest(folder: Path, base_url: str | None) -> Path:
    """Writes the manifest of the app to this folder: for HTTP at that address, or for Socket Mode."""
    path = folder / "manifest.yml"
    path.write_text(format_as_yaml(http_manifest(base_url) if base_url else socket_mode_manifest()))
    return path
