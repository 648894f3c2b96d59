"""Rules about several keys of a service together, and about services together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from deploys.catalogue.problem import Position, Problem
from deploys.catalogue.service import Service, Strategy
from deploys.catalogue.slack_ids import is_user_group

EcsServiceId = tuple[str, str, str, str]
"""An ECS service: account (empty: that of the workers' own credentials), region, cluster, name."""


@dataclass(frozen=True)
class ResolvedService:
    """A service with its defaults filled in, and what is known about where it was written."""

    service: Service
    invalid_keys: frozenset[str]
    """Keys whose value was refused already: no rule that reads them has anything to say."""
    own_keys: frozenset[str]
    """Keys that stand in the file for this very service."""
    written_keys: frozenset[str]
    """Those, and the keys that stand in the defaults."""
    position_of: Callable[[str], Position]
    """Where a key of this service stands; for one that does not, where the service's name stands."""

    def make_problem(self, key: str, message: str) -> Problem:
        """A problem with one key of this service."""
        return Problem(self.position_of(key), f"services.{self.service.name}.{key}", message)


def find_mistakes(services: Iterable[ResolvedService]) -> Iterator[Problem]:
    """What is wrong, although each value for itself is allowed."""
    first: dict[EcsServiceId, str] = {}
    for settled in services:
        yield from _check_cluster_and_region(settled)
        yield from _check_approvals(settled)
        yield from _check_same_ecs_service(settled, first)


def find_notes(services: Iterable[ResolvedService]) -> Iterator[Problem]:
    """What is allowed, but deserves a thought."""
    for settled in services:
        service = settled.service
        if settled.invalid_keys & {"strategy", "approvals"}:
            continue
        if service.strategy is Strategy.STOP_START and service.approvals == 0:
            message = "stops every task before it starts new ones, and nobody is asked (approvals: 0)."
            yield settled.make_problem("approvals", message)
        elif service.strategy is Strategy.NATIVE:
            continue  # approvers answer its pauses too
        elif service.approvals == 0 and "approvers" in settled.own_keys and service.approvers:
            message = "nobody is ever asked: 0 approvals are needed. Write `approvals: 1`, or leave this out."
            yield settled.make_problem("approvers", message)


def _check_cluster_and_region(settled: ResolvedService) -> Iterator[Problem]:
    service = settled.service
    if not service.cluster and "cluster" not in settled.invalid_keys:
        yield settled.make_problem(
            "cluster", "missing; write the name of the ECS cluster, here or in `defaults`."
        )
    if not service.region and "region" not in settled.invalid_keys:
        yield settled.make_problem(
            "region",
            "missing; write the AWS region, here or in `defaults`, or set AWS_REGION where Slipway runs.",
        )


def _check_approvals(settled: ResolvedService) -> Iterator[Problem]:
    service = settled.service
    decisive = {"approvals", "approvers"} | (set() if "approvals" in settled.written_keys else {"strategy"})
    if settled.invalid_keys & decisive or service.approvals == 0:
        return
    needed = f"{service.approvals} approval{'s' if service.approvals > 1 else ''}"
    if "approvals" not in settled.written_keys:
        needed += f" (the default for {service.strategy})"
    if not service.approvers:
        yield settled.make_problem(
            "approvers",
            f"missing, though a deploy needs {needed}; name who may approve, or write `approvals: 0`.",
        )
        return
    people = set(service.approvers)
    if any(map(is_user_group, people)):
        return
    if len(people) < service.approvals:
        yield settled.make_problem(
            "approvals", f"a deploy needs {needed}, but only {len(people)} may approve."
        )
        return
    if settled.invalid_keys & {"deployers", "self_approval"} or service.self_approval:
        return
    if not service.deployers or any(map(is_user_group, service.deployers)):
        return
    if all(len(people - {deployer}) < service.approvals for deployer in service.deployers):
        yield settled.make_problem(
            "approvers",
            f"a deploy needs {needed}, and one's own does not count, so none could ever be approved; name "
            "another approver, or write `self_approval: true`.",
        )


def _check_same_ecs_service(settled: ResolvedService, first: dict[EcsServiceId, str]) -> Iterator[Problem]:
    service = settled.service
    if settled.invalid_keys & {"region", "cluster", "ecs_service", "role"}:
        return
    if not (service.region and service.cluster):
        return
    account = service.role.account if service.role else ""
    target = (account, service.region, service.cluster, service.ecs_service)
    where = ", ".join(filter(None, (account, service.region)))
    other = first.setdefault(target, service.name)
    if other != service.name:
        yield settled.make_problem(
            "ecs_service",
            f"this is the same ECS service as that of `{other}`: `{service.ecs_service}` in cluster "
            f"`{service.cluster}` ({where}). Each may stand in this file once.",
        )
