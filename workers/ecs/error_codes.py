"""AWS's error codes, by what they mean for a step that made the call. The rest are refusals."""

from __future__ import annotations

THROTTLED = frozenset(
    {
        "EC2ThrottledException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
TURNED_AWAY = frozenset(
    {
        "ConcurrentUpdateException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)
"""Codes of a service that did not take the request on."""
BROKEN = frozenset(
    {"InternalError", "InternalFailure", "InternalServerError", "InternalServiceException", "ServerException"}
)
"""Codes of a service that failed at it: what it had done by then is not known."""
DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "NotAuthorized",
        "UnauthorizedException",
        "UnauthorizedOperation",
    }
)
_SIGNATURE = "The signature is wrong: the secret key, or the clock where the workers run."
CREDENTIALS = {
    "ExpiredToken": "They have expired.",
    "ExpiredTokenException": "They have expired.",
    "RequestExpired": "The request was signed too long ago: is the clock right where the workers run?",
    "InvalidAccessKeyId": "There is no such access key.",
    "InvalidClientTokenId": "There is no such access key.",
    "UnrecognizedClientException": "The access key or its session token is not valid.",
    "AuthFailure": "They could not be verified.",
    "InvalidSignatureException": _SIGNATURE,
    "SignatureDoesNotMatch": _SIGNATURE,
    "IncompleteSignature": "The signature is not complete.",
    "MissingAuthenticationToken": "None were sent.",
    "MissingAuthenticationTokenException": "None were sent.",
}

RACES = ("too many concurrent attempts to create a new revision",)
"""ClientExceptions that pass by themselves, by their message: ECS has no code of its own for them."""
