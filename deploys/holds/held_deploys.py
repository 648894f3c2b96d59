"""What may hold a deploy: each source says whether it holds one now.

When that changes, the deploys look at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from deploys.holds.locks import LockHolds
from deploys.job_queue import JobQueue
from deploys.records.deploy import Deploy
from deploys.records.hold import Hold, LockRef
from deploys.records.phases import Stage
from deploys.stores.deploy_store import DeployStore
from deploys.stores.thread_store import ThreadStore

_MAY_BE_HELD = frozenset({Stage.BEFORE_REVISION, Stage.BEFORE_CHANGE, Stage.FIRST_CHANGE})


class HoldSource(Protocol):
    """Locks, freezes, or the stop of all deploys."""

    def find_hold(self, deploy: Deploy, now: float) -> Hold | None:
        """What holds this deploy at that time (epoch seconds); None: nothing of this kind."""
        ...


def first_hold(sources: Sequence[HoldSource], deploy: Deploy, now: float) -> Hold | None:
    """The first of the sources' holds, in their order; None: the deploy may go on."""
    return next((found for each in sources if (found := each.find_hold(deploy, now))), None)


def find_passed_lock(sources: Sequence[HoldSource], deploy: Deploy, now: float) -> LockRef | None:
    """The lock that covers the service of a deploy which nothing holds; None: there is none."""
    for each in sources:
        if isinstance(each, LockHolds) and (lock := each.find_passed(deploy, now)):
            return lock.ref
    return None


def wake_held_deploys(store: DeployStore, threads: ThreadStore, job_queue: JobQueue, now: float) -> None:
    """Makes every deploy due that has not changed its service, and every open thread.

    If this is lost, they look again within seconds by themselves."""
    open_deploys = [each for each in store.list_active() if each.summary.in_progress]
    may_be_held = [each.id for each in open_deploys if each.summary.phase.facts.stage in _MAY_BE_HELD]
    store.make_due(may_be_held)
    for deploy_id in may_be_held:
        job_queue.advance(deploy_id)
    for thread_id in dict.fromkeys(each.thread_id for each in open_deploys):
        threads.mark_due(thread_id, now)
    job_queue.publish()
