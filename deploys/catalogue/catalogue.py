"""The catalogue: what services.yml says, once it is right."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from deploys.catalogue.check import Checked, check
from deploys.catalogue.nearest import nearest
from deploys.catalogue.service import Group, Service
from deploys.catalogue.slack_ids import is_group
from deploys.errors import CatalogueInvalid, CatalogueUnreadable, UnknownService
from deploys.mrkdwn import escape, plural

_MOST_NAMES = 20
"""Services named in one message (count)."""


@dataclass(frozen=True)
class Catalogue:
    """All services, by the name people type. In the order of the file."""

    services: Mapping[str, Service]
    together: Mapping[str, Group] = field(default_factory=dict)
    """Services that are deployed by one name."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "services", MappingProxyType(dict(self.services)))
        object.__setattr__(self, "together", MappingProxyType(dict(self.together)))

    def service(self, name: str) -> Service:
        """One service; raises UnknownService, which names the nearest ones."""
        if name in self.services:
            return self.services[name]
        raise UnknownService(name=escape(name[:64]).replace("`", "’"), nearest=self._nearest(name))

    def group(self, name: str) -> Group | None:
        """The services that go by this name together; None where it is no group's."""
        return self.together.get(name)

    @cached_property
    def service_groups(self) -> tuple[str, ...]:
        """The names of all groups of services."""
        return tuple(self.together)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all services."""
        return tuple(self.services)

    @cached_property
    def groups(self) -> frozenset[str]:
        """Ids of the user groups whose members have to be known to decide who may do what."""
        people = (who for each in self.services.values() for who in (*each.deployers, *each.approvers))
        return frozenset(filter(is_group, people))

    @cached_property
    def regions(self) -> frozenset[str]:
        """The AWS regions that services are in."""
        return frozenset(each.region for each in self.services.values())

    def _nearest(self, name: str) -> str:
        if near := nearest(name, (*self.services, *self.together), count=3):
            return f"Did you mean {' or '.join(f'`{each}`' for each in near)}?"
        named = ", ".join(f"`{each}`" for each in self.names[:_MOST_NAMES])
        more = len(self.names) - _MOST_NAMES
        return f"There are: {named}{f' and {more} more' if more > 0 else ''}."


def examine(path: Path, environ: Mapping[str, str] | None = None) -> Checked:
    """Read a services.yml and check all of it. Raises CatalogueUnreadable when there is no such file.

    AWS_REGION, or else AWS_DEFAULT_REGION, of the environment is the region where the file names none.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CatalogueUnreadable(file=path, why=error.strerror or str(error)) from error
    return check(raw, os.environ if environ is None else environ)


def load(path: Path | str, environ: Mapping[str, str] | None = None) -> Catalogue:
    """The catalogue of a services.yml. Raises CatalogueUnreadable, or CatalogueInvalid with every mistake."""
    file = Path(path)
    checked = examine(file, environ)
    if checked.problems:
        raise CatalogueInvalid(
            file=file,
            problems=checked.problems,
            mistakes=plural(len(checked.problems), "mistake"),
            listing="".join(f"\n  {file}:{each}" for each in checked.problems),
        )
    return Catalogue(checked.services, checked.groups)
