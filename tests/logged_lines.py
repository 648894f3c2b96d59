"""What is logged, with what is bound to each line."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs


@contextmanager
def logged_lines() -> Iterator[list[MutableMapping[str, Any]]]:
    """The lines that the block logs."""
    with capture_logs(processors=[merge_contextvars]) as lines:
        yield lines
