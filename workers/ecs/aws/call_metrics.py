"""Counts and traces the calls to AWS."""

from __future__ import annotations

import time
from typing import Any

from botocore.model import OperationModel

from deploys.telemetry.metrics import AWS_CALLS, AWS_SECONDS
from deploys.telemetry.tracing import TRACING
from workers.ecs.aws.error_translation import THROTTLED_CODES

_BEGAN, _SPAN = "slipway_began", "slipway_span"


def watch_calls(client: Any) -> None:
    """Counts and traces each call of this client from now on. botocore gives the handlers of one call the
    same `context` (botocore.client, `_make_api_call`)."""
    api = client.meta.service_model.service_name

    def begin(*, model: OperationModel, context: dict[str, Any], **_: Any) -> None:
        context[_BEGAN] = time.monotonic()
        context[_SPAN] = TRACING.open(f"aws {api}:{model.name}")

    def end(*, model: OperationModel, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        report(model.name, call_result(parsed), context, str((parsed.get("Error") or {}).get("Code") or ""))

    def fail(*, exception: Exception, context: dict[str, Any], event_name: str, **_: Any) -> None:
        report(event_name.rpartition(".")[2], "failed", context, type(exception).__name__)

    def report(operation: str, result: str, context: dict[str, Any], error: str) -> None:
        AWS_CALLS.add(api=api, operation=operation, result=result)
        if _BEGAN in context:
            AWS_SECONDS.observe(time.monotonic() - context[_BEGAN], api=api)
            TRACING.close(context[_SPAN], error)

    client.meta.events.register("before-call", begin)
    client.meta.events.register("after-call", end)
    client.meta.events.register("after-call-error", fail)


def call_result(parsed: dict[str, Any]) -> str:
    """One of `CALL_RESULTS` for an answer as botocore read it."""
    status = int((parsed.get("ResponseMetadata") or {}).get("HTTPStatusCode") or 0)
    if status < 300:
        return "ok"
    if status == 429 or (parsed.get("Error") or {}).get("Code") in THROTTLED_CODES:
        return "throttled"
    return "failed" if status >= 500 else "refused"
