"""The deploys that a deploy waits for: in its service's queue, or in the order of its batch."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.records.batch import Batch, Skipped, WaitsFor, check_batch_order
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.stores.deploy_store import DeployStore


def deploys_ahead(deploy: Deploy, store: DeployStore) -> list[Deploy]:
    """The deploys it waits for, the active one first; empty once it can start.

    A deploy that is first in its queue may still wait for the one before it in its batch.
    """
    if deploy.phase is not Phase.WAITING:
        return []
    if ahead := _ahead_in_queue(deploy, store):
        return ahead
    batch = store.batch(deploy.batch_id) if deploy.batch_id else None
    return [] if batch is None else _ahead_in_batch(deploy, batch, store.batch_deploys(batch))


def ahead_of_each(
    batch: Batch, members: Sequence[Deploy], store: DeployStore
) -> list[tuple[Deploy, list[Deploy]]]:
    """Each deploy of a batch with those it waits for. `members` are not read again for each of them."""

    def ahead_of(deploy: Deploy) -> list[Deploy]:
        if deploy.phase is not Phase.WAITING:
            return []
        return _ahead_in_queue(deploy, store) or _ahead_in_batch(deploy, batch, members)

    return [(each, ahead_of(each)) for each in members]


def _ahead_in_queue(deploy: Deploy, store: DeployStore) -> list[Deploy]:
    line = store.service_queue(deploy.service.name)
    before = line[: line.index(deploy.id)] if deploy.id in line else []
    found = (store.get(deploy_id) for deploy_id in before)
    return [ahead for ahead in found if ahead is not None]


def _ahead_in_batch(deploy: Deploy, batch: Batch, members: Sequence[Deploy]) -> list[Deploy]:
    match check_batch_order(batch, members, deploy):
        case WaitsFor(other) | Skipped(other):
            return [other]
    return []
