"""How software is delivered, by DORA's four metrics: deployment frequency, change lead time, change fail rate
and failed deployment recovery time. Pure.

Source: dora.dev, "DORA's software delivery performance metrics", which until 2023 called the last three lead
time for changes, change failure rate and time to restore service, as people still do; and Google Cloud Blog,
2020, "Use Four Keys metrics like change failure rate to measure your DevOps performance". As far as deploys
tell them:

- A *change* is a deploy of a tag that changed the service and succeeded, was rolled back or failed. Restarts,
  rollbacks and external rollouts are no changes, nor is what was refused, rejected or cancelled.
- *Deployment frequency* counts the changes that succeeded.
- *Lead time* is from the push of the image until the full count of new tasks was running: DORA begins at the
  commit, which Slipway does not know. The first success of an image counts.
- A change *failed* if it was rolled back or failed, or if a rollback followed within 24 hours: DORA counts
  deployments that need somebody at once, by a rollback or a hotfix. A hotfix looks like any other deploy, so
  a failure that was fixed forward is not seen.
- The *recovery time* is of deploys that failed, as DORA has had it since 2023, and of no other incident: from
  when the new version served, or else from when it was known to fail, until the rollback ended or the next
  deploy, rollback or restart succeeded.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from deploys.decisions import tried_to_change
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.request import Verb
from deploys.rollback_offer import brings_version

DAY_SECONDS = 86_400.0
ROLLBACK_SECONDS = DAY_SECONDS
"""A rollback that was requested within this time after a success says that the change failed (seconds)."""
TOO_FEW = 5
"""With fewer, there is no rate and no percentile (count)."""
_ENDS_OF_CHANGES = (Outcome.SUCCEEDED, Outcome.ROLLED_BACK, Outcome.FAILED)


@dataclass(frozen=True)
class Change:
    """One change, as it ended. Times are epoch seconds."""

    service: str
    ended_at: float
    succeeded: bool
    """Whether the deploy succeeded; it may have been rolled back later."""
    failed: bool
    rolled_back_later: bool = False
    """It succeeded, and a rollback followed."""
    lead_seconds: float | None = None
    """From the push to serving; None: unknown, or not the first success of the image."""
    restore_seconds: float | None = None
    """From the failure to its end; None: it did not fail, or is not restored yet."""


@dataclass(frozen=True)
class DeliveryMetrics:
    """The four metrics of some changes."""

    days: float
    """How long the time is that they are of."""
    changes: tuple[Change, ...]
    """In the order of their ends."""

    @property
    def deploys(self) -> int:
        """Changes that succeeded (count)."""
        return sum(each.succeeded for each in self.changes)

    @property
    def failed(self) -> int:
        """Changes that failed (count)."""
        return sum(each.failed for each in self.changes)

    @property
    def rolled_back_later(self) -> int:
        """Of those, the ones that succeeded first (count)."""
        return sum(each.rolled_back_later for each in self.changes)

    @property
    def unrestored(self) -> int:
        """Of those, the ones after which nothing succeeded yet (count)."""
        return sum(each.failed and each.restore_seconds is None for each in self.changes)

    @property
    def lead_times(self) -> list[float]:
        """Seconds."""
        return [each.lead_seconds for each in self.changes if each.lead_seconds is not None]

    @property
    def restore_times(self) -> list[float]:
        """Seconds."""
        return [each.restore_seconds for each in self.changes if each.restore_seconds is not None]

    @property
    def failure_rate(self) -> float | None:
        """Share of the changes that failed (0 to 1); None: there are too few."""
        return self.failed / len(self.changes) if len(self.changes) >= TOO_FEW else None

    @property
    def deploys_a_day(self) -> float | None:
        """None: there are too few."""
        return self.deploys / self.days if self.deploys >= TOO_FEW else None

    def of_service(self, service: str) -> DeliveryMetrics:
        """Those of one service."""
        return DeliveryMetrics(self.days, tuple(each for each in self.changes if each.service == service))

    def between(self, since: float, until: float) -> DeliveryMetrics:
        """Those that ended within this time (epoch seconds)."""
        within = tuple(each for each in self.changes if since <= each.ended_at < until)
        return DeliveryMetrics((until - since) / DAY_SECONDS, within)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The least of the values that so large a share of them does not exceed; None: there are too few."""
    if len(values) < TOO_FEW:
        return None
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def median(values: Sequence[float]) -> float | None:
    """None: there are none."""
    return statistics.median(values) if values else None


def measure(deploys: Iterable[Deploy], since: float, until: float) -> DeliveryMetrics:
    """The metrics of the changes that ended within this time (epoch seconds). deploys: those of that time, in
    any order; those before and after it tell which changes failed, and which images are not new."""
    ended = [each for each in deploys if each.ended_at is not None]
    ended.sort(key=lambda deploy: (deploy.service.name, deploy.ended_at or 0.0, deploy.id))
    found = [
        change
        for _, group in groupby(ended, key=lambda deploy: deploy.service.name)
        for change in _changes_of(list(group))
    ]
    found.sort(key=lambda change: change.ended_at)
    return DeliveryMetrics((until - since) / DAY_SECONDS, tuple(found)).between(since, until)


def _changes_of(deploys: Sequence[Deploy]) -> list[Change]:
    """The changes of one service. deploys: in the order of their ends."""
    found: list[Change] = []
    served: set[str] = set()
    for number, deploy in enumerate(deploys):
        if not _is_change(deploy):
            continue
        later = deploys[number + 1 :]
        undone_by = _find_rollback(deploy, later)
        succeeded = deploy.outcome is Outcome.SUCCEEDED
        failed = not succeeded or undone_by is not None
        is_first = succeeded and _image(deploy) not in served
        if succeeded:
            served.add(_image(deploy))
        found.append(
            Change(
                service=deploy.service.name,
                ended_at=_end(deploy),
                succeeded=succeeded,
                failed=failed,
                rolled_back_later=undone_by is not None,
                lead_seconds=_lead_seconds(deploy) if is_first else None,
                restore_seconds=_restore_seconds(deploy, undone_by, later) if failed else None,
            )
        )
    return found


def _is_change(deploy: Deploy) -> bool:
    return (
        deploy.verb is Verb.DEPLOY
        and deploy.outcome in _ENDS_OF_CHANGES
        and (deploy.outcome is Outcome.SUCCEEDED or tried_to_change(deploy))
    )


def _find_rollback(deploy: Deploy, later: Sequence[Deploy]) -> Deploy | None:
    """The rollback that undid this success: the next that succeeded, if it was requested in time."""
    if deploy.outcome is not Outcome.SUCCEEDED:
        return None
    changing = (Verb.DEPLOY, Verb.ROLLBACK)
    following = (each for each in later if each.outcome is Outcome.SUCCEEDED and each.verb in changing)
    next_success = next(following, None)
    if next_success is None or next_success.verb is not Verb.ROLLBACK:
        return None
    in_time = next_success.request.requested_at - _end(deploy) <= ROLLBACK_SECONDS
    return next_success if in_time else None


def _restore_seconds(deploy: Deploy, undone_by: Deploy | None, later: Sequence[Deploy]) -> float | None:
    began = deploy.rollout.serving_at
    if began is None and deploy.outcome is not Outcome.SUCCEEDED:
        progress = deploy.rollback.progress
        began = progress.started_at if progress else deploy.ecs.rollout_started_at
    restored: float | None
    if deploy.outcome is Outcome.ROLLED_BACK:
        restored = _end(deploy)
    elif undone_by is not None:
        restored = _end(undone_by)
    else:
        succeeded = (each for each in later if each.outcome is Outcome.SUCCEEDED)
        restored = next((_end(each) for each in succeeded if brings_version(each)), None)
    if restored is None:
        return None
    return max(restored - (_end(deploy) if began is None else began), 0.0)


def _lead_seconds(deploy: Deploy) -> float | None:
    if deploy.plan is None or deploy.plan.pushed_at is None:
        return None
    seconds = (deploy.rollout.serving_at or _end(deploy)) - deploy.plan.pushed_at
    return seconds if seconds >= 0 else None


def _image(deploy: Deploy) -> str:
    return (deploy.plan.digest if deploy.plan else None) or deploy.tag


def _end(deploy: Deploy) -> float:
    return deploy.ended_at or 0.0
