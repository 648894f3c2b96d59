"""What came of a failure that people were told of: the deploy that the message about it names afterwards.
Pure."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.decisions import is_service_untouched
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from deploys.rollback_offer import brings_version
from deploys.where_told import is_failure

_CHANGED_OR_TRIED = frozenset({Outcome.SUCCEEDED, Outcome.ROLLED_BACK, Outcome.FAILED, Outcome.SUPERSEDED})
"""Ends that say something about the service; after the others it is as it was."""


def find_followup(deploy: Deploy, told: ThreadMessageKind, recent: Sequence[Deploy]) -> Deploy | None:
    """The first deploy after it that succeeded, or else the newest one; None if there is none yet. A problem
    is over with the deploy that had it.

    told: what people were told of: a problem, or the end. recent: the deploys of the service, newest first.
    """
    later = [each for each in recent if _is_after(each, deploy)]
    if told is ThreadMessageKind.PROBLEM and deploy.outcome is not None:
        later.append(deploy)
    later.sort(key=lambda each: (each.ended_at is None, each.ended_at or 0.0))
    succeeded = (each for each in later if each.outcome is Outcome.SUCCEEDED)
    return next(succeeded, later[-1] if later else None)


def changed_by(deploy: Deploy, recent: Sequence[Deploy]) -> list[Deploy]:
    """The deploys whose messages change with this one: the last that brought a version, which its card may
    offer to roll back, and those that have ended badly since. recent: newest first."""
    found: list[Deploy] = []
    for each in recent:
        if each.id == deploy.id:
            continue
        if each.outcome is Outcome.SUCCEEDED and brings_version(each):
            return [*found, each]
        if is_failure(each):
            found.append(each)
    return found


def _is_after(other: Deploy, failed: Deploy) -> bool:
    if other.id == failed.id or failed.ended_at is None or not _is_of_the_same_kind(other, failed):
        return False
    if other.outcome is None:
        return not is_service_untouched(other)
    return other.outcome in _CHANGED_OR_TRIED and (other.ended_at or 0.0) > failed.ended_at


def _is_of_the_same_kind(other: Deploy, failed: Deploy) -> bool:
    """A new count says nothing about a version that failed, nor the other way round; a command says nothing
    about either."""
    return other.verb is not Verb.RUN and other.verb.sets_version == failed.verb.sets_version
