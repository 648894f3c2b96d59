"""The services of services.yml as a table, with all defaults, to show what the file means."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.catalogue.durations import format_duration
from deploys.catalogue.nested_keys import PostCheck
from deploys.catalogue.service import BaseChoice, Pin, Service, ServiceGroup
from slipway.terminal import Column, align_columns, format_table


def format_services(services: Sequence[Service]) -> str:
    """One line for each service."""
    return format_table(services, _COLUMNS, _OPTIONAL_COLUMNS)


def format_service_groups(groups: Sequence[ServiceGroup]) -> str:
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
    return align_columns([("group", "services", "in order", "stops on first failure"), *rows])


def _in_ecs(service: Service) -> str:
    account = f"{service.role.account} " if service.role else ""
    return f"{account}{service.region} {service.cluster}/{service.ecs_service}"


def _approvals(service: Service) -> str:
    if not service.approvals:
        return "none"
    own = " (self-approval)" if service.self_approval else ""
    return f"{service.approvals} of {', '.join(service.approvers)}{own}"


def _pinned(service: Service) -> str:
    return Pin.DIGEST if service.pins_digest else ""


def _base(service: Service) -> str:
    return "" if service.base is BaseChoice.RUNNING else service.base


def _before(service: Service) -> str:
    if not service.before:
        return ""
    container = f" in {service.before.container}" if service.before.container else ""
    return f"{' '.join(service.before.command)}{container} ({format_duration(service.before.deadline)})"


def _after(service: Service) -> str:
    return _checked(service.after) if service.after else ""


def _checked(after: PostCheck) -> str:
    return f"{', '.join(filter(None, (after.http, *after.alarms)))} ({format_duration(after.duration)})"


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


_COLUMNS: tuple[Column[Service], ...] = (
    ("service", lambda service: service.name),
    ("strategy", lambda service: service.strategy),
    ("in ECS", _in_ecs),
    ("may deploy", lambda service: ", ".join(service.deployers) or "nobody"),
    ("approvals", _approvals),
    ("channels", lambda service: ", ".join(service.channels) or "any"),
    ("deadline", lambda service: format_duration(service.deadline)),
)
_OPTIONAL_COLUMNS: tuple[Column[Service], ...] = (
    ("gives up after", _give_up_after),
    ("pinned by", _pinned),
    ("base", _base),
    ("before", _before),
    ("after", _after),
    ("role", _role),
)
"""Only shown if a service sets them."""
