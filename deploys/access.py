"""Who may do what. Decided by ids, and checked twice: at the request and again when it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import Service
from deploys.catalogue.slack_ids import EVERYONE, is_user_group
from deploys.errors import (
    BatchRefused,
    MembershipUnknown,
    NoSelfApproval,
    NoSelfContinue,
    NotADeployer,
    NotAllowed,
    NotAnApprover,
    Refused,
    WrongChannel,
    WrongChannelForQuery,
)
from deploys.job_queue import JobQueue
from deploys.mrkdwn import channel_link, mentions
from deploys.records.deploy import Deploy
from deploys.records.traffic import HookAction
from deploys.stores.user_groups import UserGroups


class Action(StrEnum):
    """What a person may or may not do with a service."""

    SEE = "see"  # read about it: status, history, show, plan, tags, Home
    DEPLOY = "deploy"  # deploy, restart, follow; withdraw what has not begun
    APPROVE = "approve"  # approve, reject, let a pause continue
    ROLL_BACK = "roll back"  # rollback; cancel what has touched the service
    LOCK = "lock"  # lock; unlock what one has locked
    OVERRIDE = "override"  # pass a freeze, break a lock, stop and resume all deploys


@dataclass(frozen=True)
class Asker:
    """Who wants to do something, and where."""

    user: str
    team: str
    channel: str
    """Empty: on the Home tab."""


MAX_REFUSALS_SHOWN = 5
"""Refusals in one answer (count)."""


class Access:
    """Each method returns if the person may, and raises if not. What it cannot know it refuses.

    It goes by the catalogue, not by the copy of the service in a record: an edit of services.yml takes effect
    on deploys in progress.
    """

    def __init__(
        self, catalogue: Catalogue, groups: UserGroups, *, now: Callable[[], float] = time.time
    ) -> None:
        self._catalogue = catalogue
        self._groups = groups
        self._now = now

    def may(self, action: Action, asker: Asker, service_name: str) -> None:
        """Whether this person may do this with this service, there.

        Raises:
            Refused: which rule refused it, and who could.
        """
        service = self._catalogue.get_service(service_name)
        if action is Action.SEE:
            self.may_ask_about(service_name, asker.channel)
            return
        allowed = allowed_people(service, action)
        if not self._is_listed(asker.user, allowed, service):
            raise NotAllowed(action=action, service=service.name, people=mentions(allowed))
        if service.channels and asker.channel not in service.channels:
            raise WrongChannel(service=service.name, channels=_channel_links(service))

    def may_deploy(self, user: str, service_name: str, channel: str) -> None:
        """Whether this person may deploy this service from this channel.

        Raises:
            UnknownService, NotADeployer, WrongChannel, MembershipUnknown
        """
        service = self._catalogue.get_service(service_name)
        if service.deployers and not self._is_listed(user, service.deployers, service):
            raise NotADeployer(service=service.name, deployers=mentions(service.deployers))
        if service.channels and channel not in service.channels:
            raise WrongChannel(service=service.name, channels=_channel_links(service))

    def may_ask_about(self, service_name: str, channel: str) -> None:
        """Whether people may ask about this service in this channel.

        Raises:
            UnknownService, WrongChannelToAsk
        """
        service = self._catalogue.get_service(service_name)
        if service.channels and channel not in service.channels:
            raise WrongChannelForQuery(service=service.name, channels=_channel_links(service))

    def may_decide(self, user: str, deploy: Deploy) -> None:
        """Whether this person may approve or reject this deploy.

        Raises:
            UnknownService, NotAnApprover, NoSelfApproval, MembershipUnknown
        """
        service = self._catalogue.get_service(deploy.service.name)
        if not self._is_listed(user, service.approvers, service):
            raise NotAnApprover(service=service.name, approvers=mentions(service.approvers))
        if user == deploy.request.requester and not service.self_approval:
            others = tuple(each for each in service.approvers if each != user)
            raise NoSelfApproval(approvers=mentions(others, nobody="nobody else may, see `services.yml`"))

    def may_answer_pause(self, user: str, deploy: Deploy, action: HookAction) -> None:
        """Whether this person may answer a pause of this deploy so.

        Approvers may continue it; if services.yml names none, those who may deploy. Those who may cancel may
        roll back, because it is the same.

        Raises:
            UnknownService, NotAnApprover, NoSelfContinue, NotADeployer, WrongChannel, MembershipUnknown
        """
        if action is HookAction.ROLLBACK:
            self.may_cancel(user, deploy)
        elif self._catalogue.get_service(deploy.service.name).approvers:
            try:
                self.may_decide(user, deploy)
            except NoSelfApproval as error:
                raise NoSelfContinue(**error.facts) from None
        else:
            self.may_deploy(user, deploy.service.name, deploy.request.channel)

    def may_cancel(self, user: str, deploy: Deploy) -> None:
        """Whether this person may cancel this deploy: the requester, deployers and approvers may.

        Raises:
            UnknownService, NotADeployer, MembershipUnknown
        """
        if user == deploy.request.requester:
            return
        service = self._catalogue.get_service(deploy.service.name)
        allowed = (*service.deployers, *service.approvers)
        if service.deployers and not self._is_listed(user, allowed, service):
            raise NotADeployer(service=service.name, deployers=mentions(tuple(dict.fromkeys(allowed))))

    def may_on_any(self, actions: Sequence[Action], asker: Asker) -> bool:
        """Whether this person may do one of these with some service, from wherever that is allowed.

        It is about all services, so the channel does not count. Unknown user groups have no members here."""
        return any(
            self._is_surely_listed(asker.user, allowed_people(service, action), service)
            for service in self._catalogue.services.values()
            for action in actions
        )

    def people_of(self, action: Action, services: Sequence[str] = ()) -> tuple[str, ...]:
        """The people and user groups who may do this with one of these services; with none named, of all."""
        found = [self._catalogue.services[each] for each in services or self._catalogue.services]
        return tuple(dict.fromkeys(who for each in found for who in allowed_people(each, action)))

    def _is_surely_listed(self, user: str, allowed: Iterable[str], service: Service) -> bool:
        try:
            return self._is_listed(user, allowed, service)
        except MembershipUnknown:
            return False

    def _is_listed(self, user: str, allowed: Iterable[str], service: Service) -> bool:
        allowed = tuple(allowed)
        if user in allowed or EVERYONE in allowed:
            return True
        unknown = []
        for group in filter(is_user_group, allowed):
            members = self._groups.members(group, self._now())
            if members is None:
                unknown.append(group)
            elif user in members:
                return True
        if unknown:
            raise MembershipUnknown(service=service.name, groups=mentions(tuple(unknown)))
        return False


def allowed_people(service: Service, action: Action) -> tuple[str, ...]:
    """Ids of the people and user groups who may do this, or `everyone`; empty: nobody."""
    match action:
        case Action.DEPLOY | Action.SEE:
            return service.deployers
        case Action.APPROVE:
            return service.approvers
        case Action.ROLL_BACK:
            return service.deployers if service.may_roll_back is None else service.may_roll_back
        case Action.LOCK:
            return service.deployers if service.may_lock is None else service.may_lock
        case Action.OVERRIDE:
            return service.approvers if service.may_override is None else service.may_override


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


def _channel_links(service: Service) -> str:
    return ", ".join(channel_link(each) for each in service.channels)
