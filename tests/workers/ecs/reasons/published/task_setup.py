"""Logs, files, volumes, networks and instances that could not be set up."""

from __future__ import annotations

from tests.workers.ecs.reasons.published.expected_causes import OTHER, files, instance, volume
from tests.workers.ecs.reasons.published.published_reason import (
    CODES,
    QUOTED,
    SET_UP,
    PublishedReason,
    github,
)

TASK_SETUP = (
    PublishedReason(
        "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon "
        "CloudWatch log group defined in the task definition. There is a connection issue between the "
        "task and Amazon CloudWatch. Check your network configuration. : signal: killed.",
        OTHER["logs unreachable"],
        QUOTED,
    ),
    PublishedReason(
        "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon "
        "CloudWatch log group defined in the task definition.",
        OTHER["log group"],
        SET_UP,
    ),
    PublishedReason(
        "ResourceInitializationError: failed to validate logger args: unable to get awslogs driver "
        "arguments: awslogs-region is required",
        OTHER["log region"],
        QUOTED,
    ),
    PublishedReason(
        "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 "
        "times: failed to create Cloudwatch log",
        "its logging could not be set up.",
        QUOTED,
    ),
    PublishedReason(
        "ResourceInitializationError: failed to validate logger args: failed to create CloudWatch log "
        "stream: ResourceNotFoundException: The specified log group does not exist.",
        OTHER["log group"],
        QUOTED,
    ),
    PublishedReason(
        "ResourceInitializationError: failed to validate logger args: AccessDeniedException: User: arn:x "
        "is not authorized to perform: logs:CreateLogGroup",
        OTHER["logs denied"],
        QUOTED,
    ),
    PublishedReason(
        "ResourceInitializationError: failed to initialize logging driver: <reason>",
        "its logging could not be set up.",
        CODES,
    ),
    PublishedReason(
        "ResourceInitializationError: failed to download env files: file download command: non-empty "
        "error stream: RequestCanceled: request context cancelled caused by: context deadline exceeded",
        files("unreachable"),
        github("aws/aws-cdk, issue 12720"),
    ),
    PublishedReason(
        "ResourceInitializationError: failed to download env files: file download command: non-empty "
        "error stream: failed to download file 1.env: failed to write to a temporary file: AccessDenied: "
        "Access Denied",
        files("denied"),
        github("aws/aws-cdk, issue 12720"),
    ),
    PublishedReason(
        "ResourceInitializationError: failed to download env files: file download command: non empty "
        "error stream: RequestCanceled: request context canceled caused by: context deadline exceeded",
        files("unreachable"),
        github("aws/aws-cli, issue 6470"),
    ),
    PublishedReason(
        "ResourceInitializationError: failed to download env files: service call has been retried 1 "
        "time(s): operation error S3: HeadObject, https response error StatusCode: 403, api error "
        "Forbidden: Forbidden.",
        files("denied"),
        QUOTED,
    ),
    PublishedReason(
        "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "
        "mount.nfs4: Connection reset by peer : unsuccessful EFS utils command execution; code: 32",
        volume("unreachable"),
        github("docker-archive/compose-cli, issue 1490"),
    ),
    PublishedReason(
        "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "
        'Failed to resolve "fs-00000000.efs.us-east-1.amazonaws.com" - check that your file system ID is '
        "correct.",
        volume("unknown name"),
        github("aws/amazon-ecs-cli, issue 1083"),
    ),
    PublishedReason(
        "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "
        'Failed to resolve "fs-06642d00e4ec726.efs.ap-northeast-1.amazonaws.com" - check that your file '
        "system ID is correct, and ensure that the VPC has an EFS mount target for this file system ID. "
        "Attempting to lookup mount target ip address using botocore. Failed to import necessary "
        "dependency botocore, please install botocore first. : unsuccessful EFS utils command execution; "
        "code: 1",
        volume("unknown name"),
        github("aws/copilot-cli, issue 5419"),
    ),
    PublishedReason(
        "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "
        "b'mount.nfs4: mounting fs-1.efs.eu-west-1.amazonaws.com:/grafana failed, reason given by server: "
        "No such file or directory' : unsuccessful EFS utils command execution; code: 32",
        volume("directory"),
        github("acp-io/terraform-grafana, issue 4"),
    ),
    PublishedReason(
        "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "
        "b'mount.nfs4: access denied by server while mounting 127.0.0.1:/' :",
        volume("denied"),
        QUOTED,
    ),
    PublishedReason(
        "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "
        "Mount attempt 1/3 failed due to timeout after 15 sec, wait 0 sec before next attempt. Mount "
        "attempt 2/3 failed due to timeout after 15 sec, wait 0 sec before next attempt. b'mount.nfs4: "
        "mount system call failed'",
        volume("unreachable"),
        QUOTED,
    ),
    PublishedReason(
        "ResourceInitializationError: failed to configure ENI: failed to setup regular eni: netplugin "
        "failed with no error message",
        OTHER["network"],
        QUOTED,
    ),
    PublishedReason(
        "ResourceInitializationError: Unable to launch instance(s) for capacity provider image-spot. "
        "MaxSpotInstanceCountExceeded: Max spot instance count exceeded. RequestId: 3495893a",
        instance("spot quota"),
        QUOTED,
    ),
    PublishedReason(
        "ResourceInitializationError: Unable to launch instance(s) for capacity provider image-spot. "
        "UnfulfillableCapacity: Unable to fulfill capacity due to your request configuration. Please "
        "adjust your request and try again.",
        instance("unfulfillable"),
        QUOTED,
    ),
    PublishedReason(
        "ResourceInitializationError: Unable to launch instance(s) for capacity provider PUBSUB. "
        "UnauthorizedOperation: You are not authorized to perform this operation. User: "
        "arn:aws:sts::1:assumed-role/ecsInfrastructureRole-managed-ec2/ECSManagedInstances is not "
        "authorized to perform: iam:PassRole on resource: "
        "arn:aws:iam::1:role/ecsInstanceProfileRole-managed-ec2 because no identity-based policy allows "
        "the iam:PassRole action.",
        instance("denied"),
        QUOTED,
    ),
    PublishedReason(
        "ResourceInitializationError: Unable to launch instance(s) for capacity provider web-managed.",
        instance(),
        QUOTED,
    ),
)
