"""Service events of trouble, without the service's name that begins each."""

from __future__ import annotations

from tests.workers.ecs.reasons.published.expected_causes import (
    NO_PLACE,
    OTHER,
    instance,
    login,
    pulled,
    secrets,
)
from tests.workers.ecs.reasons.published.published_reason import (
    EVENTS,
    QUOTED,
    UNKNOWN,
    PublishedReason,
    github,
    not_started,
)

SERVICE_EVENTS = (
    PublishedReason(
        "was unable to place a task because no container instance met all of its requirements.",
        NO_PLACE["room"],
        EVENTS,
    ),
    PublishedReason(
        "was unable to place a task because no container instance met all of its requirements. The "
        "closest matching container-instance container-instance-id has insufficient CPU units available.",
        NO_PLACE["room"],
        EVENTS,
    ),
    PublishedReason(
        "was unable to place a task because no container instance met all of its requirements. The "
        "closest matching container-instance b1a73168 has insufficient memory available.",
        NO_PLACE["room"],
        QUOTED,
    ),
    PublishedReason(
        "was unable to place a task because no container instance met all of its requirements. The "
        'closest matching container-instance container-instance-id encountered error "AGENT".',
        NO_PLACE["agent"],
        EVENTS,
    ),
    PublishedReason(
        "was unable to place a task because no container instance met all of its requirements. The "
        "closest matching container-instance af580523fe1022f095e doesn't have the agent connected.",
        NO_PLACE["agent"],
        github("aws-actions/amazon-ecs-deploy-task-definition, issue 260"),
    ),
    PublishedReason(
        "was unable to place a task because no container instance met all of its requirements. The "
        "closest matching container-instance is already using a port required by your task.",
        NO_PLACE["port"],
        EVENTS,
    ),
    PublishedReason(
        "was unable to place a task because no container instance met all of its requirements. The "
        "closest matching container-instance is missing an attribute required by your task.",
        NO_PLACE["attribute"],
        QUOTED,
    ),
    PublishedReason(
        "was unable to place a task because no container instance met all of its requirements. The "
        'closest matching container-instance 2811a2a8 encountered error "MemberOf placement constraint '
        'unsatisfied.".',
        NO_PLACE["constraint"],
        QUOTED,
    ),
    PublishedReason(
        "was unable to place a task because no container instance met all of its requirements. The "
        'closest matching container-instance 2811a2a8 encountered error "RESOURCE:ENI".',
        NO_PLACE["interface"],
        QUOTED,
    ),
    PublishedReason(
        "was unable to place a task because no container instance met all of its requirements. Reason: No "
        "Container Instances were found in your cluster.",
        OTHER["no instance"],
        github("ptokito/ECSClusterWithTerraform, issue 3"),
    ),
    PublishedReason(
        "was unable to reach steady state. Reason: No Container Instances were found in your capacity "
        "provider.",
        OTHER["no instance"],
        EVENTS,
    ),
    PublishedReason(
        "was unable to place a task. Reason: You've reached the limit on the number of tasks you can run "
        "concurrently",
        not_started(OTHER["quota"]),
        EVENTS,
    ),
    PublishedReason(
        "was unable to place a task. Reason: You’ve reached the limit on the number of vCPUs you can run "
        "concurrently",
        not_started(OTHER["quota"]),
        EVENTS,
    ),
    PublishedReason(
        "was unable to place a task. Reason: The requested CPU configuration is above your limit.",
        not_started(OTHER["quota"]),
        EVENTS,
    ),
    PublishedReason(
        "was unable to place a task. Reason: The requested MEMORY configuration is above your limit.",
        not_started(OTHER["quota"]),
        EVENTS,
    ),
    PublishedReason(
        "was unable to place a task. Reason: Internal error.",
        not_started(OTHER["aws"]),
        EVENTS,
    ),
    PublishedReason(
        "was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later "
        "or in a different availability zone.",
        NO_PLACE["room"],
        EVENTS,
    ),
    PublishedReason(
        "was unable to place a task. Reason: TaskFailedToStart: RESOURCE:GPU.",
        NO_PLACE["room"],
        QUOTED,
    ),
    PublishedReason(
        "is unable to place a task in eu-west-1a because no container instance met all of its requirements.",
        NO_PLACE["room"],
        'ECS developer guide, "Availability Zone service rebalancing service event messages"',
    ),
    PublishedReason(
        "was unable to place tasks in your cluster because the tasks provisioning capacity limit was "
        "exceeded.",
        NO_PLACE["provisioning"],
        EVENTS,
    ),
    PublishedReason(
        "was unable to place a task because your account is currently blocked.",
        not_started(OTHER["blocked"]),
        QUOTED,
    ),
    PublishedReason(
        "was unable to place a task. Reason: Fetching secret data from SSM Parameter Store in eu-west-1: "
        "invalid parameters: /stack/DD_API_KEY",
        not_started(secrets("missing")),
        QUOTED,
    ),
    PublishedReason(
        "was unable to place a task. Reason: ResourceInitializationError: unable to pull secrets or "
        "registry auth: unable to retrieve secret from asm: There is a connection issue between the task "
        "and AWS Secrets Manager. Check your task network configuration. failed to fetch secret arn:x "
        "from secrets manager: canceled, context deadline exceeded.",
        not_started(secrets("unreachable")),
        QUOTED,
    ),
    PublishedReason(
        "was unable to place a task. Reason: ResourceInitializationError: unable to pull secrets or "
        "registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue "
        "between the task and Amazon ECR. Check your task network configuration.",
        not_started(login("unreachable")),
        QUOTED,
    ),
    PublishedReason(
        "was unable to place a task. Reason: ResourceInitializationError: failed to validate logger args: "
        "The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a "
        "connection issue between the task and Amazon CloudWatch. Check your network configuration. : "
        "signal: killed.",
        not_started(OTHER["logs unreachable"]),
        QUOTED,
    ),
    PublishedReason(
        "was unable to place a task. Reason: ResourceInitializationError: unable to pull secrets or "
        "registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service "
        "call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key "
        "app_definition_id.",
        not_started(OTHER["json key"]),
        QUOTED,
    ),
    PublishedReason(
        "was unable to place a task. Reason: CannotPullContainerError: pull image manifest has been "
        "retried 1 time(s): failed to resolve ref docker.io/library/repository:latest: pull access "
        "denied, repository does not exist or may require authorization: server message: "
        "insufficient_scope: authorization failed.",
        not_started(pulled("repository")),
        QUOTED,
    ),
    PublishedReason(
        "was unable to place a task. Reason: ResourceInitializationError: Unable to launch instance(s) "
        "for capacity provider image-spot. MaxSpotInstanceCountExceeded: Max spot instance count "
        "exceeded. RequestId: 3495893a",
        not_started(instance("spot quota")),
        QUOTED,
    ),
    PublishedReason(
        "was unable to place a task. Reason: ResourceInitializationError: Unable to launch instance(s) "
        "for capacity provider image-spot. UnfulfillableCapacity: Unable to fulfill capacity due to your "
        "request configuration. Please adjust your request and try again.",
        not_started(instance("unfulfillable")),
        QUOTED,
    ),
    PublishedReason(
        "was unable to place a task. Reason: ResourceInitializationError: Unable to launch instance(s) "
        "for capacity provider test-managed. UnauthorizedOperation: You are not authorized to perform "
        "this operation. User: "
        "arn:aws:sts::1:assumed-role/ecsInfrastructureRole/ECSFargateManagedInstances is not authorized "
        "to perform: iam:PassRole on resource: arn:aws:iam::1:role/ecsInstancerole",
        not_started(instance("denied")),
        QUOTED,
    ),
    PublishedReason(
        "was unable to reach steady state because task set (taskSet ecs-svc/1) was unable to scale in. "
        "Reason: The number of protected tasks are more than the desired count of tasks",
        OTHER["protected"],
        EVENTS,
    ),
    PublishedReason(
        "is unable to consistently start tasks successfully.",
        OTHER["failing"],
        EVENTS,
    ),
    PublishedReason(
        "operations are being throttled. Will try again later.",
        OTHER["throttled"],
        EVENTS,
    ),
    PublishedReason(
        "was unable to stop or start tasks during a deployment because of the service deployment "
        "configuration. Update the minimumHealthyPercent or maximumPercent value and try again.",
        OTHER["percentages"],
        EVENTS,
    ),
    PublishedReason(
        "(task task-id) (instance instance-id) is unhealthy in (elb elb-name) due to (reason Instance has "
        "failed at least the UnhealthyThreshold number of health checks consecutively.)",
        OTHER["load balancer"].format("`elb-name`"),
        EVENTS,
    ),
    PublishedReason(
        "(task task-id) (instance instance-id) (port 8080) is unhealthy in (target-group web) due to "
        "(reason Health checks failed)",
        OTHER["load balancer"].format("target group `web`"),
        'ECS developer guide, "Service unhealthy event messages"',
    ),
    PublishedReason(
        "Timed out waiting for Amazon ECS Agent to start. Please check logs at /var/log/ecs/ecs-agent.log",
        OTHER["agent start"],
        EVENTS,
    ),
    PublishedReason(
        "task set (taskSet ecs-svc/1) (task task-id) is not healthy in target-group (target-group web) "
        "due to TARGET GROUP IS NOT FOUND.",
        OTHER["target group"],
        EVENTS,
    ),
    PublishedReason(
        "IAM permissions policies have been misconfigured or changed, and ECS can no longer maintain your "
        "service",
        OTHER["permissions"],
        EVENTS,
    ),
    PublishedReason(
        "IAM trust relationship has been misconfigured or changed, and ECS can no longer maintain your "
        "service",
        OTHER["permissions"],
        EVENTS,
    ),
    PublishedReason(
        "task set (taskSet ecs-svc/1) (task task-id) is not healthy in target-group (target-group web) "
        "due to TARGET IS NOT FOUND.",
        UNKNOWN,
        EVENTS,
    ),
    PublishedReason(
        "could not launch 3 tasks for deployment ecs-svc/1.",
        UNKNOWN,
        EVENTS,
    ),
    PublishedReason(
        "was unable to place a task because the resources could not be found.",
        UNKNOWN,
        QUOTED,
    ),
)
