"""ECS's own words as they are seen in accounts, though on no page: what `test_published_reasons` lacks."""

from __future__ import annotations

import pytest

from tests.workers.ecs.reasons.reason_texts import (
    CONTAINER,
    PASSES,
    PULL,
    SECRETS,
    SECRETS_OR_LOGIN,
    SET_UP,
    START,
    explain_reason,
)
from tests.workers.ecs.reasons.stopped_task_builders import a_stopped_task, an_exited_container, explain_tasks


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            "failed to resolve reference: denied: requested access to the resource is denied",
            ": its registry does not allow it. Check the execution role and the repository's policy.",
        ),
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
    assert explain_reason(PULL + reason) == f"the image could not be pulled{sentence}"


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
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
            f"{START}API error (500): driver failed programming external connectivity: Bind for 0.0.0.0:80 "
            "failed: port is already allocated",
            f"{CONTAINER}: its host port is taken. Let ECS choose the host port, or add instances.",
        ),
        (
            f"{START}cannot allocate memory",
            f"{CONTAINER}: it has too little memory. Give it more in the task definition.",
        ),
        (
            f"{START}something new",
            f"{CONTAINER}.",
        ),
    ],
)
def test_each_way_a_container_does_not_start(reason: str, sentence: str) -> None:
    assert explain_reason(reason) == sentence


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
            "ECS was unable to assume the role 'arn:aws:iam::1:role/web' that was provided for this task. "
            "Please verify that the role being passed has the proper trust relationship and permissions and "
            "that your IAM user has permissions to pass this role.",
            "ECS could not assume a role of the task definition. Check that the role exists and trusts "
            "`ecs-tasks.amazonaws.com`.",
        ),
        ("InternalError: unable to create new task", f"AWS had an error of its own. {PASSES}"),
    ],
)
def test_each_thing_that_aws_does_not_provide(reason: str, sentence: str) -> None:
    assert explain_reason(reason) == sentence


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            f"{SECRETS_OR_LOGIN}unable to retrieve secret from asm: AccessDeniedException: Access to KMS is "
            "not allowed",
            f"{SECRETS}: the execution role may not read one of them. Allow it "
            "`secretsmanager:GetSecretValue` or `ssm:GetParameters`, and `kms:Decrypt` on a key of your own.",
        ),
        (
            f"{SET_UP}failed to invoke EFS utils commands to set up EFS volumes: stderr: Connection timed "
            "out",
            "a volume could not be mounted: the file system does not answer. Check its mount targets, and "
            "that its security group lets the task in on port 2049.",
        ),
        (f"{SECRETS_OR_LOGIN}unable to retrieve secret from asm: something new", f"{SECRETS}."),
        (f"{SECRETS_OR_LOGIN}something new about registry auth", "the login to the image registry failed."),
        (f"{SET_UP}failed to validate logger args: : signal: killed", "its logging could not be set up."),
        (f"{SET_UP}failed to invoke EFS utils commands: something new", "a volume could not be mounted."),
        (f"{SET_UP}failed to configure ENI: something new", "its network could not be set up."),
        (f"{SET_UP}something that nobody has seen yet", "what it needs could not be set up."),
        (
            f"{SET_UP}Unable to launch instance(s) for capacity provider x. VcpuLimitExceeded: more vCPU",
            "ECS could not launch an instance for it: a quota of the account's EC2 instances is used up. Ask "
            "AWS for a higher one, or stop something else.",
        ),
        (
            f"{SET_UP}Unable to launch instance(s) for capacity provider x. InsufficientInstanceCapacity",
            "ECS could not launch an instance for it: AWS has no such instance free now. It may resolve "
            "itself; otherwise allow more instance types or zones.",
        ),
    ],
)
def test_each_thing_that_cannot_be_set_up_and_what_is_new_gets_no_advice(reason: str, sentence: str) -> None:
    assert explain_reason(reason) == sentence


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
    of_service, alone = explain_reason(reason, code), explain_reason(reason, code, started_by="slipway/dep-1")

    assert of_service.startswith(f"{sentence}, and ECS starts another one")
    assert alone.startswith(f"{sentence}.")
    assert "starts another" not in alone


@pytest.mark.parametrize("reason", ["moved to another capacity provider: quota", f"{PULL}is what I test"])
def test_what_somebody_gives_as_a_reason_for_stopping_a_task_is_not_taken_for_ecss_words(reason: str) -> None:
    assert explain_reason(reason, "UserInitiated").startswith("somebody, or a tool, stopped it.")


def test_a_container_that_ran_out_of_memory_while_it_started() -> None:
    killed = an_exited_container(137, reason="OutOfMemoryError: Container killed due to memory usage")

    assert explain_tasks(a_stopped_task("TaskFailedToStart", "Task failed to start", killed)) == (
        "1 task: container `web` ran out of memory and was killed. Give it more, or make it use less.",
    )
