"""ECS's own words for tasks that could not be set up, and what is made of each."""

from __future__ import annotations

import pytest

from tests.workers.ecs.reasons import (
    EITHER,
    SECRETS,
    SET_UP,
    WAY_OUT,
    explained,
)


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
