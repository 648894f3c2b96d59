"""Keeps what a deploy's texts quote, and takes it out again if it must not be shown any more: the channel is
shared with others by now, or services.yml hides the service's logs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from deploys.catalogue.service import LogLines, Service
from deploys.errors import UnknownService
from deploys.quoting import NOT_QUOTED, NOT_SHOWN
from deploys.records.deploy import Deploy
from deploys.records.quote import PROSE, Quote
from deploys.records.record import Record

AnyRecord = TypeVar("AnyRecord", bound=Record)


class CurrentServices(Protocol):
    """Who knows what services.yml says now."""

    def current_service(self, deploy: Deploy) -> Service:
        """The deploy's service. Raises UnknownService."""
        ...


class RecordedServices:
    """Services as they were at the request."""

    def current_service(self, deploy: Deploy) -> Service:
        """As the record has it."""
        return deploy.service


def hides_logs(deploy: Deploy, services: CurrentServices) -> bool:
    """Whether services.yml hides the logs of the deploy's service now; of a service that is not in it any
    more, as it was at the request."""
    try:
        service = services.current_service(deploy)
    except UnknownService:
        service = deploy.service
    return service.logs is LogLines.HIDE


def as_shown(deploy: Deploy, services: CurrentServices, *, hide_quotes: bool) -> Deploy:
    """The deploy with only those quotes that may be shown now. hide_quotes: none may."""
    if hide_quotes:
        return without_quotes(deploy)
    if any(each.is_log for each in deploy.quotes) and hides_logs(deploy, services):
        return without_quotes(deploy, logs_only=True)
    return deploy


def with_quotes(deploy: Deploy, made: Sequence[Quote]) -> Deploy:
    """The deploy with those of these quotes that its texts hold, beside those it has. Pure."""
    if not made:
        return deploy
    texts = "\n".join(_texts(deploy))
    kept = tuple(dict.fromkeys(each for each in (*deploy.quotes, *made) if each.text and each.text in texts))
    return deploy if kept == deploy.quotes else deploy.evolve(quotes=kept)


def without_quotes(deploy: Deploy, *, logs_only: bool = False) -> Deploy:
    """The deploy with a note in place of each quote in its texts: to be shown, not to be stored.
    Pure."""
    hidden = [each for each in deploy.quotes if each.is_log or not logs_only]
    if not hidden:
        return deploy
    # A longer quote may hold a shorter one.
    by_length = sorted(hidden, key=lambda each: -len(each.text))

    def hide(text: str) -> str:
        for each in by_length:
            text = text.replace(each.text, NOT_SHOWN if logs_only else NOT_QUOTED)
        return text

    return _replace_texts(deploy, hide).evolve(quotes=())


def _texts(record: Record) -> Iterator[str]:
    for name, field in type(record).model_fields.items():
        value = getattr(record, name)
        if PROSE in field.metadata:
            yield value
        elif isinstance(value, Record):
            yield from _texts(value)
        elif isinstance(value, tuple):
            for each in value:
                if isinstance(each, Record):
                    yield from _texts(each)


def _replace_texts(record: AnyRecord, replace: Callable[[str], str]) -> AnyRecord:
    changes: dict[str, Any] = {}
    for name, field in type(record).model_fields.items():
        value = getattr(record, name)
        if PROSE in field.metadata:
            changes[name] = replace(value)
        elif isinstance(value, Record):
            changes[name] = _replace_texts(value, replace)
        elif isinstance(value, tuple):
            changes[name] = tuple(
                _replace_texts(each, replace) if isinstance(each, Record) else each for each in value
            )
    return record.model_copy(update=changes)
