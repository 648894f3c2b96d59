"""Rules about several keys of a service together, and about services together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from deploys.catalogue.problem import Place, Problem
from deploys.catalogue.service import Service, Strategy
from deploys.catalogue.slack_ids import is_group

Target = tuple[str, str, str, str]
"""An ECS service: account (empty: that of the workers' own credentials), region, cluster, name."""


@dataclass(frozen=True)
class Settled:
    """A service with its defaults filled in, and what is known about where it was written."""

    service: Service
    wrong: frozenset[str]
    """Keys whose value was refused already: no rule that reads them has anything to say."""
    own: frozenset[str]
    """Keys that stand in the file for this very service."""
    written: frozenset[str]
    """Those, and the keys that stand in the defaults."""
    place_of: Callable[[str], Place]
    """Where a key of this service stands; for one that does not, where the service's name stands."""

    def problem(self, key: str, message: str) -> Problem:
        """A problem with one key of this service."""
        return Problem(self.place_of(key), f"services.{self.service.name}.{key}", message)


def mistakes(services: Iterable[Settled]) -> Iterator[Problem]:
    """What is wrong, although each value for itself is allowed."""
    first: dict[Target, str] = {}
    for settled in services:
        yield from _whereabouts(settled)
        yield from _approvals(settled)
        yield from _same_service(settled, first)


def notes(services: Iterable[Settled]) -> Iterator[Problem]:
    """What is allowed, but deserves a thought."""
    for settled in services:
        service = settled.service
        if settled.wrong & {"strategy", "approvals"}:
            continue
        if service.strategy is Strategy.STOP_START and service.approvals == 0:
            message = "stops every task before it starts new ones, and nobody is asked (approvals: 0)."
            yield settled.problem("approvals", message)
        elif service.strategy is Strategy.NATIVE:
            continue  # approvers answer its pauses too
        elif service.approvals == 0 and "approvers" in settled.own and service.approvers:
            message = "nobody is ever asked: 0 approvals are needed. Write `approvals: 1`, or leave this out."
            yield settled.problem("approvers", message)


def _whereabouts(settled: Settled) -> Iterator[Problem]:
    service = settled.service
    if not service.cluster and "cluster" not in settled.wrong:
        yield settled.problem("cluster", "missing; write the name of the ECS cluster, here or in `defaults`.")
    if not service.region and "region" not in settled.wrong:
        yield settled.problem(
            "region",
            "missing; write the AWS region, here or in `defaults`, or set AWS_REGION where Slipway runs.",
        )


def _approvals(settled: Settled) -> Iterator[Problem]:
    service = settled.service
    decisive = {"approvals", "approvers"} | (set() if "approvals" in settled.written else {"strategy"})
    if settled.wrong & decisive or service.approvals == 0:
        return
    needed = f"{service.approvals} approval{'s' if service.approvals > 1 else ''}"
    if "approvals" not in settled.written:
        needed += f" (the default for {service.strategy})"
    if not service.approvers:
        yield settled.problem(
            "approvers",
            f"missing, though a deploy needs {needed}; name who may approve, or write `approvals: 0`.",
        )
        return
    people = set(service.approvers)
    if any(map(is_group, people)):
        return
    if len(people) < service.approvals:
        yield settled.problem("approvals", f"a deploy needs {needed}, but only {len(people)} may approve.")
        return
    if settled.wrong & {"deployers", "self_approval"} or service.self_approval:
        return
    if not service.deployers or any(map(is_group, service.deployers)):
        return
    if all(len(people - {deployer}) < service.approvals for deployer in service.deployers):
        yield settled.problem(
            "approvers",
            f"a deploy needs {needed}, and one's own does not count, so none could ever be approved; name "
            "another approver, or write `self_approval: true`.",
        )


def _same_service(settled: Settled, first: dict[Target, str]) -> Iterator[Problem]:
    service = settled.service
    if settled.wrong & {"region", "cluster", "ecs_service", "role"}:
        return
    if not (service.region and service.cluster):
        return
    account = service.role.account if service.role else ""
    target = (account, service.region, service.cluster, service.ecs_service)
    where = ", ".join(filter(None, (account, service.region)))
    other = first.setdefault(target, service.name)
    if other != service.name:
        yield settled.problem(
            "ecs_service",
            f"this is the same ECS service as that of `{other}`: `{service.ecs_service}` in cluster "
            f"`{service.cluster}` ({where}). Each may stand in this file once.",
        )
