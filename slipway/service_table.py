"""The services of services.yml as a table, defaults filled in, for a person to see what the file means."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.catalogue.durations import show
from deploys.catalogue.service import Service

_HEADINGS = ("service", "strategy", "in ECS", "may deploy", "approvals", "channels", "deadline")


def table(services: Sequence[Service]) -> str:
    """One line for each service. Columns are as wide as they have to be: only whole ids are of use."""
    rows = [_HEADINGS, *map(_row, services)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _row(service: Service) -> tuple[str, ...]:
    return (
        service.name,
        service.strategy,
        f"{service.region} {service.cluster}/{service.ecs_service}",
        ", ".join(service.deployers) or "everybody",
        _approvals(service),
        ", ".join(service.channels) or "any",
        show(service.deadline),
    )


def _approvals(service: Service) -> str:
    if not service.approvals:
        return "none"
    own = ", one's own too" if service.self_approval else ""
    return f"{service.approvals} of {', '.join(service.approvers)}{own}"
