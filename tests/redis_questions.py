"""Counts how often something waits for Redis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis.connection import AbstractConnection


@contextmanager
def counted_questions() -> Iterator[list[int]]:
    """One entry for each time that something waits for Redis in the block, in any thread."""
    asked: list[int] = []
    send: Any = AbstractConnection.send_packed_command

    def count(connection: AbstractConnection, *args: Any, **kwargs: Any) -> None:
        asked.append(1)
        send(connection, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(AbstractConnection, "send_packed_command", count)
        yield asked
