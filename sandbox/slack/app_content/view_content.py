"""A view as an app sends it, checked as Slack checks it."""

from __future__ import annotations

import json
from typing import Any

from sandbox.slack.api_errors import ApiError, invalid_arguments
from sandbox.slack.blockkit.default_fields import with_default_fields
from sandbox.slack.blockkit.view_limits import check_view

Json = dict[str, Any]

MAX_VIEW_BYTES = 250_000
"""Bytes of a view (docs.slack.dev, "views.publish": 250 kB)."""


def checked_view(view: Any, kind: str | None) -> Json:
    """The view as Slack stores it. `kind` is the type that it must have; None for any.

    Raises:
        ApiError: invalid_arguments with each problem and its place, view_too_large
    """
    if not isinstance(view, dict):
        raise invalid_arguments("must be an object [json-pointer:/view]")
    if problems := check_view(view):
        raise invalid_arguments(*problems)
    if len(json.dumps(view, ensure_ascii=False).encode("utf-8", "surrogatepass")) > MAX_VIEW_BYTES:
        raise ApiError("view_too_large")
    if kind is not None and view["type"] != kind:
        raise invalid_arguments(f"unsupported type: {view['type']} [json-pointer:/view/type]")
    return {**view, "blocks": with_default_fields(view["blocks"])}
