"""The audit trail: an append-only stream, one entry a request, decision, intent and change of phase."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from deploys.overrides import override_text
from deploys.records.deploy import Deploy
from deploys.redis_connection import to_text
from deploys.stores import redis_keys

if TYPE_CHECKING:
    from redis import Redis

PAGE = 1000
"""Entries read at once (count)."""
MAX_PAGES = 5
CLOCK_MARGIN_SECONDS = 600
"""Redis numbers entries by its own clock, which may differ from the one that records are written by."""


def entry(deploy: Deploy, *, by: str, what: str, now: float, fence: int | None = None) -> list[str]:
    """Field and value, one after the other, as XADD takes them."""
    fields = {
        "deploy": deploy.id,
        "batch": deploy.batch_id or "",
        "service": deploy.service.name,
        "tag": deploy.tag,
        "by": by,
        "what": what,
        "phase": deploy.phase.value,
        "outcome": deploy.outcome.value if deploy.outcome else "",
        "version": str(deploy.version),
        "at": f"{now:.3f}",
        "fence": str(fence or ""),
        "digest": (deploy.plan.digest or "") if deploy.plan else "",
        "running": _running_digests(deploy),
        "revision": deploy.ecs.new_revision or "",
        "deployment": deploy.ecs.deployment_id or "",
        "override": override_text(deploy.override) if deploy.override else "",
        "approvers": ",".join(d.user for d in deploy.approval.decisions),
    }
    return [part for pair in fields.items() for part in pair]


def _running_digests(deploy: Deploy) -> str:
    """The digests that the main container ran; several, if its tasks differed."""
    if deploy.rollout.running_images is None or deploy.plan is None:
        return ""
    main = deploy.plan.changes[0].container
    return ",".join(each.digest for each in deploy.rollout.running_images.images if each.container == main)


def trail(
    redis: Redis,
    deploy_id: str | None = None,
    *,
    service: str | None = None,
    batch: str | None = None,
    count: int = 10_000,
) -> list[dict[str, str]]:
    """The newest entries (at most count), oldest first: of all deploys, of one, of one service's, or of those
    that were asked for at once."""
    wanted = {"deploy": deploy_id, "service": service, "batch": batch}
    found = (
        fields
        for fields in _newest_first(redis)
        if all(value is None or fields.get(name) == value for name, value in wanted.items())
    )
    return list(islice(found, count))[::-1]


def read_between(
    redis: Redis, deploy_id: str, begun: float, ended: float, count: int
) -> list[dict[str, str]]:
    """The entries of one deploy (at most count), oldest first, written between about these times (epoch
    seconds). It reads at most `MAX_PAGES` pages, so that it is fast however long the trail is."""
    found: list[dict[str, str]] = []
    first = str(int((begun - CLOCK_MARGIN_SECONDS) * 1000))
    last = str(int((ended + CLOCK_MARGIN_SECONDS) * 1000))
    for _ in range(MAX_PAGES):
        page = redis.xrange(redis_keys.AUDIT, min=first, max=last, count=PAGE) or []
        entries = [_to_texts(fields) for _, fields in page]
        found += [each for each in entries if each.get("deploy") == deploy_id]
        if len(page) < PAGE or len(found) >= count:
            break
        first = f"({to_text(page[-1][0])}"
    return found[:count]


def _to_texts(fields: Any) -> dict[str, str]:
    return {to_text(name): to_text(value) for name, value in (fields or {}).items()}


def _newest_first(redis: Redis) -> Iterator[dict[str, str]]:
    before = "+"
    while page := redis.xrevrange(redis_keys.AUDIT, max=before, count=PAGE):
        for entry_id, fields in page:
            yield _to_texts(fields)
            before = f"({to_text(entry_id)}"
