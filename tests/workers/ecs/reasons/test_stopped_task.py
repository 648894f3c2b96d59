from __future__ import annotations

from typing import Any

import boto3
import pytest

from tests.workers.ecs.reasons.stopped_task_builders import (
    AT,
    a_crashed_task,
    a_stopped_task,
    an_exited_container,
    explain_tasks,
)
from workers.ecs.reasons.stopped_task import CAUSES_BY_STOP_CODE
from workers.ecs.state import TaskState


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (1, "container `web` exited with code 1. Its last log lines say why."),
        (2, "container `web` exited with code 2. Its last log lines say why."),
        (255, "container `web` exited with code 255. Its last log lines say why."),
        (
            0,
            "container `web` exited with code 0 (it finished, but a service's container has to keep "
            "running). Its last log lines say why.",
        ),
        (
            127,
            "container `web` exited with code 127 (its command was not found in the image). "
            "Its last log lines say why.",
        ),
        (
            137,
            "container `web` exited with code 137 (it was killed, SIGKILL: it used too much memory, or did "
            "not stop in time when asked to). Its last log lines say why.",
        ),
        (
            139,
            "container `web` exited with code 139 (it crashed, SIGSEGV: it touched memory that was not its "
            "own). Its last log lines say why.",
        ),
        (
            143,
            "container `web` exited with code 143 (it was asked to stop, SIGTERM). Its last log lines say "
            "why.",
        ),
    ],
)
def test_an_exit_code_is_given_its_meaning(code: int, sentence: str) -> None:
    assert explain_tasks(a_crashed_task(an_exited_container(code))) == (f"1 task: {sentence}",)


def test_a_sidecar_that_was_stopped_after_the_crash_is_not_blamed() -> None:
    for code in (0, 137, 143, None):
        assert explain_tasks(a_crashed_task(an_exited_container(code, "envoy"), an_exited_container(1))) == (
            "1 task: container `web` exited with code 1. Its last log lines say why.",
        )


def test_where_it_cannot_be_told_who_ended_first_all_are_named() -> None:
    assert explain_tasks(
        a_crashed_task(an_exited_container(143, "envoy"), an_exited_container(0, "app"))
    ) == (
        "1 task: containers `app` exited with code 0 (it finished, but a service's container has to keep "
        "running) and `envoy` exited with code 143 (it was asked to stop, SIGTERM); an essential one of "
        "them ended first. Their last log lines say why.",
    )


def test_same_causes_are_counted_and_not_repeated_most_frequent_first() -> None:
    web = a_crashed_task(an_exited_container(1))
    worker = a_crashed_task(an_exited_container(3, "worker"))

    assert explain_tasks(worker, web, web) == (
        "2 tasks: container `web` exited with code 1. Its last log lines say why.",
        "1 task: container `worker` exited with code 3. Its last log lines say why.",
    )


def test_running_out_of_memory_is_said_instead_of_code_137() -> None:
    reason = "OutOfMemoryError: Container killed due to memory usage"
    memory = "ran out of memory and was killed. Give it more, or make it use less."

    assert explain_tasks(
        a_crashed_task(an_exited_container(143, "envoy"), an_exited_container(137, reason=reason))
    ) == (f"1 task: container `web` {memory}",)
    assert explain_tasks(a_stopped_task("EssentialContainerExited", reason, an_exited_container(137))) == (
        f"1 task: a container {memory}",
    )


# Health


def test_a_failed_health_check_of_the_load_balancer_names_the_target_group() -> None:
    reason = (
        "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:eu-west-1:123456789012:"
        "targetgroup/web-blue/6d0ecf831eec9f09)"
    )

    assert explain_tasks(a_stopped_task("ServiceSchedulerInitiated", reason, an_exited_container(143))) == (
        "1 task: the load balancer's health checks failed in target group `web-blue`. Check the path, "
        "port and answer that the target group expects, and whether the grace period is long enough.",
    )


def test_a_classic_load_balancer_has_no_target_group_to_name() -> None:
    reason = "Task failed ELB health checks in (elb web)"

    assert explain_tasks(a_stopped_task("ServiceSchedulerInitiated", reason))[0].startswith(
        "1 task: the load balancer's health checks failed. Check"
    )


def test_a_failed_container_health_check_names_the_container() -> None:
    task = a_stopped_task(
        "ServiceSchedulerInitiated",
        "Task failed container health checks",
        an_exited_container(143, "envoy", health="HEALTHY"),
        an_exited_container(137, health="UNHEALTHY"),
    )

    assert explain_tasks(task) == (
        "1 task: the container health check of `web` failed. Run that check's command in the image, and "
        "see whether its start period is long enough.",
    )


def test_every_stop_code_of_the_model_has_its_meaning() -> None:
    shape: Any = boto3.client("ecs", region_name="eu-west-1").meta.service_model.shape_for("TaskStopCode")

    assert set(CAUSES_BY_STOP_CODE) == set(shape.enum)


@pytest.mark.parametrize("code", [*CAUSES_BY_STOP_CODE, "SomethingNew", ""])
def test_no_stop_is_left_without_a_sentence(code: str) -> None:
    (text,) = explain_tasks(a_stopped_task(code, "nobody has seen this reason before"))

    assert text.startswith("1 task: ")
    assert code == "SpotInterruption" or "`nobody has seen this reason before`" in text


@pytest.mark.parametrize(
    ("task", "text"),
    [
        (
            a_stopped_task("UserInitiated", "Task stopped by user"),
            "1 task: somebody, or a tool, stopped it. CloudTrail shows who called StopTask. "
            "ECS says: `Task stopped by user`",
        ),
        (
            a_stopped_task("SpotInterruption", "Your Spot Task was interrupted.", an_exited_container(143)),
            "1 task: Spot took its capacity back, and ECS starts another one. If this is a "
            "problem, use capacity that is not Spot.",
        ),
        (
            a_stopped_task("TerminationNotice", "Host EC2 (instance i-1) terminated."),
            "1 task: its instance was being terminated, and ECS starts another one elsewhere. "
            "ECS says: `Host EC2 (instance i-1) terminated.`",
        ),
        (
            a_stopped_task("InfrastructureHealth", "impaired"),
            "1 task: the machine under it was not healthy, and ECS starts another one elsewhere. "
            "ECS says: `impaired`",
        ),
        (
            a_stopped_task(
                "TaskFailedToStart", "Unheard of", an_exited_container(None, reason="also unheard of")
            ),
            "1 task: it could not start; ECS says: `Unheard of` and `also unheard of`",
        ),
        (
            a_crashed_task(an_exited_container(None)),
            "1 task: an essential container of it ended, and ECS gives no exit code; ECS says: `Essential "
            "container in task exited`",
        ),
        (
            a_stopped_task("ServiceSchedulerInitiated", "Unheard of"),
            "1 task: ECS's scheduler stopped it; ECS says: `Unheard of`",
        ),
        (
            a_stopped_task("", "Unheard of"),
            "1 task: it stopped, and ECS gives no stop code; ECS says: `Unheard of`",
        ),
        (
            a_stopped_task("SomethingNew", "Unheard of"),
            "1 task: it stopped with stop code `SomethingNew`, which I do not know; ECS says: `Unheard of`",
        ),
    ],
)
def test_the_other_stop_codes_are_explained(task: TaskState, text: str) -> None:
    assert explain_tasks(task) == (text,)


def test_tasks_stopped_in_the_course_of_things_say_nothing() -> None:
    scaled = a_stopped_task(
        "ServiceSchedulerInitiated",
        "Scaling activity initiated by (deployment ecs-svc/2)",
        an_exited_container(137),
    )
    running = a_stopped_task("", "", last_status="RUNNING", desired_status="RUNNING", stopped_at=None)

    assert explain_tasks(scaled, running) == ()


def test_what_stopped_earlier_is_left_out() -> None:
    assert explain_tasks(a_crashed_task(an_exited_container(1), stopped_at=AT - 1)) == ()
    assert explain_tasks(a_crashed_task(an_exited_container(1), stopped_at=None, stopping_at=AT - 1)) == ()
    assert len(explain_tasks(a_crashed_task(an_exited_container(1), stopped_at=AT))) == 1
    assert len(explain_tasks(a_crashed_task(an_exited_container(1), stopped_at=None, stopping_at=None))) == 1


def test_what_aws_says_has_no_power_over_the_message() -> None:
    hostile = a_stopped_task("TaskFailedToStart", "<!channel> `x` & more")

    assert explain_tasks(hostile) == (
        "1 task: it could not start; ECS says: `&lt;!channel&gt; ’x’ &amp; more`",
    )


def test_a_very_long_reason_is_cut() -> None:
    (text,) = explain_tasks(a_stopped_task("TaskFailedToStart", "x" * 5000))

    assert len(text) < 400
    assert text.endswith("…`")
