"""What the menus of the form offer for what was typed into their search fields. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.forms.deploy_form import OPTION, option, place_of
from bot.grammar import TAG_PATTERN
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import Service
from deploys.formatting import time_ago
from deploys.stores.tag_lists import ListedTag, RunningImages, TagList
from deploys.text_limits import shorten

MAX_OPTIONS = 100
"""Options of one answer (docs.slack.dev, "Select menu element")."""
NO_TAG = "?"
"""The value of an option that only says something. No tag has this name."""

Option = dict[str, Any]


def service_options(seen: Catalogue, typed: str) -> list[Option]:
    """The services whose name or place has what was typed; names that begin with it come first."""
    wanted = typed.strip().lower()
    found = [
        each for each in seen.services.values() if wanted in each.name or wanted in place_of(each).lower()
    ]
    found.sort(key=lambda each: not each.name.startswith(wanted))
    return [option(each.name, each.name, place_of(each)) for each in found[:MAX_OPTIONS]]


def tag_options(
    service: Service,
    known: TagList | None,
    running: Mapping[str, RunningImages],
    seen: Catalogue,
    typed: str,
    now: float,
) -> list[Option]:
    """The tags that have what was typed, the one pushed last first, and which of them runs where.

    known: None while they are being read. running: what each service runs. seen: the services that may be
    named.
    """
    wanted = typed.strip()
    tags = known.tags if known else ()
    places = _running_places(service, known.repository if known else "", running, seen)
    found = [_listed_tag(each, places, now) for each in tags if wanted.lower() in each.tag.lower()]
    is_new = bool(TAG_PATTERN.fullmatch(wanted)) and all(each.tag != wanted for each in tags)
    as_typed = [option(wanted, wanted, "as typed; not in the list")] if is_new else []
    return [*found[: MAX_OPTIONS - 2], *as_typed, *_notice(service, known, now)]


def choose_service_first() -> list[Option]:
    """What the menu of tags says while no service is chosen."""
    return [option(NO_TAG, "Choose the service first")]


def search_later() -> list[Option]:
    """What a menu says to somebody who searches too often."""
    return [option(NO_TAG, "Too many searches within a minute", "Search again in a few seconds.")]


def _notice(service: Service, known: TagList | None, now: float) -> list[Option]:
    name = shorten(service.name, 30)
    if known is None:
        return [option(NO_TAG, f"Reading the tags of {name}", "Search again, or type the tag in full.")]
    if known.unreadable and known.tags:
        when = f"These were read {time_ago(now - known.read_at)}. A newer one can be typed in full."
        return [option(NO_TAG, f"The tags of {name} cannot be read now", when)]
    if known.unreadable:
        why = f"Type it in full. /deploy tags {name} says why."
        return [option(NO_TAG, f"The tags of {name} cannot be read", why)]
    return [] if known.tags else [option(NO_TAG, f"The image of {name} has no tag", "Type one in full.")]


def _listed_tag(tag: ListedTag, places: Mapping[str, list[str]], now: float) -> Option:
    pushed = f" · pushed {time_ago(now - tag.pushed_at)}" if tag.pushed_at is not None else ""
    runs = places.get(tag.digest)
    text = f"{shorten(tag.tag, OPTION - len(pushed))}{pushed}"
    return option(tag.tag, text, f"runs now as {', '.join(runs)}" if runs else "")


def _running_places(
    service: Service, repository: str, running: Mapping[str, RunningImages], seen: Catalogue
) -> dict[str, list[str]]:
    """By digest: the services of this repository that run it, this one first."""
    places: dict[str, list[str]] = {}
    for each in (service, *(other for other in seen.services.values() if other.name != service.name)):
        runs = running.get(each.name)
        if runs and runs.repository == repository:
            for digest in runs.digests:
                places.setdefault(digest, []).append(f"{each.name} ({each.cluster})")
    return places
