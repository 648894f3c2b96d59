"""Which revision a deploy copies, and what is known of a newer one that somebody else registered.

`base: running` copies the revision that the service runs. `base: latest` copies the newest ACTIVE revision of
its family that Slipway did not register: Terraform, CDK or a person did. Slipway's own revisions are copies,
and one may be left of a deploy that was rolled back, so they never count as the latest configuration.

A revision that Slipway registered has the configuration of its origin: the revision at the start of its chain
of copies, which somebody else registered. Only a revision newer than the origin can be a newer configuration.
It may have a lower number than the revision that runs, which Slipway may have registered later as a copy of
an older one. Records keep the origin; if it is unknown, only the content of both revisions decides.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from deploys.catalogue.service import BaseChoice
from deploys.errors import AwsCredentials, AwsError, Refused
from deploys.formatting import shorten_line
from deploys.records.deploy import Deploy
from deploys.records.plan import ConfigChange, NewerRevision, RevisionConfig
from deploys.records.request import Verb
from workers.ecs.aws import principals
from workers.ecs.images.image_changes import find_retagged_containers
from workers.ecs.revision_reads import RevisionReads
from workers.ecs.state import Endpoints, RevisionState
from workers.ecs.task_definitions import DEPLOY_TAG, NEWEST_LIMIT, revision_number
from workers.flows.plan.config_diff import find_config_changes
from workers.step_context import StepContext

MAX_CHANGES = 20
"""Changes that a plan holds. Of the rest it has the number only."""
PRINCIPAL_LENGTH = 80
"""How much is kept of who registered a revision (characters)."""


@dataclass(frozen=True)
class BaseRevision:
    """What the new revision is a copy of."""

    revision: RevisionState
    config: RevisionConfig


def read_running_revision(deploy: Deploy, context: StepContext, arn: str) -> RevisionState:
    """The revision that the service runs. If a newer one may be copied, the call for it tells, in most cases,
    that there is none. Raises the errors of `aws_call`."""
    if not _looks_for_newer(deploy):
        return context.revisions.describe(arn)
    return context.revisions.describe_running(arn, _slipway_revisions(context.earlier_deploys()))


def _looks_for_newer(deploy: Deploy) -> bool:
    return deploy.verb in (Verb.DEPLOY, Verb.RESTART)


def find_base(
    deploy: Deploy, context: StepContext, running: RevisionState, endpoints: Endpoints
) -> BaseRevision:
    """The revision that this deploy or restart copies, given the one that runs. A rollback copies none.

    With `base: latest`, raises the errors of `aws_call` and ImageUnreadable. Otherwise the plan says that
    newer revisions could not be looked for.
    """
    if not _looks_for_newer(deploy):
        return BaseRevision(running, RevisionConfig())
    earlier = context.earlier_deploys()
    takes_latest = deploy.verb is Verb.DEPLOY and deploy.service.base is BaseChoice.LATEST
    config = RevisionConfig(
        origin=find_config_origin(running, earlier), newest=_newest_recorded(running, earlier)
    )
    try:
        newest = _newest_external_revision(context.revisions, running, config, earlier)
        if newest is None:
            return BaseRevision(running, config)
        names = find_retagged_containers(running, deploy.service, endpoints, guess=True)
        changes = find_config_changes(running, newest, names)
    except (AwsError, Refused) as error:
        if takes_latest or isinstance(error, AwsCredentials):
            raise
        return BaseRevision(running, config.evolve(unknown_reason=error.message))
    config = config.evolve(newest=newest.arn)
    if not changes:
        return BaseRevision(running, config.evolve(origin=newest.arn))
    newer = _describe_newer(newest, changes, earlier)
    if not takes_latest:
        return BaseRevision(running, config.evolve(newer=newer))
    return BaseRevision(newest, config.evolve(origin=newest.arn, newer=newer.evolve(used=True)))


def _describe_newer(
    newest: RevisionState, changes: Sequence[ConfigChange], earlier: Sequence[Deploy]
) -> NewerRevision:
    """What the plan tells people about it."""
    tried_by = _last_deploy_of(newest.arn, earlier)
    return NewerRevision(
        revision=newest.arn,
        registered_by=shorten_line(
            principals.short_principal_name(newest.raw.get("registeredBy")), PRINCIPAL_LENGTH
        ),
        registered_at=_epoch_seconds(newest.raw.get("registeredAt")),
        changes=tuple(changes[:MAX_CHANGES]),
        more_changes=max(0, len(changes) - MAX_CHANGES),
        tried_by=tried_by.id if tried_by else "",
        tried_outcome=tried_by.outcome.value if tried_by and tried_by.outcome else "",
    )


def find_config_origin(running: RevisionState, earlier: Sequence[Deploy]) -> str:
    """ARN of the revision that the running one has its configuration from; empty if no record says so."""
    if not is_registered_by_slipway(running, earlier):
        return running.arn
    for each in earlier:
        if (
            each.ecs.new_revision == running.arn
            and each.plan
            and each.plan.config
            and each.plan.config.origin
        ):
            return each.plan.config.origin
    return ""


def is_registered_by_slipway(revision: RevisionState, earlier: Sequence[Deploy]) -> bool:
    """Whether Slipway registered this revision. Pure.

    Its tag says so, unless the deploy of that tag is known to have registered another one: the console copies
    a revision with its tags.
    """
    deploy_id = dict(revision.tags).get(DEPLOY_TAG, "").partition(":")[0]
    record = next((each for each in earlier if each.id == deploy_id), None)
    if record is None or record.ecs.new_revision is None:
        return bool(deploy_id)
    return revision.arn in (record.ecs.new_revision, record.rollback.revision_copy)


def _newest_external_revision(
    reads: RevisionReads, running: RevisionState, known: RevisionConfig, earlier: Sequence[Deploy]
) -> RevisionState | None:
    """The newest ACTIVE revision that Slipway did not register, if it is newer than the running one's
    origin.
    """
    oldest = revision_number(known.origin) if known.origin else 0
    recorded = _slipway_revisions(earlier)
    ours = {revision_number(arn) for arn in recorded if _family_of(arn) == _family_of(running.arn)}
    between = set(range(oldest + 1, running.number))
    # If all between are Slipway's, only one newer than the running one could be somebody else's.
    arns = reads.list_newest(running.family, running.number if between <= ours else oldest)
    for arn in arns:
        if revision_number(arn) <= oldest:
            return None
        if arn == running.arn or arn in recorded:
            continue
        revision = reads.describe(arn)
        if revision.status == "ACTIVE" and not is_registered_by_slipway(revision, earlier):
            return revision
    if (
        len(arns) == NEWEST_LIMIT
        and known.newest
        and oldest < revision_number(known.newest) < revision_number(arns[-1])
    ):
        revision = reads.describe(known.newest)
        return revision if revision.status == "ACTIVE" else None
    return None


def _slipway_revisions(earlier: Sequence[Deploy]) -> Collection[str]:
    """Revisions that records prove to be ours, so nobody has to read them. A rollback may have run somebody
    else's revision as it was.
    """
    own = [each for each in earlier if each.plan and each.has_new_revision and each.verb is not Verb.FOLLOW]
    return {arn for each in own for arn in (each.ecs.new_revision, each.rollback.revision_copy) if arn}


def _newest_recorded(running: RevisionState, earlier: Sequence[Deploy]) -> str:
    """What the last plan for this family found, for families with more new revisions than one page lists."""
    for each in earlier:
        newest = each.plan.config.newest if each.plan and each.plan.config else ""
        if newest and _family_of(newest) == _family_of(running.arn):
            return newest
    return ""


def _last_deploy_of(arn: str, earlier: Sequence[Deploy]) -> Deploy | None:
    """The last deploy that ran a copy of this revision."""
    copied = (
        each
        for each in earlier
        if each.plan and each.plan.source_revision == arn and each.ecs.rollout_started_at
    )
    return next((each for each in copied if each.verb is Verb.DEPLOY and each.outcome), None)


def _family_of(arn: str) -> str:
    return arn.rpartition(":")[0]


def _epoch_seconds(at: object) -> float | None:
    return at.timestamp() if isinstance(at, datetime) else None
