"""The errors of the Web API, and those of the control API."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An error of the Web API: `{"ok": false, "error": ...}` and the other members of that error."""

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
    """An error of the control API: `{"ok": false, "error": ..., "detail": a sentence}`.

    The HTTP status is 400 for a bad request, 404 for something that does not exist, 409 for something that
    cannot be done now.
    """

    def __init__(self, error: str, detail: str, *, status: int = 400, **more: Any) -> None:
        super().__init__(detail)
        self.error = error
        self.detail = detail
        self.status = status
        self.more = more

    def as_json(self) -> dict[str, Any]:
        return {"ok": False, "error": self.error, "detail": self.detail, **self.more}
