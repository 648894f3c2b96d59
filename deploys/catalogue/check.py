"""From the text of services.yml to its services, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from deploys.catalogue import names, rules
from deploys.catalogue.keys import Defaults, Entry, File
from deploys.catalogue.mappings import GroupKeys
from deploys.catalogue.nearest import did_you_mean
from deploys.catalogue.problem import Place, Problem
from deploys.catalogue.rules import Settled
from deploys.catalogue.service import Group, Service, Strategy
from deploys.catalogue.source import Item, read
from deploys.catalogue.values import shown
from deploys.catalogue.wrong import unknown_key, wrong_values


@dataclass(frozen=True)
class Checked:
    """What a file holds, and what there is to say about it."""

    services: Mapping[str, Service]
    problems: tuple[Problem, ...]
    """Mistakes, by line. With any of them the file is not used."""
    groups: Mapping[str, Group] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()
    """What is allowed, but deserves a thought."""


def check(raw: bytes, environ: Mapping[str, str]) -> Checked:
    """Everything about a file at once. The environment gives the region where the file names none."""
    source = read(raw)
    if source.unreadable:
        return Checked({}, tuple(source.problems))
    found = _Findings(source.root, environ)
    found.problems.extend(source.problems)
    found.file()
    found.problems.extend(rules.mistakes(found.settled))
    services = {each.service.name: each.service for each in found.settled}
    notes = _by_line(list(rules.notes(found.settled)))
    return Checked(services, _by_line(found.problems), found.groups, notes)


def _by_line(problems: list[Problem]) -> tuple[Problem, ...]:
    """In order, and a mistake in an anchor once, however often it is used."""
    once: dict[tuple[Place, str], Problem] = {}
    for problem in problems:
        once.setdefault((problem.place, problem.message), problem)
    return tuple(sorted(once.values(), key=lambda problem: problem.place))


class _Findings:
    def __init__(self, root: Item, environ: Mapping[str, str]) -> None:
        self.root = root
        self.region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""
        self.problems: list[Problem] = []
        self.settled: list[Settled] = []
        self.groups: dict[str, Group] = {}

    def file(self) -> None:
        """The top level."""
        if self.root.value is None:
            self._say(self.root.place, "", "this file is empty. Start from services.example.yml.")
            return
        if not isinstance(self.root.value, dict):
            wanted = "write `services:` and, indented below it, the services by name."
            self._say(self.root.place, "", f"{shown(self.root.value)}; {wanted}")
            return
        for name, item in self.root.members.items():
            if name not in File.model_fields and not str(name).startswith("x-"):
                self._say(item.key_place, str(name), unknown_key(str(name), File))
        defaults, wrong = self._defaults(self.root.members.get("defaults"))
        self._services(self.root.members.get("services"), defaults, wrong)
        self._groups(self.root.members.get("groups"))

    def _defaults(self, item: Item | None) -> tuple[dict[str, Any], frozenset[str]]:
        if item is None or item.value is None:
            return {}, frozenset()
        return self._values(Defaults, item, "defaults")

    def _services(self, item: Item | None, defaults: dict[str, Any], wrong: frozenset[str]) -> None:
        if item is None:
            self._say(
                Place(1, 1),
                "services",
                "missing; write `services:` and, indented below it, the services by name.",
            )
        elif not isinstance(item.value, dict):
            wanted = "write the services by name, indented below it"
            self._say(item.place, "services", f"{shown(item.value)}; {wanted}.")
        elif not item.value:
            self._say(item.place, "services", "holds no service; write at least one.")
        else:
            for name, entry in item.members.items():
                self._service(str(name), entry, defaults, wrong)
            for again, entry in item.repeats:
                if entry.value is not None:
                    self._values(Entry, entry, f"services.{again}")

    def _service(self, name: str, item: Item, defaults: dict[str, Any], wrong: frozenset[str]) -> None:
        path = f"services.{name}"
        if complaint := names.complaint(name):
            self._say(item.key_place, path, complaint)
        own, own_wrong = ({}, frozenset[str]()) if item.value is None else self._values(Entry, item, path)
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
        self.settled.append(
            Settled(
                service=Service(**filled),
                wrong=own_wrong | (wrong - own.keys()),
                own=frozenset(own),
                written=frozenset(values),
                place_of=lambda key: item.members[key].key_place if key in item.members else item.key_place,
            )
        )

    def _groups(self, item: Item | None) -> None:
        if item is None or item.value is None:
            return
        if not isinstance(item.value, dict):
            wanted = "write the groups by name, indented below it"
            self._say(item.place, "groups", f"{shown(item.value)}; {wanted}.")
            return
        for name, entry in item.members.items():
            self._group(str(name), entry)
        for again, entry in item.repeats:
            self._values(GroupKeys, entry, f"groups.{again}")

    def _group(self, name: str, item: Item) -> None:
        path = f"groups.{name}"
        services = {each.service.name for each in self.settled}
        if complaint := names.complaint_of_group(name, services):
            self._say(item.key_place, path, complaint)
        values, wrong = self._values(GroupKeys, item, path)
        if wrong:
            return
        for index, service in enumerate(values["services"]):
            if service not in services:
                place = item.members["services"].members[index].place
                hint = did_you_mean(service, services) or " Services stand under `services:`."
                self._say(place, f"{path}.services[{index}]", f"there is no service `{service}` here.{hint}")
        self.groups[name] = Group(name=name, **values)

    def _values(self, model: type[BaseModel], item: Item, path: str) -> tuple[dict[str, Any], frozenset[str]]:
        """The values that are right, and the keys whose values are wrong."""
        if not isinstance(item.value, dict):
            wanted = "write keys and values, indented below it"
            if model is GroupKeys and isinstance(item.value, list):
                wanted = "write it as the value of `services`, indented below the group's name"
            self._say(item.place, path, f"{shown(item.value)}; {wanted}.")
            return {}, frozenset(model.model_fields)
        wrong: set[str] = set()
        try:
            model.model_validate(item.value)
        except ValidationError as error:
            for key, problem in wrong_values(model, item, path, error):
                self.problems.append(problem)
                wrong.add(key)
        right = {key: value for key, value in item.value.items() if key not in wrong}
        if any(field.is_required() and key in wrong for key, field in model.model_fields.items()):
            return {}, frozenset(wrong)
        return model.model_validate(right).model_dump(exclude_unset=True), frozenset(wrong)

    def _say(self, place: Place, path: str, message: str) -> None:
        self.problems.append(Problem(place, path, message))
