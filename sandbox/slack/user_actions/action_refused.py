"""What a person cannot do here, as the control API answers it."""

from __future__ import annotations

from typing import Any


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
