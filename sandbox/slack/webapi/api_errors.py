"""Errors as the Web API answers them."""

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
