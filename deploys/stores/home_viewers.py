"""Who has opened the Home tab lately, and what each of them was shown.

Slack tells when a Home tab is opened and not when it is closed (docs.slack.dev, `app_home_opened`). So a tab
counts as open for some time after it was opened, or used, last.
"""

from __future__ import annotations

from dataclasses import dataclass

from redis import Redis

from deploys.redis_connection import to_text, to_texts
from deploys.stores import redis_keys

OPEN_SECONDS = 15 * 60.0
"""How long a tab is kept current after it was opened (seconds)."""
MOST_VIEWERS = 200
"""Tabs that are kept current at once (count), those opened last."""


@dataclass(frozen=True)
class HomeViewer:
    """One person with an open tab."""

    user: str
    team: str
    """The workspace in which it was opened."""
    shown: str
    """The fingerprint of what it shows; empty: nothing yet."""


class HomeViewers:
    """In Redis. Times are epoch seconds."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def opened(self, user: str, team: str, now: float) -> None:
        """This person has opened their tab, or pressed a button on it."""
        member = _member(user, team)
        pipe = self._redis.pipeline()
        pipe.zadd(redis_keys.HOME_VIEWERS, {member: now})
        pipe.zremrangebyrank(redis_keys.HOME_VIEWERS, 0, -MOST_VIEWERS - 1)
        pipe.execute()

    def current(self, now: float) -> list[HomeViewer]:
        """Those with an open tab, by when they were shown something last: the longest ago first."""
        self._redis.zremrangebyscore(redis_keys.HOME_VIEWERS, "-inf", now - OPEN_SECONDS)
        members = to_texts(self._redis.zrange(redis_keys.HOME_VIEWERS, 0, -1))
        if not members:
            return []
        stored = self._redis.hmget(redis_keys.HOME_SHOWN, members)
        found: list[tuple[float, HomeViewer]] = []
        for member, value in zip(members, stored, strict=True):
            user, _, team = member.partition(" ")
            at, _, shown = (to_text(value) if value else "0 ").partition(" ")
            found.append((float(at), HomeViewer(user, team, shown)))
        return [viewer for _, viewer in sorted(found, key=lambda each: each[0])]

    def note_shown(self, user: str, team: str, shown: str, now: float) -> None:
        """Slack has taken what has this fingerprint."""
        self._redis.hset(redis_keys.HOME_SHOWN, _member(user, team), f"{now!r} {shown}")

    def forget_closed(self, now: float) -> None:
        """Forgets what was shown to those whose tabs count as closed."""
        open_tabs = set(
            to_texts(self._redis.zrangebyscore(redis_keys.HOME_VIEWERS, now - OPEN_SECONDS, "+inf"))
        )
        closed = [
            each for each in to_texts(self._redis.hkeys(redis_keys.HOME_SHOWN)) if each not in open_tabs
        ]
        if closed:
            self._redis.hdel(redis_keys.HOME_SHOWN, *closed)


def _member(user: str, team: str) -> str:
    return f"{user} {team}"
