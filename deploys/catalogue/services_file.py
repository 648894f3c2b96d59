"""From the text of services.yml to its services, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from deploys.catalogue.command_line_keys import CommandLine, CommandLineKeys
from deploys.catalogue.file_model import DefaultKeys, ServiceGroupKeys, ServiceKeys, ServicesFile
from deploys.catalogue.freeze_keys import FreezeEntry
from deploys.catalogue.problem import Position, Problem
from deploys.catalogue.service import Service, ServiceGroup
from deploys.catalogue.service_names import group_name_error, service_name_error
from deploys.catalogue.service_rules import (
    EVERYONE_NOTE,
    PEOPLE_KEYS,
    ResolvedService,
    find_mistakes,
    find_notes,
)
from deploys.catalogue.slack_ids import EVERYONE
from deploys.catalogue.suggestions import did_you_mean
from deploys.catalogue.validation_errors import explain_unknown_key, list_value_problems
from deploys.catalogue.value_kinds import describe_value
from deploys.catalogue.yaml_source import YamlValue, read_yaml
from deploys.holds.freeze_calendars import MAX_BYTES, CalendarInvalid, read_calendar
from deploys.records.freeze_window import FreezeWindow

CalendarFiles = Mapping[tuple[str, str], tuple[FreezeWindow, ...]]
"""What the calendars say that are files, by path and by the time zone of what has none."""

_SERVICES_HINT = "write `services:` and, indented below it, the services by name."


@dataclass(frozen=True)
class CheckResult:
    """What a file contains, and what is wrong with it."""

    services: Mapping[str, Service]
    problems: tuple[Problem, ...]
    """Mistakes, by line. If there are any, the file is not used."""
    service_groups: Mapping[str, ServiceGroup] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()
    """What is allowed, but may not be intended."""
    calendars: CalendarFiles = field(default_factory=dict)
    command_line: CommandLine = field(default_factory=CommandLine)
    """Who may ask on the command line."""
    version: str = ""
    """Names the text of the file; empty: it was read from no file."""


def check_text(raw: bytes, environ: Mapping[str, str], folder: Path = Path()) -> CheckResult:
    """Check everything in a file at once. If the file names no region, the environment does.

    folder: where the file is; the paths of calendars in it begin there.
    """
    source = read_yaml(raw)
    if source.unreadable:
        return CheckResult({}, tuple(source.problems))
    checker = _FileChecker(source.root, environ, folder)
    checker.problems.extend(source.problems)
    checker.check_top_level()
    checker.problems.extend(find_mistakes(checker.resolved))
    services = {each.service.name: each.service for each in checker.resolved}
    notes = _sort_by_line([*checker.notes, *find_notes(checker.resolved)])
    return CheckResult(
        services,
        _sort_by_line(checker.problems),
        checker.service_groups,
        notes,
        checker.calendars,
        checker.command_line,
    )


def read_calendar_file(entry: FreezeEntry, folder: Path) -> tuple[FreezeWindow, ...]:
    """Raises CalendarInvalid."""
    file = folder / entry.calendar
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise CalendarInvalid(f"the calendar {file} cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise CalendarInvalid(f"the calendar {file} is not UTF-8 text") from error
    try:
        return read_calendar(text, entry.calendar_zone, entry.calendar_name)
    except CalendarInvalid as error:
        raise CalendarInvalid(f"the calendar {file} cannot be used: {error}") from error


def _sort_by_line(problems: list[Problem]) -> tuple[Problem, ...]:
    """In the order of the file. A mistake in an anchor is kept once, however often the anchor is used."""
    unique: dict[tuple[Position, str], Problem] = {}
    for problem in problems:
        unique.setdefault((problem.position, problem.message), problem)
    return tuple(sorted(unique.values(), key=lambda problem: problem.position))


class _FileChecker:
    """Collects the services and groups of a file, and what is wrong with them."""

    def __init__(self, root: YamlValue, environ: Mapping[str, str], folder: Path) -> None:
        self.root = root
        self.region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []
        self.resolved: list[ResolvedService] = []
        self.service_groups: dict[str, ServiceGroup] = {}
        self.folder = folder
        self.calendars: dict[tuple[str, str], tuple[FreezeWindow, ...]] = {}
        self.command_line = CommandLine()

    def check_top_level(self) -> None:
        """Check the top-level keys, and all that is below them."""
        if self.root.value is None:
            self._add_problem(self.root.position, "", "this file is empty. Start from services.example.yml.")
            return
        if not isinstance(self.root.value, dict):
            self._add_problem(self.root.position, "", f"{describe_value(self.root.value)}; {_SERVICES_HINT}")
            return
        for name, item in self.root.members.items():
            if name not in ServicesFile.model_fields and not str(name).startswith("x-"):
                self._add_problem(item.key_position, str(name), explain_unknown_key(str(name), ServicesFile))
        defaults, invalid_defaults = self._check_defaults(self.root.members.get("defaults"))
        self._check_services(self.root.members.get("services"), defaults, invalid_defaults)
        self._check_groups(self.root.members.get("groups"))
        self._check_command_line(self.root.members.get("command_line"))

    def _check_defaults(self, item: YamlValue | None) -> tuple[dict[str, Any], frozenset[str]]:
        if item is None or item.value is None:
            return {}, frozenset()
        values, invalid = self._check_values(DefaultKeys, item, "defaults")
        for key in PEOPLE_KEYS:
            if EVERYONE in (values.get(key) or ()):
                self.notes.append(Problem(item.members[key].key_position, f"defaults.{key}", EVERYONE_NOTE))
        return values, invalid

    def _check_services(
        self, item: YamlValue | None, defaults: dict[str, Any], invalid_defaults: frozenset[str]
    ) -> None:
        if item is None:
            self._add_problem(Position(1, 1), "services", f"missing; {_SERVICES_HINT}")
        elif not isinstance(item.value, dict):
            hint = "write the services by name, indented below it"
            self._add_problem(item.position, "services", f"{describe_value(item.value)}; {hint}.")
        elif not item.value:
            self._add_problem(item.position, "services", "there is no service; write at least one.")
        else:
            for name, entry in item.members.items():
                self._check_service(str(name), entry, defaults, invalid_defaults)
            for name, entry in item.repeated_keys:
                if entry.value is not None:
                    self._check_values(ServiceKeys, entry, f"services.{name}")

    def _check_service(
        self, name: str, item: YamlValue, defaults: dict[str, Any], invalid_defaults: frozenset[str]
    ) -> None:
        path = f"services.{name}"
        if error := service_name_error(name):
            self._add_problem(item.key_position, path, error)
        own: dict[str, Any] = {}
        invalid: frozenset[str] = frozenset()
        if item.value is not None:
            own, invalid = self._check_values(ServiceKeys, item, path)
        values = {**defaults, **own}
        strategy = values.get("strategy", Service.model_fields["strategy"].default)
        service = Service.model_validate(
            {
                "name": name,
                "ecs_service": name,
                "cluster": "",
                "region": self.region,
                "approvals": strategy.default_approvals,
                **values,
            }
        )
        self.resolved.append(
            ResolvedService(
                service=service,
                invalid_keys=invalid | (invalid_defaults - own.keys()),
                own_keys=frozenset(own),
                written_keys=frozenset(values),
                position_of=lambda key: (
                    item.members[key].key_position if key in item.members else item.key_position
                ),
            )
        )

    def _check_groups(self, item: YamlValue | None) -> None:
        if item is None or item.value is None:
            return
        if not isinstance(item.value, dict):
            hint = "write the groups by name, indented below it"
            self._add_problem(item.position, "groups", f"{describe_value(item.value)}; {hint}.")
            return
        for name, entry in item.members.items():
            self._check_group(str(name), entry)
        for name, entry in item.repeated_keys:
            self._check_values(ServiceGroupKeys, entry, f"groups.{name}")

    def _check_group(self, name: str, item: YamlValue) -> None:
        path = f"groups.{name}"
        services = {each.service.name for each in self.resolved}
        if error := group_name_error(name, services):
            self._add_problem(item.key_position, path, error)
        values, invalid = self._check_values(ServiceGroupKeys, item, path)
        if invalid:
            return
        for index, service in enumerate(values["services"]):
            if service not in services:
                position = item.members["services"].members[index].position
                hint = did_you_mean(service, services) or " Services are listed under `services:`."
                message = f"there is no service `{service}` here.{hint}"
                self._add_problem(position, f"{path}.services[{index}]", message)
        self.service_groups[name] = ServiceGroup(name=name, **values)

    def _check_command_line(self, item: YamlValue | None) -> None:
        if item is not None and item.value is not None:
            values, _ = self._check_values(CommandLineKeys, item, "command_line")
            self.command_line = CommandLine.model_validate(values)

    def _check_values(
        self, model: type[BaseModel], item: YamlValue, path: str
    ) -> tuple[dict[str, Any], frozenset[str]]:
        """The values that are valid, and the keys whose values are not."""
        if not isinstance(item.value, dict):
            hint = "write keys and values, indented below it"
            if model is ServiceGroupKeys and isinstance(item.value, list):
                hint = "write it as the value of `services`, indented below the group's name"
            self._add_problem(item.position, path, f"{describe_value(item.value)}; {hint}.")
            return {}, frozenset(model.model_fields)
        invalid: set[str] = set()
        try:
            model.model_validate(item.value)
        except ValidationError as error:
            for key, problem in list_value_problems(model, item, path, error):
                self.problems.append(problem)
                invalid.add(key)
        valid = {key: value for key, value in item.value.items() if key not in invalid}
        if any(field.is_required() and key in invalid for key, field in model.model_fields.items()):
            return {}, frozenset(invalid)
        values = model.model_validate(valid).model_dump(exclude_unset=True)
        self._read_calendars(values.get("freezes", ()), item, path)
        return values, frozenset(invalid)

    def _read_calendars(self, freezes: Iterable[Mapping[str, Any]], item: YamlValue, path: str) -> None:
        """Reads the calendars that are files; one that cannot be read is a mistake."""
        for index, written in enumerate(freezes):
            entry = FreezeEntry.model_validate(written)
            if not entry.calendar or entry.is_address:
                continue
            try:
                self.calendars[entry.calendar, entry.calendar_zone] = read_calendar_file(entry, self.folder)
            except CalendarInvalid as error:
                position = item.find(("freezes", index, "calendar")).position
                self._add_problem(position, f"{path}.freezes[{index}].calendar", f"{error}.")

    def _add_problem(self, position: Position, path: str, message: str) -> None:
        self.problems.append(Problem(position, path, message))
