"""The services of services.yml as a table, defaults filled in, for a person to see what the file means."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.catalogue.durations import show
from deploys.catalogue.service import Base, CheckAfter, Group, Pin, Service
from slipway.columns import Column, aligned, in_columns


def table(services: Sequence[Service]) -> str:
    """One line for each service."""
    return in_columns(services, _ALWAYS, _WHERE_USED)


def groups_table(groups: Sequence[Group]) -> str:
    """One line for each group of services."""
    rows = [
        (
            group.name,
            ", ".join(group.services),
            _yes_or_no(group.in_order),
            _yes_or_no(group.stop_on_first_failure),
        )
        for group in groups
    ]
    return aligned([("group", "services", "in order", "stops on first failure"), *rows])


def _in_ecs(service: Service) -> str:
    account = f"{service.role.account} " if service.role else ""
    return f"{account}{service.region} {service.cluster}/{service.ecs_service}"


def _approvals(service: Service) -> str:
    if not service.approvals:
        return "none"
    own = ", one's own too" if service.self_approval else ""
    return f"{service.approvals} of {', '.join(service.approvers)}{own}"


def _pinned(service: Service) -> str:
    return Pin.DIGEST if service.pins else ""


def _base(service: Service) -> str:
    return "" if service.base is Base.RUNNING else service.base


def _before(service: Service) -> str:
    if not service.before:
        return ""
    container = f" in {service.before.container}" if service.before.container else ""
    return f"{' '.join(service.before.command)}{container} ({show(service.before.deadline)})"


def _after(service: Service) -> str:
    return _checked(service.after) if service.after else ""


def _checked(after: CheckAfter) -> str:
    return f"{', '.join(filter(None, (after.http, *after.alarms)))} ({show(after.lasts)})"


def _give_up_after(service: Service) -> str:
    if service.give_up_after == Service.model_fields["give_up_after"].default:
        return ""
    return f"{service.give_up_after} failed tasks" if service.give_up_after else "never"


def _role(service: Service) -> str:
    if not service.role:
        return ""
    return f"{service.role.arn}{' (external id)' if service.role.external_id else ''}"


def _yes_or_no(value: bool) -> str:
    return "yes" if value else "no"


_ALWAYS: tuple[Column[Service], ...] = (
    ("service", lambda service: service.name),
    ("strategy", lambda service: service.strategy),
    ("in ECS", _in_ecs),
    ("may deploy", lambda service: ", ".join(service.deployers) or "everybody"),
    ("approvals", _approvals),
    ("channels", lambda service: ", ".join(service.channels) or "any"),
    ("deadline", lambda service: show(service.deadline)),
)
_WHERE_USED: tuple[Column[Service], ...] = (
    ("gives up after", _give_up_after),
    ("pinned by", _pinned),
    ("base", _base),
    ("before", _before),
    ("after", _after),
    ("role", _role),
)
"""Shown when a service says something there."""
