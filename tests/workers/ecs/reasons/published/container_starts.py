"""Containers that could not be created or started."""

from __future__ import annotations

from tests.workers.ecs.reasons.published.expected_causes import OTHER, container
from tests.workers.ecs.reasons.published.published_reason import CODES, QUOTED, PublishedReason, github

CONTAINER_STARTS = (
    PublishedReason(
        "ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m: <reason>",
        OTHER["start timeout"],
        CODES,
    ),
    PublishedReason(
        "DockerTimeoutError: Could not tranisition to started; timed out after waiting 8m0s",
        OTHER["start timeout"],
        github("aws-actions/amazon-ecs-deploy-task-definition, issue 232"),
    ),
    PublishedReason(
        "CannotStartContainerError: failed to get container status: <reason>",
        container(),
        CODES,
    ),
    PublishedReason(
        "ContainerRuntimeError",
        container(),
        'ECS developer guide, "ContainerRuntimeError errors"',
    ),
    PublishedReason(
        "CannotCreateContainerError: API error (500): devmapper: Thin Pool has 4350 free data blocks "
        "which is less than minimum required 4454 free data blocks. Create more free space in thin pool "
        "or use dm.min_free_space option to change behavior",
        container("disk"),
        'ECS developer guide, "CannotCreateContainerError: API error (500): devmapper"',
    ),
    PublishedReason(
        "CannotCreateContainerError: API error (500): Untar",
        container(),
        github("aws/amazon-ecs-cli, issue 194"),
    ),
    PublishedReason(
        "CannotCreateContainerError: failed to chown /data: operation not permitted",
        container(),
        QUOTED,
    ),
    PublishedReason(
        "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: "
        "failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does "
        "not exist.",
        OTHER["log group"],
        QUOTED,
    ),
    PublishedReason(
        "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: "
        "failed to create Cloudwatch log stream: RequestError: send request failed caused by: Post "
        "https://logs.us-east-2.amazonaws.com/: dial tcp 10.20.10.16:443: i/o time",
        OTHER["logs unreachable"],
        QUOTED,
    ),
    PublishedReason(
        "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime "
        "task: OCI runtime create failed: container_linux.go:370: starting container process caused: "
        'exec: "/opt/sonarqube/bin/run.sh": stat /opt/sonarqube/bin/run.sh...no such file or direct...',
        container("command"),
        github("aws/amazon-ecs-agent, issue 2954"),
    ),
    PublishedReason(
        "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime "
        "task: failed to create shim: OCI runtime create failed: container_linux.go:380: starting "
        'container process caused: exec: "-url": executable file not found in',
        container("command"),
        github("jenkinsci/amazon-ecs-plugin, issue 258"),
    ),
    PublishedReason(
        "CannotStartContainerError: API error (400): OCI runtime create failed: container_linux.go:296: "
        'starting container process caused "exec: \\"not_found_command\\": executable file not found in '
        '$PATH": unknown',
        container("command"),
        QUOTED,
    ),
    PublishedReason(
        "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime "
        "task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start "
        "container process: error during container init: error creating device nodes: mknod "
        "/run/containerd/rootfs/dev/null: errno 524: unknown",
        container(),
        github("aws/amazon-ecs-agent, issue 3526"),
    ),
    PublishedReason(
        "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime "
        "task: OCI runtime create failed: container_linux.go:349: starting container process caused "
        '"process_linux.go:449: container init caused \\"rootfs_linux.go:58',
        container(),
        github("aws/amazon-ecs-agent, issue 2442"),
    ),
    PublishedReason(
        "CannotStartContainerError: Error response from daemon: failed to create shim task: OCI runtime "
        "create failed: runc create failed: unable to start container process: exec: "
        '"/home/cloudknot-user/pipeline.py": permission denied: unknown',
        container("permission"),
        github("nrdg/cloudknot, issue 309"),
    ),
    PublishedReason(
        "CannotStartContainerError: ResourceInitializationError: unable to create new container: mount "
        "callback failed on /tmp/containerd-mount916692511: open "
        "/tmp/containerd-mount916692511/etc/passwd: no such file or directory",
        container("user"),
        github("aws-samples/net-modernization, issue 13"),
    ),
    PublishedReason(
        "CannotStartContainerError: API error (404): Cannot start container 986d8b089f07fc0d: adding "
        "interface veth0e8d337 to bridge docker0 failed: could not find bridge docker0: no such network "
        "interface",
        container(),
        github("aws/amazon-ecs-agent, issue 218"),
    ),
    PublishedReason(
        "CannotStartContainerError: bind for 0.0.0.0:8080 failed: port is already allocated",
        container("port"),
        "fixdevs.com, aws-ecs-task-failed-to-start",
    ),
    PublishedReason(
        "CannotStartContainerError: exec format error",
        container("cpu"),
        QUOTED,
    ),
    PublishedReason(
        'CannotStartContainerError: exec: "uvicorn": executable file not found in $PATH',
        container("command"),
        QUOTED,
    ),
)
