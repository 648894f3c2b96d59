from __future__ import annotations

import pytest

from tests.workers.ecs.stopped import AT, a_task, an_event, said
from workers.ecs.why import explain


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            "(service web) was unable to place a task because no container instance met all of its "
            "requirements.",
            "ECS finds no room for a task. It can pass by itself; else add capacity, or ask for less CPU and "
            "memory. "
            "ECS says: `was unable to place a task because no container instance met all of its "
            "requirements.`",
        ),
        (
            "(service web) was unable to place a task. Reason: Capacity is unavailable at this time. "
            "Please try again later or in a different availability zone. For more information, see the "
            "Troubleshooting section of the Amazon ECS Developer Guide.",
            "ECS finds no room for a task. It can pass by itself; else add capacity, or ask for less CPU and "
            "memory. "
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
