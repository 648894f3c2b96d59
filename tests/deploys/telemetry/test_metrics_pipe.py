"""Reports reach the process that serves them, whatever becomes of the one that made them."""

from __future__ import annotations

import os
import signal

from deploys.telemetry.metrics import JOBS, LEASES_LOST, METRICS
from deploys.telemetry.metrics_pipe import LOST, METRICS_PIPE, MetricsPipe
from tests.reported_metrics import reported_metrics

KILLED = 'slipway_jobs_total{job_name="watch",result="ok"}'


def test_what_a_forked_process_counts_is_there_although_it_is_killed() -> None:
    with reported_metrics("worker") as reports:
        for _ in range(3):
            if (pid := os.fork()) == 0:
                JOBS.add(job_name="watch", result="ok")
                os.kill(os.getpid(), signal.SIGKILL)
            os.waitpid(pid, 0)

        assert reports.changed() == {KILLED: 3.0}


def test_a_report_costs_nothing_and_goes_nowhere_if_nobody_serves_metrics() -> None:
    assert not METRICS_PIPE.is_open
    JOBS.add(job_name="watch", result="ok")

    with reported_metrics("worker") as reports:
        assert reports.changed() == {}


def test_a_process_does_not_wait_for_a_reader_that_is_stopped_and_the_loss_is_counted() -> None:
    with reported_metrics("worker") as reports:
        for _ in range(50_000):  # more than a pipe holds
            LEASES_LOST.add(of="deploy")
        before = reports.changed()['slipway_leases_lost_total{of="deploy"}']
        LEASES_LOST.add(of="deploy")

        after = reports.changed()

    assert 0 < before < 50_000
    assert after['slipway_leases_lost_total{of="deploy"}'] == before + 1
    assert after["slipway_metrics_lost_total"] == 50_000 - before


def test_a_process_goes_on_if_the_one_that_serves_its_metrics_is_gone() -> None:
    reading, writing = os.pipe()
    pipe = MetricsPipe()
    pipe.open(writing)
    os.close(reading)

    pipe.send("slipway_jobs_total", 1, ("watch", "ok"))
    pipe.looped()
    pipe.close()


def test_the_name_of_the_loss_is_that_of_its_metric() -> None:
    assert LOST in METRICS
