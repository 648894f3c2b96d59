"""IAM's simulator, SimulatePrincipalPolicy: what the policies of a user or a role would allow.

As in the IAM API reference. Each action is judged on each resource, and each has its own result. Which
statements matched is not told.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from sandbox.ecs.http.iam_policies import IamPolicies
from sandbox.ecs.http.iam_roles import IamRoles
from sandbox.ecs.http.policy_evaluation import IamRequest
from sandbox.ecs.http.responses import AwsResponse, error_response

_ENTITY = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(?P<kind>user|role)/(?P<name>\S+)")
_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
_LISTS = ("stringList",)


def simulate(body: bytes, policies: IamPolicies, roles: IamRoles) -> AwsResponse:
    """Answers one request. Anybody is a user here, as any text is an access key; a role has to exist."""
    form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    source = form.get("PolicySourceArn", "")
    entity = _ENTITY.fullmatch(source)
    if entity is None:
        message = f"Invalid Entity Arn: {source} does not clearly define entity type and name."
        return error_response("iam", "InvalidInput", message)
    is_role = entity["kind"] == "role"
    principal = source if is_role else entity["name"]
    if is_role and not roles.exists(source) and not policies.has_policies(source):
        message = f"The role with name {entity['name']} cannot be found."
        return error_response("iam", "NoSuchEntity", message, 404)
    context = dict(_context_entries(form))
    members = "".join(
        _result(IamRequest(action, resource, context), principal, policies)
        for action, resource in product(_listed(form, "ActionNames"), _listed(form, "ResourceArns") or ["*"])
    )
    return iam_response(
        "SimulatePrincipalPolicy",
        f"<IsTruncated>false</IsTruncated><EvaluationResults>{members}</EvaluationResults>",
    )


def role_response(name: str, roles: IamRoles) -> AwsResponse:
    """GetRole: the role's ARN, with its path."""
    arn = roles.find_by_name(name)
    if arn is None:
        return error_response("iam", "NoSuchEntity", f"The role with name {name} cannot be found.", 404)
    path = arn.split(":role", 1)[1].removesuffix(name)
    return iam_response(
        "GetRole",
        f"<Role><Path>{escape(path)}</Path><RoleName>{escape(name)}</RoleName><RoleId>AROASANDBOX00000000</RoleId>"
        f"<Arn>{escape(arn)}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></Role>",
    )


def iam_response(operation: str, content: str) -> AwsResponse:
    """An answer in the form that IAM has."""
    request_id = str(uuid.uuid4())
    xml = (
        f'<{operation}Response xmlns="{_NAMESPACE}"><{operation}Result>{content}</{operation}Result>'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    )
    return AwsResponse(200, (("Content-Type", "text/xml"), ("x-amzn-RequestId", request_id)), xml.encode())


def _result(request: IamRequest, principal: str, policies: IamPolicies) -> str:
    decision, missing = policies.simulate(principal, request)
    keys = "".join(f"<member>{escape(key)}</member>" for key in missing)
    return (
        f"<member><EvalActionName>{escape(request.action)}</EvalActionName>"
        f"<EvalResourceName>{escape(request.resource)}</EvalResourceName>"
        f"<EvalDecision>{decision}</EvalDecision><MatchedStatements/>"
        f"<MissingContextValues>{keys}</MissingContextValues></member>"
    )


def _context_entries(form: dict[str, str]) -> Iterator[tuple[str, Any]]:
    for number in range(1, len(form)):
        prefix = f"ContextEntries.member.{number}"
        if f"{prefix}.ContextKeyName" not in form:
            return
        values = _listed(form, f"{prefix}.ContextKeyValues")
        is_list = form.get(f"{prefix}.ContextKeyType") in _LISTS
        yield form[f"{prefix}.ContextKeyName"], tuple(values) if is_list else values[0]


def _listed(form: dict[str, str], name: str) -> list[str]:
    found: list[str] = []
    while (value := form.get(f"{name}.member.{len(found) + 1}")) is not None:
        found.append(value)
    return found
