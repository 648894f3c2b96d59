"""The catalogue: the services of a services.yml without mistakes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from deploys.catalogue.command_line_keys import CommandLine
from deploys.catalogue.freeze_keys import FreezeEntry
from deploys.catalogue.rejected_file import RejectedFile
from deploys.catalogue.service import Service, ServiceGroup
from deploys.catalogue.services_file import CalendarFiles, CheckResult, check_text
from deploys.catalogue.slack_ids import is_user_group
from deploys.catalogue.suggestions import nearest_names
from deploys.errors import CatalogueInvalid, CatalogueUnreadable, UnknownService
from deploys.mrkdwn import escape, plural

_MAX_NAMES_LISTED = 20
"""Services named in one message (count)."""
_VERSION_LENGTH = 12
"""Characters of a version of the file (count)."""


@dataclass(frozen=True)
class Catalogue:
    """All services by the names people type, in the order of the file."""

    services: Mapping[str, Service]
    service_groups: Mapping[str, ServiceGroup] = field(default_factory=dict)
    """Services that are deployed together, by one name."""
    calendars: CalendarFiles = field(default_factory=dict)
    version: str = ""
    """Names the text of the file that was read: the beginning of its SHA-256, as `sha256sum` prints it."""
    command_line: CommandLine = field(default_factory=CommandLine)
    """Who may ask on the command line."""
    rejected: RejectedFile | None = None
    """What the file is by now, if it cannot be used (`deploys.catalogue.catalogue_file`)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "services", MappingProxyType(dict(self.services)))
        object.__setattr__(self, "service_groups", MappingProxyType(dict(self.service_groups)))

    def get_service(self, name: str) -> Service:
        """One service. Raises UnknownService, which suggests the most similar names."""
        if name in self.services:
            return self.services[name]
        raise self.unknown_service(name)

    def unknown_service(self, name: str) -> UnknownService:
        """The error about a name that is no service, with the most similar names."""
        return UnknownService(
            name=escape(name[:64]).replace("`", "’"),
            nearest=self._suggest_names(name),
            likely="".join(nearest_names(name, (*self.services, *self.service_groups))),
        )

    def only(self, names: Container[str]) -> Catalogue:
        """The same with these services alone, and the groups that have no other."""
        if all(each in names for each in self.services):
            return self
        groups = self.service_groups.items()
        return Catalogue(
            {name: service for name, service in self.services.items() if name in names},
            {name: group for name, group in groups if all(each in names for each in group.services)},
            version=self.version,
            command_line=self.command_line,
            rejected=self.rejected,
        )

    def get_service_group(self, name: str) -> ServiceGroup | None:
        """The group of services with this name, or None."""
        return self.service_groups.get(name)

    def freezes_of(self, name: str) -> tuple[tuple[FreezeEntry, ...], ...]:
        """The lists of freezes that hold for a service: its own or the default, and those of its groups. Each
        is judged by itself. Raises UnknownService."""
        return self.freeze_lists.get(self.get_service(name).name, ())

    @cached_property
    def freeze_lists(self) -> Mapping[str, tuple[tuple[FreezeEntry, ...], ...]]:
        """The same, by service, of all services that have such lists."""
        lists = {name: [each.freezes] for name, each in self.services.items()}
        for group in self.service_groups.values():
            for name in group.services:
                lists[name].append(group.freezes)
        return {name: tuple(filter(None, found)) for name, found in lists.items() if any(found)}

    @cached_property
    def calendar_addresses(self) -> frozenset[tuple[str, str]]:
        """The calendars that workers read: address, and the time zone of what has none."""
        lists = (
            *(each.freezes for each in self.services.values()),
            *(each.freezes for each in self.service_groups.values()),
        )
        entries = (entry for freezes in lists for entry in freezes if entry.is_address)
        return frozenset((each.calendar, each.calendar_zone) for each in entries)

    def groups_of(self, service: str) -> tuple[str, ...]:
        """The groups that a service belongs to."""
        return tuple(name for name, group in self.service_groups.items() if service in group.services)

    @property
    def rejected_note(self) -> str:
        """What people are told if the file cannot be used as it is now; else empty."""
        return self.rejected.sentence(self.version) if self.rejected else ""

    @cached_property
    def service_group_names(self) -> tuple[str, ...]:
        """The names of all groups of services."""
        return tuple(self.service_groups)

    @cached_property
    def service_names(self) -> tuple[str, ...]:
        """The names of all services."""
        return tuple(self.services)

    @cached_property
    def user_group_ids(self) -> frozenset[str]:
        """The Slack user groups whose members decide who may do what."""
        people = (who for each in self.services.values() for who in each.people)
        return frozenset(filter(is_user_group, people))

    @cached_property
    def regions(self) -> frozenset[str]:
        """The AWS regions that services are in."""
        return frozenset(each.region for each in self.services.values())

    def _suggest_names(self, name: str) -> str:
        if near := nearest_names(name, (*self.services, *self.service_groups), count=3):
            return f"Did you mean {' or '.join(f'`{each}`' for each in near)}?"
        if not self.services:
            return "You may see no service here."
        named = ", ".join(f"`{each}`" for each in self.service_names[:_MAX_NAMES_LISTED])
        more = len(self.service_names) - _MAX_NAMES_LISTED
        return f"The services are: {named}{f' and {more} more' if more > 0 else ''}."


def check_file(path: Path, environ: Mapping[str, str] | None = None) -> CheckResult:
    """Read a services.yml and check all of it. Raises CatalogueUnreadable if the file cannot be read.

    If the file names no region, AWS_REGION does, or else AWS_DEFAULT_REGION.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CatalogueUnreadable(file=path, why=error.strerror or str(error)) from error
    checked = check_text(raw, os.environ if environ is None else environ, path.parent)
    return replace(checked, version=hashlib.sha256(raw).hexdigest()[:_VERSION_LENGTH])


def load_catalogue(path: Path | str, environ: Mapping[str, str] | None = None) -> Catalogue:
    """Load the catalogue. Raises CatalogueUnreadable, or CatalogueInvalid with every mistake in the file."""
    file = Path(path)
    checked = check_file(file, environ)
    if checked.problems:
        raise CatalogueInvalid(
            file=file,
            problems=checked.problems,
            mistakes=plural(len(checked.problems), "mistake"),
            listing="".join(f"\n  {file}:{each}" for each in checked.problems),
        )
    return Catalogue(
        checked.services,
        checked.service_groups,
        checked.calendars,
        checked.version,
        command_line=checked.command_line,
    )
