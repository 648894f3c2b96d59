"""Answers every request: with a fault if one matches, ECS from the region, everything else from moto."""

from __future__ import annotations

import io
import json
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.ecs.account import ACCOUNT
from sandbox.ecs.aws_services.pull_through_cache import PULL_THROUGH_OPERATIONS
from sandbox.ecs.botocore_model import validate_params
from sandbox.ecs.clock import ManualClock
from sandbox.ecs.ecs_errors import EcsErrorResponse
from sandbox.ecs.http import policy_simulation
from sandbox.ecs.http.aws_request import AwsRequest
from sandbox.ecs.http.control_api import EcsControlApi
from sandbox.ecs.http.faults import EcsFault, EcsFaults
from sandbox.ecs.http.http_server import moto_app
from sandbox.ecs.http.iam_policies import Denial, IamPolicies
from sandbox.ecs.http.iam_roles import IamRoles, caller_identity_response, expired_token_response
from sandbox.ecs.http.needed_permissions import action_name, needed_permissions
from sandbox.ecs.http.request_throttling import RequestThrottling
from sandbox.ecs.http.responses import (
    AwsResponse,
    StartResponse,
    call_wsgi_app,
    error_response,
    json_response,
)
from sandbox.ecs.ids import user_arn
from sandbox.ecs.operations import MOTO_OPERATIONS, OPERATIONS, EcsCall
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.scheduler import application_autoscaling

MAX_RECORDED_CALLS = 10_000
LONG_POLL_STEP_SECONDS = 0.05
"""Between two looks into a queue for a long poll of SQS (seconds)."""


class DroppedConnection(ConnectionAbortedError):
    """The client gets no answer. werkzeug treats any ConnectionError as a client that has disconnected."""


@dataclass(frozen=True)
class AwsCallNote:
    """One request in the log of calls."""

    at: float
    service: str
    operation: str
    params: dict[str, Any]
    account: str
    """The account whose keys it came with."""
    outcome: str
    """`ok`, an error code, or the kind of the fault that dropped the connection."""


_REFUSALS = {
    "throttle": ("ThrottlingException", "Rate exceeded", 400),
    "error": ("InternalFailure", "The request processing has failed.", 500),
    "access-denied": ("AccessDeniedException", "", 400),
}
"""Code, message and HTTP status by the kind of the fault; IAM's message names who is denied what."""


class Dispatcher:
    """The WSGI application."""

    def __init__(
        self,
        regions: Mapping[str, EcsRegion],
        roles: IamRoles,
        policies: IamPolicies,
        faults: EcsFaults,
        throttling: RequestThrottling,
        control: EcsControlApi,
        closing: threading.Event,
    ) -> None:
        self._regions = regions
        """By account."""
        self._home_region = regions[ACCOUNT]
        self._roles = roles
        self._policies = policies
        self._faults = faults
        self._throttling = throttling
        self._control = control
        self._closing = closing
        self.calls: deque[AwsCallNote] = deque(maxlen=MAX_RECORDED_CALLS)
        self.watched_words: dict[str, set[str]] = {}
        """By word: the operations that have answered with it."""

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/sandbox"):
            return self._control.respond(environ).send(start_response)
        request = AwsRequest.from_environ(environ)
        faults = {fault.kind: fault for fault in self._faults.take_matching(request)}
        for fault in faults.values():
            if fault.kind == "latency":
                self._closing.wait(fault.seconds)
        if "timeout-before" in faults:
            self._drop_connection(request, faults["timeout-before"], environ)
        answer = self._error_response(request, faults) or self._receive_messages(request, environ)
        answer = answer or self._respond(request, environ, faults.get("stale"))
        if "timeout-after" in faults:
            self._drop_connection(request, faults["timeout-after"], environ)
        if "newer" in faults and answer.status < 400:
            answer = _with_unknown_member(answer, faults["newer"].message or "addedLater")
        skew = faults["skewed-date"].seconds if "skewed-date" in faults else 0.0
        answer = answer.with_date(time.time() + skew)
        self._record(request, "ok" if answer.status < 400 else _error_code(answer))
        self._find_watched_words(request, answer)
        return answer.send(start_response)

    def _record(self, request: AwsRequest, outcome: str) -> None:
        now = self._home_region.clock.now()
        self.calls.append(
            AwsCallNote(now, request.service, request.operation, request.params, request.account, outcome)
        )

    def _find_watched_words(self, request: AwsRequest, answer: AwsResponse) -> None:
        for word, operations in list(self.watched_words.items()):
            if word.encode() in answer.body:
                operations.add(request.operation)

    def _drop_connection(self, request: AwsRequest, fault: EcsFault, environ: dict[str, Any]) -> None:
        self._record(request, fault.kind)
        self._closing.wait(fault.seconds)
        raise DroppedConnection(f"{request.operation}: {fault.kind}")

    def _error_response(self, request: AwsRequest, faults: dict[str, EcsFault]) -> AwsResponse | None:
        for kind, (code, message, status) in _REFUSALS.items():
            fault = faults.get(kind)
            if fault is not None:
                words = fault.message or message or self._not_authorized_message(request)
                return error_response(request.service, fault.code or code, words, fault.status or status)
        if self._throttling.refuses(request):
            code, message, status = _REFUSALS["throttle"]
            return error_response(request.service, code, message, status)
        session = self._roles.find_session(request.access_key)
        if session is not None and session.expires_at <= self._home_region.clock.now():
            return expired_token_response(request.service)
        if (denial := self._find_denial(request)) is not None:
            return self._denied_response(request, denial)
        if request.is_assume_role and not self._roles.can_assume(request.params):
            return error_response("sts", "AccessDenied", self._not_authorized_message(request), 403)
        if request.service == "ecr" and _registry_account(request) != request.account:
            message = self._not_authorized_message(request, "resource-based")
            return error_response("ecr", "AccessDeniedException", message)
        if "no-room" in faults:
            reason = faults["no-room"].message or "RESOURCE:MEMORY"
            return json_response({"tasks": [], "failures": [{"reason": reason}]})
        return None

    def _find_denial(self, request: AwsRequest) -> Denial | None:
        session = self._roles.find_session(request.access_key)
        principal = session.role if session else request.access_key
        if not self._policies.has_policies(principal):
            return None
        return self._policies.find_denial(principal, needed_permissions(request, self._region_of(request)))

    def _denied_response(self, request: AwsRequest, denial: Denial) -> AwsResponse:
        """ECS reports a role that may not be passed as an error of the request's parameters."""
        who = self._principal_arn(request)
        needed = denial.request
        message = (
            f"User: {who} is not authorized to perform: {needed.action} on resource: {needed.resource} "
            f"{denial.because()}"
        )
        if request.service in ("sts", "iam"):
            return error_response(request.service, "AccessDenied", message, 403)
        code = "ClientException" if needed.action == "iam:PassRole" else "AccessDeniedException"
        return error_response(request.service, code, message, 400)

    def _not_authorized_message(self, request: AwsRequest, policy: str = "identity-based") -> str:
        action = action_name(request)
        return (
            f"User: {self._caller_arn(request) or user_arn(ACCOUNT)} is not authorized "
            f"to perform: {action} on resource: {self._resource_arn(request)} "
            f"because no {policy} policy allows the {action} action"
        )

    def _caller_arn(self, request: AwsRequest) -> str:
        session = self._roles.find_session(request.access_key)
        return session.arn if session else ""

    def _resource_arn(self, request: AwsRequest) -> str:
        if request.is_assume_role:
            return str(request.params.get("RoleArn", "*"))
        if request.service == "ecr" and "repositoryName" in request.params:
            where = f"{request.region}:{_registry_account(request)}"
            return f"arn:aws:ecr:{where}:repository/{request.params['repositoryName']}"
        service = request.params.get("service")
        if request.service != "ecs" or not isinstance(service, str):
            return "*"
        if service.startswith("arn:"):
            return service
        cluster = str(request.params.get("cluster") or "default").rpartition("/")[2]
        return self._region_of(request).ids.arn("service", cluster, service)

    def _receive_messages(self, request: AwsRequest, environ: dict[str, Any]) -> AwsResponse | None:
        """SQS's long poll: moto's would hold up every other request. None for other operations.

        It also lets the region's time pass, since nobody else may ask for anything meanwhile.
        """
        if (request.service, request.operation) != ("sqs", "ReceiveMessage"):
            return None
        wait = float(request.params.get("WaitTimeSeconds") or 0)
        body = json.dumps({**request.params, "WaitTimeSeconds": 0}).encode()
        until = time.monotonic() + wait
        while True:
            with self._region_of(request).hold_time() as region:
                asked = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
                answer = call_wsgi_app(moto_app(), asked)
            is_over = time.monotonic() >= until or isinstance(region.clock, ManualClock)
            if is_over or answer.status >= 400 or b'"Messages"' in answer.body:
                return answer
            if self._closing.wait(LONG_POLL_STEP_SECONDS):
                return answer

    def _respond(self, request: AwsRequest, environ: dict[str, Any], stale: EcsFault | None) -> AwsResponse:
        with self._region_of(request).hold_time() as region:
            if not self._is_played_here(request):
                return self._respond_for_other_services(region, request, environ)
            operation = OPERATIONS.get(request.operation)
            if operation is None and request.operation in MOTO_OPERATIONS:
                return call_wsgi_app(moto_app(), environ)
            if operation is None:
                message = f"The sandbox does not play {request.operation}."
                return error_response("ecs", "UnsupportedFeatureException", message)
            try:
                validate_params(request.operation, request.parse_body())
                return json_response(
                    operation(_build_call(region, request, stale, self._caller_arn(request)))
                )
            except EcsErrorResponse as error:
                return error_response("ecs", error.code, error.message, error.status, error.extra_members)
            except ValueError as error:
                return error_response("ecs", "SerializationException", str(error))

    def _respond_for_other_services(
        self, region: EcsRegion, request: AwsRequest, environ: dict[str, Any]
    ) -> AwsResponse:
        if request.operation in PULL_THROUGH_OPERATIONS:
            return json_response(
                PULL_THROUGH_OPERATIONS[request.operation](region.images.pull_through, request.params)
            )
        if request.operation == "RegisterScalableTarget":
            refusal = application_autoscaling.registration_error(region, request.params)
            if refusal is not None:
                return error_response(request.service, "ValidationException", refusal)
        if (about_identity := self._respond_about_identity(request)) is not None:
            return about_identity
        answer = call_wsgi_app(moto_app(), environ)
        if request.is_assume_role:
            return self._roles.remember_session(request.params, answer, region.now)
        application_autoscaling.schedule_check(region)
        return answer

    def _respond_about_identity(self, request: AwsRequest) -> AwsResponse | None:
        """What STS and IAM say of users and roles, which moto does not know."""
        if (request.service, request.operation) == ("sts", "GetCallerIdentity"):
            return caller_identity_response(self._principal_arn(request), request.account, request.access_key)
        if request.service != "iam":
            return None
        if request.operation == "SimulatePrincipalPolicy":
            return policy_simulation.simulate(request.body, self._policies, self._roles)
        if request.operation == "GetRole":
            return policy_simulation.role_response(request.params["RoleName"], self._roles)
        return None

    def _principal_arn(self, request: AwsRequest) -> str:
        """The session of a role, or the user with this access key."""
        return self._caller_arn(request) or f"arn:aws:iam::{request.account}:user/{request.access_key}"

    def _is_played_here(self, request: AwsRequest) -> bool:
        """ECS in another region, or in an account that was not opened, is moto's and empty."""
        account = request.account
        return (
            request.service == "ecs" and request.region == self._home_region.name and account in self._regions
        )

    def _region_of(self, request: AwsRequest) -> EcsRegion:
        return self._regions.get(request.account, self._home_region)


def _build_call(region: EcsRegion, request: AwsRequest, stale: EcsFault | None, caller: str) -> EcsCall:
    tables = region.tables
    if stale is not None:
        tables = tables.as_of(region.now - stale.seconds)
    return EcsCall(region, tables, request.params, caller)


def _registry_account(request: AwsRequest) -> str:
    """The account whose registry the request is for. Access to another account's registry is denied, since no
    repository here has a policy."""
    return str(request.params.get("registryId") or request.account)


def _with_unknown_member(answer: AwsResponse, name: str) -> AwsResponse:
    """The answer with a member that today's clients do not know, as AWS may add one."""
    members = json.loads(answer.body)
    members["taskDefinition"][name] = False
    return json_response(members)


def _error_code(answer: AwsResponse) -> str:
    return dict(answer.headers).get("x-amzn-ErrorType", str(answer.status))
