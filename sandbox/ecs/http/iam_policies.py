"""The policies of users and roles: what they deny, and which of their statements were used."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sandbox.ecs.http.policy_evaluation import Decision, IamRequest, Json, Match, check_policy, evaluate


class Denial(NamedTuple):
    """The first permission that a request lacks."""

    request: IamRequest
    is_explicit: bool
    """Whether a statement denies it, and not only none allows it."""

    def because(self) -> str:
        """The end of AWS's sentence (IAM user guide, "Access denied error messages")."""
        if self.is_explicit:
            return "with an explicit deny in an identity-based policy"
        return f"because no identity-based policy allows the {self.request.action} action"


class IamPolicies:
    """Policies by principal. A principal without any may do everything."""

    def __init__(self) -> None:
        self._statements: dict[str, list[Json]] = {}
        self._used: dict[str, set[Match]] = {}
        self._lock = threading.Lock()

    def attach(self, principal: str, documents: Sequence[Json]) -> None:
        """From now on the principal may do what these allow, and nothing else. principal: an access key, or
        the ARN of a role. Raises ValueError for a policy that cannot be evaluated here."""
        for document in documents:
            check_policy(document)
        with self._lock:
            self._statements[principal] = [each for document in documents for each in document["Statement"]]
            self._used[principal] = set()

    def has_policies(self, principal: str) -> bool:
        return principal in self._statements

    def find_denial(self, principal: str, needed: Iterable[IamRequest]) -> Denial | None:
        """What the request lacks; None if all of it is allowed, which is noted as use."""
        statements = self._statements[principal]
        used: set[Match] = set()
        for request in needed:
            decision: Decision = evaluate(statements, request)
            if not decision.is_allowed:
                return Denial(request, decision.is_denied)
            used.update(decision.allowed_by)
        with self._lock:
            self._used[principal] |= used
        return None

    def simulate(self, principal: str, request: IamRequest) -> tuple[str, list[str]]:
        """What IAM's simulator says, and the condition keys of the policies that the request does not have.
        Nothing counts as used."""
        if not self.has_policies(principal):
            return "allowed", []
        statements = self._statements[principal]
        decision = evaluate(statements, request)
        named = {
            key
            for each in statements
            for keys in each.get("Condition", {}).values()
            for key in keys
            if key not in request.context
        }
        if decision.is_denied:
            return "explicitDeny", sorted(named)
        return ("allowed" if decision.is_allowed else "implicitDeny"), sorted(named)

    def used(self, principal: str) -> frozenset[Match]:
        """What allowed the principal's requests so far."""
        with self._lock:
            return frozenset(self._used[principal])
