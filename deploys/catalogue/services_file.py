"""From the text of services.yml to its services, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from deploys.catalogue import service_names, service_rules
from deploys.catalogue.file_model import DefaultKeys, ServiceKeys, ServicesFile
from deploys.catalogue.nested_keys import ServiceGroupKeys
from deploys.catalogue.problem import Position, Problem
from deploys.catalogue.service import Service, ServiceGroup, Strategy
from deploys.catalogue.service_rules import ResolvedService
from deploys.catalogue.suggestions import did_you_mean
from deploys.catalogue.validation_errors import explain_unknown_key, list_value_problems
from deploys.catalogue.validators import describe_value
from deploys.catalogue.yaml_source import YamlValue, read_yaml


@dataclass(frozen=True)
class CheckResult:
    """What a file holds, and what there is to say about it."""

    services: Mapping[str, Service]
    problems: tuple[Problem, ...]
    """Mistakes, by line. With any of them the file is not used."""
    service_groups: Mapping[str, ServiceGroup] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()
    """What is allowed, but deserves a thought."""


def check_text(raw: bytes, environ: Mapping[str, str]) -> CheckResult:
    """Everything about a file at once. The environment gives the region where the file names none."""
    source = read_yaml(raw)
    if source.unreadable:
        return CheckResult({}, tuple(source.problems))
    found = _FileChecker(source.root, environ)
    found.problems.extend(source.problems)
    found.check_top_level()
    found.problems.extend(service_rules.find_mistakes(found.resolved))
    services = {each.service.name: each.service for each in found.resolved}
    notes = _sort_by_line(list(service_rules.find_notes(found.resolved)))
    return CheckResult(services, _sort_by_line(found.problems), found.service_groups, notes)


def _sort_by_line(problems: list[Problem]) -> tuple[Problem, ...]:
    """In order, and a mistake in an anchor once, however often it is used."""
    once: dict[tuple[Position, str], Problem] = {}
    for problem in problems:
        once.setdefault((problem.position, problem.message), problem)
    return tuple(sorted(once.values(), key=lambda problem: problem.position))


class _FileChecker:
    def __init__(self, root: YamlValue, environ: Mapping[str, str]) -> None:
        self.root = root
        self.region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""
        self.problems: list[Problem] = []
        self.resolved: list[ResolvedService] = []
        self.service_groups: dict[str, ServiceGroup] = {}

    def check_top_level(self) -> None:
        """The top level."""
        if self.root.value is None:
            self._add_problem(self.root.position, "", "this file is empty. Start from services.example.yml.")
            return
        if not isinstance(self.root.value, dict):
            wanted = "write `services:` and, indented below it, the services by name."
            self._add_problem(self.root.position, "", f"{describe_value(self.root.value)}; {wanted}")
            return
        for name, item in self.root.members.items():
            if name not in ServicesFile.model_fields and not str(name).startswith("x-"):
                self._add_problem(item.key_position, str(name), explain_unknown_key(str(name), ServicesFile))
        defaults, wrong = self._check_defaults(self.root.members.get("defaults"))
        self._check_services(self.root.members.get("services"), defaults, wrong)
        self._check_groups(self.root.members.get("groups"))

    def _check_defaults(self, item: YamlValue | None) -> tuple[dict[str, Any], frozenset[str]]:
        if item is None or item.value is None:
            return {}, frozenset()
        return self._check_values(DefaultKeys, item, "defaults")

    def _check_services(
        self, item: YamlValue | None, defaults: dict[str, Any], wrong: frozenset[str]
    ) -> None:
        if item is None:
            self._add_problem(
                Position(1, 1),
                "services",
                "missing; write `services:` and, indented below it, the services by name.",
            )
        elif not isinstance(item.value, dict):
            wanted = "write the services by name, indented below it"
            self._add_problem(item.position, "services", f"{describe_value(item.value)}; {wanted}.")
        elif not item.value:
            self._add_problem(item.position, "services", "holds no service; write at least one.")
        else:
            for name, entry in item.members.items():
                self._check_service(str(name), entry, defaults, wrong)
            for again, entry in item.repeated_keys:
                if entry.value is not None:
                    self._check_values(ServiceKeys, entry, f"services.{again}")

    def _check_service(
        self, name: str, item: YamlValue, defaults: dict[str, Any], wrong: frozenset[str]
    ) -> None:
        path = f"services.{name}"
        if complaint := service_names.service_name_error(name):
            self._add_problem(item.key_position, path, complaint)
        own, own_wrong = (
            ({}, frozenset[str]()) if item.value is None else self._check_values(ServiceKeys, item, path)
        )
        values = {**defaults, **own}
        strategy = values.get("strategy", Strategy.ROLLING)
        filled = {
            "name": name,
            "ecs_service": name,
            "cluster": "",
            "region": self.region,
            "approvals": 1 if strategy is Strategy.STOP_START else 0,
            **values,
        }
        self.resolved.append(
            ResolvedService(
                service=Service(**filled),
                invalid_keys=own_wrong | (wrong - own.keys()),
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
            wanted = "write the groups by name, indented below it"
            self._add_problem(item.position, "groups", f"{describe_value(item.value)}; {wanted}.")
            return
        for name, entry in item.members.items():
            self._check_group(str(name), entry)
        for again, entry in item.repeated_keys:
            self._check_values(ServiceGroupKeys, entry, f"groups.{again}")

    def _check_group(self, name: str, item: YamlValue) -> None:
        path = f"groups.{name}"
        services = {each.service.name for each in self.resolved}
        if complaint := service_names.group_name_error(name, services):
            self._add_problem(item.key_position, path, complaint)
        values, wrong = self._check_values(ServiceGroupKeys, item, path)
        if wrong:
            return
        for index, service in enumerate(values["services"]):
            if service not in services:
                place = item.members["services"].members[index].position
                hint = did_you_mean(service, services) or " Services stand under `services:`."
                self._add_problem(
                    place, f"{path}.services[{index}]", f"there is no service `{service}` here.{hint}"
                )
        self.service_groups[name] = ServiceGroup(name=name, **values)

    def _check_values(
        self, model: type[BaseModel], item: YamlValue, path: str
    ) -> tuple[dict[str, Any], frozenset[str]]:
        """The values that are right, and the keys whose values are wrong."""
        if not isinstance(item.value, dict):
            wanted = "write keys and values, indented below it"
            if model is ServiceGroupKeys and isinstance(item.value, list):
                wanted = "write it as the value of `services`, indented below the group's name"
            self._add_problem(item.position, path, f"{describe_value(item.value)}; {wanted}.")
            return {}, frozenset(model.model_fields)
        wrong: set[str] = set()
        try:
            model.model_validate(item.value)
        except ValidationError as error:
            for key, problem in list_value_problems(model, item, path, error):
                self.problems.append(problem)
                wrong.add(key)
        right = {key: value for key, value in item.value.items() if key not in wrong}
        if any(field.is_required() and key in wrong for key, field in model.model_fields.items()):
            return {}, frozenset(wrong)
        return model.model_validate(right).model_dump(exclude_unset=True), frozenset(wrong)

    def _add_problem(self, place: Position, path: str, message: str) -> None:
        self.problems.append(Problem(place, path, message))
