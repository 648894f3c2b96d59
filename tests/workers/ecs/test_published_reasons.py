"""Every reason of ECS that is on record, and what people read for it. What is new is quoted as it is."""

from __future__ import annotations

import pytest

from deploys.mrkdwn import code
from tests.workers.ecs.published.events import EVENTS_OF_TROUBLE
from tests.workers.ecs.published.placing import PLACING
from tests.workers.ecs.published.pulling import PULLING
from tests.workers.ecs.published.said import UNKNOWN, Said
from tests.workers.ecs.published.secrets import SECRETS_AND_LOGINS
from tests.workers.ecs.published.setting_up import SETTING_UP
from tests.workers.ecs.published.starting import STARTING
from tests.workers.ecs.published.stopping import STOPPING
from tests.workers.ecs.stopped import a_task, exited, said, why

OF_TASKS = (*PULLING, *STARTING, *SECRETS_AND_LOGINS, *SETTING_UP, *PLACING, *STOPPING)

FAILED_TO_START = [each for each in OF_TASKS if each.code == "TaskFailedToStart"]


def in_short(each: Said) -> str:
    return each.words[:60]


@pytest.mark.parametrize("each", OF_TASKS, ids=in_short)
def test_the_reason_of_a_task(each: Said) -> None:
    texts = why(a_task(each.code, each.words))

    if not each.cause:
        assert texts == ()
    elif each.cause == UNKNOWN:
        assert texts == (f"1 task: it could not start; ECS says: {code(each.words)}",)
    else:
        (text,) = texts
        sentence, _, quoted = text.partition(" ECS says: ")
        assert sentence.rstrip(";") == f"1 task: {each.cause}"
        assert not quoted or quoted.startswith("`")


@pytest.mark.parametrize("each", FAILED_TO_START, ids=in_short)
def test_the_same_as_the_reason_of_its_container(each: Said) -> None:
    (of_task,) = why(a_task(each.code, each.words))
    (of_container,) = why(a_task(each.code, "Task failed to start", exited(None, reason=each.words)))

    if each.cause != UNKNOWN:
        assert of_container == of_task


@pytest.mark.parametrize("each", EVENTS_OF_TROUBLE, ids=in_short)
def test_the_words_of_an_event(each: Said) -> None:
    (text,) = said(f"(service web) {each.words}")

    if each.cause == UNKNOWN:
        assert text.startswith("ECS says: `")
    else:
        assert text.partition(" ECS says: ")[0] == each.cause


def test_each_stands_here_once_and_says_where_it_was_published() -> None:
    words = [each.words for each in (*OF_TASKS, *EVENTS_OF_TROUBLE)]

    assert len(words) == len(set(words))
    assert all(each.published for each in (*OF_TASKS, *EVENTS_OF_TROUBLE))


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
    assert said(f"(service web) {words}") == (f"ECS says: `{words}`",)
