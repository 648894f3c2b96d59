"""Which revision a deploy copies, and what is known of a newer one that somebody else registered.

`base: running` copies the revision that the service runs. `base: latest` copies the newest ACTIVE revision
of its family that Slipway did not register: Terraform, CDK or a person did. Slipway's own are copies, and one
may be left of a deploy that was rolled back, so they never count as the latest configuration.

A revision that Slipway registered has the configuration of its origin: the revision at the start of its chain
of copies, which somebody else registered. Only a revision newer than the origin can be a newer configuration.
It may have a lower number than the revision that runs, which Slipway may have registered later as a copy of
an older one. Records keep the origin; if it is unknown, the content of both revisions decides alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from deploys.catalogue.service import Base
from deploys.deploy import Deploy, Verb
from deploys.errors import AwsCredentials, AwsError, Refused
from deploys.revision_config import ConfigChange, NewerRevision, RevisionConfig
from workers.ecs import principals, task_definitions
from workers.ecs.base_images import retagged
from workers.ecs.seen import Endpoints, RevisionSeen
from workers.ecs.session import Region
from workers.ecs.task_definitions import DEPLOY_TAG, NEWEST, number
from workers.flows.config_diff import config_changes
from workers.flows.words.measures import shortened
from workers.turn import Turn

CHANGES_KEPT = 20
"""Changes that a plan holds; the rest is counted."""
PRINCIPAL = 80
"""Of who registered a revision (characters)."""


@dataclass(frozen=True)
class BaseRevision:
    """What the new revision is a copy of."""

    revision: RevisionSeen
    config: RevisionConfig


def find_base(deploy: Deploy, turn: Turn, running: RevisionSeen, endpoints: Endpoints) -> BaseRevision:
    """The revision that this deploy or restart copies, given the one that runs. A rollback copies none.

    With `base: latest` raises the errors of `aws_call` and ImageUnreadable; else the plan says
    that newer revisions could not be looked for.
    """
    if deploy.verb not in (Verb.DEPLOY, Verb.RESTART):
        return BaseRevision(running, RevisionConfig())
    earlier = turn.earlier()
    takes_latest = deploy.verb is Verb.DEPLOY and deploy.service.base is Base.LATEST
    known = RevisionConfig(origin=origin(running, earlier), newest=_newest_known(running, earlier))
    try:
        newest = _newest_foreign(turn.region, running, known, earlier)
        if newest is None:
            return BaseRevision(running, known)
        names = retagged(running, deploy.service, endpoints, guess=True)
        changes = config_changes(running, newest, names)
    except (AwsError, Refused) as error:
        if takes_latest or isinstance(error, AwsCredentials):
            raise
        return BaseRevision(running, known.evolve(unknown=error.message))
    known = known.evolve(newest=newest.arn)
    if not changes:
        return BaseRevision(running, known.evolve(origin=newest.arn))
    newer = _newer(newest, changes, earlier)
    if not takes_latest:
        return BaseRevision(running, known.evolve(newer=newer))
    return BaseRevision(newest, known.evolve(origin=newest.arn, newer=newer.evolve(used=True)))


def _newer(newest: RevisionSeen, changes: Sequence[ConfigChange], earlier: Sequence[Deploy]) -> NewerRevision:
    """What people are told of it."""
    tried = _tried(newest.arn, earlier)
    return NewerRevision(
        revision=newest.arn,
        registered_by=shortened(principals.short(newest.raw.get("registeredBy")), PRINCIPAL),
        registered_at=_epoch(newest.raw.get("registeredAt")),
        changes=tuple(changes[:CHANGES_KEPT]),
        more=max(0, len(changes) - CHANGES_KEPT),
        tried_by=tried.id if tried else "",
        tried_outcome=tried.outcome.value if tried and tried.outcome else "",
    )


def origin(running: RevisionSeen, earlier: Sequence[Deploy]) -> str:
    """ARN of the revision that the running one has its configuration from; empty where no record says so."""
    if not is_ours(running, earlier):
        return running.arn
    for each in earlier:
        if each.new_revision == running.arn and each.plan and each.plan.config and each.plan.config.origin:
            return each.plan.config.origin
    return ""


def is_ours(revision: RevisionSeen, earlier: Sequence[Deploy]) -> bool:
    """Whether Slipway registered this revision. Pure.

    Its tag says so, unless the deploy of that tag is known to have registered another one: the console copies
    a revision with its tags.
    """
    deploy_id = dict(revision.tags).get(DEPLOY_TAG, "").partition(":")[0]
    record = next((each for each in earlier if each.id == deploy_id), None)
    if record is None or record.new_revision is None:
        return bool(deploy_id)
    return revision.arn in (record.new_revision, record.restore_revision)


def _newest_foreign(
    region: Region, running: RevisionSeen, known: RevisionConfig, earlier: Sequence[Deploy]
) -> RevisionSeen | None:
    """The newest ACTIVE revision that Slipway did not register and that is newer than the running origin."""
    oldest = number(known.origin) if known.origin else 0
    recorded = _registered(earlier)
    arns = task_definitions.newest(region, running.family)
    for arn in arns:
        if number(arn) <= oldest:
            return None
        if arn == running.arn or arn in recorded:
            continue
        seen = task_definitions.describe(region, arn)
        if seen.status == "ACTIVE" and not is_ours(seen, earlier):
            return seen
    if len(arns) == NEWEST and known.newest and oldest < number(known.newest) < number(arns[-1]):
        seen = task_definitions.describe(region, known.newest)
        return seen if seen.status == "ACTIVE" else None
    return None


def _registered(earlier: Sequence[Deploy]) -> Collection[str]:
    """Revisions that records prove to be ours: they need not be looked at. A rollback may have run one of
    somebody else's as it was."""
    own = [each for each in earlier if each.plan and each.registered and each.verb is not Verb.FOLLOW]
    return {arn for each in own for arn in (each.new_revision, each.restore_revision) if arn}


def _newest_known(running: RevisionSeen, earlier: Sequence[Deploy]) -> str:
    """What the last plan for this family found, for families with more new revisions than one page lists."""
    for each in earlier:
        newest = each.plan.config.newest if each.plan and each.plan.config else ""
        if newest and _family(newest) == _family(running.arn):
            return newest
    return ""


def _tried(arn: str, earlier: Sequence[Deploy]) -> Deploy | None:
    """The last deploy that ran a copy of this revision."""
    copied = (each for each in earlier if each.plan and each.plan.source_revision == arn and each.started_at)
    return next((each for each in copied if each.verb is Verb.DEPLOY and each.outcome), None)


def _family(arn: str) -> str:
    return arn.rpartition(":")[0]


def _epoch(at: object) -> float | None:
    return at.timestamp() if isinstance(at, datetime) else None
