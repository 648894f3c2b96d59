"""Who ended a lock or a stop of all deploys, as the audit has it: for those who come a moment later."""

from __future__ import annotations

from redis import Redis

from deploys.formatting import time_ago
from deploys.mrkdwn import mention
from deploys.stores import audit

UNLOCKED, LOCK_BROKEN, RESUMED = "unlocked", "lock broken", "all deploys resumed"
"""What the audit says happened."""
LOOKED_BACK_SECONDS = 3600.0
"""A button on a refusal works no longer than this."""
MOMENT_SECONDS = 60.0
"""Somebody who names what was locked so short a time ago wanted to end that lock."""


def who_ended(lock_id: str, redis: Redis, now: float) -> str:
    """` <@U1> unlocked it 3 s ago.`; empty if nobody did within the last hour (now: epoch seconds)."""
    return _who({"lock": lock_id}, _LOCK_VERBS, redis, now - LOOKED_BACK_SECONDS, now)


def who_unlocked(target: str, redis: Redis, now: float) -> str:
    """The same for the last lock of this target, within the last minute."""
    return _who({"lock_target": target}, _LOCK_VERBS, redis, now - MOMENT_SECONDS, now)


def who_resumed(stop_id: str, redis: Redis, now: float) -> str:
    """` <@U1> resumed them 3 s ago.`; empty likewise. stop_id: empty for the last stop, within the last
    minute."""
    about = {"target": stop_id} if stop_id else {}
    since = now - (LOOKED_BACK_SECONDS if stop_id else MOMENT_SECONDS)
    return _who(about, {RESUMED: "resumed them"}, redis, since, now)


_LOCK_VERBS = {UNLOCKED: "unlocked it", LOCK_BROKEN: "broke it"}


def _who(about: dict[str, str], verbs: dict[str, str], redis: Redis, since: float, now: float) -> str:
    entry = audit.find_newest(redis, about, tuple(verbs), since=since)
    if entry is None:
        return ""
    return f" {mention(entry['who'])} {verbs[entry['what']]} {time_ago(now - float(entry['at']))}."
