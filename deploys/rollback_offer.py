"""Whether a deploy that succeeded can be rolled back by one button: as long as its version is the one that
runs, as far as the records know. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deploys.decisions import is_service_untouched
from deploys.deploy_text import previous_version
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.request import Verb

DEPLOYS_READ = 20
"""The newest deploys of a service that are looked at (count)."""
_LEFT_AS_IT_WAS = frozenset(
    {Outcome.ROLLED_BACK, Outcome.CANCELLED, Outcome.REJECTED, Outcome.EXPIRED, Outcome.REFUSED}
)
"""Ends after which the version before runs."""


@dataclass(frozen=True)
class RollbackOffer:
    """What `/deploy rollback` would bring back."""

    target: str
    """The version's tag; or, if that means another deploy, the id of the one that brought it."""
    version: str
    """Its tag, or its revision if that has the same tag, as people read it."""


def find_rollback_offer(deploy: Deploy, recent: Iterable[Deploy]) -> RollbackOffer | None:
    """None if another deploy has changed the service since, is about to, or nothing is known of the version
    before.

    recent: the deploys of the service, newest first. No more of them are taken than are needed.
    """
    if deploy.outcome is not Outcome.SUCCEEDED or deploy.plan is None or not brings_version(deploy):
        return None
    tags: set[str] = set()
    """The versions that came after the one before."""
    for each in recent:
        is_earlier = each.request.requested_at < deploy.request.requested_at
        if is_earlier and _brought(each, deploy.plan.old_revision):
            return RollbackOffer(each.id if each.tag in tags else each.tag, previous_version(deploy))
        if not is_earlier and each.id != deploy.id and not _leaves_service_alone(each):
            return None
        if each.outcome is Outcome.SUCCEEDED:
            tags.add(each.tag)
    return None


def brings_version(deploy: Deploy) -> bool:
    """Not by a count or a command, nor by what another tool deployed and Slipway only followed."""
    return deploy.verb.sets_version and deploy.verb is not Verb.FOLLOW


def _brought(deploy: Deploy, revision: str) -> bool:
    return deploy.outcome is Outcome.SUCCEEDED and deploy.ecs.new_revision == revision


def _leaves_service_alone(deploy: Deploy) -> bool:
    if not brings_version(deploy) or deploy.outcome in _LEFT_AS_IT_WAS:
        return True
    return deploy.outcome is None and is_service_untouched(deploy)
