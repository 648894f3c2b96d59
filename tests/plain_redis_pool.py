"""A pool of Redis connections that keeps no statistics and does not test a connection before each command."""

from __future__ import annotations

from typing import Any

from redis import ConnectionPool, Redis


class PlainPool(ConnectionPool):
    """Those two take as long as the command itself. A connection that was lost is noticed by the command, and
    clients of `connect` repeat that."""

    def get_connection(self, command_name: str | None = None, *keys: Any, **options: Any) -> Any:
        self._checkpid()
        with self._lock:
            connection = (
                self._available_connections.pop() if self._available_connections else self.make_connection()
            )
            self._in_use_connections.add(connection)
        try:
            connection.connect()
        except BaseException:
            self.release(connection)
            raise
        return connection

    def release(self, connection: Any) -> None:
        self._checkpid()
        with self._lock:
            if connection not in self._in_use_connections:
                return
            self._in_use_connections.remove(connection)
            if connection.should_reconnect():
                connection.disconnect()
            self._available_connections.append(connection)


def with_plain_pool(client: Redis) -> Redis:
    """The same client, on such a pool."""
    pool = client.connection_pool
    client.connection_pool = PlainPool(pool.connection_class, pool.max_connections, **pool.connection_kwargs)
    return client
