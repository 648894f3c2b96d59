"""Who may do what, and where. Decided by ids, and checked three times: at the request, at the click and again
when it runs."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable, Sequence

from deploys.access_rules import (
    ACTION_PHRASES,
    Action,
    action_of,
    allowed_people,
    channel_links,
    group_by_rules,
    named_channels,
    not_listed,
    rule_of,
)
from deploys.asker import Asker
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import Service
from deploys.catalogue.slack_ids import EVERYONE, is_user_group
from deploys.decisions import is_service_untouched
from deploys.errors import (
    BatchRefused,
    ChannelHidden,
    ChannelUnknown,
    CommandLineUserUnknown,
    DirectMessageRefused,
    GuestRefused,
    MayNotWithdraw,
    MayOnNone,
    MembershipUnknown,
    NoSelfApproval,
    NoSelfContinue,
    NotAllowed,
    NotAMember,
    NotFromHere,
    PersonUnknown,
    Refused,
    SharedChannelRefused,
    SlackUnsure,
    WrongChannel,
    WrongChannelForQuery,
)
from deploys.job_queue import JobQueue
from deploys.mrkdwn import mention, mentions
from deploys.records.deploy import Deploy
from deploys.records.request import Verb
from deploys.records.traffic import HookAction
from deploys.stores import slack_directory, user_groups
from deploys.stores.slack_directory import ChannelKind, SlackDirectory
from deploys.stores.user_groups import UserGroups

PLACE_REFUSALS = (ChannelHidden, DirectMessageRefused, SharedChannelRefused)
"""What refuses a kind of place."""
MAX_REFUSALS_SHOWN = 5
"""Refusals in one answer (count)."""


class Access:
    """Each method returns if the person may, and raises if not. What it cannot know it refuses.

    It goes by the catalogue, not by the copy of the service in a record: an edit of services.yml takes effect
    on deploys in progress.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        groups: UserGroups,
        directory: SlackDirectory,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._catalogue = catalogue
        self._groups = groups
        self._directory = directory
        self._now = now
        self._groups_by_rules = group_by_rules(catalogue.services.values())
        """Of hundreds of services most have the same rules, so each set of rules is looked at once."""

    def with_directory(self, directory: SlackDirectory) -> Access:
        """The same, going by what this directory knows of people and channels."""
        other = copy.copy(self)
        other._directory = directory
        return other

    def may(self, action: Action, asker: Asker, service_name: str) -> None:
        """Whether this person may do this with this service, there.

        Raises:
            Refused: which rule refused it, and who could.
            UnknownService: with suggestions of what the asker may see alone.
        """
        self._may(action, asker, self._find_service(asker, service_name), self._knowledge(asker))

    def seen_by(self, asker: Asker) -> Catalogue:
        """The services, and groups of them, that this person may see there."""
        return self._filter(asker, self._is_seen)

    def deployable_by(self, asker: Asker) -> Catalogue:
        """The services that this person may deploy there; if they are in no channel, from wherever that is
        allowed. Unknown user groups have no members here."""
        return self._filter(asker, self._is_deployable)

    def _filter(self, asker: Asker, allows: Callable[[Asker, Service, _Knowledge], bool]) -> Catalogue:
        knowledge = self._knowledge(asker)
        groups = (group for group in self._groups_by_rules if allows(asker, group[0], knowledge))
        return self._catalogue.only({service.name for group in groups for service in group})

    def may_run(self, deploy: Deploy) -> None:
        """Whether its requester may still ask for this deploy.

        Raises:
            Refused
        """
        self.may(action_of(deploy.verb), Asker.of_request(deploy.request), deploy.service.name)

    def current_service(self, deploy: Deploy) -> Service:
        """The service of a deploy as services.yml describes it now.

        Raises:
            UnknownService: it is not in the file any more.
        """
        return self._catalogue.get_service(deploy.service.name)

    def may_decide(self, asker: Asker, deploy: Deploy) -> None:
        """Whether this person may approve or reject this deploy.

        Raises:
            NoSelfApproval, and what `may` raises.
        """
        self.may(Action.APPROVE, asker, deploy.service.name)
        service = self._catalogue.get_service(deploy.service.name)
        if asker.user == deploy.request.requester and not service.self_approval:
            others = tuple(each for each in service.approvers if each != asker.user)
            raise NoSelfApproval(approvers=mentions(others, nobody="nobody else may, see `services.yml`"))

    def approvers_of(self, deploy: Deploy) -> tuple[str, ...]:
        """The people and user groups who may decide about it, as services.yml names them now. Without its
        requester, unless that one may. Raises UnknownService."""
        service = self._catalogue.get_service(deploy.service.name)
        requester = deploy.request.requester
        return tuple(each for each in service.approvers if service.self_approval or each != requester)

    def may_answer_pause(self, asker: Asker, deploy: Deploy, action: HookAction) -> None:
        """Whether this person may answer a pause of this deploy so.

        Approvers may continue it; if services.yml names none, those who may deploy. Those who may cancel may
        roll back, because it is the same.

        Raises:
            NoSelfContinue, and what `may` raises.
        """
        service = self._find_service(asker, deploy.service.name)
        if action is HookAction.ROLLBACK:
            self.may_cancel(asker, deploy)
        elif service.approvers:
            try:
                self.may_decide(asker, deploy)
            except NoSelfApproval as error:
                raise NoSelfContinue(**error.facts) from None
        else:
            self.may(Action.DEPLOY, asker, service.name)

    def may_cancel(self, asker: Asker, deploy: Deploy) -> None:
        """Whether this person may cancel this deploy.

        What has touched the service is rolled back, which those may who roll back or approve; a change of the
        count is set back by those who scale. What has not is withdrawn, which its requester and the approvers
        may; so is following a rollout that is not ours. A command is stopped by those who run commands, too.

        Raises:
            MayNotWithdraw, and what `may` raises.
        """
        service, knowledge = self._find_service(asker, deploy.service.name), self._knowledge(asker)
        untouched = deploy.verb is Verb.FOLLOW or is_service_untouched(deploy)
        action = action_of(deploy.verb) if not deploy.verb.sets_version else Action.ROLL_BACK
        first = (deploy.request.requester,) if untouched else allowed_people(service, action)
        if deploy.verb is Verb.RUN:
            first = (*first, *allowed_people(service, Action.RUN))
        people = tuple(dict.fromkeys((*first, *service.approvers)))
        self._check_person(action, asker, service, knowledge)
        if not knowledge.is_listed(asker.user, people, service):
            if untouched and deploy.verb is not Verb.RUN:
                raise MayNotWithdraw(service=service.name, people=mentions(people))
            rule = f"{rule_of(service, action)}` and `approvers"
            phrase = "stop commands in" if deploy.verb is Verb.RUN else ACTION_PHRASES[action]
            raise NotAllowed(action=phrase, service=service.name, people=mentions(people), rule=rule)
        self._check_place(action, asker, service, knowledge)

    def may_on_any(self, actions: Sequence[Action], asker: Asker) -> None:
        """Whether this person may do one of these with some service, in a place of this kind.

        It is about all services, so `channels` does not count; but a direct message, or a channel shared with
        others, does only if one of these services may be changed there.

        Raises:
            SlackUnsure: Slack did not say enough of the person or the channel.
            NotFromHere: they may, and not in such a place.
            MayOnNone: they may do it with no service.
        """
        knowledge = self._knowledge(asker)
        refusals: list[Refused] = []
        for service, *_ in self._groups_by_rules:
            for action in actions:
                try:
                    self._check_person(action, asker, service, knowledge)
                    if knowledge.is_listed(asker.user, allowed_people(service, action), service):
                        self._check_kind_of_place(asker, service, knowledge)
                        return
                except Refused as refusal:
                    refusals.append(refusal)
        if any(isinstance(each, SlackUnsure) for each in refusals):
            raise SlackUnsure()
        if any(isinstance(each, PLACE_REFUSALS) for each in refusals):
            raise NotFromHere()
        raise MayOnNone()

    def people_of(self, *actions: Action, services: Sequence[str] = ()) -> tuple[str, ...]:
        """The people and user groups who may do one of these with one of these services; with none named, of
        all."""
        found = [self._catalogue.services[each] for each in services or self._catalogue.services]
        return tuple(
            dict.fromkeys(who for each in found for action in actions for who in allowed_people(each, action))
        )

    def _is_allowed_anywhere(
        self, action: Action, asker: Asker, service: Service, knowledge: _Knowledge
    ) -> bool:
        try:
            self._check_person(action, asker, service, knowledge)
            return knowledge.is_listed(asker.user, allowed_people(service, action), service)
        except Refused:
            return False

    def _knowledge(self, asker: Asker) -> _Knowledge:
        """What may be believed for this person: on the command line also what is older, as services.yml
        says, because Slack may be down."""
        lasts = self._catalogue.command_line.slack_answers_last if asker.command_line else 0
        return _Knowledge(asker, self._groups, self._directory, self._now(), lasts)

    def _find_service(self, asker: Asker, name: str) -> Service:
        if name in self._catalogue.services:
            return self._catalogue.services[name]
        raise self.seen_by(asker).unknown_service(name)

    def _may(self, action: Action, asker: Asker, service: Service, knowledge: _Knowledge) -> None:
        self._check_person(action, asker, service, knowledge)
        if action is Action.SEE and asker.channel:
            self._check_place(action, asker, service, knowledge)
            return
        allowed = allowed_people(service, action)
        if not knowledge.is_listed(asker.user, allowed, service):
            raise not_listed(action, service, allowed)
        if action is not Action.SEE:
            self._check_place(action, asker, service, knowledge)

    def _is_seen(self, asker: Asker, service: Service, knowledge: _Knowledge) -> bool:
        try:
            self._may(Action.SEE, asker, service, knowledge)
        except Refused:
            return False
        return True

    def _is_deployable(self, asker: Asker, service: Service, knowledge: _Knowledge) -> bool:
        if not asker.channel:
            return self._is_allowed_anywhere(Action.DEPLOY, asker, service, knowledge)
        try:
            self._may(Action.DEPLOY, asker, service, knowledge)
        except Refused:
            return False
        return True

    def _check_person(self, action: Action, asker: Asker, service: Service, knowledge: _Knowledge) -> None:
        if asker.command_line and self._catalogue.command_line.slack_user(asker.command_line) != asker.user:
            raise CommandLineUserUnknown(who=asker.command_line, user=mention(asker.user))
        person = knowledge.person
        if person is None:
            raise PersonUnknown(service=service.name)
        facts = {
            "service": service.name,
            "action": ACTION_PHRASES[action],
            "people": mentions(allowed_people(service, action)),
        }
        if person.is_deleted or person.is_bot:
            raise NotAMember(what="deactivated" if person.is_deleted else "an app", **facts)
        if person.is_stranger or not asker.team or asker.team not in person.teams:
            raise NotAMember(what="of another organisation", **facts)
        if person.is_guest and not service.guests:
            raise GuestRefused(**facts)

    def _check_place(self, action: Action, asker: Asker, service: Service, knowledge: _Knowledge) -> None:
        listed = not service.channels or asker.channel in named_channels(service)
        if not asker.channel or (not listed and not service.direct_messages):
            if asker.channel.startswith("D"):
                raise DirectMessageRefused(service=service.name, channels=channel_links(service))
            error = WrongChannelForQuery if action is Action.SEE else WrongChannel
            raise error(service=service.name, channels=channel_links(service))
        kind = self._check_kind_of_place(asker, service, knowledge)
        if not listed and not kind.is_direct:
            raise (WrongChannelForQuery if action is Action.SEE else WrongChannel)(
                service=service.name, channels=channel_links(service)
            )

    def _check_kind_of_place(self, asker: Asker, service: Service, knowledge: _Knowledge) -> ChannelKind:
        channel = knowledge.channel
        if channel is None:
            raise ChannelUnknown(service=service.name)
        facts = {"service": service.name, "channels": channel_links(service)}
        if channel.kind is ChannelKind.HIDDEN:
            raise ChannelHidden(**facts)
        if (channel.is_shared or asker.in_shared_channel) and not service.shared_channels:
            raise SharedChannelRefused(**facts)
        if channel.kind.is_direct and not service.direct_messages:
            raise DirectMessageRefused(**facts)
        return channel.kind


class _Knowledge:
    """What is known of the asker, of where they ask and of groups at one moment, each read once."""

    def __init__(
        self, asker: Asker, groups: UserGroups, directory: SlackDirectory, now: float, lasts: float = 0
    ) -> None:
        """lasts: how long it counts, if that is longer than usual (seconds)."""
        self._max_age = max(lasts, slack_directory.MAX_AGE_SECONDS)
        self._max_group_age = max(
            user_groups.MAX_AGE_SECONDS, lasts if lasts > slack_directory.MAX_AGE_SECONDS else 0
        )
        self._groups = groups
        self._directory = directory
        self._now = now
        self.person, self.channel = directory.person_and_channel(
            asker.user, asker.channel, now, self._max_age
        )
        self._members: dict[str, frozenset[str] | None] = {}

    def is_listed(self, user: str, allowed: Iterable[str], service: Service) -> bool:
        allowed = tuple(allowed)
        if user in allowed or EVERYONE in allowed:
            return True
        unknown = []
        for group in filter(is_user_group, allowed):
            if group not in self._members:
                self._members[group] = self._groups.members(group, self._now, self._max_group_age)
            members = self._members[group]
            if members is None:
                unknown.append(group)
            elif user in members:
                return True
        if unknown:
            raise MembershipUnknown(service=service.name, groups=mentions(tuple(unknown)))
        return False


def refuse_batch(refusals: Sequence[Refused], undone: str, jobs: JobQueue) -> BatchRefused:
    """The refusal of a request for several services, with what is said about each. `undone` is what was not
    done with any of them. Has the members of user groups read if they are not known."""
    if any(isinstance(each, MembershipUnknown) for each in refusals):
        jobs.read_user_groups()
    messages = list(dict.fromkeys(each.message for each in refusals))
    if len(messages) == 1:
        return BatchRefused(done=undone, refusals=f" {messages[0]}")
    lines = [f"\n• {message}" for message in messages[:MAX_REFUSALS_SHOWN]]
    more = len(messages) - MAX_REFUSALS_SHOWN
    return BatchRefused(done=undone, refusals="".join([*lines, f"\n• and {more} more" if more > 0 else ""]))
