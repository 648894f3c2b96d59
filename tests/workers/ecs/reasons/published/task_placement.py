"""Tasks that AWS gave no interface, instance, room or permission, and those that say nothing known."""

from __future__ import annotations

from tests.workers.ecs.reasons.published.expected_causes import OTHER, interface
from tests.workers.ecs.reasons.published.published_reason import (
    CODES,
    FAILURES,
    QUOTED,
    START,
    UNKNOWN,
    PublishedReason,
    github,
)

TASK_PLACEMENT = (
    PublishedReason(
        "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment "
        "enabled in subnet 'subnet-id'",
        interface(),
        START,
    ),
    PublishedReason(
        "Unexpected EC2 error while attempting to Create Network Interface in subnet '': "
        "InsufficientFreeAddressesInSubnet",
        interface("address"),
        QUOTED,
    ),
    PublishedReason(
        "Unexpected EC2 error while attempting to attach network interface to instance",
        interface(),
        QUOTED,
    ),
    PublishedReason(
        "Unexpected EC2 error while attempting to tag the network interface: TagPolicyViolation",
        OTHER["tag policy"],
        QUOTED,
    ),
    PublishedReason(
        "InternalError: <reason>",
        OTHER["aws"],
        START,
    ),
    PublishedReason(
        "The selected task definition is not compatible with the selected compute strategy",
        OTHER["compute"],
        START,
    ),
    PublishedReason(
        "Unable to attach network interface to unused device index",
        interface("slot"),
        START,
    ),
    PublishedReason(
        "AGENT",
        OTHER["agent"],
        START,
    ),
    PublishedReason(
        "TaskFailedToStart: AGENT",
        OTHER["agent"],
        FAILURES,
    ),
    PublishedReason(
        "TaskFailedToStart: RESOURCE:CPU",
        OTHER["room"],
        FAILURES,
    ),
    PublishedReason(
        "TaskFailedToStart: RESOURCE:MEMORY",
        OTHER["room"],
        FAILURES,
    ),
    PublishedReason(
        "RESOURCE:ENI",
        interface("slot"),
        FAILURES,
    ),
    PublishedReason(
        "RESOURCE:GPU",
        OTHER["room"],
        FAILURES,
    ),
    PublishedReason(
        "ATTRIBUTE",
        OTHER["attribute"],
        FAILURES,
    ),
    PublishedReason(
        "TaskFailedToStart: ATTRIBUTE",
        OTHER["attribute"],
        FAILURES,
    ),
    PublishedReason(
        "TaskFailedToStart: MemberOf placement constraint unsatisfied",
        OTHER["constraint"],
        FAILURES,
    ),
    PublishedReason(
        "TaskFailedToStart: NO ACTIVE INSTANCES",
        OTHER["no instance"],
        FAILURES,
    ),
    PublishedReason(
        "TaskFailedToStart: EMPTY CAPACITY PROVIDER",
        OTHER["no instance"],
        FAILURES,
    ),
    PublishedReason(
        "Timeout waiting for network interface provisioning to complete.",
        OTHER["interface in time"],
        github("aws/amazon-ecs-agent, issue 4825"),
    ),
    PublishedReason(
        "Timeout waiting for EphemeralStorage provisioning to complete.",
        OTHER["in time"],
        QUOTED,
    ),
    PublishedReason(
        "You've reached the limit on the number of spot tasks you can run concurrently.",
        OTHER["quota"],
        github("aws/copilot-cli, issue 2685"),
    ),
    PublishedReason(
        "Capacity is unavailable at this time. Please try again later or in a different availability zone",
        OTHER["room"],
        github("sil-org/ecs-deploy, issue 277"),
    ),
    PublishedReason(
        "Your account is currently blocked.",
        OTHER["blocked"],
        QUOTED,
    ),
    PublishedReason(
        "Task failed to start",
        UNKNOWN,
        github("aws/containers-roadmap, issue 2561"),
    ),
    PublishedReason(
        "LOCATION",
        UNKNOWN,
        FAILURES,
    ),
    PublishedReason(
        "INACTIVE",
        UNKNOWN,
        FAILURES,
    ),
    PublishedReason(
        "CannotInspectContainerError: <reason>",
        UNKNOWN,
        CODES,
    ),
    PublishedReason(
        "CannotStopContainerError: failed sending SIGTERM to container: <reason>",
        UNKNOWN,
        CODES,
    ),
    PublishedReason(
        "CannotCreateVolumeError",
        "a volume could not be made.",
        'ECS developer guide, "CannotCreateVolumeError errors"',
    ),
)
