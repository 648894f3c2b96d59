"""A container that cannot end a task is not blamed for its end: optional ones, and those that AWS adds."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from tests.workers.ecs.stopped import a_task, crashed, exited, why
from workers.ecs.essential import marked
from workers.ecs.seen import ContainerSeen, RevisionSeen, TaskSeen
from workers.ecs.why_one_off import cause as why_one_off
from workers.ecs.why_tasks import STOP_CODES, cause, to_blame

NOT_PULLED = "CannotPullContainerError: pull image manifest has been retried 1 time(s): not found"
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
WEB_EXITED = "container `web` exited with code 1. Its last log lines say why."
IMAGE_MISSING = (
    "the image could not be pulled: it is not there. Push it, or deploy a tag that exists. "
    f"ECS says: `{NOT_PULLED}`"
)
OPTIONAL = ["datadog", "aws-guardduty-agent-kjh2", "ecs-service-connect-9xyz"]


def a_revision(**containers: bool) -> RevisionSeen:
    """Each container's name, and whether it is essential."""
    definitions = [{"name": name, "image": "x", "essential": given} for name, given in containers.items()]
    return RevisionSeen("arn", "web", 7, "ACTIVE", {"containerDefinitions": definitions})


REVISION = a_revision(web=True, proxy=True, datadog=False)


def told(task: TaskSeen, revision: RevisionSeen | None = REVISION) -> str:
    (text,) = why(marked(task, revision))
    return text.removeprefix("1 task: ")


def beside(name: str, reason: str = NOT_PULLED, code: int | None = None, health: str = "") -> ContainerSeen:
    return exited(code, name, reason, health)


@pytest.mark.parametrize("name", OPTIONAL)
@pytest.mark.parametrize("first", [True, False])
def test_an_exit_beside_a_container_that_was_not_pulled_is_an_exit(name: str, first: bool) -> None:
    containers = [beside(name), exited(1)]
    task = crashed(*(containers if first else reversed(containers)), started_at=1.0)

    assert told(task) == WEB_EXITED
    assert to_blame(marked(task, REVISION)) == ("web",)


@pytest.mark.parametrize("name", OPTIONAL[1:])
def test_what_aws_adds_is_known_by_its_name_where_the_revision_cannot_be_read(name: str) -> None:
    assert told(crashed(beside(name), exited(1)), None) == WEB_EXITED
    assert told(crashed(beside(name, "", 1), exited(137)), None).startswith("container `web` exited")


def test_without_the_revision_an_exit_still_goes_before_a_reason() -> None:
    assert told(crashed(beside("datadog"), exited(1)), None) == WEB_EXITED


@pytest.mark.parametrize("code", [1, 137, 143, 0, 2])
@pytest.mark.parametrize("name", OPTIONAL)
def test_how_a_bystander_ended_is_no_cause(name: str, code: int) -> None:
    """Exit codes of 0, 137 and 143 are also those of a container that is stopped with the task."""
    task = crashed(beside(name, "", code), exited(143), started_at=1.0)

    assert told(task) == (
        "container `web` exited with code 143 (it was asked to stop, SIGTERM). Its last log lines say why."
    )
    assert to_blame(marked(task, REVISION)) == ("web",)


def test_a_sidecar_that_ran_out_of_memory_is_no_cause_of_anothers_exit() -> None:
    task = crashed(beside("datadog", OUT_OF_MEMORY, 137), exited(1), started_at=1.0)

    assert told(task) == WEB_EXITED
    assert to_blame(marked(task, REVISION)) == ("web",)


def test_an_essential_container_that_ran_out_of_memory_is() -> None:
    task = crashed(beside("proxy", OUT_OF_MEMORY, 137), exited(143), started_at=1.0)

    assert told(task).startswith("container `proxy` ran out of memory and was killed.")
    assert to_blame(marked(task, REVISION)) == ("proxy",)


def test_only_essential_containers_fail_a_health_check() -> None:
    task = a_task(
        "ServiceSchedulerInitiated",
        "Task failed container health checks",
        beside("datadog", "", 143, "UNHEALTHY"),
        exited(137, health="UNHEALTHY"),
        started_at=1.0,
    )

    assert told(task).startswith("the container health check of `web` failed.")
    assert to_blame(marked(task, REVISION)) == ("web",)


def test_a_sidecar_that_is_unhealthy_too_does_not_explain_an_exit() -> None:
    task = crashed(exited(143, "proxy", health="UNHEALTHY"), exited(1), started_at=1.0)

    assert told(task) == WEB_EXITED
    assert to_blame(marked(task, REVISION)) == ("web",)


def test_a_container_that_the_task_waits_for_explains_a_task_that_could_not_start() -> None:
    waits = a_task("TaskFailedToStart", "Task failed to start", exited(None), beside("datadog"))

    assert told(waits) == IMAGE_MISSING


def test_a_reason_of_an_essential_container_or_of_the_task_goes_before_a_bystanders() -> None:
    start = "CannotStartContainerError: exec: permission denied"
    of_web = a_task(
        "TaskFailedToStart", "Task failed to start", beside("datadog"), exited(None, reason=start)
    )
    of_task = a_task("TaskFailedToStart", start, beside("datadog"), exited(None))

    assert "its command may not be executed" in told(of_web)
    assert "its command may not be executed" in told(of_task)


def test_a_container_that_did_not_start_explains_the_end_of_an_essential_one() -> None:
    reason = 'CannotStartContainerError: exec: "/run.sh": stat /run.sh: no such file or directory'

    assert "its command is not in the image" in told(
        crashed(exited(127, reason=reason), exited(143, "proxy"))
    )


@pytest.mark.parametrize("code", [*STOP_CODES, "SomethingNew", ""])
def test_a_bystanders_reason_explains_no_stop_code_but_a_start_that_failed(code: str) -> None:
    task = a_task(code, "no words that are known", beside("datadog"), exited(None))

    assert ("could not be pulled" in told(task)) is (code == "TaskFailedToStart")


@pytest.mark.parametrize(
    "code", ["UserInitiated", "SpotInterruption", "TerminationNotice", "InfrastructureHealth"]
)
@pytest.mark.parametrize("reason", ["Task failed ELB health checks in (target-group x)", OUT_OF_MEMORY, ""])
def test_where_the_code_says_it_all_no_container_and_no_words_do(code: str, reason: str) -> None:
    task = a_task(code, reason, beside("web", OUT_OF_MEMORY, 137))
    found = cause(task)

    assert found is not None
    assert "memory and was killed" not in found.sentence
    assert "health checks failed" not in found.sentence


def test_every_stop_code_was_asked() -> None:
    shape: Any = boto3.client("ecs", region_name="eu-west-1").meta.service_model.shape_for("TaskStopCode")

    assert set(STOP_CODES) == set(shape.enum)


def test_a_container_without_a_word_about_it_is_essential() -> None:
    revision = RevisionSeen("arn", "web", 7, "ACTIVE", {"containerDefinitions": [{"name": "web"}]})

    (web, other) = marked(crashed(exited(1), exited(0, "aws-guardduty-agent-1")), revision).containers

    assert (web.essential, web.checked, other.essential) == (True, False, False)


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_one_off_task_is_not_ended_by_a_bystander(name: str) -> None:
    task = marked(crashed(beside(name), beside("datadog", "", 1), exited(143)), REVISION)

    found = why_one_off(task, "web", by_us=False)

    assert found is not None
    assert found.text == (
        "container `web` exited with code 143 (it was asked to stop, SIGTERM). Its last log lines say why."
    )


def test_a_command_that_ran_out_of_memory_is_not_blamed_on_who_stopped_the_rest() -> None:
    task = a_task("UserInitiated", "Slipway deploy k3m9p2qr: done", exited(137, reason=OUT_OF_MEMORY))

    found = why_one_off(task, "web", by_us=True)

    assert found is not None
    assert found.text.startswith("container `web` ran out of memory and was killed.")
