"""Which people, user groups and channels `services.yml` names for what. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from enum import StrEnum

from deploys.catalogue.service import Service
from deploys.errors import NotADeployer, NotAllowed, NotAnApprover, Refused
from deploys.mrkdwn import channel_link, mentions
from deploys.records.request import Verb


class Action(StrEnum):
    """What a person may or may not do with a service."""

    SEE = "see"  # read about it: status, history, show, plan, tags, Home
    DEPLOY = "deploy"  # deploy, restart, follow
    APPROVE = "approve"  # approve, reject, let a pause continue; cancel
    ROLL_BACK = "roll back"  # rollback; cancel what has touched the service
    LOCK = "lock"  # lock; unlock what one has locked
    SCALE = "scale"  # set the desired count; set it back
    RUN = "run"  # run a command in a one-off task; stop it
    OVERRIDE = "override"  # pass a freeze, break a lock, stop and resume all deploys


MAY_STOP = (Action.DEPLOY, Action.APPROVE)
"""Those who may do one of these with some service may stop all deploys, and resume what they have stopped."""

ACTION_PHRASES: Mapping[Action, str] = {
    Action.SEE: "see",
    Action.DEPLOY: "deploy",
    Action.APPROVE: "approve or reject deploys of",
    Action.ROLL_BACK: "roll back",
    Action.LOCK: "lock",
    Action.SCALE: "scale",
    Action.RUN: "run commands in",
    Action.OVERRIDE: "override a freeze or lock of",
}
"""What goes between `may` and the service's name."""


def allowed_people(service: Service, action: Action) -> tuple[str, ...]:
    """Ids of the people and user groups who may do this, or `everyone`; empty: nobody. To see a service, as
    far as it depends on people: those who may do anything with it."""
    if action is Action.SEE:
        actions = (each for each in Action if each is not Action.SEE)
        return tuple(dict.fromkeys(who for each in actions for who in _grant(service, each)[1]))
    return _grant(service, action)[1]


def group_by_rules(services: Iterable[Service]) -> tuple[tuple[Service, ...], ...]:
    """These services, those with the same rules together: who may see or deploy one of them somewhere may do
    that with all of them."""
    found: dict[Hashable, list[Service]] = {}
    for each in services:
        found.setdefault(_rules_of(each), []).append(each)
    return tuple(map(tuple, found.values()))


def _rules_of(service: Service) -> Hashable:
    """All that decides who may see and deploy a service, and where."""
    people = tuple(_grant(service, each)[1] for each in Action)
    places = (named_channels(service), service.direct_messages, service.shared_channels)
    return people, service.guests, places


def rule_of(service: Service, action: Action) -> str:
    """The key of services.yml that says who may do this."""
    return _grant(service, action)[0]


def action_of(verb: Verb) -> Action:
    """What a request with this verb is."""
    return _ACTIONS.get(verb, Action.DEPLOY)


_ACTIONS: Mapping[Verb, Action] = {
    Verb.ROLLBACK: Action.ROLL_BACK,
    Verb.SCALE: Action.SCALE,
    Verb.RUN: Action.RUN,
}


def _grant(service: Service, action: Action) -> tuple[str, tuple[str, ...]]:
    """The key of services.yml that says who may do this, and its ids."""
    match action:
        case Action.ROLL_BACK if service.may_roll_back is not None:
            return "may_roll_back", service.may_roll_back
        case Action.LOCK if service.may_lock is not None:
            return "may_lock", service.may_lock
        case Action.OVERRIDE if service.may_override is not None:
            return "may_override", service.may_override
        case Action.SCALE if service.may_scale is not None:
            return "may_scale", service.may_scale
        case Action.RUN:
            return "may_run", service.may_run
        case Action.APPROVE | Action.OVERRIDE:
            return "approvers", service.approvers
        case Action.SEE | Action.DEPLOY | Action.ROLL_BACK | Action.LOCK | Action.SCALE:
            return "deployers", service.deployers


def not_listed(action: Action, service: Service, allowed: tuple[str, ...]) -> Refused:
    """The refusal of somebody who is not among these people and user groups."""
    people = mentions(allowed)
    if action is Action.DEPLOY:
        return NotADeployer(service=service.name, deployers=people)
    if action is Action.APPROVE:
        return NotAnApprover(service=service.name, approvers=people)
    return NotAllowed(
        action=ACTION_PHRASES[action], service=service.name, people=people, rule=rule_of(service, action)
    )


def named_channels(service: Service) -> tuple[str, ...]:
    """The channels in which it may be asked for: that of its cards is one. Empty: in any."""
    if not service.channels:
        return ()
    return tuple(dict.fromkeys(filter(None, (*service.channels, service.told.channel))))


def channel_links(service: Service) -> str:
    """The same, as links."""
    return ", ".join(map(channel_link, named_channels(service))) or "a channel of this workspace"
