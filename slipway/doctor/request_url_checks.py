"""HTTP: whether the address to which Slack sends its requests answers as Slack expects it."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator

import urllib3
from pydantic import SecretStr
from slack_sdk.signature import SignatureVerifier
from urllib3.exceptions import HTTPError

from bot.settings import WebSettings
from slipway.app_manifest import REQUEST_PATH
from slipway.doctor.context import DoctorContext
from slipway.doctor.finding import Finding, error, ok, skipped

ANSWER_SECONDS = 3.0
"""Slack waits so long for an answer (docs.slack.dev, Events API)."""


def check_request_url(context: DoctorContext) -> Iterator[Finding]:
    """Sends what Slack sends to verify an address, signed with our own secret."""
    if not context.uses_http:
        return
    if not context.request_url:
        yield skipped(
            "Whether Slack reaches the web process was not checked: its address is not known here.",
            "Name it: slipway doctor --http https://slipway.example.com",
        )
        return
    secret: SecretStr = context.setting(WebSettings, "slack_signing_secret")
    url = context.request_url.rstrip("/").removesuffix(REQUEST_PATH) + REQUEST_PATH
    challenge = secrets.token_hex(16)
    body = json.dumps({"type": "url_verification", "challenge": challenge})
    began = time.monotonic()
    try:
        answer = urllib3.request(
            "POST",
            url,
            body=body,
            headers={
                "content-type": "application/json",
                **_signature(secret.get_secret_value(), body, context.now()),
            },
            timeout=ANSWER_SECONDS,
            retries=False,
            redirect=False,
        )
    except (HTTPError, OSError, ValueError) as problem:
        yield error(
            f"{url} cannot be reached ({str(problem).rsplit(': ', 1)[-1]}).",
            "Check that the web process runs, the proxy, its certificate and the name. Slack has to reach it "
            "from the internet.",
        )
        return
    seconds = time.monotonic() - began
    is_answered = challenge in answer.data.decode("utf-8", "replace")
    context.reaches_bot = answer.status == 200 and is_answered
    yield judge_answer(url, answer.status, is_answered=is_answered, seconds=seconds)


def judge_answer(url: str, status: int, *, is_answered: bool, seconds: float) -> Finding:
    """is_answered: whether it has what Slack asks for. seconds: how long it took. Pure."""
    if status == 200 and is_answered:
        return ok(f"{url} answers a signed request within {seconds:.1f} s.")
    if status == 401:
        return error(
            f"{url} refuses our signature (HTTP 401).",
            "SLACK_SIGNING_SECRET is another here than in the web process, or one of the clocks is wrong.",
        )
    return error(
        f"{url} answers a signed request with HTTP {status}{', but not as asked' if status == 200 else ''}.",
        f"Let the proxy pass POST {REQUEST_PATH} on to the web process, body and headers unchanged.",
    )


def _signature(secret: str, body: str, now: float) -> dict[str, str]:
    stamp = str(int(now))
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": signature or ""}
