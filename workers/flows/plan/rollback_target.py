"""Which earlier revision a rollback brings back. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.errors import NothingToRollBackTo, RevisionAlreadyRuns, UnknownRollbackTarget
from deploys.mrkdwn import code
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.request import Verb
from deploys.short_names import short_arn
from workers.flows.own_revisions import recorded_revision
from workers.flows.plan.likely_tags import did_you_mean, find_likely_tags

MAX_TAGS_SHOWN = 10
"""How many versions a refusal names if another one was asked for (count)."""


def find_rollback_revision(deploy: Deploy, earlier: Sequence[Deploy], running: str) -> str:
    """ARN of the revision that a rollback brings back, out of the service's records, newest first. Pure.

    Without a target, it is the one that ran before the deploy that runs now: never "revision minus one".

    Raises:
        NothingToRollBackTo, UnknownRollbackTarget, RevisionAlreadyRuns
    """
    running = _source_of_copy(earlier, running)
    good = [
        each
        for each in earlier
        if each.verb.sets_version
        and each.outcome is Outcome.SUCCEEDED
        and each.ecs.new_revision
        and each.plan
    ]
    arn = _revision_of_target(deploy, good) if deploy.rollback_target else _revision_before(good, running)
    if arn is None and deploy.rollback_target:
        known = dict.fromkeys(each.tag for each in good)
        raise UnknownRollbackTarget(
            service=deploy.service.name,
            target=code(deploy.rollback_target),
            likely=(likely := find_likely_tags(deploy.rollback_target, tuple(known))),
            meant=f" {did_you_mean(likely)}" if likely else "",
            known=_list_tags(tuple(known)),
        )
    if arn is None:
        raise NothingToRollBackTo(service=deploy.service.name)
    if arn == running:
        raise RevisionAlreadyRuns(service=deploy.service.name, revision=short_arn(arn))
    return arn


def _source_of_copy(earlier: Sequence[Deploy], running: str) -> str:
    """If a copy runs that an earlier rollback registered, the revision it is a copy of: the records know that
    one.
    """
    copied = (each for each in earlier if each.rollback.revision_copy == running)
    return next((recorded_revision(each) for each in copied), running)


def _list_tags(tags: Sequence[str]) -> str:
    """The newest of them, and how many more there are."""
    more = f" and {len(tags) - MAX_TAGS_SHOWN} more" if len(tags) > MAX_TAGS_SHOWN else ""
    return f"{', '.join(code(tag) for tag in tags[:MAX_TAGS_SHOWN])}{more}" if tags else "none yet"


def _revision_of_target(deploy: Deploy, good: Sequence[Deploy]) -> str | None:
    for each in good:
        if deploy.rollback_target in (each.id, each.tag):
            return each.ecs.new_revision
    for each in good:
        if each.plan is not None and each.plan.old_tag == deploy.rollback_target:
            return each.plan.old_revision
    return None


def _revision_before(good: Sequence[Deploy], running: str) -> str | None:
    """Skips a rollback's own record: what it replaced was bad."""
    for each in good:
        if each.ecs.new_revision != running:
            continue
        if each.verb is not Verb.ROLLBACK and each.plan is not None and each.plan.old_revision != running:
            return each.plan.old_revision
    ours = any(each.ecs.new_revision == running for each in good)
    return None if ours else next((each.ecs.new_revision for each in good), None)
