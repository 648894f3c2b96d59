"""Errors as the Web API answers them.

What a person cannot do here, as the control API answers it.
"""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """`{"ok": false, "error": ...}`, with whatever else belongs to that error."""

    def __init__(
        self, error: str, *, status: int = 200, headers: dict[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.headers = headers or {}
        self.more = more

    def as_json(self) -> dict[str, Any]:
        return {"ok": False, "error": self.error, **self.more}


def invalid_arguments(*problems: str) -> ApiError:
    return ApiError(
        "invalid_arguments", response_metadata={"messages": [f"[ERROR] {text}" for text in problems]}
    )


def invalid_blocks(problems: list[str]) -> ApiError:
    messages = [f"[ERROR] {problem}" for problem in problems]
    return ApiError("invalid_blocks", errors=problems, response_metadata={"messages": messages})


class ActionRefused(Exception):
    """`{"ok": false, "error": ...}` with an HTTP status: 400 for a bad request, 404 for what is not there,
    409 for what cannot be done now. `detail` says it in a sentence."""

    def __init__(self, error: str, detail: str, *, status: int = 400, **more: Any) -> None:
        super().__init__(detail)
        self.error = error
        self.detail = detail
        self.status = status
        self.more = more

    def as_json(self) -> dict[str, Any]:
        return {"ok": False, "error": self.error, "detail": self.detail, **self.more}
