"""Receives every request: faults first, then ECS from the region, and all else from moto."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.iam.models import get_account_id_from

from sandbox.ecs import alarms, autoscaling
from sandbox.ecs.errors import EcsError
from sandbox.ecs.faults import Fault, Faults
from sandbox.ecs.http.answer import Answer, StartResponse, answer_of, error_answer, json_answer
from sandbox.ecs.http.control import Control
from sandbox.ecs.http.moto import moto
from sandbox.ecs.http.request import AwsRequest
from sandbox.ecs.model import check_params
from sandbox.ecs.operations import OPERATIONS, Call
from sandbox.ecs.place import ACCOUNT
from sandbox.ecs.region import Region
from sandbox.ecs.roles import Roles, expired

CALLS_KEPT = 10_000
_IAM_NAMES = {"monitoring": "cloudwatch"}
"""Services that permissions call otherwise than signatures do."""


class ConnectionLost(ConnectionAbortedError):
    """The client gets no answer. werkzeug takes any ConnectionError for a client that has gone."""


@dataclass(frozen=True)
class CallNote:
    """One request, as it can be read back."""

    at: float
    service: str
    operation: str
    params: dict[str, Any]
    account: str
    """The account whose keys it came with."""
    outcome: str
    """`ok`, an error code, or the kind of the fault that kept the answer back."""


class Front:
    """The WSGI application."""

    def __init__(
        self,
        regions: Mapping[str, Region],
        roles: Roles,
        faults: Faults,
        control: Control,
        closing: threading.Event,
    ) -> None:
        self._regions = regions
        """By account."""
        self._home = regions[ACCOUNT]
        self._roles = roles
        self._faults = faults
        self._control = control
        self._closing = closing
        self.calls: deque[CallNote] = deque(maxlen=CALLS_KEPT)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/sandbox"):
            return self._control.answer(environ).send(start_response)
        request = AwsRequest.read(environ)
        striking = {fault.kind: fault for fault in self._faults.strike(request)}
        for fault in striking.values():
            if fault.kind == "latency":
                self._closing.wait(fault.seconds)
        if "timeout-before" in striking:
            self._lose_connection(request, striking["timeout-before"], environ)
        answer = self._refusal(request, striking) or self._answer(request, environ, striking.get("stale"))
        if "timeout-after" in striking:
            self._lose_connection(request, striking["timeout-after"], environ)
        if "newer" in striking and answer.status < 400:
            answer = _with_member(answer, striking["newer"].message or "addedLater")
        self._note(request, "ok" if answer.status < 400 else _error_code(answer))
        return answer.send(start_response)

    def _note(self, request: AwsRequest, outcome: str) -> None:
        now, account = self._home.clock.now(), get_account_id_from(request.access_key)
        self.calls.append(CallNote(now, request.service, request.operation, request.params, account, outcome))

    def _lose_connection(self, request: AwsRequest, fault: Fault, environ: dict[str, Any]) -> None:
        self._note(request, fault.kind)
        self._closing.wait(fault.seconds)
        raise ConnectionLost(f"{request.operation}: {fault.kind}")

    def _refusal(self, request: AwsRequest, striking: dict[str, Fault]) -> Answer | None:
        refusals = {
            "throttle": ("ThrottlingException", "Rate exceeded", 400),
            "error": ("InternalFailure", "The request processing has failed.", 500),
            "access-denied": ("AccessDeniedException", self._not_authorized(request), 400),
        }
        for kind, (code, message, status) in refusals.items():
            fault = striking.get(kind)
            if fault is not None:
                return error_answer(
                    request.service, fault.code or code, fault.message or message, fault.status or status
                )
        session = self._roles.session(request.access_key)
        if session is not None and session.ends <= self._home.clock.now():
            return expired(request.service)
        if request.is_assume_role and not self._roles.may_assume(request.params):
            return error_answer("sts", "AccessDenied", self._not_authorized(request), 403)
        if "no-room" in striking:
            reason = striking["no-room"].message or "RESOURCE:MEMORY"
            return json_answer({"tasks": [], "failures": [{"reason": reason}]})
        return None

    def _not_authorized(self, request: AwsRequest) -> str:
        action = f"{_IAM_NAMES.get(request.service, request.service)}:{request.operation}"
        session = self._roles.session(request.access_key)
        who = session.arn if session else f"arn:aws:iam::{ACCOUNT}:user/sandbox"
        return (
            f"User: {who} is not authorized "
            f"to perform: {action} on resource: {self._resource(request)} "
            f"because no identity-based policy allows the {action} action"
        )

    def _resource(self, request: AwsRequest) -> str:
        if request.is_assume_role:
            return str(request.params.get("RoleArn", "*"))
        service = request.params.get("service")
        if request.service != "ecs" or not isinstance(service, str):
            return "*"
        if service.startswith("arn:"):
            return service
        cluster = str(request.params.get("cluster") or "default").rpartition("/")[2]
        return self._region_of(request).names.arn("service", cluster, service)

    def _answer(self, request: AwsRequest, environ: dict[str, Any], stale: Fault | None) -> Answer:
        with self._region_of(request).moment() as region:
            if not self._is_ours(request):
                if request.operation == "RegisterScalableTarget":
                    refusal = autoscaling.refusal(region, request.params)
                    if refusal is not None:
                        return error_answer(request.service, "ValidationException", refusal)
                answer = answer_of(moto(), environ)
                if request.is_assume_role:
                    return self._roles.assumed(request.params, answer, region.now)
                if request.operation == "PutMetricData":
                    alarms.evaluate(region)
                autoscaling.watch(region)
                return answer
            operation = OPERATIONS.get(request.operation)
            if operation is None and _moto_plays(request.operation):
                return answer_of(moto(), environ)
            if operation is None:
                message = f"The sandbox does not play {request.operation}."
                return error_answer("ecs", "UnsupportedFeatureException", message)
            try:
                check_params(request.operation, request.parsed())
                return json_answer(operation(_call(region, request, stale)))
            except EcsError as error:
                return error_answer("ecs", error.code, error.message, error.status, error.members)
            except ValueError as error:
                return error_answer("ecs", "SerializationException", str(error))

    def _is_ours(self, request: AwsRequest) -> bool:
        """ECS elsewhere, in a region or an account that was not opened, is moto's, and empty."""
        account = get_account_id_from(request.access_key)
        return request.service == "ecs" and request.region == self._home.name and account in self._regions

    def _region_of(self, request: AwsRequest) -> Region:
        return self._regions.get(get_account_id_from(request.access_key), self._home)


def _call(region: Region, request: AwsRequest, stale: Fault | None) -> Call:
    tables = region.tables
    if stale is not None:
        tables = tables.as_of(region.now - stale.seconds)
    return Call(region, tables, request.params)


def _with_member(answer: Answer, name: str) -> Answer:
    """What AWS answers once it has a member that clients of today do not know."""
    members = json.loads(answer.body)
    members["taskDefinition"][name] = False
    return json_answer(members)


def _moto_plays(operation: str) -> bool:
    return hasattr(EC2ContainerServiceResponse, camelcase_to_underscores(operation))


def _error_code(answer: Answer) -> str:
    return dict(answer.headers).get("x-amzn-ErrorType", str(answer.status))
