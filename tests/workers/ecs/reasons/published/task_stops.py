"""Tasks that ran, or were told to stop."""

from __future__ import annotations

from tests.workers.ecs.reasons.published.published_reason import CODES, STOPPED, PublishedReason, github

TASK_STOPS = (
    PublishedReason(
        "Essential container in task exited",
        "an essential container of it ended, and ECS gives no exit code",
        STOPPED,
        code="EssentialContainerExited",
    ),
    PublishedReason(
        "OutOfMemoryError: Container killed due to memory usage",
        "a container ran out of memory and was killed. Give it more, or make it use less.",
        'ECS developer guide, "OutOfMemoryError errors"',
        code="EssentialContainerExited",
    ),
    PublishedReason(
        "Task failed ELB health checks in (elb elb-name)",
        "the load balancer's health checks failed. Check the path, port and answer that the target group "
        "expects, and whether the grace period is long enough.",
        STOPPED,
        code="ServiceSchedulerInitiated",
    ),
    PublishedReason(
        "Scaling activity initiated by (deployment deployment-id)",
        "",
        STOPPED,
        code="ServiceSchedulerInitiated",
    ),
    PublishedReason(
        "Host EC2 (instance id) terminated",
        "its instance was being terminated, and ECS starts another one elsewhere.",
        STOPPED,
        code="TerminationNotice",
    ),
    PublishedReason(
        "Your Spot Task was interrupted.",
        "Spot took its capacity back, and ECS starts another one. If this is a problem, use capacity "
        "that is not Spot.",
        CODES,
        code="SpotInterruption",
    ),
    PublishedReason(
        "Task stopped by user",
        "somebody, or a tool, stopped it. CloudTrail shows who called StopTask.",
        github("aws/amazon-ecs-agent, issue 333"),
        code="UserInitiated",
    ),
)
