"""Secrets and registry logins that could not be fetched, by Fargate and by the agent on EC2."""

from __future__ import annotations

from tests.workers.ecs.reasons.published.expected_causes import OTHER, login, secrets
from tests.workers.ecs.reasons.published.published_reason import (
    NOT_FOUND,
    QUOTED,
    SET_UP,
    PublishedReason,
    github,
)

SECRETS_AND_LOGINS = (
    PublishedReason(
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
        "retrieval failed: unable to retrieve secret from asm: service call has been retried 5 time(s): "
        "failed to fetch secret arn:aws:secretsmanager:us-west-2:1:secret:DBPasswordSecret from secrets "
        "manager: RequestCanceled: request context canceled caused by: context deadline exceeded. Please "
        "check your task network configuration.",
        secrets("unreachable"),
        github("Releem/releem-agent, issue 195"),
    ),
    PublishedReason(
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
        "retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
        "AccessDeniedException: User: ....",
        secrets("denied"),
        github("aws/copilot-cli, issue 3104"),
    ),
    PublishedReason(
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
        "retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): "
        "failed to fetch secret arn:aws:secretsmanager:ap-southeast-1:1:secret:test-secret from secrets "
        "manager: AccessDeniedException: User: arn:aws:sts::1:assumed-role/Web/x is not authorized to "
        "perform: secretsmanager:GetSecretValue on resource: "
        "arn:aws:secretsmanager:ap-southeast-1:1:secret:test-secret because no identity-based policy "
        "allows the secretsmanager:GetSecretValue action status code: 400,",
        secrets("denied"),
        github("aws-samples/dify-self-hosted-on-aws, pull request 35"),
    ),
    PublishedReason(
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
        "retrieval failed: unable to get registry auth from asm: service call has been retried 5 time(s): "
        "asm fetching secret from the service for ...",
        login("credentials"),
        github("aws-samples/keycloak-on-aws, issue 222"),
    ),
    PublishedReason(
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
        "retrieval failed: unable to retrieve ecr registry auth: service call has been retried 5 time(s): "
        "RequestError: send request failed caused by: Post https://api.ecr....",
        login("unreachable"),
        github("aws/aws-app-mesh-examples, issue 413"),
    ),
    PublishedReason(
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
        "retrieval failed: unable to retrieve ecr registry auth: service call has been retried 3 time(s): "
        'RequestError: send request failed caused by: Post "https://api.ecr.us-east-2.amazonaws.com/": '
        "dial tcp 1.2.3.4:443: i/o timeout. Please check your task network configuration.",
        login("unreachable"),
        github("doctorray117/minecraft-ondemand, issue 74"),
    ),
    PublishedReason(
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
        "retrieval failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s): "
        "operation error ECR: GetAuthorizationToken, https response error StatusCode: 400, RequestID: "
        "415e6826, api error AccessDeniedException: User: arn:aws:sts::1:assumed-role/Exec/x is not "
        "authorized to perform: ecr:GetAuthorizationToken",
        login("denied"),
        QUOTED,
    ),
    PublishedReason(
        "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull "
        "registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. "
        "Check your task network configuration. operation error ECR: GetAuthorizationToken, exceeded "
        "maximum number of attempts, 3, https response error StatusCode: 0, RequestID: , request send "
        "failed",
        login("unreachable"),
        QUOTED,
    ),
    PublishedReason(
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
        "retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time...",
        secrets(),
        github("aws/copilot-cli, issue 2095"),
    ),
    PublishedReason(
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
        "retrieval failed: unable to retrieve secrets from ssm: service call has been retried 5 time(s): "
        "RequestCanceled: request context canceled caused by: context deadli...",
        secrets("unreachable"),
        github("aws-samples/serverless-jenkins-on-aws-fargate, issue 7"),
    ),
    PublishedReason(
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
        "retrieval failed: unable to retrieve secrets from ssm: service call has been retried 5 time(s): "
        "RequestCanceled: request context canceled caused by: context deadline exceeded. Please check "
        "your task network configuration.",
        secrets("unreachable"),
        github("hashicorp/terraform-provider-aws, issue 33044"),
    ),
    PublishedReason(
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
        "retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): "
        "failed to fetch secret arn:aws:secretsmanager:eu-west-1:123456789...",
        secrets(),
        github("docker-archive/compose-cli, issue 1510"),
    ),
    PublishedReason(
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
        "retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): "
        "invalid character '\\'' looking for beginning of value",
        OTHER["json"],
        github("rileydakota/valheim-ecs-fargate-cdk, issue 9"),
    ),
    PublishedReason(
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
        "retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): "
        "retrieved secret from Secrets Manager did not contain json key app_definition_id.",
        OTHER["json key"],
        QUOTED,
    ),
    PublishedReason(
        "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secrets "
        "from ssm: The task cannot pull secrets from AWS Systems Manager. There is a connection issue "
        "between the task and AWS Systems Manager Parameter Store. Check your task network configuration. "
        "RequestCanceled: request context canceled caused by: context deadline exceeded",
        secrets("unreachable"),
        QUOTED,
    ),
    PublishedReason(
        "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret "
        "from asm: There is a connection issue between the task and AWS Secrets Manager. Check your task "
        "network configuration. failed to fetch secret arn:x from secrets manager: operation error "
        "Secrets Manager: GetSecretValue, https response error StatusCode: 0, RequestID: , canceled, "
        "context deadline exceeded.",
        secrets("unreachable"),
        QUOTED,
    ),
    PublishedReason(
        "The task cannot pull secrets from AWS Systems Manager Parameter Store. Check your network "
        "connection between the task and AWS Systems Manager.",
        secrets("unreachable"),
        SET_UP,
    ),
    PublishedReason(
        "The task can't retrieve the secret with ARN 'arn:aws:secretsmanager:eu-west-1:1:secret:db' from "
        "AWS Secrets Manager. Check whether the secret exists in the specified Region.",
        secrets("missing"),
        NOT_FOUND,
    ),
    PublishedReason(
        "Fetching secret data from AWS Secrets Manager in region us-east-1: secret "
        "arn:aws:secretsmanager:us-east-1:1:secret:db: ResourceNotFoundException: Secrets Manager can't "
        "find the specified secret.",
        secrets("missing"),
        NOT_FOUND,
    ),
    PublishedReason(
        "Fetching secret data from AWS Secrets Manager in region us-east-1: secret "
        "arn:aws:secretsmanager:us-east-1:1:secret:secretname-1aBCDe: RequestError: send request failed "
        "caused by: Post https://secretsmanager.us-east-1.amazonaws.com/: dial tcp: lookup "
        "secretsmanager.us-east-1.amazonaws.com on 10.7.166.253:53: no such host",
        secrets("unreachable"),
        github("awsdocs/amazon-ecs-developer-guide, issue 110"),
    ),
    PublishedReason(
        "Fetching secret data from SSM Parameter Store in ap-northeast-1: AccessDeniedException: User: "
        "arn:aws:sts::1:assumed-role/Exec/x is not authorized to perform: ssm:GetParameters on resource: "
        "arn:aws:ssm:ap-northeast-1:1:parameter/aws/reference/secretsmanager/NewRelicLicenseKeySecret "
        "status code: 400",
        secrets("denied"),
        github("newrelic/nri-ecs, issue 10"),
    ),
    PublishedReason(
        "Fetching secret data from AWS Secrets Manager in region eu-west-1: secret "
        "arn:aws:secretsmanager:eu-west-1:1:secret:NewRelicLicenseKeySecret-Dh2dLkgV8VyJ-80RAHS-fail: "
        "AccessDeniedException: User: arn:aws:sts::1:assumed-role/Exec/x is not authorized",
        secrets("denied"),
        "New Relic documentation, ECS integration troubleshooting",
    ),
    PublishedReason(
        "Fetching secret data from SSM Parameter Store in eu-west-1: invalid parameters: "
        "/demo/dev/MY_INVALID_PARAMETER",
        secrets("missing"),
        QUOTED,
    ),
    PublishedReason(
        "fetching secret data from SSM Parameter Store in us-west-2: invalid parameters: /my-parameter-name",
        secrets("missing"),
        QUOTED,
    ),
)
