"""Rules about several keys of a service together, and about services together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from deploys.catalogue.problem import Position, Problem
from deploys.catalogue.service import Service
from deploys.catalogue.slack_ids import EVERYONE, is_user_group
from deploys.mrkdwn import plural

PEOPLE_KEYS = ("deployers", "approvers", "may_roll_back", "may_lock", "may_scale", "may_run", "may_override")
"""Keys whose values are lists of people."""
EVERYONE_NOTE = f"`{EVERYONE}`: every member of the workspace may."
EcsServiceId = tuple[str, str, str, str]
"""An ECS service: account (empty: that of the workers' own credentials), region, cluster, name."""


@dataclass(frozen=True)
class ResolvedService:
    """A service with its defaults filled in, and which of its keys are written where."""

    service: Service
    invalid_keys: frozenset[str]
    """Keys whose values are already reported as wrong. Rules that read them report nothing."""
    own_keys: frozenset[str]
    """Keys that are written for this service itself."""
    written_keys: frozenset[str]
    """The same, and the keys that are written in the defaults."""
    position_of: Callable[[str], Position]
    """The position of a key of this service; if it has no such key, the position of its name."""

    def make_problem(self, key: str, message: str) -> Problem:
        """A problem with one key of this service."""
        return Problem(self.position_of(key), f"services.{self.service.name}.{key}", message)


def find_mistakes(services: Iterable[ResolvedService]) -> Iterator[Problem]:
    """What is wrong although each single value is allowed."""
    first_names: dict[EcsServiceId, str] = {}
    for resolved in services:
        yield from _check_cluster_and_region(resolved)
        yield from _check_deployers(resolved)
        yield from _check_approvals(resolved)
        yield from _check_same_ecs_service(resolved, first_names)


def find_notes(services: Iterable[ResolvedService]) -> Iterator[Problem]:
    """What is allowed, but may not be intended."""
    for resolved in services:
        service = resolved.service
        for key in PEOPLE_KEYS:
            if key in resolved.own_keys and EVERYONE in (getattr(service, key) or ()):
                yield resolved.make_problem(key, EVERYONE_NOTE)
        if resolved.invalid_keys & {"strategy", "approvals"} or service.approvals > 0:
            continue
        if service.strategy.stops_service:
            message = (
                "a deploy stops every task before it starts new ones, without an approval (approvals: 0)."
            )
            yield resolved.make_problem("approvals", message)
        elif service.approvers and "approvers" in resolved.own_keys and not service.strategy.has_pauses:
            message = (
                "these approvers are never asked, because a deploy needs 0 approvals. Write `approvals: "
                "1`, or remove this key."
            )
            yield resolved.make_problem("approvers", message)


def _check_cluster_and_region(resolved: ResolvedService) -> Iterator[Problem]:
    service = resolved.service
    if not service.cluster and "cluster" not in resolved.invalid_keys:
        message = "missing; write the name of the ECS cluster, here or in `defaults`."
        yield resolved.make_problem("cluster", message)
    if not service.region and "region" not in resolved.invalid_keys:
        message = (
            "missing; write the AWS region, here or in `defaults`, or set AWS_REGION for all processes of "
            "Slipway."
        )
        yield resolved.make_problem("region", message)


def _check_deployers(resolved: ResolvedService) -> Iterator[Problem]:
    if "deployers" not in resolved.written_keys and "deployers" not in resolved.invalid_keys:
        message = (
            "missing; write who may deploy, here or in `defaults`: user ids (U…) and user group ids (S…), "
            f"`{EVERYONE}` for every member of the workspace, or `[]` for nobody."
        )
        yield resolved.make_problem("deployers", message)


def _check_approvals(resolved: ResolvedService) -> Iterator[Problem]:
    service = resolved.service
    decisive = {"approvals", "approvers"}
    if "approvals" not in resolved.written_keys:
        decisive.add("strategy")  # the default comes from it
    if resolved.invalid_keys & decisive or service.approvals == 0:
        return
    needed = plural(service.approvals, "approval")
    if "approvals" not in resolved.written_keys:
        needed += f" (the default for {service.strategy})"
    if not service.approvers:
        message = f"missing, but a deploy needs {needed}; write who may approve, or `approvals: 0`."
        yield resolved.make_problem("approvers", message)
        return
    approvers = set(service.approvers)
    if EVERYONE in approvers or any(map(is_user_group, approvers)):
        return
    if len(approvers) < service.approvals:
        message = f"a deploy needs {needed}, but only {len(approvers)} may approve."
        yield resolved.make_problem("approvals", message)
        return
    if resolved.invalid_keys & {"deployers", "self_approval"} or service.self_approval:
        return
    open_lists = (EVERYONE in service.deployers, any(map(is_user_group, service.deployers)))
    if not service.deployers or any(open_lists):
        return
    if all(len(approvers - {deployer}) < service.approvals for deployer in service.deployers):
        message = (
            f"a deploy needs {needed}, and people cannot approve their own deploys, so none could ever be "
            "approved; add another approver, or write `self_approval: true`."
        )
        yield resolved.make_problem("approvers", message)


def _check_same_ecs_service(
    resolved: ResolvedService, first_names: dict[EcsServiceId, str]
) -> Iterator[Problem]:
    service = resolved.service
    if resolved.invalid_keys & {"region", "cluster", "ecs_service", "role"}:
        return
    if not (service.region and service.cluster):
        return
    account = service.role.account if service.role else ""
    ecs_service_id = (account, service.region, service.cluster, service.ecs_service)
    first_name = first_names.setdefault(ecs_service_id, service.name)
    if first_name != service.name:
        location = ", ".join(filter(None, (account, service.region)))
        message = (
            f"this is the same ECS service as that of `{first_name}`: `{service.ecs_service}` in cluster "
            f"`{service.cluster}` ({location}). Each ECS service may be in this file only once."
        )
        yield resolved.make_problem("ecs_service", message)
