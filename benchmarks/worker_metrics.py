"""Reads what Slipway's processes count themselves, from their /metrics."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterable

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_SAMPLE = re.compile(r"^(\w+)(?:\{[^}]*\})? ([0-9.eE+-]+)$", re.MULTILINE)


def total(text: str, name: str) -> float:
    """The sum of a metric over its labels. Pure."""
    return sum(float(value) for found, value in _SAMPLE.findall(text) if found == name)


def read_total(ports: Iterable[int], name: str) -> float:
    """The sum of a metric over the processes that serve it on these ports of this machine."""
    return sum(total(_read(port), name) for port in ports)


def _read(port: int) -> str:
    try:
        with _OPENER.open(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            return str(answer.read().decode())
    except (urllib.error.URLError, TimeoutError):
        return ""  # it was killed, or is busy: what it counted is missing
