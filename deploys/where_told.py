"""Where a deploy is told of, and who is mentioned: the key `notify` of services.yml. Pure.

How a command ended is for its thread: that has what the command said, and its requester waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deploys.catalogue.notify_keys import SuccessMessage
from deploys.catalogue.slack_ids import MentionRole
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.request import DeployRequest, Verb


def card_channel(deploys: Sequence[Deploy], request: DeployRequest) -> str:
    """The channel of the card: the one that all services name, or else where it was asked for."""
    named = {each.service.told.channel for each in deploys}
    return (named.pop() if len(named) == 1 else "") or request.channel


def channels_told(deploy: Deploy) -> frozenset[str]:
    """All channels that may read about this deploy."""
    told = deploy.service.told
    return frozenset(each for each in (deploy.request.channel, told.channel, told.failures) if each)


def is_failure(deploy: Deploy) -> bool:
    """Whether it ended in a way that the channel is told of."""
    broadcast = deploy.outcome is not None and deploy.outcome.facts.broadcast
    return broadcast and deploy.verb is not Verb.RUN


def is_quiet_success(deploy: Deploy) -> bool:
    """Whether its card alone shows that it succeeded."""
    return _is_success_told(deploy, SuccessMessage.QUIET)


def is_loud_success(deploy: Deploy) -> bool:
    """Whether its channel sees that it succeeded."""
    return _is_success_told(deploy, SuccessMessage.CHANNEL)


def _is_success_told(deploy: Deploy, how: SuccessMessage) -> bool:
    succeeded = deploy.outcome is Outcome.SUCCEEDED and deploy.verb is not Verb.RUN
    return succeeded and deploy.service.told.successes is how


def mentioned_at_end(deploy: Deploy) -> tuple[str, ...]:
    """Who is mentioned in the thread: the ids of people and user groups. Of a failure that another channel
    is told of, only the requester."""
    told = deploy.service.told
    if deploy.outcome is Outcome.SUCCEEDED:
        return resolve_people(told.mention_on_success, deploy)
    if not is_failure(deploy):
        return (deploy.request.requester,)
    people = resolve_people(told.mention_on_failure, deploy)
    if told.failures:
        return tuple(each for each in people if each == deploy.request.requester)
    return people


def mentioned_at_question(deploy: Deploy, may_answer: Sequence[str]) -> tuple[str, ...]:
    """Who is called when a question is asked. may_answer: who may answer this one."""
    return resolve_people(deploy.service.told.mention_on_question, deploy, approvers=may_answer)


def resolve_people(
    named: Iterable[str], deploy: Deploy, *, approvers: Sequence[str] | None = None
) -> tuple[str, ...]:
    """The ids behind `requester` and `approvers`, each once."""
    approvers = deploy.service.approvers if approvers is None else approvers
    found: list[str] = []
    for name in named:
        match name:
            case MentionRole.REQUESTER:
                found.append(deploy.request.requester)
            case MentionRole.APPROVERS:
                found.extend(approvers)
            case _:
                found.append(name)
    return tuple(dict.fromkeys(found))
