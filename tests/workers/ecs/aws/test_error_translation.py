"""What each error of AWS, of the network and of botocore becomes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from deploys.errors import (
    AwsCredentials,
    AwsDenied,
    AwsError,
    AwsRefused,
    AwsResultUnknown,
    AwsUnavailable,
)
from tests.workers.ecs.aws.translated_errors import a_client_error, translate
from workers.ecs.aws.error_translation import aws_call

USED = {
    "ecs": (
        "DescribeServices",
        "UpdateService",
        "TagResource",
        "UntagResource",
        "RegisterTaskDefinition",
        "DescribeTaskDefinition",
        "ListTaskDefinitions",
        "ListTasks",
        "DescribeTasks",
        "ListServiceDeployments",
        "DescribeServiceDeployments",
        "StopServiceDeployment",
        "ContinueServiceDeployment",
        "GetTaskProtection",
        "RunTask",
        "StopTask",
    ),
    "ecr": ("DescribeImages",),
    "logs": ("GetLogEvents",),
    "cloudwatch": ("DescribeAlarms",),
    "application-autoscaling": ("DescribeScalableTargets", "RegisterScalableTarget"),
    "sts": ("AssumeRole",),
}

MODELLED: dict[str, tuple[type[AwsError], type[AwsError]]] = {
    # code: what a read becomes, what a change becomes
    "AccessDeniedException": (AwsDenied, AwsDenied),
    "BlockedException": (AwsRefused, AwsRefused),
    "ClientException": (AwsRefused, AwsRefused),
    "ClusterNotFoundException": (AwsRefused, AwsRefused),
    "ConcurrentUpdateException": (AwsUnavailable, AwsUnavailable),
    "ConflictException": (AwsRefused, AwsRefused),
    "ExpiredTokenException": (AwsCredentials, AwsCredentials),
    "ImageNotFoundException": (AwsRefused, AwsRefused),
    "InternalServiceException": (AwsUnavailable, AwsResultUnknown),
    "InvalidNextToken": (AwsRefused, AwsRefused),
    "InvalidNextTokenException": (AwsRefused, AwsRefused),
    "InvalidParameterException": (AwsRefused, AwsRefused),
    "LimitExceededException": (AwsRefused, AwsRefused),
    "MalformedPolicyDocument": (AwsRefused, AwsRefused),
    "NamespaceNotFoundException": (AwsRefused, AwsRefused),
    "PackedPolicyTooLarge": (AwsRefused, AwsRefused),
    "PlatformTaskDefinitionIncompatibilityException": (AwsRefused, AwsRefused),
    "PlatformUnknownException": (AwsRefused, AwsRefused),
    "RegionDisabledException": (AwsRefused, AwsRefused),
    "RepositoryNotFoundException": (AwsRefused, AwsRefused),
    "ResourceNotFoundException": (AwsRefused, AwsRefused),
    "ServerException": (AwsUnavailable, AwsResultUnknown),
    "ServiceDeploymentNotFoundException": (AwsRefused, AwsRefused),
    "ServiceNotActiveException": (AwsRefused, AwsRefused),
    "ServiceNotFoundException": (AwsRefused, AwsRefused),
    "ServiceUnavailableException": (AwsUnavailable, AwsUnavailable),
    "UnsupportedFeatureException": (AwsRefused, AwsRefused),
    "ValidationException": (AwsRefused, AwsRefused),
}

UNMODELLED: dict[str, tuple[type[AwsError], type[AwsError]]] = {
    "Throttling": (AwsUnavailable, AwsUnavailable),
    "ThrottlingException": (AwsUnavailable, AwsUnavailable),
    "RequestLimitExceeded": (AwsUnavailable, AwsUnavailable),
    "TooManyRequestsException": (AwsUnavailable, AwsUnavailable),
    "RequestTimeout": (AwsUnavailable, AwsUnavailable),
    "ServiceUnavailable": (AwsUnavailable, AwsUnavailable),
    "InternalFailure": (AwsUnavailable, AwsResultUnknown),
    "InternalError": (AwsUnavailable, AwsResultUnknown),
    "AccessDenied": (AwsDenied, AwsDenied),
    "UnauthorizedOperation": (AwsDenied, AwsDenied),
    "ExpiredToken": (AwsCredentials, AwsCredentials),
    "RequestExpired": (AwsCredentials, AwsCredentials),
    "InvalidClientTokenId": (AwsCredentials, AwsCredentials),
    "UnrecognizedClientException": (AwsCredentials, AwsCredentials),
    "InvalidSignatureException": (AwsCredentials, AwsCredentials),
    "SignatureDoesNotMatch": (AwsCredentials, AwsCredentials),
    "IncompleteSignature": (AwsCredentials, AwsCredentials),
    "MissingAuthenticationTokenException": (AwsCredentials, AwsCredentials),
    "UnknownOperationException": (AwsRefused, AwsRefused),
    "NeverHeardOf": (AwsRefused, AwsRefused),
}


def modelled_codes() -> Iterator[str]:
    for service, operations in USED.items():
        model = boto3.client(service, region_name="eu-west-1").meta.service_model  # type: ignore[call-overload]
        for operation in operations:
            for shape in model.operation_model(operation).error_shapes:
                yield shape.error_code


def test_every_error_in_the_models_of_the_operations_used_has_its_meaning() -> None:
    assert set(modelled_codes()) == set(MODELLED)


@pytest.mark.parametrize("code", [*MODELLED, *UNMODELLED])
def test_each_code_becomes_its_own_domain_error(code: str) -> None:
    read, change = {**MODELLED, **UNMODELLED}[code]

    assert type(translate(a_client_error(code), changes=False)) is read
    assert type(translate(a_client_error(code), changes=True)) is change


@pytest.mark.parametrize(
    ("status", "change"),
    [(500, AwsResultUnknown), (502, AwsResultUnknown), (503, AwsUnavailable), (504, AwsResultUnknown)],
)
def test_a_gateway_without_a_code_is_judged_by_its_status(status: int, change: type[AwsError]) -> None:
    assert type(translate(a_client_error(str(status), "", status), changes=True)) is change
    assert type(translate(a_client_error(str(status), "", status), changes=False)) is AwsUnavailable


def test_a_race_for_a_new_revision_passes_by_itself() -> None:
    race = a_client_error(
        "ClientException",
        "Too many concurrent attempts to create a new revision of the specified family.",
    )

    error = translate(race, changes=True, action="ecs:RegisterTaskDefinition")

    assert type(error) is AwsUnavailable
    assert error.message == (
        "AWS does not answer ecs:RegisterTaskDefinition for now (ClientException: Too many concurrent "
        "attempts to create a new revision of the specified family.). It is tried again."
    )


def test_expired_credentials_are_said_in_clear_words() -> None:
    expired = a_client_error("ExpiredTokenException", "The security token included in the request is expired")

    error = translate(expired, changes=True)

    assert isinstance(error, AwsDenied)
    assert error.message == (
        "AWS does not accept the credentials of the workers for ecs:UpdateService: They have expired. "
        "(ExpiredTokenException: The security token included in the request is expired) Renew them where the "
        "workers run."
    )


def test_a_refusal_repeats_awss_words_without_giving_them_any_power() -> None:
    error = translate(a_client_error("InvalidParameterException", "Bad <!channel> & such"), changes=True)

    assert error.message == (
        "AWS refused ecs:UpdateService: Bad &lt;!channel&gt; &amp; such (InvalidParameterException)."
    )
    assert error.facts["code"] == "InvalidParameterException"


URL = "http://127.0.0.1:1/"
CUT = ValueError("cut")

UNANSWERED: list[tuple[Exception, type[AwsError], type[AwsError]]] = [
    # what botocore raises, what a read becomes, what a change becomes
    (boto.EndpointConnectionError(endpoint_url=URL), AwsUnavailable, AwsUnavailable),
    (boto.ConnectTimeoutError(endpoint_url=URL, error=CUT), AwsUnavailable, AwsUnavailable),
    (boto.ProxyConnectionError(proxy_url=URL, error=CUT), AwsUnavailable, AwsUnavailable),
    (boto.SSLError(endpoint_url=URL, error=CUT), AwsUnavailable, AwsResultUnknown),
    (boto.ReadTimeoutError(endpoint_url=URL, error=CUT), AwsUnavailable, AwsResultUnknown),
    (boto.ConnectionClosedError(endpoint_url=URL, error=CUT), AwsUnavailable, AwsResultUnknown),
    (boto.ResponseStreamingError(error=CUT), AwsUnavailable, AwsResultUnknown),
    (boto.HTTPClientError(error=CUT), AwsUnavailable, AwsResultUnknown),
    (boto.IncompleteReadError(actual_bytes=1, expected_bytes=2), AwsUnavailable, AwsResultUnknown),
    (ResponseParserError("garbled"), AwsUnavailable, AwsResultUnknown),
    (boto.NoCredentialsError(), AwsCredentials, AwsCredentials),
    (boto.PartialCredentialsError(provider="env", cred_var="KEY"), AwsCredentials, AwsCredentials),
    (boto.ProfileNotFound(profile="x"), AwsCredentials, AwsCredentials),
    (boto.UnauthorizedSSOTokenError(), AwsCredentials, AwsCredentials),
    (boto.TokenRetrievalError(provider="sso", error_msg="x"), AwsCredentials, AwsCredentials),
    (boto.CredentialRetrievalError(provider="container-role", error_msg="x"), AwsUnavailable, AwsUnavailable),
    (boto.MetadataRetrievalError(error_msg="x"), AwsUnavailable, AwsUnavailable),
    (boto.NoRegionError(), AwsRefused, AwsRefused),
    (boto.PaginationError(message="same token"), AwsRefused, AwsRefused),
]


@pytest.mark.parametrize(
    ("error", "read", "change"), UNANSWERED, ids=[type(error).__name__ for error, _, _ in UNANSWERED]
)
def test_a_call_without_an_answer_is_uncertain_only_where_a_change_may_have_arrived(
    error: Exception, read: type[AwsError], change: type[AwsError]
) -> None:
    assert type(translate(error, changes=False)) is read
    assert type(translate(error, changes=True)) is change


def test_what_is_no_error_of_aws_passes_through() -> None:
    with pytest.raises(KeyError), aws_call("ecs:UpdateService"):
        raise KeyError("ours")


def test_a_request_that_does_not_fit_is_refused_without_repeating_its_values() -> None:
    ecs = boto3.client("ecs", region_name="eu-west-1")
    request: Any = {
        "containerDefinitions": [{"environment": [{"name": "KEY", "value": 31337}], "novelty": "31337"}]
    }

    with pytest.raises(AwsRefused) as raised, aws_call("ecs:RegisterTaskDefinition", changes=True):
        ecs.register_task_definition(**request)

    assert raised.value.message == (
        "AWS refused ecs:RegisterTaskDefinition: the request does not fit this version of boto3 (fields: "
        "`containerDefinitions[0].environment[0].value`, `containerDefinitions[0].novelty`, `input.family`)."
    )
    assert raised.value.__suppress_context__
    assert raised.value.__cause__ is None
