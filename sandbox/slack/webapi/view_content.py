"""A view as an app sends it, checked as Slack checks it."""

from __future__ import annotations

import json
from typing import Any

from sandbox.slack.blockkit.filling import filled_in
from sandbox.slack.blockkit.views import check_view
from sandbox.slack.webapi.errors import ApiError, invalid_arguments

Json = dict[str, Any]

LARGEST = 250_000
"""Bytes of a view (docs.slack.dev, "views.publish": 250 kB)."""


def checked_view(view: Any, kind: str | None) -> Json:
    """The view as Slack keeps it; `kind` is the type it has to have, if that matters.

    Raises:
        ApiError: invalid_arguments with what is wrong and where, view_too_large
    """
    if not isinstance(view, dict):
        raise invalid_arguments("must be an object [json-pointer:/view]")
    if problems := check_view(view):
        raise invalid_arguments(*problems)
    if len(json.dumps(view, ensure_ascii=False).encode("utf-8", "surrogatepass")) > LARGEST:
        raise ApiError("view_too_large")
    if kind is not None and view["type"] != kind:
        raise invalid_arguments(f"unsupported type: {view['type']} [json-pointer:/view/type]")
    return {**view, "blocks": filled_in(view["blocks"])}
