"""Tasks that AWS gave no interface, instance, room or permission, and those that say nothing known."""

from __future__ import annotations

from tests.workers.ecs.published.causes import OTHER, interface
from tests.workers.ecs.published.said import CODES, FAILURES, QUOTED, START, UNKNOWN, Said, github

PLACING = (
    Said(
        "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment "
        "enabled in subnet 'subnet-id'",
        interface(),
        START,
    ),
    Said(
        "Unexpected EC2 error while attempting to Create Network Interface in subnet '': "
        "InsufficientFreeAddressesInSubnet",
        interface("address"),
        QUOTED,
    ),
    Said(
        "Unexpected EC2 error while attempting to attach network interface to instance",
        interface(),
        QUOTED,
    ),
    Said(
        "Unexpected EC2 error while attempting to tag the network interface: TagPolicyViolation",
        OTHER["tag policy"],
        QUOTED,
    ),
    Said(
        "InternalError: <reason>",
        OTHER["aws"],
        START,
    ),
    Said(
        "The selected task definition is not compatible with the selected compute strategy",
        OTHER["compute"],
        START,
    ),
    Said(
        "Unable to attach network interface to unused device index",
        interface("slot"),
        START,
    ),
    Said(
        "AGENT",
        OTHER["agent"],
        START,
    ),
    Said(
        "TaskFailedToStart: AGENT",
        OTHER["agent"],
        FAILURES,
    ),
    Said(
        "TaskFailedToStart: RESOURCE:CPU",
        OTHER["room"],
        FAILURES,
    ),
    Said(
        "TaskFailedToStart: RESOURCE:MEMORY",
        OTHER["room"],
        FAILURES,
    ),
    Said(
        "RESOURCE:ENI",
        interface("slot"),
        FAILURES,
    ),
    Said(
        "RESOURCE:GPU",
        OTHER["room"],
        FAILURES,
    ),
    Said(
        "ATTRIBUTE",
        OTHER["attribute"],
        FAILURES,
    ),
    Said(
        "TaskFailedToStart: ATTRIBUTE",
        OTHER["attribute"],
        FAILURES,
    ),
    Said(
        "TaskFailedToStart: MemberOf placement constraint unsatisfied",
        OTHER["constraint"],
        FAILURES,
    ),
    Said(
        "TaskFailedToStart: NO ACTIVE INSTANCES",
        OTHER["no instance"],
        FAILURES,
    ),
    Said(
        "TaskFailedToStart: EMPTY CAPACITY PROVIDER",
        OTHER["no instance"],
        FAILURES,
    ),
    Said(
        "Timeout waiting for network interface provisioning to complete.",
        OTHER["interface in time"],
        github("aws/amazon-ecs-agent, issue 4825"),
    ),
    Said(
        "Timeout waiting for EphemeralStorage provisioning to complete.",
        OTHER["in time"],
        QUOTED,
    ),
    Said(
        "You've reached the limit on the number of spot tasks you can run concurrently.",
        OTHER["quota"],
        github("aws/copilot-cli, issue 2685"),
    ),
    Said(
        "Capacity is unavailable at this time. Please try again later or in a different availability zone",
        OTHER["room"],
        github("sil-org/ecs-deploy, issue 277"),
    ),
    Said(
        "Your account is currently blocked.",
        OTHER["blocked"],
        QUOTED,
    ),
    Said(
        "Task failed to start",
        UNKNOWN,
        github("aws/containers-roadmap, issue 2561"),
    ),
    Said(
        "LOCATION",
        UNKNOWN,
        FAILURES,
    ),
    Said(
        "INACTIVE",
        UNKNOWN,
        FAILURES,
    ),
    Said(
        "CannotInspectContainerError: <reason>",
        UNKNOWN,
        CODES,
    ),
    Said(
        "CannotStopContainerError: failed sending SIGTERM to container: <reason>",
        UNKNOWN,
        CODES,
    ),
    Said(
        "CannotCreateVolumeError",
        "a volume could not be made.",
        'ECS developer guide, "CannotCreateVolumeError errors"',
    ),
)
