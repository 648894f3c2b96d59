"""The names that people will type for services, made of their names in ECS. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from deploys.catalogue.service_names import RESERVED_NAMES

MAX_LENGTH = 63
_EMPTY = "service"


class EcsPlace(NamedTuple):
    """Where a service is in ECS."""

    region: str
    cluster: str
    service: str


def choose_names(places: Sequence[EcsPlace]) -> dict[EcsPlace, str]:
    """A different name for each, that services.yml allows.

    The service's own, if no other has it; otherwise with its cluster, or with its cluster and region, or with
    a number. Which service gets which name does not depend on the order.
    """
    names: dict[EcsPlace, str] = {}
    open_places = sorted(set(places))
    for parts in (("service",), ("service", "cluster"), ("service", "cluster", "region")):
        wanted = {place: _name(*(getattr(place, part) for part in parts)) for place in open_places}
        counts = Counter([*wanted.values(), *names.values()])
        names |= {place: name for place, name in wanted.items() if counts[name] == 1}
        open_places = [place for place in open_places if place not in names]
    for place in open_places:
        names[place] = _numbered(_name(place.service, place.cluster), set(names.values()))
    return names


def _name(*parts: str) -> str:
    """The parts in lower case, joined by hyphens, with nothing that a name may not have."""
    text = re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")[:MAX_LENGTH].strip("-") or _EMPTY
    return f"{text}-service" if text in RESERVED_NAMES else text


def _numbered(name: str, taken: set[str]) -> str:
    number = 2
    while (numbered := f"{name[: MAX_LENGTH - len(str(number)) - 1]}-{number}") in taken:
        number += 1
    return name if name not in taken else numbered
