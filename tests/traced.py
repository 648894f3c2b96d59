"""The spans of this process, kept for a test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from deploys.telemetry.tracing import TRACING


class Spans:
    """The spans that have ended."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    def all(self) -> Sequence[ReadableSpan]:
        return self._exporter.get_finished_spans()

    def named(self, begin: str) -> list[ReadableSpan]:
        """Those whose names begin so."""
        return [each for each in self.all() if each.name.startswith(begin)]

    def parent_of(self, span: ReadableSpan) -> str:
        """The name of the span around it; empty if there is none."""
        inside = span.parent.span_id if span.parent else None
        return next((each.name for each in self.all() if each.context.span_id == inside), "")


@contextmanager
def traced(process: str) -> Iterator[Spans]:
    """Traces what the block does."""
    exporter = InMemorySpanExporter()
    TRACING.begin(process, SimpleSpanProcessor(exporter), {})
    try:
        yield Spans(exporter)
    finally:
        TRACING.stop()
