"""Names of the Redis keys. The hash tag keeps all of them in one slot, so that one script may touch them."""

from __future__ import annotations

PREFIX = "{slipway}:"

ACTIVE_DEPLOYS = f"{PREFIX}live"
HISTORY = f"{PREFIX}history"
DUE = f"{PREFIX}due"
NEXT_JOBS = f"{PREFIX}bells"
PUBLISH = f"{PREFIX}publish"
AUDIT = f"{PREFIX}audit"
FENCE = f"{PREFIX}fence"
DISK_PROBE = f"{PREFIX}written"
"""Written before Redis is asked whether all that was written before is on disk."""
REDIS_RUN = f"{PREFIX}redis-run"
"""The run id of the Redis that was there last: another one may have lost what the one before had taken."""
ORPHANS_CHECKED_AT = f"{PREFIX}janitor-looked"
"""When the janitor last looked at all services (epoch seconds)."""
LOST_DEPLOYS = f"{PREFIX}lost"
"""Hash from service to what was found of a deploy that marks it and has no record (`deploys.stores.lost_deploys`)."""
WATCHED = f"{PREFIX}watched:"


def record(deploy_id: str) -> str:
    """Hash: the record as JSON and its version."""
    return f"{PREFIX}deploy:{deploy_id}"


def batch(batch_id: str) -> str:
    """The batch as JSON. It never changes, and is kept as records are."""
    return f"{PREFIX}batch:{batch_id}"


def lease(deploy_id: str) -> str:
    """The token of the worker that moves the deploy now; expires by itself."""
    return f"{PREFIX}lease:{deploy_id}"


def service_queue(service: str) -> str:
    """List of the service's deploys, the active one first."""
    return f"{PREFIX}line:{service}"


def in_progress(service: str) -> str:
    """Hash from tag to the deploy of that tag whose outcome is open."""
    return f"{PREFIX}underway:{service}"


def history(service: str) -> str:
    """Sorted set of the service's deploys by the time they were asked for."""
    return f"{HISTORY}:{service}"


def watched(cluster_key: str) -> str:
    """Set of the deploys whose rollouts are observed together."""
    return f"{WATCHED}{cluster_key}"
