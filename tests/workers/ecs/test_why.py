from __future__ import annotations

from typing import Any

import boto3
import pytest

from workers.ecs.seen import ContainerSeen, EventSeen, TaskSeen
from workers.ecs.why import explain
from workers.ecs.why_tasks import STOP_CODES

AT = 1_790_000_000.0


def a_task(code: str, reason: str = "", *containers: ContainerSeen, **more: Any) -> TaskSeen:
    fields: dict[str, Any] = {
        "arn": "arn:aws:ecs:eu-west-1:123456789012:task/production/0123",
        "last_status": "STOPPED",
        "desired_status": "STOPPED",
        "revision": "web:7",
        "stop_code": code,
        "stopped_reason": reason,
        "stopped_at": AT + 10,
        "containers": containers,
    }
    return TaskSeen(**{**fields, **more})


def exited(code: int | None, name: str = "web", reason: str = "", health: str = "") -> ContainerSeen:
    return ContainerSeen(name, "STOPPED", exit_code=code, reason=reason, health=health)


def crashed(*containers: ContainerSeen, **more: Any) -> TaskSeen:
    return a_task("EssentialContainerExited", "Essential container in task exited", *containers, **more)


def an_event(message: str, at: float = AT + 10) -> EventSeen:
    return EventSeen("e", at, message)


def why(*tasks: TaskSeen) -> tuple[str, ...]:
    return explain(tasks, (), AT)


def said(*messages: str) -> tuple[str, ...]:
    return explain((), [an_event(message) for message in messages], AT)


# Exits


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
    assert why(crashed(exited(code))) == (f"1 task: {sentence}",)


def test_a_sidecar_that_was_stopped_after_the_crash_is_not_blamed() -> None:
    for code in (0, 137, 143, None):
        assert why(crashed(exited(code, "envoy"), exited(1))) == (
            "1 task: container `web` exited with code 1. Its last log lines say why.",
        )


def test_where_it_cannot_be_told_who_ended_first_all_are_named() -> None:
    assert why(crashed(exited(143, "envoy"), exited(0, "app"))) == (
        "1 task: containers `app` exited with code 0 (it finished, but a service's container has to keep "
        "running) and `envoy` exited with code 143 (it was asked to stop, SIGTERM); an essential one of "
        "them ended first. Their last log lines say why.",
    )


def test_same_causes_are_counted_and_not_repeated_most_frequent_first() -> None:
    web = crashed(exited(1))
    worker = crashed(exited(3, "worker"))

    assert why(worker, web, web) == (
        "2 tasks: container `web` exited with code 1. Its last log lines say why.",
        "1 task: container `worker` exited with code 3. Its last log lines say why.",
    )


def test_running_out_of_memory_is_said_instead_of_code_137() -> None:
    reason = "OutOfMemoryError: Container killed due to memory usage"
    memory = "ran out of memory and was killed. Give it more, or make it use less."

    assert why(crashed(exited(143, "envoy"), exited(137, reason=reason))) == (
        f"1 task: container `web` {memory}",
    )
    assert why(a_task("EssentialContainerExited", reason, exited(137))) == (f"1 task: a container {memory}",)


# Health


def test_a_failed_health_check_of_the_load_balancer_names_the_target_group() -> None:
    reason = (
        "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:eu-west-1:123456789012:"
        "targetgroup/web-blue/6d0ecf831eec9f09)"
    )

    assert why(a_task("ServiceSchedulerInitiated", reason, exited(143))) == (
        "1 task: it failed the load balancer's health checks in target group `web-blue`. Check the path, "
        "port and answer that the target group expects, and whether the grace period is long enough.",
    )


def test_a_classic_load_balancer_has_no_target_group_to_name() -> None:
    reason = "Task failed ELB health checks in (elb web)"

    assert why(a_task("ServiceSchedulerInitiated", reason))[0].startswith(
        "1 task: it failed the load balancer's health checks. Check"
    )


def test_a_failed_container_health_check_names_the_container() -> None:
    task = a_task(
        "ServiceSchedulerInitiated",
        "Task failed container health checks",
        exited(143, "envoy", health="HEALTHY"),
        exited(137, health="UNHEALTHY"),
    )

    assert why(task) == (
        "1 task: it failed the container health check of `web`. Run that check's command in the image, and "
        "see whether its start period is long enough.",
    )


# Starting


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
            "its registry does not allow it. Check the execution role",
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
    (text,) = why(a_task("TaskFailedToStart", reason))

    assert text.startswith(f"1 task: the image could not be pulled: {sentence}")
    assert "ECS says: `CannotPullContainerError: " in text


def test_a_pull_that_failed_some_other_way_says_what_to_check() -> None:
    assert why(a_task("TaskFailedToStart", PULL + "layers and diffIDs differ")) == (
        "1 task: the image could not be pulled. Check that it exists and that the execution role may pull "
        "it. ECS says: `CannotPullContainerError: layers and diffIDs differ`",
    )


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            "unable to pull secrets or registry auth: execution resource retrieval failed: unable to "
            "retrieve secret from asm: fetching secret data from AWS Secrets Manager: "
            "ResourceNotFoundException",
            "its secrets could not be fetched.",
        ),
        (
            "unable to pull secrets or registry auth: unable to retrieve secrets from ssm: "
            "AccessDeniedException",
            "its secrets could not be fetched.",
        ),
        (
            "unable to pull secrets or registry auth: execution resource retrieval failed: unable to "
            "retrieve ecr registry auth: RequestError: dial tcp: i/o timeout",
            "the login to the image registry failed.",
        ),
        ("failed to validate logger args: The specified log group does not exist", "its logging could not"),
        ("failed to invoke EFS utils commands to set up EFS volumes", "a volume could not be mounted."),
        ("something that nobody has seen yet", "what it needs could not be set up."),
    ],
)
def test_what_could_not_be_set_up_is_told_apart(reason: str, sentence: str) -> None:
    (text,) = why(a_task("TaskFailedToStart", INIT + reason))

    assert text.startswith(f"1 task: {sentence}")
    assert f"ECS says: `{INIT}{reason}`" in text


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("Capacity is unavailable at this time. Please try again later", "there was no room for it."),
        ("Timeout waiting for network interface provisioning to complete.", "it got no network interface."),
        ("CannotStartContainerError: exec: permission denied", "its container could not be started."),
        ("CannotCreateVolumeError: no such driver", "a volume could not be made."),
    ],
)
def test_other_failed_starts_are_explained(reason: str, sentence: str) -> None:
    assert why(a_task("TaskFailedToStart", reason))[0].startswith(f"1 task: {sentence}")


def test_the_reason_is_found_where_the_container_has_it() -> None:
    (text,) = why(
        a_task("TaskFailedToStart", "Task failed to start", exited(None, reason=PULL + "manifest unknown"))
    )

    assert text.startswith("1 task: the image could not be pulled: it is not there.")


def test_the_same_cause_in_other_words_is_still_the_same_and_quoted_once() -> None:
    tasks = [
        a_task("TaskFailedToStart", f"{PULL}dial tcp 10.0.0.{number}:443: i/o timeout") for number in range(3)
    ]

    (text,) = why(*tasks)

    assert text.startswith("3 tasks: the image could not be pulled: its registry cannot be reached.")
    assert text.endswith("ECS says: `CannotPullContainerError: dial tcp 10.0.0.0:443: i/o timeout`")


# Every stop code


def test_every_stop_code_of_the_model_has_its_meaning() -> None:
    shape: Any = boto3.client("ecs", region_name="eu-west-1").meta.service_model.shape_for("TaskStopCode")

    assert set(STOP_CODES) == set(shape.enum)


@pytest.mark.parametrize("code", [*STOP_CODES, "SomethingNew", ""])
def test_no_stop_is_left_without_a_sentence(code: str) -> None:
    (text,) = why(a_task(code, "nobody has seen this reason before"))

    assert text.startswith("1 task: ")
    assert code == "SpotInterruption" or "`nobody has seen this reason before`" in text


@pytest.mark.parametrize(
    ("task", "text"),
    [
        (
            a_task("UserInitiated", "Task stopped by user"),
            "1 task: somebody, or some tool, stopped it. CloudTrail knows who called StopTask. "
            "ECS says: `Task stopped by user`",
        ),
        (
            a_task("SpotInterruption", "Your Spot Task was interrupted.", exited(143)),
            "1 task: Spot took its capacity back, and ECS starts another one. Where this hurts, use "
            "capacity that is not Spot.",
        ),
        (
            a_task("TerminationNotice", "Host EC2 (instance i-1) terminated."),
            "1 task: its instance was being terminated, and ECS starts another one elsewhere. "
            "ECS says: `Host EC2 (instance i-1) terminated.`",
        ),
        (
            a_task("InfrastructureHealth", "impaired"),
            "1 task: the machine under it was not healthy, and ECS starts another one elsewhere. "
            "ECS says: `impaired`",
        ),
        (
            a_task("TaskFailedToStart", "Unheard of", exited(None, reason="also unheard of")),
            "1 task: it stopped with TaskFailedToStart. ECS says: `Unheard of` and `also unheard of`",
        ),
        (
            crashed(exited(None)),
            "1 task: it stopped with EssentialContainerExited. ECS says: `Essential container in task "
            "exited`",
        ),
    ],
)
def test_the_other_stop_codes_are_explained(task: TaskSeen, text: str) -> None:
    assert why(task) == (text,)


def test_tasks_stopped_in_the_course_of_things_say_nothing() -> None:
    scaled = a_task(
        "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/2)", exited(137)
    )
    running = a_task("", "", last_status="RUNNING", desired_status="RUNNING", stopped_at=None)

    assert why(scaled, running) == ()


def test_what_stopped_earlier_is_left_out() -> None:
    assert why(crashed(exited(1), stopped_at=AT - 1)) == ()
    assert why(crashed(exited(1), stopped_at=None, stopping_at=AT - 1)) == ()
    assert len(why(crashed(exited(1), stopped_at=AT))) == 1
    assert len(why(crashed(exited(1), stopped_at=None, stopping_at=None))) == 1


def test_what_aws_says_has_no_power_over_the_message() -> None:
    hostile = a_task("TaskFailedToStart", "<!channel> `x` & more")

    assert why(hostile) == (
        "1 task: it stopped with TaskFailedToStart. ECS says: `&lt;!channel&gt; ’x’ &amp; more`",
    )


def test_a_very_long_reason_is_cut() -> None:
    (text,) = why(a_task("TaskFailedToStart", "x" * 5000))

    assert len(text) < 400
    assert text.endswith("…`")


# Events


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            "(service web) was unable to place a task because no container instance met all of its "
            "requirements.",
            "ECS finds no room for a task. It keeps trying; add capacity, or ask for less CPU and memory. "
            "ECS says: `was unable to place a task because no container instance met all of its "
            "requirements.`",
        ),
        (
            "(service web) was unable to place a task. Reason: Capacity is unavailable at this time. "
            "Please try again later or in a different availability zone. For more information, see the "
            "Troubleshooting section of the Amazon ECS Developer Guide.",
            "ECS finds no room for a task. It keeps trying; add capacity, or ask for less CPU and memory. "
            "ECS says: `was unable to place a task. Reason: Capacity is unavailable at this time. Please "
            "try again later or in a different availability zone.`",
        ),
        (
            "(service web) (task 0123) (port 80) is unhealthy in (target-group "
            "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web/6d0e) due to (reason Health checks "
            "failed with these codes: [502])",
            "the load balancer finds a task unhealthy in target group `web`: Health checks failed with "
            "these codes: [502].",
        ),
        (
            "(service web) (task 0123) failed container health checks.",
            "a task failed its container health check. Run that check's command in the image.",
        ),
        (
            "(service web) is unable to consistently start tasks successfully. For more information, see the "
            "Troubleshooting section.",
            "tasks fail again and again, so ECS waits longer and longer before it starts the next.",
        ),
        (
            "(service web) was unable to stop or start tasks during a deployment because of the service "
            "deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try "
            "again.",
            "ECS says: `was unable to stop or start tasks during a deployment because of the service "
            "deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try "
            "again.`",
        ),
        (
            "(service web, taskSet ecs-svc/1) failed to register targets in (target-group arn:x) with "
            "(error <b>)",
            "ECS says: `failed to register targets in (target-group arn:x) with (error &lt;b&gt;)`",
        ),
    ],
)
def test_an_event_that_tells_of_trouble_is_explained(message: str, text: str) -> None:
    assert said(message) == (text,)


@pytest.mark.parametrize(
    "message",
    [
        "(service web) has started 2 tasks: (task 0123) (task 4567).",
        "(service web) has stopped 1 running tasks: (task 0123).",
        "(service web) registered 1 targets in (target-group arn:x)",
        "(service web) deregistered 1 targets in (target-group arn:x)",
        "(service web) has begun draining connections on 1 tasks.",
        "(service web) (deployment ecs-svc/1) deployment completed.",
        "(service web) has reached a steady state.",
        "(service web) updated computedDesiredCount to 3.",
        "(service web) is AZ balanced with 2 tasks in eu-west-1a.",
        "(service web) (deployment ecs-svc/1) deployment failed: tasks failed to start.",
        "(service web) rolling back to deployment ecs-svc/1.",
    ],
)
def test_an_event_of_the_usual_course_or_of_the_outcome_says_nothing(message: str) -> None:
    assert said(message) == ()


def test_the_same_event_about_several_tasks_is_said_once() -> None:
    events = [f"(service web) (task {number}) failed container health checks." for number in range(3)]

    assert said(*events) == (
        "a task failed its container health check. Run that check's command in the image. (said 3 times)",
    )


def test_events_that_were_there_before_are_left_out() -> None:
    message = "(service web) (task 0123) failed container health checks."

    assert explain((), [an_event(message, AT - 0.1)], AT) == ()
    assert len(explain((), [an_event(message, AT)], AT)) == 1


def test_an_event_does_not_repeat_what_the_tasks_have_told() -> None:
    task = a_task("ServiceSchedulerInitiated", "Task failed container health checks")
    events = [
        an_event("(service web) (task 0123) failed container health checks."),
        an_event(
            "(service web) was unable to place a task because no container instance met its requirements."
        ),
    ]

    texts = explain([task], events, AT)

    assert [text.split(".")[0] for text in texts] == [
        "1 task: it failed the container health check",
        "ECS finds no room for a task",
    ]


def test_a_rollout_without_trouble_has_nothing_to_explain() -> None:
    assert explain((), (), AT) == ()
