"""The signature on a service's restore tags: whoever may tag services must not decide what is started. Pure.

It covers the ARN of the service and all that the tags say, so that tags can neither be made up, nor changed,
nor copied from another service.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence

SIGNATURE_TAG = "slipway:signature"
"""`v1 ` and an HMAC-SHA256 in 64 hexadecimal digits."""
VERSION = "v1"


class TagSigner:
    """Signs with the first of its keys, and accepts signatures by any of them: so keys can be replaced."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("restore tags cannot be signed without a key")
        self._keys = tuple(keys)

    def __repr__(self) -> str:
        return f"TagSigner({len(self._keys)} keys)"

    def sign(self, service_arn: str, contents: Sequence[str]) -> str:
        """The value of SIGNATURE_TAG for a service whose tags say this."""
        return _signature(self._keys[0], service_arn, contents)

    def is_signed(self, value: str, service_arn: str, contents: Sequence[str]) -> bool:
        """Whether this value of SIGNATURE_TAG is ours, for this service and what its tags say."""
        given = value.encode()
        expected = [_signature(key, service_arn, contents).encode() for key in self._keys]
        return any(hmac.compare_digest(given, each) for each in expected)


def _signature(key: str, service_arn: str, contents: Sequence[str]) -> str:
    message = json.dumps(["slipway restore tags", VERSION, service_arn, *contents]).encode()
    return f"{VERSION} {hmac.new(key.encode(), message, hashlib.sha256).hexdigest()}"
