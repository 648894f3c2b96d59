"""The IAM policies of all services: one for the workers' own role, and one for each role in services.yml."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from deploys.catalogue.nested_keys import Role
from deploys.catalogue.service import Service
from slipway.iam.service_facts import ServiceFacts, unknown_facts
from slipway.iam.service_statements import service_statements
from slipway.iam.statement import Json, Statement, merge

MANAGED_POLICY_CHARACTERS = 6144
"""How long a managed policy may be, without white space (IAM user guide, "IAM and AWS STS quotas")."""
ATTACHED_POLICIES = 10
"""How many managed policies a role may have, unless its quota was raised (the same page)."""
MAX_ATTACHED_POLICIES = 20
"""How far that quota can be raised (AWS knowledge center, `iam-increase-policy-size`)."""
WORKERS = "slipway-workers"
WORKERS_ROLE = f"arn:aws:iam::ACCOUNT_OF_THE_WORKERS:role/{WORKERS}"
"""The placeholder for the role of the workers."""
_VERSION = "2012-10-17"


@dataclass(frozen=True)
class RolePolicies:
    """The policies of one role."""

    name: str
    """What the policy may be called, and its file."""
    role: str
    """ARN of the role in services.yml; empty: the role, or the user, that the workers themselves have."""
    services: tuple[str, ...]
    """What it is for: the names in services.yml."""
    by_service: tuple[Statement, ...]
    """The statements of each service, one after the other."""
    trust: Json | None = None
    """The trust policy of a role in services.yml: who may assume it."""
    privileged: tuple[str, ...] = ()
    """Services with privileged containers: because of them nothing denies to register such."""

    @property
    def statements(self) -> tuple[Statement, ...]:
        """One statement of each id, for all services."""
        return merge(self.by_service)

    @property
    def documents(self) -> tuple[Json, ...]:
        """The policy, in as many documents as its length needs. All of them belong to the role."""
        return split_into_documents(self.by_service)

    def document_names(self) -> Iterator[tuple[str, Json]]:
        """Each document with a name."""
        for number, document in enumerate(self.documents, start=1):
            yield (self.name if number == 1 else f"{self.name}-{number}"), document


def policies(
    services: Iterable[Service],
    facts: Mapping[str, ServiceFacts] | None = None,
    workers_role: str = WORKERS_ROLE,
) -> tuple[RolePolicies, ...]:
    """The least that Slipway needs for these services: the workers' policies first. Pure.

    facts: what AWS says, by the service's name; without it, a policy has placeholders for that.

    workers_role: ARN of the workers' role, for the trust policies of other roles.
    """
    listed = list(services)
    known = {each.name: (facts or {}).get(each.name) or unknown_facts(each) for each in listed}
    by_role: dict[str, list[Service]] = {"": []}
    for service in listed:
        by_role.setdefault(service.role.arn if service.role else "", []).append(service)
    own = by_role.pop("")
    workers = (*_statements(own, known), *([may_assume(by_role)] if by_role else ()))
    return (
        RolePolicies(
            WORKERS, "", tuple(each.name for each in own), workers, privileged=_privileged(own, known)
        ),
        *(
            RolePolicies(
                _role_policy_name(role),
                role,
                tuple(each.name for each in theirs),
                _statements(theirs, known),
                _trust(theirs, workers_role),
                _privileged(theirs, known),
            )
            for role, theirs in by_role.items()
        ),
    )


def split_into_documents(statements: Sequence[Statement]) -> tuple[Json, ...]:
    """The statements of services in documents that IAM accepts: as few as merging makes them. All of them are
    attached to one role. Pure."""
    same: dict[str, list[Statement]] = {}
    for statement in statements:
        same.setdefault(statement.sid, []).append(statement)
    documents: list[list[Json]] = [[]]
    for group in same.values():
        for part in _short_enough(group):
            if length_of([*documents[-1], part]) > MANAGED_POLICY_CHARACTERS:
                documents.append([])
            documents[-1].append(part)
    return tuple({"Version": _VERSION, "Statement": each} for each in documents if each)


def length_of(statements: Sequence[Json]) -> int:
    """What IAM counts of a policy with these statements (characters)."""
    return len(json.dumps({"Version": _VERSION, "Statement": statements}, separators=(",", ":")))


def _short_enough(group: Sequence[Statement]) -> Iterator[Json]:
    """The statements of one id as one; or, if no document can hold it, as several for a part of the services
    each, or for a part of the resources of one service."""
    [merged] = merge(group)
    parts = group if len(group) > 1 else [merged.with_resources([each]) for each in merged.resources]
    written = merged.as_json()
    if length_of([written]) <= MANAGED_POLICY_CHARACTERS or len(parts) == 1:
        yield written
        return
    half = len(parts) // 2
    for number, part in enumerate((parts[:half], parts[half:])):
        for each in _short_enough(part):
            # A Sid is unique within a document (IAM user guide, "Sid").
            yield {**each, "Sid": f"{each['Sid']}{'AB'[number]}"}


def _statements(services: Sequence[Service], facts: Mapping[str, ServiceFacts]) -> tuple[Statement, ...]:
    statements = [statement for each in services for statement in service_statements(each, facts[each.name])]
    if statements and not _privileged(services, facts):
        statements.append(_NO_PRIVILEGED_CONTAINERS)
    return tuple(statements)


def _privileged(services: Sequence[Service], facts: Mapping[str, ServiceFacts]) -> tuple[str, ...]:
    return tuple(each.name for each in services if facts[each.name].is_privileged)


_NO_PRIVILEGED_CONTAINERS = Statement(
    "NoPrivilegedContainers",
    ("ecs:RegisterTaskDefinition",),
    conditions={"StringEquals": {"ecs:privileged": ("true",)}},
    effect="Deny",
)


def may_assume(roles: Iterable[str]) -> Statement:
    """What the workers need for the roles in services.yml."""
    return Statement("AssumeTheRolesOfServices", ("sts:AssumeRole",), tuple(roles))


def _trust(services: Sequence[Service], workers_role: str) -> Json:
    """Who may assume the role of these services: the workers, with the external id if there is one."""
    statement: Json = {
        "Effect": "Allow",
        "Principal": {"AWS": workers_role},
        "Action": "sts:AssumeRole",
    }
    roles: Iterator[Role] = (each.role for each in services if each.role)
    if external_id := next((role.external_id for role in roles if role.external_id), ""):
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return {"Version": _VERSION, "Statement": [statement]}


def _role_policy_name(arn: str) -> str:
    account, name = arn.split(":")[4], arn.rsplit("/", 1)[-1]
    return f"slipway-{account}-{name}"
