"""Traces through OpenTelemetry, if its packages and its own settings (`OTEL_*`) are there.

Nothing of it is imported otherwise. A span has a name, the kind of its error and the id of the deploy, which
comes from the log's context; no message of an exception, and nothing that was typed or quoted.

A job runs in a process that is forked for it, where no thread of its worker exists. So its spans are kept,
and sent at the end of the job, for `JOB_EXPORT_SECONDS` at most. If that fails, none of the worker's jobs
tries it for a while. The bot sends them from a thread, as OpenTelemetry does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import structlog

from deploys.telemetry.installed_version import installed_version

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span, Tracer

    from deploys.telemetry.job_spans import JobSpans

log = structlog.get_logger()

EXPORT_SECONDS = 3.0
"""How long a try to send spans may take, also the last one, when the bot ends."""
JOB_EXPORT_SECONDS = 1.0
"""How long the end of a job may take for its spans."""
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Whether OpenTelemetry's settings ask for traces (OpenTelemetry specification, "Environment Variable
    Specification" and "OpenTelemetry Protocol Exporter"). Unlike there, an endpoint has to be set."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() not in ("otlp", ""):
        return False
    return any(environ.get(name, "").strip() for name in _ENDPOINTS)


class Tracing:
    """The spans of this process, and of those that are forked from it. Until `start` there are none."""

    def __init__(self) -> None:
        self._tracer: Tracer | None = None
        self._job_spans: JobSpans | None = None

    def start(self, process: str, *, forks: bool = False, environ: Mapping[str, str] = os.environ) -> None:
        """Begins to trace, if that is wanted and possible. Call it after the last fork of the process that
        makes the spans; forks: it is a worker, which forks for each job."""
        if not is_wanted(environ):
            return
        protocol = next(filter(None, map(environ.get, _PROTOCOLS)), "http/protobuf")
        if protocol != "http/protobuf":
            log.error("no traces are sent: only the protocol http/protobuf is supported", protocol=protocol)
            return
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.trace.export import BatchSpanProcessor

            from deploys.telemetry.job_spans import JobSpans
        except ImportError:
            log.error(
                "no traces are sent: OTEL_ settings are there, but not the packages; "
                "install slipway-bot[tracing]"
            )
            return
        if forks:
            self._job_spans = JobSpans(OTLPSpanExporter(timeout=JOB_EXPORT_SECONDS))
            self.begin(process, self._job_spans, environ)
        else:
            self.begin(process, BatchSpanProcessor(OTLPSpanExporter(timeout=EXPORT_SECONDS)), environ)
        log.info("traces are sent", process=process)

    def begin(self, process: str, processor: SpanProcessor, environ: Mapping[str, str] = os.environ) -> None:
        """Traces with this processor of spans from now on."""
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider

        # What is given here would win over OpenTelemetry's own settings.
        named = "OTEL_SERVICE_NAME" in environ or "service.name=" in environ.get(
            "OTEL_RESOURCE_ATTRIBUTES", ""
        )
        attributes = {"slipway.process": process, **({} if named else {"service.name": "slipway"})}
        provider = TracerProvider(resource=Resource.create(attributes), shutdown_on_exit=True)
        provider.add_span_processor(processor)
        self._tracer = provider.get_tracer("slipway", installed_version())

    def stop(self) -> None:
        """Traces nothing any more."""
        self._tracer = self._job_spans = None

    def send_job_spans(self) -> None:
        """Sends the spans of a job, in the process of the job."""
        if self._job_spans is not None:
            self._job_spans.send()

    def carrier(self) -> dict[str, str]:
        """What a job takes along, so that its span is within the one that is current here (W3C, "Trace
        Context"); empty if there is none."""
        if self._tracer is None:
            return {}
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier)
        return carrier

    @contextmanager
    def span_of_job(self, name: str, carrier: object) -> Iterator[None]:
        """The block as a span, within that which the job was enqueued in. carrier: as it came from Redis."""
        if self._tracer is None:
            yield
            return
        from opentelemetry import context
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        known = carrier if isinstance(carrier, Mapping) else {}
        texts = {str(key): value for key, value in known.items() if isinstance(value, str)}
        token = context.attach(TraceContextTextMapPropagator().extract(texts))
        try:
            with self.span(name):
                yield
        finally:
            context.detach(token)

    @contextmanager
    def span(self, name: str, **attributes: str) -> Iterator[None]:
        """The block as a span, within the one that is current."""
        if self._tracer is None:
            yield
            return
        span = self.open(name, **attributes)
        error: BaseException | None = None
        try:
            with _as_current(span):
                yield
        except BaseException as caught:
            error = caught
            raise
        finally:
            self.close(span, type(error).__name__ if error else "")

    def open(self, name: str, **attributes: str) -> Span | None:
        """A span that `close` ends. It does not become the current one."""
        if self._tracer is None:
            return None
        return self._tracer.start_span(name, attributes=attributes)

    def close(self, span: Span | None, error: str = "") -> None:
        """Ends a span. error: what kind of error it ended with, if any."""
        if span is None:
            return
        from opentelemetry.trace import StatusCode

        if deploy := structlog.contextvars.get_contextvars().get("deploy"):
            span.set_attribute("slipway.deploy", str(deploy))
        if error:
            span.set_attribute("error.type", error)
            span.set_status(StatusCode.ERROR)
        span.end()


TRACING = Tracing()
"""Of this process, and of all that are forked from it."""


def _as_current(span: Span | None) -> Any:
    from opentelemetry.trace import use_span

    if span is None:
        return nullcontext()
    return use_span(span, end_on_exit=False, record_exception=False, set_status_on_exception=False)
