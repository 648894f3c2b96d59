"""The sandbox's own API, under /sandbox/, for tests and people in other processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.ecs.http.answer import Answer, control_answer

Body = dict[str, Any]


class Refusal(Exception):
    """The control request cannot be carried out; the message says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Control:
    """Routes to what the sandbox can be asked. Each takes the JSON body and returns JSON."""

    routes: dict[tuple[str, str], Callable[[Body], object]]

    def answer(self, environ: dict[str, Any]) -> Answer:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].rstrip("/")
        route = self.routes.get((method, path))
        if route is None:
            known = ", ".join(f"{m} {p}" for m, p in sorted(self.routes, key=lambda route: route[1]))
            return control_answer({"error": f"no {method} {path} here; there are {known}"}, 404)
        try:
            return control_answer(route(_body(environ)))
        except Refusal as refusal:
            return control_answer({"error": str(refusal)}, refusal.status)
        except (TypeError, ValueError) as error:
            return control_answer({"error": str(error)}, 400)


def _body(environ: dict[str, Any]) -> Body:
    raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    body = json.loads(raw) if raw else {}
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    return body
