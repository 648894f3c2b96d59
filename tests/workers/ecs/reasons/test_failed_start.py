from __future__ import annotations

import pytest

from tests.workers.ecs.reasons.stopped_task_builders import a_stopped_task, an_exited_container, explain_tasks

PULL = "CannotPullContainerError: "
INIT = "ResourceInitializationError: "


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (PULL + "manifest for x/web:9 not found: manifest unknown", "it is not there. Push it"),
        (
            PULL + "pull image manifest has been retried 1 time(s): failed to resolve ref x/web:9: not found",
            "it is not there. Push it",
        ),
        (
            PULL + "pull access denied for web, repository does not exist or may require 'docker login'",
            "there is no such repository, or it asks for a login.",
        ),
        (
            PULL
            + "pulling from host 1.dkr.ecr.eu-west-1.amazonaws.com failed with status code 403 Forbidden",
            "its registry does not allow it. Check the execution role",
        ),
        (
            PULL + "toomanyrequests: You have reached your pull rate limit.",
            "the registry's rate limit is reached.",
        ),
        (
            PULL + "image Manifest does not contain descriptor matching platform 'linux/amd64'",
            "it was not built for this CPU or system.",
        ),
        (
            PULL + "failed to do request: Head https://x/v2: dial tcp 10.0.0.1:443: i/o timeout",
            "its registry cannot be reached.",
        ),
        (PULL + "dial tcp: lookup registry.local: no such host", "its registry cannot be reached."),
        (PULL + "write /var/lib: no space left on device", "the disk is full."),
    ],
)
def test_an_image_that_could_not_be_pulled_says_which_way_it_failed(reason: str, sentence: str) -> None:
    (text,) = explain_tasks(a_stopped_task("TaskFailedToStart", reason))

    assert text.startswith(f"1 task: the image could not be pulled: {sentence}")
    assert "ECS says: `CannotPullContainerError: " in text


def test_a_pull_that_failed_some_other_way_is_quoted_without_advice() -> None:
    assert explain_tasks(a_stopped_task("TaskFailedToStart", PULL + "layers and diffIDs differ")) == (
        "1 task: the image could not be pulled. ECS says: `CannotPullContainerError: layers and diffIDs "
        "differ`",
    )


def test_the_reason_is_found_where_the_container_has_it() -> None:
    (text,) = explain_tasks(
        a_stopped_task(
            "TaskFailedToStart",
            "Task failed to start",
            an_exited_container(None, reason=PULL + "manifest unknown"),
        )
    )

    assert text.startswith("1 task: the image could not be pulled: it is not there.")


def test_the_same_cause_in_other_words_is_still_the_same_and_quoted_once() -> None:
    tasks = [
        a_stopped_task("TaskFailedToStart", f"{PULL}dial tcp 10.0.0.{number}:443: i/o timeout")
        for number in range(3)
    ]

    (text,) = explain_tasks(*tasks)

    assert text.startswith("3 tasks: the image could not be pulled: its registry cannot be reached.")
    assert text.endswith("ECS says: `CannotPullContainerError: dial tcp 10.0.0.0:443: i/o timeout`")
