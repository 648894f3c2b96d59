"""A botocore endpoint that hands what the client serialized to a sandbox in the same process.

What botocore does between its serializer and its parser (HTTP requests with prepared headers, a signature,
responses read from a stream) takes longer than the sandbox's answer. Retries, events and parsing are
botocore's.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from botocore.endpoint import Endpoint
from botocore.exceptions import ConnectionClosedError
from botocore.model import OperationModel

from sandbox.ecs import EcsSandbox
from sandbox.ecs.http.dispatcher import DroppedConnection

FAKE_AWS_URL = "http://aws.invalid"
"""The endpoint of reused clients: a client keeps its endpoint, but each sandbox has another port. There is no
such host (RFC 2606)."""


@dataclass(frozen=True)
class DirectRequest:
    """A request of a protocol with a JSON body."""

    environ: dict[str, Any]

    def reset_stream(self) -> None:
        """Before another try: each makes a new request."""


@dataclass(frozen=True)
class DirectResponse:
    """The part of an HTTP response that botocore reads. Names of headers are in lower case."""

    status_code: int
    headers: dict[str, str]
    content: bytes


_Endpoint: Any = Endpoint  # its types leave out what this class replaces


class InProcessEndpoint(_Endpoint):  # type: ignore[misc]
    """Other protocols, and forked processes, send a request as ever."""

    sandbox: EcsSandbox | None = None
    """Set on the class for all clients, or on the endpoint of one."""
    own_pid = 0

    @classmethod
    def replace(cls, client: Any, access_key: str) -> None:
        """Lets a client with the fake address send its requests this way."""
        endpoint, model = client._endpoint, client.meta.service_model
        replaced = cls(
            endpoint.host,
            endpoint._endpoint_prefix,
            endpoint._event_emitter,
            endpoint._response_parser_factory,
            endpoint.http_session,
        )
        replaced._is_json = model.resolved_protocol == "json"
        replaced._authorization = authorization(access_key, client.meta.region_name, model.signing_name)
        replaced._parser = endpoint._response_parser_factory.create_parser(model.resolved_protocol)
        client._endpoint = replaced

    def create_request(self, params: dict[str, Any], operation_model: OperationModel | None = None) -> Any:
        body = params["body"]
        direct = self._is_json and self.sandbox is not None and os.getpid() == self.own_pid
        if not direct or not isinstance(body, bytes | str):
            return super().create_request(params, operation_model)
        data = body.encode() if isinstance(body, str) else body
        headers = {environ_name(name): value for name, value in params["headers"].items()}
        environ = wsgi_environ(params["method"], FAKE_AWS_URL, params["url_path"], "", data)
        return DirectRequest({**environ, **headers, "HTTP_AUTHORIZATION": self._authorization})

    def _do_get_response(self, request: Any, operation_model: OperationModel, context: Any) -> Any:
        if not isinstance(request, DirectRequest):
            return super()._do_get_response(request, operation_model, context)
        assert self.sandbox is not None
        name = f"{operation_model.service_model.service_id.hyphenize()}.{operation_model.name}"
        try:
            self._event_emitter.emit(f"before-send.{name}", request=request)
            status, headers, body = call_wsgi(self.sandbox.application, request.environ)
        except DroppedConnection as lost:
            return None, ConnectionClosedError(endpoint_url=FAKE_AWS_URL, request=None, error=lost)
        except Exception as error:  # noqa: BLE001 - botocore decides whether to try again
            return None, error
        response = DirectResponse(status, {name.lower(): value for name, value in headers}, body)
        answer = {
            "headers": response.headers,
            "status_code": status,
            "body": body,
            "context": {"operation_name": operation_model.name},
        }
        customized: dict[str, Any] = {}
        self._event_emitter.emit(
            f"before-parse.{name}",
            operation_model=operation_model,
            response_dict=answer,
            customized_response_dict=customized,
        )
        parsed = self._parser.parse(answer, operation_model.output_shape)
        parsed.update(customized)
        if status >= 300:
            self._add_modeled_error_fields(answer, parsed, operation_model, self._parser)
        return (response, parsed), None


def authorization(access_key: str, region: str, signing_name: str) -> str:
    """A header without a signature: the sandbox reads nothing else of it."""
    return f"AWS4-HMAC-SHA256 Credential={access_key}/20260101/{region}/{signing_name}/aws4_request"


def call_wsgi(
    application: Callable[..., Any], environ: dict[str, Any]
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body of the answer."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    body = b"".join(application(environ, lambda *head: started.append(head)))
    status, headers = started[-1]
    return int(status.split()[0]), headers, body


@cache
def environ_name(header: str) -> str:
    """Under which name WSGI passes a header on."""
    name = header.upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"


def wsgi_environ(method: str, url: str, path: str, query: str, body: bytes) -> dict[str, Any]:
    """The request as a WSGI server passes it on (PEP 3333), without its headers."""
    address = urlsplit(url)
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "RAW_URI": url,
        "REQUEST_URI": url,
        "SERVER_NAME": address.hostname,
        "SERVER_PORT": str(address.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": address.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
