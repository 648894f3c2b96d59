"""A job that found nothing to do says until when, so that the scheduler enqueues none before that."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from deploys.catalogue.catalogue import Catalogue
from deploys.stores.job_rests import JobRests
from tests.builders import a_service
from workers.dependencies import REST_SECONDS, Dependencies
from workers.retention import SECONDS_BETWEEN_ROUNDS

JOBS: dict[str, tuple[Callable[[Dependencies], None], float]] = {
    "read_user_groups": (Dependencies.read_user_groups, REST_SECONDS),
    "read_freeze_calendars": (Dependencies.read_freeze_calendars, REST_SECONDS),
    "read_slack_directory": (lambda dependencies: dependencies.read_slack_directory(""), 60),
    "forget_thread_messages": (Dependencies.forget_thread_messages, SECONDS_BETWEEN_ROUNDS),
}


@pytest.mark.parametrize("job", JOBS)
def test_what_finds_nothing_rests(dependencies: Dependencies, job: str) -> None:
    run, seconds = JOBS[job]
    without = replace(dependencies, catalogue=Catalogue({"web": a_service("web")}))
    rests, now = JobRests(dependencies.redis), time.time()

    run(without)

    assert job in rests.resting(now + seconds - 1)
    assert job not in rests.resting(now + seconds + 60)
