"""Asks IAM what a principal may do, statement by statement, without doing any of it.

IAM's simulator reads the policies of the principal, its boundary and those of its organisation, but no policy
of a resource (IAM API reference, SimulatePrincipalPolicy).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, cast

from deploys.errors import AwsError, AwsRefused
from slipway.account_survey.patient_reader import call_patiently
from slipway.iam.statement import Statement
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.error_translation import aws_call

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import ContextEntryTypeDef, EvaluationResultTypeDef

SIMULATE = "iam:SimulatePrincipalPolicy"
_NO_SUCH_ENTITY = "NoSuchEntity"
_ASSUMED_ROLE = re.compile(r"arn:(?P<partition>[^:]+):sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/.+")
_SAMPLE = "0"
"""What stands for a star in a resource that is asked about."""
_ONLY_ON = {
    "ecs:DescribeServices": ":service/",
    "ecs:ListServiceDeployments": ":service/",
}
"""Actions that AWS checks on one kind of resource only (Service Authorization Reference), although their
statement names others for the sake of its other actions."""

Context = tuple[tuple[str, tuple[str, ...]], ...]
"""Condition keys with their values; several values are one list."""


@dataclass(frozen=True)
class Question:
    """May the principal do these actions on each of these resources, in this context?"""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: Context


@dataclass(frozen=True)
class Refusal:
    """An action that IAM would refuse."""

    action: str
    resource: str
    context: Context
    is_explicit: bool
    """Whether a policy denies it, and not only none allows it."""
    by_organisation: bool
    """Whether a policy of the organisation does not allow it."""


def questions_about(statement: Statement, region: str) -> Iterator[Question]:
    """What to ask so that the answer shows whether all of this statement is allowed. Pure.

    region: in which the calls are made, unless the statement names others.
    """
    for context in _contexts(statement, region):
        by_resources: dict[tuple[str, ...], list[str]] = {}
        resources = tuple(_sample(each) for each in statement.resources)
        for action in statement.actions:
            kind = _ONLY_ON.get(action, "")
            by_resources.setdefault(tuple(each for each in resources if kind in each), []).append(action)
        for where, actions in by_resources.items():
            yield Question(tuple(actions), where, context)


def merge_questions(questions: Iterable[Question]) -> list[Question]:
    """The same questions for several services asked together. Pure."""
    merged: dict[tuple[tuple[str, ...], Context], dict[str, None]] = {}
    for each in questions:
        merged.setdefault((each.actions, each.context), {}).update(dict.fromkeys(each.resources))
    return [Question(actions, tuple(where), context) for (actions, context), where in merged.items()]


def lacking_part(statement: Statement, region: str, refusals: Iterable[Refusal]) -> Statement | None:
    """The part of the statement that is refused; None if it is all allowed. Pure."""
    refused = {(each.action, each.resource, each.context) for each in refusals}
    lacking = [
        (action, resource)
        for question in questions_about(statement, region)
        for action in question.actions
        for resource in question.resources
        if (action, resource, question.context) in refused
    ]
    if not lacking:
        return None
    actions, samples = {each[0] for each in lacking}, {each[1] for each in lacking}
    return replace(
        statement,
        actions=tuple(each for each in statement.actions if each in actions),
        resources=tuple(each for each in statement.resources if _sample(each) in samples),
    )


def principal_of(caller: str) -> str:
    """The user or role whose policies count for this caller: of a session, its role. Empty for the root user,
    who may do everything. Pure.

    The ARN of a session lacks the path of its role (IAM user guide, "IAM identifiers").
    """
    if found := _ASSUMED_ROLE.fullmatch(caller):
        return f"arn:{found['partition']}:iam::{found['account']}:role/{found['role']}"
    return "" if caller.endswith(":root") else caller


class PolicySimulator:
    """Asks about one principal, again if IAM is throttled. Raises AwsError if IAM does not answer."""

    def __init__(
        self, region: RegionClients, principal: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._sleep = sleep
        self._iam = region.client("iam")
        self.principal = principal

    def ask(self, questions: Sequence[Question]) -> list[Refusal]:
        """What would be refused."""
        return [refusal for question in questions for refusal in self._ask(question)]

    def _ask(self, question: Question) -> list[Refusal]:
        try:
            return self._simulate(question)
        except AwsRefused as problem:
            if problem.facts.get("code") != _NO_SUCH_ENTITY or not (found := self._look_up_role()):
                raise
            self.principal = found
            return self._simulate(question)

    def _simulate(self, question: Question) -> list[Refusal]:
        entries = cast("list[ContextEntryTypeDef]", [_entry(*each) for each in question.context])

        def simulate() -> list[EvaluationResultTypeDef]:
            with aws_call(SIMULATE):
                pages = self._iam.get_paginator("simulate_principal_policy").paginate(
                    PolicySourceArn=self.principal,
                    ActionNames=list(question.actions),
                    ResourceArns=list(question.resources),
                    ContextEntries=entries,
                )
                return [result for page in pages for result in page["EvaluationResults"]]

        results = call_patiently(simulate, self._sleep)
        return [refusal for result in results for refusal in _refusals(result, question.context)]

    def _look_up_role(self) -> str:
        """The role's ARN with its path; empty if that may not be read."""
        name = self.principal.rsplit("/", 1)[-1]
        if ":role/" not in self.principal:
            return ""
        try:
            with aws_call("iam:GetRole"):
                found = str(self._iam.get_role(RoleName=name)["Role"]["Arn"])
        except AwsError:
            return ""
        return found if found != self.principal else ""


def _refusals(result: Mapping[str, Any], context: Context) -> Iterator[Refusal]:
    """Of one action. IAM answers for each resource by itself, or lists the resources in one result."""
    by_organisation = (result.get("OrganizationsDecisionDetail") or {}).get("AllowedByOrganizations") is False
    specific = result.get("ResourceSpecificResults") or [
        {
            "EvalResourceName": result.get("EvalResourceName", "*"),
            "EvalResourceDecision": result["EvalDecision"],
        }
    ]
    for each in specific:
        if each["EvalResourceDecision"] != "allowed":
            yield Refusal(
                result["EvalActionName"],
                each["EvalResourceName"],
                context,
                is_explicit=each["EvalResourceDecision"] == "explicitDeny",
                by_organisation=by_organisation,
            )


def _contexts(statement: Statement, region: str) -> Iterator[Context]:
    """One for each combination of values that the conditions name."""
    keys: dict[str, list[tuple[str, ...]]] = {"aws:RequestedRegion": [(region,)]}
    for operator, conditions in statement.conditions.items():
        for key, values in conditions.items():
            if operator.startswith("ForAllValues:"):
                keys[key] = [tuple(_sample(value) for value in values)]
            elif operator == "Null":
                keys[key] = [(_SAMPLE,)] if values == ("false",) else []
            else:
                keys[key] = [(_sample(value),) for value in values]
    named = {key: values for key, values in keys.items() if values}
    for combination in product(*named.values()):
        yield tuple(zip(named, combination, strict=True))


def _sample(pattern: str) -> str:
    """A resource or value that the pattern is for. A lone star is what actions without a resource have."""
    return pattern if pattern == "*" else pattern.replace("*", _SAMPLE)


def _entry(key: str, values: tuple[str, ...]) -> dict[str, Any]:
    kind = "stringList" if key == "aws:TagKeys" else "string"
    return {"ContextKeyName": key, "ContextKeyValues": list(values), "ContextKeyType": kind}
