"""The parts of a request to AWS that decide how it is answered."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

from moto.iam.models import get_account_id_from

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_RPC_PATH = re.compile(r"/service/[^/]+/operation/(?P<operation>\w+)")
_ECS_TARGET = "AmazonEC2ContainerServiceV20141113."


@dataclass(frozen=True)
class AwsRequest:
    service: str
    """The service name in the signature: `ecs`, `ecr`, `logs`, ... or empty."""
    operation: str
    region: str
    access_key: str
    body: bytes

    @classmethod
    def from_environ(cls, environ: dict[str, Any]) -> AwsRequest:
        """Read the request, and leave its body in `environ` to be read again."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        signed = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        target: str = environ.get("HTTP_X_AMZ_TARGET", "")
        service = signed["service"] if signed else ""
        if target.startswith(_ECS_TARGET):
            service = "ecs"
        return cls(
            service=service,
            operation=target.rpartition(".")[2] or _operation_name(environ, body),
            region=signed["region"] if signed else "",
            access_key=signed["key"] if signed else "",
            body=body,
        )

    def parse_body(self) -> dict[str, Any]:
        """The members of a JSON request. Raises ValueError if the body is not a JSON object."""
        params = json.loads(self.body or b"{}")
        if not isinstance(params, dict):
            raise ValueError("The body must be a JSON object.")
        return params

    @cached_property
    def params(self) -> dict[str, Any]:
        """The members of a request in JSON, or in a form as STS uses it; empty for other protocols."""
        try:
            return self.parse_body()
        except ValueError:
            form = parse_qs(self.body.decode("utf-8", "replace"))
            return {name: values[0] for name, values in form.items()} if "Action" in form else {}

    @cached_property
    def account(self) -> str:
        """The account of the caller's access key."""
        return get_account_id_from(self.access_key)

    @property
    def is_assume_role(self) -> bool:
        """Whether the request asks STS for the keys of a role."""
        return self.service == "sts" and self.operation == "AssumeRole"

    def is_about_service(self, name: str) -> bool:
        """Whether the request names an ECS service of this name."""
        mentioned = [self.params.get("service"), self.params.get("serviceName")]
        mentioned += self.params.get("services") or []
        for member in ("serviceDeploymentArn", "resourceArn"):
            mentioned.append(self.params.get(member))
        for member in ("serviceDeploymentArns", "serviceRevisionArns"):
            mentioned += self.params.get(member) or []
        texts = (text for text in mentioned if isinstance(text, str))
        return any(text == name or name in text.split("/")[1:] for text in texts)


def _operation_name(environ: dict[str, Any], body: bytes) -> str:
    rpc = _RPC_PATH.search(environ.get("PATH_INFO", ""))
    if rpc:
        return str(rpc["operation"])
    query_string: str = environ.get("QUERY_STRING") or body.decode("utf-8", "replace")
    query = parse_qs(query_string)
    return query.get("Action", [""])[0]
