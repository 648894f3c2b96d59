"""Whether a deploy's record still says what services.yml says of its service. Pure.

A record keeps a copy of its service from the request. Until the first change services.yml counts: a record
may be old, or somebody else may have written it. If its copy asks for less, or points somewhere else, the
deploy is stopped. Otherwise it goes on with the values of services.yml. After the first change the copy
counts, because a rollback has to go where the deploy was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from deploys.catalogue.service import Pin, Service
from deploys.errors import CatalogueChanged
from deploys.mrkdwn import code
from deploys.records.deploy import Deploy
from deploys.records.request import Verb
from deploys.text_limits import shorten

_SHOWN_CHARACTERS = 60
_SECRET_KEYS = frozenset({"external_id"})
"""Keys whose values are not shown."""


class DriftRule(Enum):
    """What a difference in one key means."""

    PLACE = auto()  # another ECS service, or another way to reach it: stops every verb
    CONTENT = auto()  # other work than was asked for: stops what changes the service
    STRICTNESS = auto()  # stops if the record's value allows more
    ADOPTED = auto()  # the value of services.yml is taken over


RULES: Mapping[str, DriftRule] = {
    "name": DriftRule.PLACE,
    "cluster": DriftRule.PLACE,
    "region": DriftRule.PLACE,
    "ecs_service": DriftRule.PLACE,
    "role": DriftRule.PLACE,
    "containers": DriftRule.CONTENT,
    "strategy": DriftRule.CONTENT,
    "base": DriftRule.CONTENT,
    "before": DriftRule.CONTENT,
    "after": DriftRule.CONTENT,
    "approvals": DriftRule.STRICTNESS,
    "self_approval": DriftRule.STRICTNESS,
    "approval_expiry": DriftRule.STRICTNESS,
    "pin": DriftRule.STRICTNESS,
    # Who may do what, and where: `deploys.access` always reads these from services.yml.
    "deployers": DriftRule.ADOPTED,
    "approvers": DriftRule.ADOPTED,
    "may_roll_back": DriftRule.ADOPTED,
    "may_lock": DriftRule.ADOPTED,
    "may_scale": DriftRule.ADOPTED,
    "may_run": DriftRule.ADOPTED,
    "may_override": DriftRule.ADOPTED,
    "guests": DriftRule.ADOPTED,
    "direct_messages": DriftRule.ADOPTED,
    "shared_channels": DriftRule.ADOPTED,
    "channels": DriftRule.ADOPTED,
    # `deploys.holds.service_freezes` always reads these from services.yml, too.
    "freezes": DriftRule.ADOPTED,
    # How a rollout is watched and told: nobody decides about that.
    "deadline": DriftRule.ADOPTED,
    "give_up_after": DriftRule.ADOPTED,
    "run_deadline": DriftRule.ADOPTED,
    "logs": DriftRule.ADOPTED,
    "notify": DriftRule.ADOPTED,
    "compare": DriftRule.ADOPTED,
}
"""Every key of a service."""

_STRICTNESS: Mapping[str, Callable[[Service], int]] = {
    "approvals": lambda service: service.approvals,
    "self_approval": lambda service: 0 if service.self_approval else 1,
    "approval_expiry": lambda service: -service.approval_expiry,
    "pin": lambda service: 2 if service.pin is Pin.DIGEST else int(service.pins_digest),
}
"""The greater, the less is allowed."""


@dataclass(frozen=True)
class KeyDrift:
    """One key whose value stops the deploy."""

    key: str
    then: str
    """In the record, as code."""
    now: str
    """In services.yml, as code."""


def refuse_catalogue_drift(deploy: Deploy, current: Service) -> Deploy:
    """The deploy with its service as services.yml has it now.

    Raises:
        CatalogueChanged: the record's copy allows more, or points elsewhere.
    """
    found = find_drift(deploy.service, current, deploy.verb)
    if found:
        listing = "; ".join(f"`{each.key}` was {each.then} and is {each.now} now" for each in found)
        raise CatalogueChanged(service=deploy.service.name, changes=listing)
    return deploy if deploy.service == current else deploy.evolve(service=current)


def find_drift(then: Service, now: Service, verb: Verb = Verb.DEPLOY) -> tuple[KeyDrift, ...]:
    """What stops a deploy that was requested with `then` and would run with `now`."""
    return tuple(
        each
        for key, rule in RULES.items()
        if getattr(then, key) != getattr(now, key) and _stops(rule, key, then, now, verb)
        for each in _describe(key, getattr(then, key), getattr(now, key))
    )


def _stops(rule: DriftRule, key: str, then: Service, now: Service, verb: Verb) -> bool:
    if rule is DriftRule.PLACE:
        return True
    if verb is Verb.FOLLOW or rule is DriftRule.ADOPTED:
        return False
    return rule is DriftRule.CONTENT or _STRICTNESS[key](then) < _STRICTNESS[key](now)


def _describe(key: str, then: Any, now: Any) -> Iterator[KeyDrift]:
    """The key; of keys that contain keys, those that differ."""
    if hasattr(then, "model_dump") and hasattr(now, "model_dump"):
        for name, before in then:
            after = getattr(now, name)
            if before != after:
                yield KeyDrift(f"{key}.{name}", _value(name, before), _value(name, after))
        return
    yield KeyDrift(key, _value(key, then), _value(key, now))


def _value(name: str, value: Any) -> str:
    if value is None or value == () or value == "":
        return "not set"
    if name in _SECRET_KEYS:
        return "a value that I do not show"
    if hasattr(value, "model_dump"):
        return "set"
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, tuple):
        text = f"[{', '.join(map(str, value))}]"
    else:
        text = str(value)
    return code(shorten(text, _SHOWN_CHARACTERS))
