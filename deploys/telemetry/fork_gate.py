"""Lets a process fork although another thread of it works, for example for `/metrics`.

A forked process has only the thread that forked. A lock that another one held at that moment, also one inside
a C library, as while it looks up a host's name, stays locked there for ever. So a fork waits until nobody is
within the gate, and nobody enters it meanwhile.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class ForkGate:
    """What may hold a lock is done within `working`, and a fork waits for it."""

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._working = 0
        self._is_forking = False
        self._in_child: list[Callable[[], None]] = []
        os.register_at_fork(before=self._close, after_in_parent=self._open, after_in_child=self._begin_child)

    @contextmanager
    def working(self) -> Iterator[None]:
        """No fork happens within, so keep it short: a second or so at most. Never fork there."""
        with self._changed:
            while self._is_forking:
                self._changed.wait()
            self._working += 1
        try:
            yield
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()

    def in_child(self, do: Callable[[], None]) -> None:
        """Has each process that is forked from now on do this first, such as closing what is not its own."""
        self._in_child.append(do)

    def _close(self) -> None:
        """Keeps the lock until the fork is over."""
        self._changed.acquire()
        self._is_forking = True
        while self._working:
            self._changed.wait()

    def _open(self) -> None:
        self._is_forking = False
        self._changed.notify_all()
        self._changed.release()

    def _begin_child(self) -> None:
        self._open()
        for do in self._in_child:
            do()
        self._in_child.clear()
