"""The files the demo works with: the example catalogue and the app's manifest."""

from __future__ import annotations

from pathlib import Path

from slipway.app_manifest import as_yaml, over_http, socket_mode
from slipway.demo.troupe import DemoFailed


def services_file() -> Path:
    """services.example.yml of this checkout.

    Raises:
        DemoFailed: the package was installed without it.
    """
    path = Path(__file__).resolve().parents[2] / "services.example.yml"
    if not path.is_file():
        raise DemoFailed("the demo needs services.example.yml: run it in a clone of the repository")
    return path


def manifest_for(folder: Path, address: str | None) -> Path:
    """The app's manifest in this folder: for HTTP at that address, or for Socket Mode."""
    path = folder / "manifest.yml"
    path.write_text(as_yaml(over_http(address) if address else socket_mode()))
    return path
