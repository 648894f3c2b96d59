"""The rules of access once more, written for the tests: what services.yml allows to whom, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deploys.access_rules import Action
from deploys.catalogue.service import Service
from deploys.stores.slack_directory import Channel, ChannelKind, Person
from tests.slack_directory import TEAM


@dataclass(frozen=True)
class World:
    """What is true of a service, a person and a place."""

    service: Service
    user: str
    person: Person | None
    channel: str
    """Empty: the Home tab."""
    place: Channel | None
    members: Mapping[str, frozenset[str] | None]
    in_shared_channel: bool = False

    @property
    def is_member(self) -> bool:
        """Of this workspace, and no guest unless guests may."""
        person = self.person
        if person is None or person.is_deleted or person.is_bot or person.is_stranger:
            return False
        return TEAM in person.teams and (self.service.guests or not person.is_guest)

    @property
    def is_place_allowed(self) -> bool:
        """A channel of the service, or another place that services.yml allows."""
        if not self.is_kind_of_place_allowed:
            return False
        if self.channel.startswith("D") or (self.place and self.place.kind.is_direct):
            return True
        return not self.service.channels or self.channel in self.service.channels

    @property
    def is_kind_of_place_allowed(self) -> bool:
        """No direct message, and no channel shared with others, unless services.yml allows it; wherever it
        is."""
        service = self.service
        if not self.channel:
            return False
        if self.channel.startswith("D"):
            return service.direct_messages and (service.shared_channels or not self.in_shared_channel)
        if self.place is None or self.place.kind is ChannelKind.HIDDEN:
            return False
        if (self.place.is_shared or self.in_shared_channel) and not service.shared_channels:
            return False
        return service.direct_messages or not self.place.kind.is_direct

    def is_listed(self, *actions: Action) -> bool:
        """Whether services.yml names this person, or a group with them in it, for one of these."""
        for listed in (who for action in actions for who in self._people(action)):
            if listed in (self.user, "everyone") or self.user in (self.members.get(listed) or ()):
                return True
        return False

    def may(self, *actions: Action) -> bool:
        """Whether a rule allows this person one of these, there."""
        return self.is_member and self.is_listed(*actions) and self.is_place_allowed

    def may_see(self) -> bool:
        """In a channel everybody sees; on the Home tab those who may do anything."""
        if not self.channel:
            return self.is_member and self.is_listed(*(each for each in Action if each is not Action.SEE))
        return self.is_member and self.is_place_allowed

    def _people(self, action: Action) -> tuple[str, ...]:
        service = self.service
        own = {
            Action.ROLL_BACK: service.may_roll_back,
            Action.LOCK: service.may_lock,
            Action.SCALE: service.may_scale,
            Action.RUN: service.may_run,
            Action.OVERRIDE: service.may_override,
        }.get(action)
        if own is not None:
            return own
        return service.approvers if action in (Action.APPROVE, Action.OVERRIDE) else service.deployers
