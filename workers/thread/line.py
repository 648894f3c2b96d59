"""Who is before a deploy: in its service's line, or in the order of its batch."""

from __future__ import annotations

from deploys.batch import LeftAlone, WaitsFor, bidden
from deploys.deploy import Deploy, Phase
from deploys.store import Store


def ahead_of(deploy: Deploy, store: Store) -> list[Deploy]:
    """The deploys it waits for, the active one first; none once it is its turn.

    First in its line, it may still wait for the one before it in its batch.
    """
    if deploy.phase is not Phase.WAITING:
        return []
    line = store.line(deploy.service.name)
    before = line[: line.index(deploy.id)] if deploy.id in line else []
    found = (store.get(deploy_id) for deploy_id in before)
    return [ahead for ahead in found if ahead is not None] or _before_in_batch(deploy, store)


def _before_in_batch(deploy: Deploy, store: Store) -> list[Deploy]:
    batch = store.batch(deploy.batch) if deploy.batch else None
    if batch is None:
        return []
    match bidden(batch, store.members(batch), deploy):
        case WaitsFor(other) | LeftAlone(other):
            return [other]
    return []
