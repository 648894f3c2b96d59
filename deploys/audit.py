"""The audit trail: an append-only stream, one entry a request, decision, intent and change of phase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploys import keys
from deploys.connection import text
from deploys.deploy import Deploy

if TYPE_CHECKING:
    from redis import Redis


def entry(deploy: Deploy, *, by: str, what: str, now: float, fence: int | None = None) -> list[str]:
    """Field and value, one after the other, as XADD takes them."""
    fields = {
        "deploy": deploy.id,
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
        "revision": deploy.new_revision or "",
        "deployment": deploy.deployment_id or "",
        "approvers": ",".join(d.user for d in deploy.decisions),
    }
    return [part for pair in fields.items() for part in pair]


def trail(redis: Redis, deploy_id: str, *, newest: int = 10_000) -> list[dict[str, str]]:
    """The entries of one deploy, oldest first, out of the newest entries of the stream (count)."""
    found = [
        {text(name): text(value) for name, value in (fields or {}).items()}
        for _, fields in reversed(redis.xrevrange(keys.AUDIT, count=newest) or [])
    ]
    return [fields for fields in found if fields["deploy"] == deploy_id]
