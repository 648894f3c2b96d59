"""Takes the values of environment variables of containers out of log lines, and out of what AWS says.

A value looks like anything, so no pattern finds it: the task definitions say which values there are. While a
block of `values_hidden` runs, every task definition that is read is remembered here, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from deploys.catalogue.service import Service
from deploys.redaction import REDACTED, redact

MIN_VALUE_LENGTH = 6
"""Shorter values are not looked for in text, because they occur everywhere (characters)."""
MIN_SECRET_VALUE_LENGTH = 4
"""The same for those whose name says that they are secret."""
UNREADABLE = "(not quoted: the task definition could not be read, whose values I hide)"

_SECRET_VARIABLE = re.compile(r"PASS|PWD|SECRET|TOKEN|KEY|CREDENTIAL|DSN|AUTH", re.IGNORECASE)
_NUMBER = re.compile(r"[\d.,:_-]+")

Variable = tuple[str, str]
"""Name and value."""


@dataclass
class _KnownValues:
    read: Callable[[], bool]
    names: frozenset[str]
    variables: dict[Variable, None] = field(default_factory=dict)
    is_read: bool | None = None
    """None: nobody needed it yet."""


_known: ContextVar[_KnownValues | None] = ContextVar("environment_values", default=None)


@contextmanager
def values_hidden(read: Callable[[], bool] = lambda: True, names: Collection[str] = ()) -> Iterator[None]:
    """What is quoted in this block has no values of variables that were noted in it.

    read: has the values noted that may be quoted; False: they could not be read. It is called before the
    first quote, and never if there is none.

    names: of services, clusters, regions and tags, which everybody sees. They are hidden only if the name of
    a variable says that its value is secret.
    """
    token = _known.set(_KnownValues(read, frozenset(names)))
    try:
        yield
    finally:
        _known.reset(token)


def names_of(service: Service) -> tuple[str, ...]:
    """What everybody sees of a service, for `values_hidden`."""
    return (service.name, service.ecs_service, service.cluster, service.region, *service.containers)


def note_variables(variables: Iterable[Variable]) -> None:
    """A task definition was read that has these."""
    if (known := _known.get()) is not None:
        known.variables.update(dict.fromkeys(variables))


def hide_known_values(text: str, *, read: bool = True) -> str:
    """Words of AWS, plain and not cut yet, without the values of this block. read: whether to have them read
    for it; if not, those count that are known."""
    known = _known.get()
    if known is None or not text:
        return text
    if read and known.is_read is None:
        known.is_read = True  # errors of the reads themselves are quoted, too
        known.is_read = known.read()
    if read and not known.is_read:
        return UNREADABLE
    return hide_values(text, _hidden_variables(known))


def _hidden_variables(known: _KnownValues) -> Sequence[Variable]:
    """Also as they are if the redactor has been there before."""
    hidden = [
        (name, value)
        for name, value in known.variables
        if _SECRET_VARIABLE.search(name) or not (value in known.names or _NUMBER.fullmatch(value))
    ]
    return [
        (name, form)
        for name, value in hidden
        for form in dict.fromkeys((value, redact(value)))
        if len(form.replace(REDACTED, "")) >= MIN_SECRET_VALUE_LENGTH
    ]


def hide_values(text: str, environment: Iterable[Variable]) -> str:
    """The text with `[value of NAME]` in place of the values of these environment variables.

    Short values stay, and values that are part of a longer word, unless the name says that they are secret.
    """
    for name, value in sorted(environment, key=lambda item: -len(item[1])):
        instead = f"[value of {name}]"
        if len(value) >= MIN_SECRET_VALUE_LENGTH and _SECRET_VARIABLE.search(name):
            text = text.replace(value, instead)
        elif len(value) >= MIN_VALUE_LENGTH and value in text:
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", instead.replace("\\", r"\\"), text)
    return text
