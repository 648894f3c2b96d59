"""The audit trail: an append-only stream, one entry for each attempt, decision, voiding and transition."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from deploys.decisions import counted_approvers
from deploys.records.audit_entry import AuditEntry
from deploys.records.deploy import Deploy
from deploys.records.hold import LockRef
from deploys.records.lock import Lock
from deploys.records.plan import Plan
from deploys.records.rollout import RunningImage
from deploys.redis_connection import to_text
from deploys.stores import redis_keys

if TYPE_CHECKING:
    from redis import Redis

PAGE = 1000
"""Entries read at once (count)."""
MAX_PAGES = 5
CLOCK_MARGIN_SECONDS = 600
"""Redis numbers entries by its own clock, which may differ from the one that records are written by."""
DAY_SECONDS = 86_400
FIRST = "0-0"
"""The id before that of any entry."""


Row = dict[str, str]
"""An entry as it was read: the fields of `AuditEntry` by name, and its `id` in the stream. Ids only grow."""


def write(redis: Redis, entry: AuditEntry) -> None:
    """Adds an entry by itself. What changes a record is added in the script that writes the record."""
    fields: dict[Any, Any] = entry.model_dump()
    redis.xadd(redis_keys.AUDIT, fields)


def about(deploy: Deploy, *, who: str, what: str, at: float, **fields: str) -> AuditEntry:
    """An entry about a deploy: all that its record says, as of `at` (epoch seconds).

    who: a Slack user id, or `SLIPWAY`. fields: what the record does not say, or says otherwise; a click has
    a channel of its own, for example.
    """
    plan, request = deploy.plan, deploy.request
    before = _main_digests(deploy, deploy.rollout.images_before)
    running = deploy.rollout.running_images
    from_record = {
        "verb": deploy.verb.value,
        "target": _target_of(deploy),
        "why": deploy.outcome_reason or request.reason,
        "channel": request.channel,
        "team": request.team,
        "service": deploy.service.name,
        "deploy": deploy.id,
        "batch": deploy.batch_id or "",
        "phase": deploy.phase.value,
        "outcome": deploy.outcome.value if deploy.outcome else "",
        "version": str(deploy.version),
        "from_tag": plan.old_tag if plan else "",
        "from_digest": _named_digest(plan) or (before[0] if len(before) == 1 else ""),
        "from_running": ",".join(before),
        "tag": (plan.tag if plan else "") or deploy.tag,
        "digest": (plan.digest or "") if plan else "",
        "running": ",".join(_main_digests(deploy, running.images if running else ())),
        "approvers": ",".join(counted_approvers(deploy)),
        **_hold_fields(deploy),
        "revision": deploy.ecs.new_revision or "",
        "deployment": deploy.ecs.deployment_id or "",
    }
    return AuditEntry(at=f"{at:.3f}", who=who, what=what, **{**from_record, **fields})


def _target_of(deploy: Deploy) -> str:
    """What was asked for; of a count, also the one before it, once that is known."""
    if change := deploy.count_change:
        return f"{'' if change.before is None else f'{change.before} to '}{change.wanted}"
    return deploy.command.line if deploy.command else deploy.rollback_target or deploy.tag


def lock_fields(lock: Lock | LockRef) -> dict[str, str]:
    """Which lock an entry is about."""
    return {
        "lock": lock.id,
        "lock_target": lock.target,
        "lock_owner": lock.owner,
        "lock_since": f"{lock.since:.3f}",
    }


def _hold_fields(deploy: Deploy) -> dict[str, str]:
    """What holds the deploy, and what it passed."""
    hold, override = deploy.hold, deploy.override
    fields = {"hold": hold.kind.value} if hold else {}
    if lock := (hold.lock if hold and hold.lock else deploy.passed_lock):
        fields |= lock_fields(lock)
    if override:
        fields |= {
            "override": override.kind.value,
            "override_by": override.user,
            "override_at": f"{override.at:.3f}",
            "override_why": override.reason,
        }
    return fields


def _named_digest(plan: Plan | None) -> str:
    return plan.changes[0].old_image.partition("@")[2] if plan and plan.changes else ""


def _main_digests(deploy: Deploy, images: Sequence[RunningImage]) -> list[str]:
    """The digests that the main container ran; several, if its tasks differed."""
    main = deploy.plan.changes[0].container if deploy.plan and deploy.plan.changes else None
    return [each.digest for each in images if each.container == main]


def trail(
    redis: Redis,
    deploy_id: str | None = None,
    *,
    service: str | None = None,
    batch: str | None = None,
    who: str | None = None,
    since: float | None = None,
    count: int = 10_000,
) -> list[Row]:
    """The newest entries (at most count), oldest first: of all deploys, of one, of one service's, of those
    that were asked for at once, or of what one person did.

    since: only entries that were written at or after this time (epoch seconds).
    """
    wanted = {"deploy": deploy_id, "batch": batch, "who": who}
    exact = {name.encode(): value.encode() for name, value in wanted.items() if value is not None}
    named = None if service is None else service.encode()
    found = (
        entry
        for entry in _newest_first(redis, since)
        if all(entry[1].get(name) == value for name, value in exact.items())
        and (named is None or named in entry[1].get(b"service", b"").split(b","))
    )
    return _to_rows(list(islice(found, count))[::-1])


def find_newest(
    redis: Redis, about: Mapping[str, str], whats: Collection[str], *, since: float
) -> Row | None:
    """The newest entry with these values, of one of these events, written at or after this time (epoch
    seconds); None: there is none."""
    exact = {name.encode(): value.encode() for name, value in about.items()}
    events = {each.encode() for each in whats}
    for entry in _newest_first(redis, since):
        fields = entry[1]
        if fields.get(b"what") in events and all(fields.get(n) == value for n, value in exact.items()):
            return _to_rows([entry])[0]
    return None


def read_between(
    redis: Redis, deploy_ids: Collection[str], begun: float, ended: float, count: int
) -> list[Row]:
    """The entries of these deploys (at most count), oldest first, written between about these times (epoch
    seconds). It reads at most `MAX_PAGES` pages, so that it is fast however long the trail is."""
    found: list[Row] = []
    first = str(int((begun - CLOCK_MARGIN_SECONDS) * 1000))
    last = str(int((ended + CLOCK_MARGIN_SECONDS) * 1000))
    for _ in range(MAX_PAGES):
        page = _to_rows(redis.xrange(redis_keys.AUDIT, min=first, max=last, count=PAGE))
        found += [each for each in page if each.get("deploy") in deploy_ids]
        if len(page) < PAGE or len(found) >= count:
            break
        first = f"({page[-1]['id']}"
    return found[:count]


def read_after(redis: Redis, entry_id: str, count: int) -> list[Row]:
    """The entries (at most count) that follow the one with this id, oldest first."""
    return _to_rows(redis.xrange(redis_keys.AUDIT, min=f"({entry_id}", count=count))


def last_id(redis: Redis) -> str:
    """The id of the newest entry."""
    newest = _to_rows(redis.xrevrange(redis_keys.AUDIT, count=1))
    return newest[0]["id"] if newest else FIRST


def trim(redis: Redis, retention_days: float, now: float) -> None:
    """Removes entries older than that. Redis removes whole blocks of about a hundred entries, so some stay a
    little longer."""
    oldest = int((now - retention_days * DAY_SECONDS) * 1000)
    redis.xtrim(redis_keys.AUDIT, minid=oldest, approximate=True)


def _to_rows(page: Any) -> list[Row]:
    return [
        {to_text(name): to_text(value) for name, value in (fields or {}).items()} | {"id": to_text(entry_id)}
        for entry_id, fields in page or ()
    ]


def _newest_first(redis: Redis, since: float | None) -> Iterator[Any]:
    """Entries as Redis has them: most are only compared, and decoding takes longer than reading."""
    before = "+"
    oldest = "-" if since is None else str(int(since * 1000))
    page: Any
    while page := redis.xrevrange(redis_keys.AUDIT, max=before, min=oldest, count=PAGE):
        yield from page
        before = f"({to_text(page[-1][0])}"
