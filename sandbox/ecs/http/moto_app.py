"""What moto plays of AWS."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app


class MotoApp(DomainDispatcherApplication):
    """Knows hosts that it has seen: moto itself lists its own folders for every request."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._known: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        if host not in self._known:
            self._known[host] = super().get_backend_for_host(host)
        return self._known[host]


@lru_cache(maxsize=1)
def moto_app() -> MotoApp:
    """One for the process: its Flask applications hold no state, and are slow to build."""
    return MotoApp()
