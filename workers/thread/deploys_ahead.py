"""The deploys that a deploy waits for: in its service's queue, or in the order of its batch."""

from __future__ import annotations

from deploys.records.batch import Skipped, WaitsFor, check_batch_order
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.stores.deploy_store import DeployStore


def deploys_ahead(deploy: Deploy, store: DeployStore) -> list[Deploy]:
    """The deploys it waits for, the active one first; empty once it can start.

    A deploy that is first in its queue may still wait for the one before it in its batch.
    """
    if deploy.phase is not Phase.WAITING:
        return []
    line = store.service_queue(deploy.service.name)
    before = line[: line.index(deploy.id)] if deploy.id in line else []
    found = (store.get(deploy_id) for deploy_id in before)
    return [ahead for ahead in found if ahead is not None] or _ahead_in_batch(deploy, store)


def _ahead_in_batch(deploy: Deploy, store: DeployStore) -> list[Deploy]:
    batch = store.batch(deploy.batch_id) if deploy.batch_id else None
    if batch is None:
        return []
    match check_batch_order(batch, store.batch_deploys(batch), deploy):
        case WaitsFor(other) | Skipped(other):
            return [other]
    return []
