"""boto3 clients that call a sandbox in the same process instead of connecting to it, and that are reused.

Sockets and server threads take half of the time of a request, and flow tests make tens of thousands of
requests. Building a client takes longer than most requests. Scenarios, and the sandbox's own tests of faults
and of other clients, connect to a sandbox over HTTP.
"""

from __future__ import annotations

import copy
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import pytest
from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse, HeadersDict
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session
from botocore.parsers import PROTOCOL_PARSERS, JSONParser
from botocore.utils import parse_timestamp

from sandbox.ecs import EcsSandbox
from sandbox.ecs.account import REGION
from sandbox.ecs.http.dispatcher import DroppedConnection
from tests.in_process_endpoint import (
    FAKE_AWS_URL,
    DirectRequest,
    InProcessEndpoint,
    authorization,
    call_wsgi,
    environ_name,
    wsgi_environ,
)
from workers.ecs.aws import aws_clients, aws_session
from workers.ecs.aws.assumed_roles import TemporaryCredentials
from workers.ecs.aws.aws_clients import AwsClients

WORKERS_KEY = "slipway-workers"
"""The access key of Slipway's own clients. `EcsSandbox.enforce_policies` holds its calls, and no others, to a
policy."""
AWS_ENVIRON = {
    "AWS_ENDPOINT_URL": FAKE_AWS_URL,
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": WORKERS_KEY,
    "AWS_SECRET_ACCESS_KEY": "sandbox",
}


def call_sandbox_in_process(sandbox: EcsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every client of this process calls this sandbox directly.

    Forked processes connect to it, if it is served by then: reading its `url` starts the server.
    """
    send_over_http, own_pid = URLLib3Session.send, os.getpid()
    http_client = sandbox.client

    def send(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        if not (request.url.startswith(FAKE_AWS_URL) or request.url.startswith(sandbox.url)):
            return send_over_http(session, request)
        if os.getpid() == own_pid:
            return _call_wsgi(sandbox, request)
        request.url = request.url.replace(FAKE_AWS_URL, sandbox.url, 1)
        return send_over_http(session, request)

    def client(service: str, **options: Any) -> Any:
        return http_client(service, **options) if options else outside_client(service)

    for name, value in AWS_ENVIRON.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr(URLLib3Session, "send", send)
    monkeypatch.setattr(InProcessEndpoint, "sandbox", sandbox)
    monkeypatch.setattr(InProcessEndpoint, "own_pid", own_pid)
    monkeypatch.setattr(AwsClients, "build_client", _reuse_client)
    monkeypatch.setattr(aws_clients, "new_session", _reuse_session)
    monkeypatch.setattr(boto3, "Session", _reuse_boto3_session)
    monkeypatch.setattr(sandbox, "client", client)


@contextmanager
def call_in_process(sandbox: EcsSandbox, client: Any) -> Iterator[Any]:
    """Only this client calls the sandbox directly."""

    def answer(request: AWSPreparedRequest | DirectRequest, **_: Any) -> AWSResponse | None:
        return None if isinstance(request, DirectRequest) else _call_wsgi(sandbox, request)

    client.meta.events.register("before-send", answer)
    client._endpoint.sandbox, client._endpoint.own_pid = sandbox, os.getpid()
    try:
        yield client
    finally:
        client.meta.events.unregister("before-send", answer)
        del client._endpoint.sandbox, client._endpoint.own_pid


@cache
def outside_client(service: str) -> Any:
    """A client of another program than Slipway, for one AWS service."""
    return without_signing(
        _shared_session().client(
            service,  # type: ignore[call-overload]
            endpoint_url=FAKE_AWS_URL,
            region_name=REGION,
            aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",
        ),
        "sandbox",
    )


def without_signing(client: Any, access_key: str) -> Any:
    """Sends the access key without a signature, and a fixed user agent.

    The sandbox reads nothing else of them, and computing both takes longer than its answer.
    """

    client._resolve_endpoint_ruleset = _remember_endpoints(client._resolve_endpoint_ruleset)

    def name_keys(request: AWSRequest, signing_name: str, region_name: str, **_: Any) -> None:
        request.headers["Authorization"] = authorization(access_key, region_name, signing_name)

    creator = client._user_agent_creator
    user_agent = creator.to_string()
    creator.to_string = lambda: user_agent
    client.meta.events.register("choose-signer", lambda **_: UNSIGNED)
    client.meta.events.register("before-sign", name_keys)
    InProcessEndpoint.replace(client, access_key)
    return client


def _remember_endpoints(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """The address of these clients is fixed, so what botocore's endpoint rules say of an operation is the
    same each time. They also note the signing context, which is kept with the answer."""
    known: dict[str, tuple[Any, dict[str, Any]]] = {}

    def resolve_once(operation: Any, params: Any, context: dict[str, Any], *options: Any) -> Any:
        if operation.name not in known:
            before = dict(context)
            endpoint = resolve(operation, params, context, *options)
            changed = {key: value for key, value in context.items() if before.get(key) is not value}
            known[operation.name] = endpoint, changed
        endpoint, changed = known[operation.name]
        context.update(copy.deepcopy(changed))
        return endpoint

    return resolve_once


class FastJsonParser(JSONParser):
    """botocore's parser looks for every field that a shape could have, and asks again how to read each value.
    This one reads the fields that are there, by readers that are made once for each shape."""

    def _parse_shape(self, shape: Any, node: Any) -> Any:
        read = _reader_of(shape, self)
        return node if read is None or node is None else read(node)


Reader = Callable[[Any], Any]
_readers: dict[int, tuple[Any, Reader | None]] = {}


def _reader_of(shape: Any, parser: JSONParser) -> Reader | None:
    """What turns JSON into a value of this shape; None if it is the value already."""
    if id(shape) not in _readers:

        def read_recursive(node: Any) -> Any:
            _, read = _readers[id(shape)]
            return node if read is None else read(node)

        _readers[id(shape)] = shape, read_recursive  # for a shape that contains itself
        _readers[id(shape)] = shape, _make_reader(shape, parser)
    return _readers[id(shape)][1]


def _make_reader(shape: Any, parser: JSONParser) -> Reader | None:
    if shape.type_name == "structure" and not (shape.is_document_type or shape.is_tagged_union):
        members = {
            member.serialization.get("name", name): (name, _reader_of(member, parser))
            for name, member in shape.members.items()
        }
        return lambda node: {
            members[name][0]: raw if (read := members[name][1]) is None else read(raw)
            for name, raw in node.items()
            if raw is not None and name in members
        }
    if shape.type_name == "list":
        read_item = _reader_of(shape.member, parser)
        if read_item is None:
            return list
        return lambda node: [None if each is None else read_item(each) for each in node]
    if shape.type_name == "map":
        read_value = _reader_of(shape.value, parser)
        if read_value is None:
            return dict
        return lambda node: {key: read_value(raw) for key, raw in node.items()}
    handle = getattr(parser, f"_handle_{shape.type_name}", None)
    return None if handle is None else lambda node: handle(shape, node)


PROTOCOL_PARSERS["json"] = FastJsonParser  # type: ignore[assignment]

_original_build = AwsClients.build_client
_original_boto3_session = boto3.Session


def _reuse_session() -> boto3.Session:
    """Reuses Slipway's session: building one takes longer than building a client."""
    return _shared_session() if _uses_sandbox_user() else aws_session.new_session()


def _reuse_boto3_session(**options: Any) -> boto3.Session:
    return _shared_session() if not options and _uses_sandbox_user() else _original_boto3_session(**options)


@cache
def _shared_session() -> boto3.Session:
    session = aws_session.new_session()
    factory = session._session.get_component("response_parser_factory")
    factory.set_parser_defaults(timestamp_parser=_parse_timestamp)
    return session


def _parse_timestamp(value: Any) -> datetime:
    """Faster than botocore, which asks the operating system for the time zone of each timestamp."""
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else parse_timestamp(value)


def _reuse_client(
    aws: AwsClients, service: str, region: str, keys: TemporaryCredentials | None = None
) -> Any:
    """Slipway's own client. It is reused if it has the credentials of the sandbox's own user."""
    if keys or not _uses_sandbox_user():
        return _original_build(aws, service, region, keys)
    return _slipway_client(service, region)


def _uses_sandbox_user() -> bool:
    return AWS_ENVIRON.items() <= os.environ.items() and "AWS_PROFILE" not in os.environ


@cache
def _slipway_client(service: str, region: str) -> Any:
    return without_signing(_original_build(AwsClients(), service, region), WORKERS_KEY)


def _call_wsgi(sandbox: EcsSandbox, request: AWSPreparedRequest) -> AWSResponse:
    try:
        status, headers, body = call_wsgi(sandbox.application, _wsgi_environ(request))
    except DroppedConnection as lost:
        raise ConnectionClosedError(endpoint_url=request.url, request=request, error=lost) from lost
    answered: Any = HeadersDict(headers)
    return AWSResponse(request.url, status, answered, _Body(body))


class _Body(io.BytesIO):
    """The response body as urllib3 gives it to botocore."""

    def stream(self) -> Iterator[bytes]:
        yield self.getvalue()


def _wsgi_environ(request: AWSPreparedRequest) -> dict[str, Any]:
    url = urlsplit(request.url)
    sent: Any = request.body or b""
    data = sent.read() if hasattr(sent, "read") else sent
    body = data.encode() if isinstance(data, str) else bytes(data)
    headers = {
        environ_name(name): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    environ = wsgi_environ(request.method, request.url, unquote(url.path), url.query, body)
    return {**environ, **headers}
