"""ECS's own words for tasks that did not start, as they are seen in accounts, and what is made of each."""

from __future__ import annotations

import pytest

from tests.workers.ecs.stopped import a_task, exited, why

PULL = "CannotPullContainerError: "
SET_UP = "ResourceInitializationError: "
EITHER = f"{SET_UP}unable to pull secrets or registry auth: "
START = "CannotStartContainerError: "
WAY_OUT = "Check the subnet's way out (NAT or VPC endpoints), the security group and DNS."
SECRETS = "its secrets could not be fetched"
CONTAINER = "its container could not be started"
PASSES = "It can pass by itself; where it does not, ask AWS Support."


def explained(reason: str, code: str = "TaskFailedToStart", started_by: str = "ecs-svc/1") -> str:
    (text,) = why(a_task(code, reason, started_by=started_by))
    return text.removeprefix("1 task: ").partition(" ECS says: ")[0]


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
            f"{EITHER}execution resource retrieval failed: unable to retrieve secret from asm: service call "
            "has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:eu-west-1:1:secret:db "
            "from secrets manager: AccessDeniedException: User: arn:aws:sts::1:assumed-role/exec/x is not "
            "authorized to perform: secretsmanager:GetSecretValue on resource: arn:x because no "
            "identity-based policy allows the secretsmanager:GetSecretValue action",
            f"{SECRETS}: the execution role may not read one of them. Allow it "
            "`secretsmanager:GetSecretValue` or `ssm:GetParameters`, and `kms:Decrypt` on a key of your own.",
        ),
        (
            f"{EITHER}unable to retrieve secret from asm: AccessDeniedException: Access to "
            "KMS is not allowed",
            f"{SECRETS}: the execution role may not read one of them. Allow it "
            "`secretsmanager:GetSecretValue` or `ssm:GetParameters`, and `kms:Decrypt` on a key of your own.",
        ),
        (
            f"{EITHER}execution resource retrieval failed: unable to retrieve secret from asm: fetching "
            "secret data from AWS Secrets Manager: ResourceNotFoundException: Secrets Manager can't find the "
            "specified secret.",
            f"{SECRETS}: one of them is not there. Check its name in the task definition, and that it exists "
            "in this region.",
        ),
        (
            f"{EITHER}execution resource retrieval failed: unable to retrieve secrets from ssm: service call "
            "has been retried 1 time(s): invalid ssm parameters: /production/web/database-url",
            f"{SECRETS}: one of them is not there. Check its name in the task definition, and that it exists "
            "in this region.",
        ),
        (
            f"{EITHER}execution resource retrieval failed: unable to retrieve secret from asm: retrieved "
            "secret from Secrets Manager did not contain json key password",
            "one of its secrets has no such JSON key. Check `valueFrom` in the task definition against the "
            "secret.",
        ),
        (
            f"{EITHER}The task cannot pull secrets from AWS Systems Manager. There is a connection issue "
            "between the task and AWS Systems Manager Parameter Store. Check your task network "
            "configuration. RequestCanceled: request context canceled",
            f"{SECRETS}: they cannot be reached. {WAY_OUT}",
        ),
        (
            f"{EITHER}unable to retrieve secret from asm: something new",
            f"{SECRETS}. Check that each exists in this region, that the execution role may read and decrypt "
            "it, and the subnet's way out.",
        ),
        (
            f"{EITHER}The task cannot pull registry auth from Amazon ECR: There is a "
            "connection issue between the task and Amazon ECR. Check your task network configuration.",
            f"the login to the image registry failed: ECR cannot be reached. {WAY_OUT}",
        ),
        (
            f"{EITHER}execution resource retrieval failed: unable to retrieve ecr registry "
            "auth: service call has been retried 1 time(s): AccessDeniedException: User: arn:x is not "
            "authorized to perform: "
            "ecr:GetAuthorizationToken on resource: *",
            "the login to the image registry failed: ECR does not allow it. Allow the execution role "
            "`ecr:GetAuthorizationToken`.",
        ),
        (
            f"{SET_UP}failed to validate logger args: create stream has been retried 1 times: failed to "
            "create Cloudwatch log stream: ResourceNotFoundException: The specified log "
            "group does not exist.",
            "its log group does not exist. Create it, or name one that exists in the task definition.",
        ),
        (
            f"{SET_UP}failed to validate logger args: The task cannot find the Amazon CloudWatch log group "
            "defined in the task definition. There is a connection issue between the task and Amazon "
            "CloudWatch. Check your network configuration.",
            f"its log group cannot be reached. {WAY_OUT}",
        ),
        (
            f"{SET_UP}failed to validate logger args: AccessDeniedException: User: arn:x is "
            "not authorized to perform: logs:CreateLogStream on resource: "
            "arn:aws:logs:eu-west-1:1:log-group:/ecs/assessment",
            "its logs may not be written. Allow the execution role `logs:CreateLogStream` and "
            "`logs:PutLogEvents`, and `logs:CreateLogGroup` where the task definition asks for a new group.",
        ),
        (
            f"{SET_UP}failed to validate logger args: : signal: killed",
            "its logging could not be set up. Check that the log group exists and that the execution role "
            "may write to it.",
        ),
        (
            f"{SET_UP}failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to resolve "
            '"fs-1.efs.eu-west-1.amazonaws.com" - check that your file system ID is correct',
            "a volume could not be mounted: its file system was not found. Check its id, its mount target in "
            "the task's zone, and DNS in the VPC.",
        ),
        (
            f"{SET_UP}failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: access "
            "denied by server while mounting 127.0.0.1:/",
            "a volume could not be mounted: the file system does not allow it. Check its policy, its access "
            "point and the task role.",
        ),
        (
            f"{SET_UP}failed to invoke EFS utils commands to set up EFS volumes: stderr: "
            "Connection timed out",
            "a volume could not be mounted: the file system does not answer. Check its mount targets, and "
            "that its security group lets the task in on port 2049.",
        ),
        (
            f"{SET_UP}failed to invoke EFS utils commands to set up EFS volumes: command failed",
            "a volume could not be mounted. Check the file system, its mount targets and its security group.",
        ),
        (
            f"{SET_UP}failed to configure ENI: failed to setup regional eni: netplugin failed with no error "
            "message",
            "its network could not be set up. It can pass by itself; else check the subnet and its security "
            "groups.",
        ),
        (
            f"{SET_UP}Unable to launch instance(s) for capacity provider managed. UnauthorizedOperation: You "
            "are not authorized to perform this operation.",
            "ECS could not launch an instance for it. Check the capacity provider, its infrastructure role "
            "and the account's EC2 limits.",
        ),
        (
            f"{SET_UP}something that nobody has seen yet",
            "what it needs could not be set up. Check the execution role and the subnet's way out.",
        ),
    ],
)
def test_each_thing_that_cannot_be_set_up(reason: str, sentence: str) -> None:
    assert explained(reason) == sentence


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
