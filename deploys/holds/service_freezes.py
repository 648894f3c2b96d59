"""Whether a service is frozen, as services.yml and its calendars say, and who has let a deploy pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from deploys.access import Access
from deploys.access_rules import Action, allowed_people
from deploys.asker import Asker
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.freeze_keys import FreezeEntry, make_window
from deploys.catalogue.slack_ids import EVERYONE, is_user_group
from deploys.errors import Refused, SlackUnsure, UnknownService
from deploys.errors.freezes import ServiceFrozen
from deploys.formatting import TimeFormat, slack_time
from deploys.holds.freezes import find_freeze, next_freeze
from deploys.mrkdwn import code, escape_line, mention, mentions
from deploys.records.deploy import Deploy
from deploys.records.freeze_window import FreezeWindow
from deploys.records.hold import Hold, HoldKind, Override
from deploys.records.request import Verb
from deploys.stores.freeze_calendars import FreezeCalendars

HELD_VERBS = frozenset({Verb.DEPLOY, Verb.RESTART})
"""What a freeze keeps from happening. A rollback ends an outage, and following changes nothing."""
SOON_SECONDS = 86_400.0
"""A freeze that begins so soon is announced (seconds)."""


@dataclass(frozen=True)
class ServiceFreeze:
    """A service is frozen."""

    service: str
    reason: str
    """As people wrote it, without markup; empty: the event has no title."""
    until: float | None
    """Epoch seconds; None: nobody knows, or not for years."""
    source: str = ""
    """The calendar that says so; empty: services.yml."""
    unreadable: bool = False
    """The calendar cannot be read, so nobody knows what it says."""
    outside: bool = False
    """Deploys are allowed only at other times."""

    def sentence(self, when: TimeFormat = slack_time) -> str:
        """Which window, why and until when, in one sentence of mrkdwn."""
        source = f"the calendar {code(self.source)}" if self.source else "`services.yml`"
        if self.unreadable:
            return f"{code(self.service)} is frozen, because {source} cannot be read."
        until = f"until {when(self.until)}" if self.until is not None else "without an end that is known"
        why = f": {escape_line(self.reason)}" if self.reason else ""
        only = "; deploys are allowed only at other times" if self.outside else ""
        return f"{code(self.service)} is frozen {until}{why} ({source}{only})."


class ServiceFreezes:
    """Answers from the catalogue and from Redis. Also what holds a deploy in a freeze (`deploys.holds`)."""

    def __init__(self, catalogue: Catalogue, calendars: FreezeCalendars, access: Access) -> None:
        self._catalogue = catalogue
        self._calendars = calendars
        self._access = access

    def for_one_request(self, access: Access) -> ServiceFreezes:
        """The same, which reads each calendar once, and goes by this access."""
        return ServiceFreezes(self._catalogue, self._calendars.for_one_request(), access)

    def find(self, service: str, now: float) -> ServiceFreeze | None:
        """What freezes the service at a time (epoch seconds); None: nothing does.

        Raises:
            UnknownService
        """
        lists, unread = self._windows_of(service, now)
        if unread is not None:
            return ServiceFreeze(service, "", None, unread.calendar_name, unreadable=True)
        freeze = find_freeze(lists, now)
        if freeze is None:
            return None
        window = freeze.window
        return ServiceFreeze(service, window.reason, freeze.until, window.calendar, outside=window.allows)

    def find_all(self, services: Iterable[str], now: float) -> list[ServiceFreeze]:
        """What freezes these services at a time (epoch seconds), of those that are frozen. What many of them
        share, such as a calendar, is read once."""
        known: dict[tuple[tuple[FreezeEntry, ...], ...], ServiceFreeze | None] = {}
        found = []
        for name in services:
            if (lists := self._catalogue.freeze_lists.get(name)) is None:
                continue
            if lists not in known:
                known[lists] = self.find(name, now)
            if freeze := known[lists]:
                found.append(replace(freeze, service=name))
        return found

    def starts_soon(self, service: str, now: float) -> float | None:
        """When a freeze of the service begins within a day (epoch seconds); None: none does."""
        lists, unread = self._windows_of(service, now)
        start = None if unread else next_freeze(lists, now)
        return start if start is not None and start - now <= SOON_SECONDS else None

    def refuse_if_frozen(self, service: str, now: float, *, tag: str, asker: Asker) -> None:
        """tag: what is to be deployed; empty for a restart.

        Raises:
            UnknownService
            ServiceFrozen: its facts are text.
        """
        freeze = self.find(service, now)
        if freeze is None:
            return
        allowed = self._overriders(service, asker)
        until = slack_time(freeze.until) if freeze.until is not None else ""
        refusal = ServiceFrozen(
            why=freeze.sentence(),
            people=mentions(allowed, nobody="nobody, see `may_override` in `services.yml`"),
            how=f", with `/deploy override {service} {escape_line(tag)} REASON`" if tag else "",
            service=service,
            tag=tag,
            until=until,
            reason=escape_line(freeze.reason),
            window=escape_line(freeze.source),
            may_override="yes" if self._may(asker, service) else "no",
        )
        refusal.refused_by = {"hold": HoldKind.FREEZE.value}
        raise refusal

    def find_hold(self, deploy: Deploy, now: float) -> Hold | None:
        """The freeze that holds this deploy; None: nothing does, or somebody who may has let it pass."""
        if deploy.verb not in HELD_VERBS:
            return None
        try:
            freeze = self.find(deploy.service.name, now)
        except UnknownService:
            return None  # its next step says so
        if freeze is None:
            return None
        overridden_by = ""
        if deploy.override is not None and deploy.override.kind is HoldKind.FREEZE:
            try:
                self.may_override(deploy, deploy.override)
            except Refused:
                overridden_by = (
                    f" {mention(deploy.override.user)}, who overrode it, may not do that any more."
                )
            else:
                return None
        return Hold(kind=HoldKind.FREEZE, sentence=f"{freeze.sentence()}{overridden_by}", until=freeze.until)

    def may_override(self, deploy: Deploy, override: Override) -> None:
        """Whether the person of this override may let this deploy pass a freeze, where it was asked for.

        Raises:
            Refused: which rule refused it, and who could.
        """
        request = deploy.request
        asker = Asker(override.user, request.team, request.channel, command_line=override.command_line)
        self._access.may(Action.OVERRIDE, asker, deploy.service.name)

    def _may(self, asker: Asker, service: str) -> bool:
        try:
            self._access.may(Action.OVERRIDE, asker, service)
        except Refused:
            return False
        return True

    def _overriders(self, service: str, asker: Asker) -> tuple[str, ...]:
        """Those who may override it in a request of their own: of people, who may also deploy it there. Of a
        user group nobody can tell; if nobody else may, all who may override."""
        allowed = allowed_people(self._catalogue.get_service(service), Action.OVERRIDE)
        return tuple(each for each in allowed if self._may_deploy(each, asker, service)) or allowed

    def _may_deploy(self, who: str, asker: Asker, service: str) -> bool:
        if who == EVERYONE or is_user_group(who):
            return True
        try:
            self._access.may(Action.DEPLOY, replace(asker, user=who), service)
        except SlackUnsure:
            return True
        except Refused:
            return False
        return True

    def _windows_of(
        self, service: str, now: float
    ) -> tuple[list[tuple[FreezeWindow, ...]], FreezeEntry | None]:
        """The lists of windows, and the first calendar that cannot be read, if one cannot."""
        lists = []
        for entries in self._catalogue.freezes_of(service):
            windows: list[FreezeWindow] = []
            for entry in entries:
                found = self._windows_of_entry(entry, now)
                if found is None:
                    return [], entry
                windows += found
            lists.append(tuple(windows))
        return lists, None

    def _windows_of_entry(self, entry: FreezeEntry, now: float) -> Sequence[FreezeWindow] | None:
        if not entry.calendar:
            return [make_window(entry)]
        if entry.is_address:
            found = self._calendars.find(entry.calendar, entry.calendar_zone, now)
        else:
            found = self._catalogue.calendars.get((entry.calendar, entry.calendar_zone))
        if found is None:
            return None
        changes = {"allows": entry.allows, **({"reason": entry.reason} if entry.reason else {})}
        return [each.model_copy(update=changes) for each in found]
