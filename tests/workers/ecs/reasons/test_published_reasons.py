"""Every reason of ECS that is on record, and what people read for it. What is new is quoted as it is."""

from __future__ import annotations

import pytest

from deploys.mrkdwn import code
from tests.workers.ecs.reasons.published.container_starts import CONTAINER_STARTS
from tests.workers.ecs.reasons.published.image_pulls import IMAGE_PULLS
from tests.workers.ecs.reasons.published.published_reason import UNKNOWN, PublishedReason
from tests.workers.ecs.reasons.published.secrets_and_logins import SECRETS_AND_LOGINS
from tests.workers.ecs.reasons.published.service_events import SERVICE_EVENTS
from tests.workers.ecs.reasons.published.task_placement import TASK_PLACEMENT
from tests.workers.ecs.reasons.published.task_setup import TASK_SETUP
from tests.workers.ecs.reasons.published.task_stops import TASK_STOPS
from tests.workers.ecs.reasons.stopped_task_builders import (
    a_stopped_task,
    an_exited_container,
    explain_events,
    explain_tasks,
)

OF_TASKS = (*IMAGE_PULLS, *CONTAINER_STARTS, *SECRETS_AND_LOGINS, *TASK_SETUP, *TASK_PLACEMENT, *TASK_STOPS)

FAILED_TO_START = [each for each in OF_TASKS if each.code == "TaskFailedToStart"]


def in_short(each: PublishedReason) -> str:
    return each.text[:60]


@pytest.mark.parametrize("each", OF_TASKS, ids=in_short)
def test_the_reason_of_a_task(each: PublishedReason) -> None:
    texts = explain_tasks(a_stopped_task(each.code, each.text))

    if not each.cause:
        assert texts == ()
    elif each.cause == UNKNOWN:
        assert texts == (f"1 task: it could not start; ECS says: {code(each.text)}",)
    else:
        (text,) = texts
        sentence, _, quoted = text.partition(" ECS says: ")
        assert sentence.rstrip(";") == f"1 task: {each.cause}"
        assert not quoted or quoted.startswith("`")


@pytest.mark.parametrize("each", FAILED_TO_START, ids=in_short)
def test_the_same_as_the_reason_of_its_container(each: PublishedReason) -> None:
    (of_task,) = explain_tasks(a_stopped_task(each.code, each.text))
    (of_container,) = explain_tasks(
        a_stopped_task(each.code, "Task failed to start", an_exited_container(None, reason=each.text))
    )

    if each.cause != UNKNOWN:
        assert of_container == of_task


@pytest.mark.parametrize("each", SERVICE_EVENTS, ids=in_short)
def test_the_words_of_an_event(each: PublishedReason) -> None:
    (text,) = explain_events(f"(service web) {each.text}")

    if each.cause == UNKNOWN:
        assert text.startswith("ECS says: `")
    else:
        assert text.partition(" ECS says: ")[0] == each.cause


def test_each_stands_here_once_and_says_where_it_was_published() -> None:
    words = [each.text for each in (*OF_TASKS, *SERVICE_EVENTS)]

    assert len(words) == len(set(words))
    assert all(each.source for each in (*OF_TASKS, *SERVICE_EVENTS))


@pytest.mark.parametrize(
    "words",
    [
        "was unable to place a task. Reason: the tide is out.",
        "was unable to place a task because the tide is out.",
        "was unable to place a task because no container instance met all of its requirements. The closest "
        "matching container-instance 0 has its feet wet.",
    ],
)
def test_a_placement_that_failed_for_something_new_gets_no_advice(words: str) -> None:
    assert explain_events(f"(service web) {words}") == (f"ECS says: `{words}`",)
