"""What holds deploys has changed: they look at once, and their cards show it."""

from __future__ import annotations

from deploys.job_queue import JobQueue
from deploys.records.phases import Stage
from deploys.stores.deploy_store import DeployStore
from deploys.stores.thread_store import ThreadStore

_MAY_BE_HELD = frozenset({Stage.BEFORE_REVISION, Stage.BEFORE_CHANGE, Stage.FIRST_CHANGE})


def wake_held_deploys(store: DeployStore, threads: ThreadStore, job_queue: JobQueue, now: float) -> None:
    """Makes every deploy due that has not changed its service, and every open thread.

    If this is lost, they look again within seconds by themselves."""
    open_deploys = [each for each in store.active() if each.in_progress]
    may_be_held = [each.id for each in open_deploys if each.phase.facts.stage in _MAY_BE_HELD]
    store.make_due(may_be_held)
    for deploy_id in may_be_held:
        job_queue.advance(deploy_id)
    for thread_id in dict.fromkeys(each.thread_id for each in open_deploys):
        threads.mark_due(thread_id, now)
        job_queue.publish(thread_id)
