"""ECS's own words for tasks that did not start, as they are seen in accounts, and what is made of each."""

from __future__ import annotations

import pytest

from tests.workers.ecs.reasons import (
    CONTAINER,
    PASSES,
    PULL,
    SET_UP,
    START,
    WAY_OUT,
    explained,
)
from tests.workers.ecs.stopped import a_task, exited, why


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            "failed to resolve reference: denied: requested access to the resource is denied",
            ": its registry does not allow it. Check the execution role and the repository's policy.",
        ),
        (
            "The task cannot pull '1.dkr.ecr.eu-west-1.amazonaws.com/web:1' from the Amazon ECR repository "
            "'web'. There is a connection issue between the task and Amazon ECR. Check your task network "
            "configuration.",
            f": its registry cannot be reached. {WAY_OUT}",
        ),
        ("context canceled", f": its registry cannot be reached. {WAY_OUT}"),
        (
            "repository with name 'web' does not exist in the registry with id '123456789012'",
            ": it is not there. Push it, or deploy a tag that exists.",
        ),
        (
            "ref pull has been retried 1 time(s): failed to copy: write /var/lib: no space left on device",
            ": the disk is full. Give the task more ephemeral storage, or its instance a larger volume.",
        ),
        ("invalid reference format", ": its name is not valid. Check `image` in the task definition."),
        (
            "failed to do request: x509: certificate signed by unknown authority",
            ": the certificate of its registry is not trusted. Check the registry's address and certificate.",
        ),
    ],
)
def test_each_way_a_pull_fails(reason: str, sentence: str) -> None:
    assert explained(PULL + reason) == f"the image could not be pulled{sentence}"


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            f"{START}{SET_UP}failed to create new container runtime task: OCI runtime create failed: "
            'container_linux.go:370: starting container process caused: exec: "/app/run.sh": stat '
            "/app/run.sh: no such file or directory",
            f"{CONTAINER}: its command is not in the image. Check `entryPoint` and `command` in the task "
            "definition.",
        ),
        (
            f"{START}Error response from daemon: OCI runtime create failed: exec /app: exec format error",
            f"{CONTAINER}: its program is for another CPU. Build the image for the platform in the task "
            "definition.",
        ),
        (
            f"{START}exec: permission denied",
            f"{CONTAINER}: its command may not be executed. Make it executable in the image.",
        ),
        (
            f"{START}unable to find user app: no matching entries in passwd file",
            f"{CONTAINER}: its image has no such user. Check `user` in the task definition.",
        ),
        (
            f"{START}Error response from daemon: failed to initialize logging driver: failed to create "
            "Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.",
            "its log group does not exist. Create it, or name one that exists in the task definition.",
        ),
        (
            f"{START}API error (500): driver failed programming external connectivity: Bind for 0.0.0.0:80 "
            "failed: port is already allocated",
            f"{CONTAINER}: its host port is taken. Let ECS choose the host port, or add instances.",
        ),
        (
            "CannotCreateContainerError: API error (500): devmapper: Thin Pool has 4350 free data blocks "
            "which is less than minimum required 4454",
            f"{CONTAINER}: the disk of its instance is full. Remove old images there, or give it a larger "
            "volume.",
        ),
        (
            f"{START}cannot allocate memory",
            f"{CONTAINER}: it has too little memory. Give it more in the task definition.",
        ),
        (
            "ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m",
            f"{CONTAINER} in time. It can pass by itself; else give the task more CPU, and look at its "
            "instance.",
        ),
        (
            f"{START}something new",
            f"{CONTAINER}. Check command, user and mounts in the task definition.",
        ),
    ],
)
def test_each_way_a_container_does_not_start(reason: str, sentence: str) -> None:
    assert explained(reason) == sentence


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment "
            "enabled in subnet 'subnet-1': InsufficientFreeAddressesInSubnet",
            "it got no network interface: no address is free. Use a larger subnet, or one more.",
        ),
        (
            "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-1': "
            "InvalidGroup.NotFound",
            "it got no network interface: a security group is not there. Check those of the service.",
        ),
        (
            "Timeout waiting for network interface provisioning to complete.",
            "it got no network interface. Check the subnet's free addresses and the account's limits.",
        ),
        (
            "Timeout waiting for EphemeralStorage provisioning to complete.",
            f"AWS did not provide in time what it needs. {PASSES}",
        ),
        (
            "Capacity is unavailable at this time. Please try again later or in a different "
            "availability zone",
            "there was no room for it. Add capacity, or ask for less CPU and memory; it can pass by itself.",
        ),
        (
            "RESOURCE:GPU",
            "there was no room for it. Add capacity, or ask for less CPU and memory; it can pass by itself.",
        ),
        (
            "You've reached the limit on the number of vCPUs you can run concurrently",
            "a quota of the AWS account is used up. Ask AWS for a higher one, or stop something else.",
        ),
        (
            "ECS was unable to assume the role 'arn:aws:iam::1:role/web' that was provided for this task. "
            "Please verify that the role being passed has the proper trust relationship and permissions and "
            "that your IAM user has permissions to pass this role.",
            "ECS could not assume a role of the task definition. Check that the role exists and trusts "
            "`ecs-tasks.amazonaws.com`.",
        ),
        (
            "CannotCreateVolumeError: no such driver",
            "a volume could not be made. Check the volumes of the task definition.",
        ),
        ("InternalError: unable to create new task", f"AWS had an error of its own. {PASSES}"),
    ],
)
def test_each_thing_that_aws_does_not_provide(reason: str, sentence: str) -> None:
    assert explained(reason) == sentence


@pytest.mark.parametrize(
    ("code", "reason", "sentence"),
    [
        ("SpotInterruption", "Your Spot Task was interrupted.", "Spot took its capacity back"),
        ("TerminationNotice", "Host EC2 (instance i-1) terminated.", "its instance was being terminated"),
        (
            "ServiceSchedulerInitiated",
            "Host EC2 (instance i-1) terminated.",
            "its instance was being terminated",
        ),
        ("InfrastructureHealth", "impaired", "the machine under it was not healthy"),
        (
            "ServiceSchedulerInitiated",
            "Service web: ECS is performing maintenance on the underlying infrastructure hosting the task",
            "AWS took the machine under it away for maintenance",
        ),
        (
            "ServiceSchedulerInitiated",
            "Container instance is in DRAINING state",
            "its container instance is being drained",
        ),
    ],
)
def test_a_machine_that_is_taken_away_is_told_as_that_and_only_a_services_task_is_replaced(
    code: str, reason: str, sentence: str
) -> None:
    of_service, alone = explained(reason, code), explained(reason, code, started_by="slipway/dep-1")

    assert of_service.startswith(f"{sentence}, and ECS starts another one")
    assert alone.startswith(f"{sentence}.")
    assert "starts another" not in alone


@pytest.mark.parametrize("reason", ["moved to another capacity provider: quota", f"{PULL}is what I test"])
def test_what_somebody_gives_as_a_reason_for_stopping_a_task_is_not_taken_for_ecss_words(reason: str) -> None:
    assert explained(reason, "UserInitiated").startswith("somebody, or some tool, stopped it.")


def test_a_container_that_ran_out_of_memory_while_it_started() -> None:
    killed = exited(137, reason="OutOfMemoryError: Container killed due to memory usage")

    assert why(a_task("TaskFailedToStart", "Task failed to start", killed)) == (
        "1 task: container `web` ran out of memory and was killed. Give it more, or make it use less.",
    )
