"""Signed HTTP requests to the app (docs.slack.dev, verifying requests from Slack)."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

import httpx

Json = dict[str, Any]

_FORM = "application/x-www-form-urlencoded"
_trusted_certificates = cache(httpx.create_ssl_context)
"""Read once: that takes longer than most requests."""


@dataclass(frozen=True)
class SignedRequest:
    """One request, signed when it was made."""

    url: str
    headers: dict[str, str]
    body: bytes


class SignedHttpClient:
    """Makes and posts signed requests, and keeps the last one so that it can be replayed."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        # Proxies from the environment must not be used: both ends are on this machine.
        self._client = httpx.AsyncClient(
            trust_env=False, follow_redirects=False, verify=_trusted_certificates()
        )
        self.last_request: SignedRequest | None = None

    def sign_form(self, url: str, fields: Mapping[str, str]) -> SignedRequest:
        return self._sign(url, urlencode(fields).encode(), _FORM, {})

    def sign_json(self, url: str, content: Json, extra: Mapping[str, str] | None = None) -> SignedRequest:
        return self._sign(url, json.dumps(content).encode(), "application/json", extra or {})

    async def post(self, request: SignedRequest, timeout: float) -> httpx.Response:
        """Raises httpx.TimeoutException after `timeout` seconds, httpx.HTTPError if nobody answers."""
        self.last_request = request
        return await self._client.post(
            request.url, content=request.body, headers=request.headers, timeout=httpx.Timeout(timeout)
        )

    async def close(self) -> None:
        await self._client.aclose()

    def _sign(self, url: str, body: bytes, kind: str, extra: Mapping[str, str]) -> SignedRequest:
        timestamp = str(int(time.time()))
        signed = b"v0:" + timestamp.encode() + b":" + body
        signature = hmac.new(self._secret.encode(), signed, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": kind,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "Accept": "application/json,*/*",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={signature}",
            **extra,
        }
        return SignedRequest(url, headers, body)
