"""Who is before a deploy in its service's line."""

from __future__ import annotations

from deploys.deploy import Deploy, Phase
from deploys.store import Store


def ahead_of(deploy: Deploy, store: Store) -> list[Deploy]:
    """The deploys it waits for, the active one first; none once it is its turn."""
    if deploy.phase is not Phase.WAITING:
        return []
    line = store.line(deploy.service.name)
    before = line[: line.index(deploy.id)] if deploy.id in line else []
    found = (store.get(deploy_id) for deploy_id in before)
    return [ahead for ahead in found if ahead is not None]
