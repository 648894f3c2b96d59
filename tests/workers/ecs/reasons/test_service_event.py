from __future__ import annotations

import pytest

from tests.workers.ecs.reasons.stopped_task_builders import (
    AT,
    a_stopped_task,
    an_event,
    cause_texts,
    explain_events,
)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            "(service web) was unable to place a task because no container instance met all of its "
            "requirements.",
            "ECS finds no capacity for a task. It may resolve itself; otherwise add capacity, or ask for "
            "less CPU and memory. ECS says: `was unable to place a task because no container instance met "
            "all of its requirements.`",
        ),
        (
            "(service web) was unable to place a task. Reason: Capacity is unavailable at this time. "
            "Please try again later or in a different availability zone. For more information, see the "
            "Troubleshooting section of the Amazon ECS Developer Guide.",
            "ECS finds no capacity for a task. It may resolve itself; otherwise add capacity, or ask for "
            "less CPU and memory. ECS says: `was unable to place a task. Reason: Capacity is unavailable at "
            "this time. Please try again later or in a different availability zone.`",
        ),
        (
            "(service web) (task 0123) (port 80) is unhealthy in (target-group "
            "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web/6d0e) due to (reason Health checks "
            "failed with these codes: [502])",
            "the load balancer finds a task unhealthy in target group `web`. Check the path, port and answer "
            "that the target group expects, and whether the grace period is long enough. ECS says: `Health "
            "checks failed with these codes: [502]`",
        ),
        (
            "(service web) (task 0123) failed container health checks.",
            "a task failed its container health check. Run that check's command in the image.",
        ),
        (
            "(service web) is unable to consistently start tasks successfully. For more information, see the "
            "Troubleshooting section.",
            "tasks fail again and again, so ECS waits longer each time before it starts the next. Fix what "
            "stops them first.",
        ),
        (
            "(service web) was unable to stop or start tasks during a deployment because of the service "
            "deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try "
            "again.",
            "ECS may neither stop nor start a task: the service's minimum healthy and maximum percent leave "
            "no step between them. Change one of them.",
        ),
        (
            "(service web, taskSet ecs-svc/1) failed to register targets in (target-group arn:x) with "
            "(error <b>)",
            "ECS says: `failed to register targets in (target-group arn:x) with (error &lt;b&gt;)`",
        ),
    ],
)
def test_an_event_that_tells_of_trouble_is_explained(message: str, text: str) -> None:
    assert explain_events(message) == (text,)


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
    assert explain_events(message) == ()


def test_the_same_event_about_several_tasks_is_said_once() -> None:
    events = [f"(service web) (task {number}) failed container health checks." for number in range(3)]

    assert explain_events(*events) == (
        "a task failed its container health check. Run that check's command in the image. (3 times)",
    )


def test_events_that_were_there_before_are_left_out() -> None:
    message = "(service web) (task 0123) failed container health checks."

    assert cause_texts((), [an_event(message, AT - 0.1)], AT) == ()
    assert len(cause_texts((), [an_event(message, AT)], AT)) == 1


def test_an_event_does_not_repeat_what_the_tasks_have_told() -> None:
    task = a_stopped_task("ServiceSchedulerInitiated", "Task failed container health checks")
    events = [
        an_event("(service web) (task 0123) failed container health checks."),
        an_event(
            "(service web) was unable to place a task because no container instance met all of its "
            "requirements."
        ),
    ]

    texts = cause_texts([task], events, AT)

    assert [text.split(".")[0] for text in texts] == [
        "1 task: the container health check failed",
        "ECS finds no capacity for a task",
    ]


def test_a_rollout_without_trouble_has_nothing_to_explain() -> None:
    assert cause_texts((), (), AT) == ()


NO_ROOM = "was unable to place a task because no container instance met all of its requirements. The closest "


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (
            "was unable to place a task. Reason: CannotPullContainerError: pull image manifest has been "
            "retried 1 time(s): failed to resolve ref web:1: not found.",
            "a task could not start: the image could not be pulled: it is not there. Push it, or deploy a "
            "tag that exists.",
        ),
        (
            "was unable to place a task. Reason: ResourceInitializationError: unable to pull secrets or "
            "registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue "
            "between the task and Amazon ECR. Check your task network configuration.",
            "a task could not start: the login to the image registry failed: ECR cannot be "
            "reached. Check the subnet's route out (NAT or VPC endpoints), the security group and DNS.",
        ),
        (
            "was unable to place a task. Reason: You've reached the limit on the number of tasks you can run "
            "concurrently.",
            "a task could not start: a quota of the AWS account is used up. Ask AWS for a "
            "higher one, or stop something else.",
        ),
        (
            "was unable to place a task. Reason: Internal error.",
            "a task could not start: AWS had an error of its own. It may resolve itself; if it does not, "
            "ask AWS Support.",
        ),
        (
            "failed to launch a task with (error ECS was unable to assume the role 'arn:aws:iam::4:role/R' "
            "that was provided for this task. Please verify that the role being passed has the proper trust "
            "relationship and permissions and that your IAM user has permissions to pass this role.).",
            "a task could not start: ECS could not assume a role of the task definition. Check that the role "
            "exists and trusts `ecs-tasks.amazonaws.com`.",
        ),
        (
            "was unable to place a task. Reason: TaskFailedToStart: RESOURCE:GPU.",
            "ECS finds no capacity for a task. It may resolve itself; otherwise add capacity, or ask for "
            "less CPU and memory.",
        ),
        (
            NO_ROOM + "matching (container-instance 1) is already using a port required by your task.",
            "ECS finds no instance on which the task's host port is free. Let ECS choose the host port, or "
            "add instances.",
        ),
        (
            NO_ROOM + 'matching (container-instance 1) encountered error "AGENT".',
            "ECS finds no instance whose container agent answers. Look at the agents of the cluster's "
            "instances.",
        ),
        (
            NO_ROOM + "matching (container-instance 1) is missing an attribute required by your task.",
            "ECS finds no instance that has what the task asks for. Check its constraints against the "
            "instances' attributes.",
        ),
        (
            NO_ROOM + "matching (container-instance 1) has insufficient CPU units available.",
            "ECS finds no capacity for a task. It may resolve itself; otherwise add capacity, or ask for "
            "less CPU and memory.",
        ),
        (
            "was unable to reach steady state. Reason: No Container Instances were found in your capacity "
            "provider.",
            "there is no instance to run tasks on. Add some to the cluster or its capacity provider.",
        ),
        (
            "was unable to reach steady state because (taskSet ecs-svc/1) was unable to "
            "scale in. Reason: The number of protected tasks are more than the desired count of tasks.",
            "ECS may not stop old tasks, because they are protected from scale-in. Wait until that ends, or "
            "remove the protection.",
        ),
        (
            "operations are being throttled. Will try again later.",
            "AWS throttles ECS for this service. ECS goes on later; the rollout only takes longer.",
        ),
    ],
)
def test_each_reason_that_ecs_gives_in_an_event_has_its_own_sentence(message: str, sentence: str) -> None:
    (text,) = explain_events(f"(service web) {message}")

    assert text.partition(" ECS says: ")[0] == sentence


def test_a_classic_load_balancer_is_named_as_it_is() -> None:
    assert explain_events(
        "(service web) (instance i-0) is unhealthy in (elb web-lb) due to (reason Instance has failed at "
        "least the UnhealthyThreshold number of health checks consecutively.)"
    ) == (
        "the load balancer finds a task unhealthy in `web-lb`. Check the path, port and answer that the "
        "target group expects, and whether the grace period is long enough. ECS says: `Instance has failed "
        "at least the UnhealthyThreshold number of health checks consecutively.`",
    )


@pytest.mark.parametrize(
    "message",
    [
        "(service error-pages) has reached a steady state.",
        "(service failover) has started 2 tasks: (task 0123) (task 4567).",
        "(service web) registered 1 targets in (target-group arn:aws:x:targetgroup/failover/6d0e)",
        "(service web) (deployment ecs-svc/1) deployment completed.",
    ],
)
def test_a_name_that_sounds_like_trouble_is_none(message: str) -> None:
    assert explain_events(message) == ()


def test_an_event_about_a_failed_start_does_not_repeat_what_the_tasks_have_told() -> None:
    reason = "CannotPullContainerError: failed to resolve ref web:1: not found"
    event = an_event(f"(service web) was unable to place a task. Reason: {reason}.")

    (text,) = cause_texts([a_stopped_task("TaskFailedToStart", reason)], [event], AT)

    assert text.startswith("1 task: the image could not be pulled")
