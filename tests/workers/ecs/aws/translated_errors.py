"""Builds an error as botocore raises it, and translates it."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from deploys.errors import (
    AwsError,
)
from workers.ecs.aws.error_translation import aws_call


def a_client_error(code: str, message: str = "Said by AWS.", status: int = 400) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "req-1",
                "HostId": "",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        "UpdateService",
    )


def translate(error: Exception, *, changes: bool, action: str = "ecs:UpdateService") -> AwsError:
    with pytest.raises(AwsError) as raised, aws_call(action, changes=changes):
        raise error
    return raised.value
