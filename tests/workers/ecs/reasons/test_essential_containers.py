"""A container that cannot end a task is not blamed for its end: optional ones, and those that AWS adds."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from tests.workers.ecs.reasons.stopped_task_builders import (
    a_crashed_task,
    a_stopped_task,
    an_exited_container,
    explain_tasks,
)
from workers.ecs.reasons.essential_containers import mark_essential_containers
from workers.ecs.reasons.stopped_one_off_task import explain_one_off_stop as why_one_off
from workers.ecs.reasons.stopped_task import CAUSES_BY_STOP_CODE, explain_stop, find_blamed_containers
from workers.ecs.state import ContainerState, RevisionState, TaskState

NOT_PULLED = "CannotPullContainerError: pull image manifest has been retried 1 time(s): not found"
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
WEB_EXITED = "container `web` exited with code 1. Its last log lines say why."
IMAGE_MISSING = (
    "the image could not be pulled: it is not there. Push it, or deploy a tag that exists. "
    f"ECS says: `{NOT_PULLED}`"
)
OPTIONAL = ["datadog", "aws-guardduty-agent-kjh2", "ecs-service-connect-9xyz"]


def a_revision(**containers: bool) -> RevisionState:
    """Each container's name, and whether it is essential."""
    definitions = [{"name": name, "image": "x", "essential": given} for name, given in containers.items()]
    return RevisionState("arn", "web", 7, "ACTIVE", {"containerDefinitions": definitions})


REVISION = a_revision(web=True, proxy=True, datadog=False)


def explain(task: TaskState, revision: RevisionState | None = REVISION) -> str:
    (text,) = explain_tasks(mark_essential_containers(task, revision))
    return text.removeprefix("1 task: ")


def a_sidecar(
    name: str, reason: str = NOT_PULLED, code: int | None = None, health: str = ""
) -> ContainerState:
    return an_exited_container(code, name, reason, health)


@pytest.mark.parametrize("name", OPTIONAL)
@pytest.mark.parametrize("first", [True, False])
def test_an_exit_beside_a_container_that_was_not_pulled_is_an_exit(name: str, first: bool) -> None:
    containers = [a_sidecar(name), an_exited_container(1)]
    task = a_crashed_task(*(containers if first else reversed(containers)), started_at=1.0)

    assert explain(task) == WEB_EXITED
    assert find_blamed_containers(mark_essential_containers(task, REVISION)) == ("web",)


@pytest.mark.parametrize("name", OPTIONAL[1:])
def test_what_aws_adds_is_known_by_its_name_where_the_revision_cannot_be_read(name: str) -> None:
    assert explain(a_crashed_task(a_sidecar(name), an_exited_container(1)), None) == WEB_EXITED
    assert explain(a_crashed_task(a_sidecar(name, "", 1), an_exited_container(137)), None).startswith(
        "container `web` exited"
    )


def test_without_the_revision_an_exit_still_goes_before_a_reason() -> None:
    assert explain(a_crashed_task(a_sidecar("datadog"), an_exited_container(1)), None) == WEB_EXITED


@pytest.mark.parametrize("code", [1, 137, 143, 0, 2])
@pytest.mark.parametrize("name", OPTIONAL)
def test_how_a_bystander_ended_is_no_cause(name: str, code: int) -> None:
    """Exit codes of 0, 137 and 143 are also those of a container that is stopped with the task."""
    task = a_crashed_task(a_sidecar(name, "", code), an_exited_container(143), started_at=1.0)

    assert explain(task) == (
        "container `web` exited with code 143 (it was asked to stop, SIGTERM). Its last log lines say why."
    )
    assert find_blamed_containers(mark_essential_containers(task, REVISION)) == ("web",)


def test_a_sidecar_that_ran_out_of_memory_is_no_cause_of_anothers_exit() -> None:
    task = a_crashed_task(a_sidecar("datadog", OUT_OF_MEMORY, 137), an_exited_container(1), started_at=1.0)

    assert explain(task) == WEB_EXITED
    assert find_blamed_containers(mark_essential_containers(task, REVISION)) == ("web",)


def test_an_essential_container_that_ran_out_of_memory_is() -> None:
    task = a_crashed_task(a_sidecar("proxy", OUT_OF_MEMORY, 137), an_exited_container(143), started_at=1.0)

    assert explain(task).startswith("container `proxy` ran out of memory and was killed.")
    assert find_blamed_containers(mark_essential_containers(task, REVISION)) == ("proxy",)


def test_only_essential_containers_fail_a_health_check() -> None:
    task = a_stopped_task(
        "ServiceSchedulerInitiated",
        "Task failed container health checks",
        a_sidecar("datadog", "", 143, "UNHEALTHY"),
        an_exited_container(137, health="UNHEALTHY"),
        started_at=1.0,
    )

    assert explain(task).startswith("the container health check of `web` failed.")
    assert find_blamed_containers(mark_essential_containers(task, REVISION)) == ("web",)


def test_a_sidecar_that_is_unhealthy_too_does_not_explain_an_exit() -> None:
    task = a_crashed_task(
        an_exited_container(143, "proxy", health="UNHEALTHY"), an_exited_container(1), started_at=1.0
    )

    assert explain(task) == WEB_EXITED
    assert find_blamed_containers(mark_essential_containers(task, REVISION)) == ("web",)


def test_a_container_that_the_task_waits_for_explains_a_task_that_could_not_start() -> None:
    waits = a_stopped_task(
        "TaskFailedToStart", "Task failed to start", an_exited_container(None), a_sidecar("datadog")
    )

    assert explain(waits) == IMAGE_MISSING


def test_a_reason_of_an_essential_container_or_of_the_task_goes_before_a_bystanders() -> None:
    start = "CannotStartContainerError: exec: permission denied"
    of_web = a_stopped_task(
        "TaskFailedToStart",
        "Task failed to start",
        a_sidecar("datadog"),
        an_exited_container(None, reason=start),
    )
    of_task = a_stopped_task("TaskFailedToStart", start, a_sidecar("datadog"), an_exited_container(None))

    assert "its command may not be executed" in explain(of_web)
    assert "its command may not be executed" in explain(of_task)


def test_a_container_that_did_not_start_explains_the_end_of_an_essential_one() -> None:
    reason = 'CannotStartContainerError: exec: "/run.sh": stat /run.sh: no such file or directory'

    assert "its command is not in the image" in explain(
        a_crashed_task(an_exited_container(127, reason=reason), an_exited_container(143, "proxy"))
    )


@pytest.mark.parametrize("code", [*CAUSES_BY_STOP_CODE, "SomethingNew", ""])
def test_a_bystanders_reason_explains_no_stop_code_but_a_start_that_failed(code: str) -> None:
    task = a_stopped_task(code, "no words that are known", a_sidecar("datadog"), an_exited_container(None))

    assert ("could not be pulled" in explain(task)) is (code == "TaskFailedToStart")


@pytest.mark.parametrize(
    "code", ["UserInitiated", "SpotInterruption", "TerminationNotice", "InfrastructureHealth"]
)
@pytest.mark.parametrize("reason", ["Task failed ELB health checks in (target-group x)", OUT_OF_MEMORY, ""])
def test_where_the_code_says_it_all_no_container_and_no_words_do(code: str, reason: str) -> None:
    task = a_stopped_task(code, reason, a_sidecar("web", OUT_OF_MEMORY, 137))
    found = explain_stop(task)

    assert found is not None
    assert "memory and was killed" not in found.sentence
    assert "health checks failed" not in found.sentence


def test_every_stop_code_was_asked() -> None:
    shape: Any = boto3.client("ecs", region_name="eu-west-1").meta.service_model.shape_for("TaskStopCode")

    assert set(CAUSES_BY_STOP_CODE) == set(shape.enum)


def test_a_container_without_a_word_about_it_is_essential() -> None:
    revision = RevisionState("arn", "web", 7, "ACTIVE", {"containerDefinitions": [{"name": "web"}]})

    (web, other) = mark_essential_containers(
        a_crashed_task(an_exited_container(1), an_exited_container(0, "aws-guardduty-agent-1")), revision
    ).containers

    assert (web.essential, web.has_health_check, other.essential) == (True, False, False)


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_one_off_task_is_not_ended_by_a_bystander(name: str) -> None:
    task = mark_essential_containers(
        a_crashed_task(a_sidecar(name), a_sidecar("datadog", "", 1), an_exited_container(143)), REVISION
    )

    found = why_one_off(task, "web", by_us=False)

    assert found is not None
    assert found.text == (
        "container `web` exited with code 143 (it was asked to stop, SIGTERM). Its last log lines say why."
    )


def test_a_command_that_ran_out_of_memory_is_not_blamed_on_who_stopped_the_rest() -> None:
    task = a_stopped_task(
        "UserInitiated", "Slipway deploy k3m9p2qr: done", an_exited_container(137, reason=OUT_OF_MEMORY)
    )

    found = why_one_off(task, "web", by_us=True)

    assert found is not None
    assert found.text.startswith("container `web` ran out of memory and was killed.")
