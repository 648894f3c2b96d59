"""What this process reports to the metrics, as a scrape would show it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from prometheus_client.parser import text_string_to_metric_families

from deploys.telemetry.exposition import Exposition
from deploys.telemetry.metrics_pipe import METRICS_PIPE
from deploys.telemetry.process_state import ProcessState

NO_REDIS = "redis://127.0.0.1:1/0"
Series = Mapping[str, float]
"""By name and labels, as in `slipway_jobs_total{job_name="watch",result="ok"}`."""


def parse_scrape(text: str) -> dict[str, float]:
    """The series of a scrape, without those of buckets."""
    return {
        _series(sample.name, sample.labels): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }


def _series(name: str, labels: Mapping[str, str]) -> str:
    shown = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    return f"{name}{{{shown}}}" if shown else name


def new_exposition(process: str, redis_url: str = NO_REDIS) -> tuple[Exposition, ProcessState]:
    """An exposition without reports."""
    state = ProcessState(process)
    return Exposition(process, redis_url, state, "1.2.3"), state


class Reports:
    """Reads what was reported so far."""

    def __init__(self, process: str, reading: int) -> None:
        self.exposition, self.state = new_exposition(process)
        self._reading = reading

    def read(self) -> dict[str, float]:
        """All series, with the reports of this process and of those that it forked."""
        os.set_blocking(self._reading, False)
        received = b""
        try:
            while part := os.read(self._reading, 65536):
                received += part
        except BlockingIOError:
            pass
        for line in received.splitlines():
            self.exposition.take(line)
        return parse_scrape(self.exposition.text().decode())

    def changed(self) -> dict[str, float]:
        """The series that are not 0, without those that measure time or are looked up."""
        left_out = ("_sum", "slipway_process_info", "slipway_last_loop", "slipway_redis")
        return {
            name: value
            for name, value in self.read().items()
            if value and not name.partition("{")[0].endswith(left_out) and not name.startswith(left_out)
        }


@contextmanager
def reported_metrics(process: str) -> Iterator[Reports]:
    """Receives what this process reports within the block. process: whose metrics they are."""
    reading, writing = os.pipe()
    METRICS_PIPE.open(writing)
    try:
        yield Reports(process, reading)
    finally:
        METRICS_PIPE.close()
        os.close(reading)
