"""When traces are sent, where to, and that nothing waits for that for long."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from structlog.contextvars import bound_contextvars

from deploys.telemetry.job_spans import PAUSE_SECONDS, JobSpans
from deploys.telemetry.tracing import JOB_EXPORT_SECONDS, TRACING, Tracing, is_wanted
from tests.bot.bot_processes import clean_env
from tests.logged_lines import logged_lines
from tests.traced import traced

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "slipway"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False),
        (ENDPOINT, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({**ENDPOINT, "OTEL_SDK_DISABLED": "True"}, False),
        ({**ENDPOINT, "OTEL_SDK_DISABLED": "false"}, True),
        ({**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}, False),
        ({**ENDPOINT, "OTEL_TRACES_EXPORTER": "otlp"}, True),
    ],
)
def test_traces_are_sent_if_opentelemetrys_settings_ask_for_it(environ: dict[str, str], wanted: bool) -> None:
    assert is_wanted(environ) is wanted


def test_another_protocol_is_refused_in_the_log() -> None:
    tracing = Tracing()
    with logged_lines() as lines:
        tracing.start("bot", environ={**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})

    assert [(line["event"], line["protocol"]) for line in lines] == [
        ("no traces are sent: only the protocol http/protobuf is supported", "grpc")
    ]
    assert tracing.open("step") is None


def test_without_its_packages_the_log_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    tracing = Tracing()
    with logged_lines() as lines:
        tracing.start("worker", forks=True, environ=ENDPOINT)

    assert [line["event"] for line in lines] == [
        "no traces are sent: OTEL_ settings are there, but not the packages; install slipway-bot[tracing]"
    ]
    assert tracing.open("step") is None


def test_nothing_of_it_is_imported_if_it_is_off(tmp_path: Path) -> None:
    script = (
        "import sys, workers.worker\n"
        "from deploys.telemetry.tracing import TRACING\n"
        "TRACING.start('worker', forks=True)\n"
        "with TRACING.span('job'): TRACING.send_job_spans()\n"
        "ours = ('opentelemetry', 'prometheus_client')\n"
        "print([name for name in sys.modules if name.startswith(ours)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=clean_env(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == "[]\n"


def test_spans_are_nested_and_carry_the_deploy_and_the_kind_of_an_error_alone() -> None:
    def fail() -> None:
        with TRACING.span("job advance"), bound_contextvars(deploy="w7x8y9zt"):
            with TRACING.span("step planning", **{"slipway.service": "web"}):
                pass
            raise ValueError("xoxb-a-secret")

    with traced("worker") as spans, pytest.raises(ValueError):
        fail()

    step, job = spans.all()
    assert dict(step.attributes or {}) == {"slipway.service": "web", "slipway.deploy": "w7x8y9zt"}
    assert dict(job.attributes or {}) == {"error.type": "ValueError"}
    assert spans.parent_of(step) == "job advance"
    assert "a-secret" not in job.to_json() + step.to_json()
    assert dict(job.resource.attributes)["slipway.process"] == "worker"
    assert dict(job.resource.attributes)["service.name"] == "slipway"


class RecordedExports(SpanExporter):
    """Keeps what is sent; `works` is whether that succeeds."""

    def __init__(self) -> None:
        self.sent: list[list[str]] = []
        self.works = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.sent.append([each.name for each in spans])
        return SpanExportResult.SUCCESS if self.works else SpanExportResult.FAILURE


def test_after_a_failure_no_job_of_the_worker_tries_for_a_while() -> None:
    exports, now = RecordedExports(), [1000.0]
    job_spans = JobSpans(exports, now=lambda: now[0])
    tracing = Tracing()
    tracing.begin("worker", job_spans, {})

    def run_job(name: str) -> None:
        with tracing.span(name):
            pass
        job_spans.send()

    job_spans.send()
    run_job("first")
    exports.works = False
    if (pid := os.fork()) == 0:  # a job in its own process
        run_job("second")
        os._exit(0)
    os.waitpid(pid, 0)
    exports.works = True
    run_job("third")
    now[0] += PAUSE_SECONDS + 1
    run_job("fourth")

    assert exports.sent == [["first"], ["fourth"]], "the second was tried in its own process"


class Collector(HTTPServer):
    """An OpenTelemetry collector that keeps the names of spans. A slow one never answers in time."""

    def __init__(self, *, slow: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stopped = threading.Event()
        self.slow = slow
        self.spans: list[tuple[str, str]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.server.slow:
            self.server.stopped.wait(30)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.server.spans += [(self.path, span.name) for span in scope.spans]
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def a_collector(*, slow: bool = False) -> Iterator[Collector]:
    server = Collector(slow=slow)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server.stopped.set()
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("slow", [False, True])
def test_a_job_sends_its_spans_from_its_own_process_and_does_not_wait_for_long(
    slow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_collector(slow=slow) as collector:
        endpoint = f"http://127.0.0.1:{collector.server_port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        tracing = Tracing()
        tracing.start("worker", forks=True)
        began = time.monotonic()
        if (pid := os.fork()) == 0:
            with tracing.span("job advance"), tracing.span("step planning"):
                pass
            tracing.send_job_spans()
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        took = time.monotonic() - began
        received = list(collector.spans)

    assert status == 0
    sent = [("/v1/traces", "step planning"), ("/v1/traces", "job advance")]
    assert received == ([] if slow else sent)
    assert took < JOB_EXPORT_SECONDS * 2.5
