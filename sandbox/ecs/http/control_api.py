"""The sandbox's own API, under /sandbox/, for tests and people in other processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.ecs.http.responses import AwsResponse, control_response

Body = dict[str, Any]


class ControlError(Exception):
    """The control request cannot be carried out; the message says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class EcsControlApi:
    """Answers control requests. Each route takes the JSON body and returns JSON."""

    routes: dict[tuple[str, str], Callable[[Body], object]]

    def respond(self, environ: dict[str, Any]) -> AwsResponse:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].rstrip("/")
        route = self.routes.get((method, path))
        if route is None:
            known = ", ".join(f"{m} {p}" for m, p in sorted(self.routes, key=lambda route: route[1]))
            return control_response({"error": f"there is no {method} {path}; there are {known}"}, 404)
        try:
            return control_response(route(_read_body(environ)))
        except ControlError as refusal:
            return control_response({"error": str(refusal)}, refusal.status)
        except (TypeError, ValueError) as error:
            return control_response({"error": str(error)}, 400)


def _read_body(environ: dict[str, Any]) -> Body:
    raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    body = json.loads(raw) if raw else {}
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    return body
