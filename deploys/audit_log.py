"""A second copy of the audit trail: each entry as one line of JSON on standard output, from where the
machine's log collector takes it elsewhere.

The scheduler writes the lines, from a cursor in Redis that moves once they are written. So an entry may be
written twice if a scheduler dies in between, and none is ever left out, whichever process wrote the entry and
whenever that died. The field `id` tells what is there twice.
"""

from __future__ import annotations

import json
import secrets
from typing import TextIO

from redis import Redis

from deploys.redis_connection import to_text
from deploys.stores import audit, redis_keys

MAX_LINES = 1000
"""Entries that one call writes (count)."""
LOCK_SECONDS = 30
"""How long one scheduler writes alone; another goes on if it dies (seconds)."""


def write_new_entries(redis: Redis, out: TextIO) -> int:
    """Writes the entries that no scheduler has written yet (at most `MAX_LINES`); returns how many (count).

    Raises:
        RedisError: what was not written stays to be written.
        OSError: standard output is closed.
    """
    token = secrets.token_hex(8)
    if not redis.set(redis_keys.AUDIT_LOGGING, token, nx=True, ex=LOCK_SECONDS):
        return 0
    try:
        written = redis.get(redis_keys.AUDIT_LOGGED)
        rows = audit.read_after(redis, to_text(written) if written else audit.FIRST, MAX_LINES)
        if rows:
            out.writelines(f"{to_line(each)}\n" for each in rows)
            out.flush()
            redis.set(redis_keys.AUDIT_LOGGED, rows[-1]["id"])
        return len(rows)
    finally:
        if (holder := redis.get(redis_keys.AUDIT_LOGGING)) and to_text(holder) == token:
            redis.delete(redis_keys.AUDIT_LOGGING)


def is_written(redis: Redis, newest: str) -> bool:
    """Whether all entries are written. newest: the id of the newest one."""
    if newest == audit.FIRST:
        return True
    written = redis.get(redis_keys.AUDIT_LOGGED)
    return written is not None and to_text(written) == newest


def to_line(row: audit.Row) -> str:
    """One entry as JSON, without the fields that are empty. Control characters are escaped."""
    return json.dumps({"event": "audit", **{name: value for name, value in row.items() if value}})
