"""The spans of one job, sent at its end by the process of the job."""

from __future__ import annotations

import mmap
import struct
import time
from collections.abc import Callable

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

PAUSE_SECONDS = 30.0
"""After spans could not be sent, until another job of this worker tries it. Their spans are dropped."""
MOST_SPANS = 1000
"""Spans of one job (count); later ones are dropped."""


class JobSpans(SpanProcessor):
    """Keeps spans until `send`. It has no thread, so it works on both sides of a fork."""

    def __init__(self, exporter: SpanExporter, *, now: Callable[[], float] = time.monotonic) -> None:
        self._exporter = exporter
        self._now = now
        self._spans: list[ReadableSpan] = []
        # Memory that the worker shares with the processes of its jobs: a job's own would end with it.
        self._paused_until = mmap.mmap(-1, 8)

    def on_end(self, span: ReadableSpan) -> None:
        """Keeps it."""
        if len(self._spans) < MOST_SPANS:
            self._spans.append(span)

    def send(self) -> None:
        """Sends what was kept, unless that failed a short time ago."""
        spans, self._spans = self._spans, []
        [paused_until] = struct.unpack("d", self._paused_until[:])
        if not spans or self._now() < paused_until:
            return
        if self._exporter.export(spans) is not SpanExportResult.SUCCESS:
            self._paused_until[:] = struct.pack("d", self._now() + PAUSE_SECONDS)
