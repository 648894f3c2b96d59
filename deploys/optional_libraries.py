"""Loads libraries without the parts that Slipway never uses: 6 MB in each process.

structlog loads rich, if that is installed, for tracebacks in colour, which are written without it here
(`process_startup.py`). redis-py loads OpenTelemetry's metrics, which are off unless somebody turns them on.
It also declares 750 signatures for type checkers, which Python keeps unless it is told not to.
"""

from __future__ import annotations

import sys
import typing
from importlib import import_module

NOT_NEEDED_BY = {"structlog": "rich", "redis": "opentelemetry"}
"""By library, what it would load though nothing of it is used."""


def load_without_optional() -> None:
    """Call it before anything else imports these libraries. Whatever else imports the optional ones, such as
    the command line or traces, finds them afterwards."""
    for library, optional in NOT_NEEDED_BY.items():
        hidden = optional not in sys.modules
        if hidden:
            sys.modules[optional] = None  # type: ignore[assignment]  # "not found" (Python reference, 5.3.1)
        try:
            import_module(library)
        finally:
            if hidden:
                del sys.modules[optional]
    typing.clear_overloads()
