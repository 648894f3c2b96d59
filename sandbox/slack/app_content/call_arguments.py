"""The arguments of a Web API call, sent as a form, JSON, multipart or query."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from sandbox.slack.api_errors import ApiError, invalid_arguments

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_TRUE, _FALSE = ("1", "true", "True"), ("0", "false", "False", "")


class CallArguments:
    """Reads arguments by type. In a form everything is text, and lists and objects are JSON in that text."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.values = given

    def text(self, name: str, default: str | None = None) -> str | None:
        value = self.values.get(name)
        if value is None:
            return default
        return value if isinstance(value, str) else json.dumps(value)

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise invalid_arguments(f"missing required field: {name}")
        return value

    def boolean(self, name: str, default: bool = False) -> bool:
        value = self.values.get(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        if str(value) in _TRUE:
            return True
        if str(value) in _FALSE:
            return False
        raise invalid_arguments(f"must be a boolean: {name}")

    def json_value(self, name: str, error: str) -> Any:
        """A list or object.

        Raises:
            ApiError: `error`, if the text is not JSON
        """
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise ApiError(error) from None


async def read_arguments(request: Request) -> CallArguments:
    """Raises ApiError if the body does not match its Content-Type."""
    given: dict[str, Any] = dict(request.query_params)
    if request.method == "GET":
        return CallArguments(given)
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "application/json":
        return CallArguments(given | await _json_body(request))
    if kind in _FORMS:
        form = await request.form()
        return CallArguments(given | {name: value for name, value in form.items() if isinstance(value, str)})
    if await request.body():
        raise ApiError("invalid_post_type" if kind else "missing_post_type")
    return CallArguments(given)


async def _json_body(request: Request) -> dict[str, Any]:
    body = await request.body()
    if not body:
        return {}
    try:
        content = json.loads(body)
    except ValueError:
        raise ApiError("invalid_json") from None
    if not isinstance(content, dict):
        raise ApiError("json_not_object")
    return content
