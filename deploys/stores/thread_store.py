"""Where each deploy's thread is in Slack, how much of the record it shows, and which threads are behind.

Deploys that were asked for at once have one thread, under the id of their batch (`Deploy.thread_id`).

The publish set holds every deploy whose thread may be behind its record, with the time (epoch ms) at which to
look; a hash beside it says how urgent that is. The store adds to them in the transaction that changes a
record; only the publisher removes, and only if nothing was added meanwhile.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from redis import Redis
from redis.commands.core import Script

from deploys.errors import LeaseLost
from deploys.publish_priority import WAITS_FOR_SLACK, PublishPriority
from deploys.records.thread_state import ThreadState
from deploys.redis_connection import to_text, to_texts
from deploys.redis_round_trip import RoundTrip
from deploys.stores import redis_keys

RESPONSE_URL_SECONDS = 30 * 60
"""How long Slack accepts posts to a response_url (docs.slack.dev, "Handling user interaction")."""
KEPT_SECONDS = 30 * 24 * 3600
"""How long a thread is remembered after its deploy ended."""

LEFT_AFTER_SECONDS = 0.5
"""A job that moves a deploy has updated its thread within this time, if it does that at all (seconds)."""
ELAPSED_TIME_SECONDS = 6.0
"""The elapsed time of a deploy that nobody moves is shown so much later than one could (seconds): longer than
it is between two looks at a rollout."""
FEW_THREADS = 20
"""If more are due, nobody asks why (count)."""

THREAD_KEY = f"{redis_keys.PREFIX}thread:"
LEASE = f"{redis_keys.PREFIX}thread-lease:"
RESPONSE_URL_KEY = "{slipway}-answer:"
"""Outside of the prefix of all other keys, so that Redis can let the bot write these and not read them."""
COPIES_KEY = f"{redis_keys.PREFIX}thread-copies:"
COPIES_KEPT_SECONDS = 24 * 3600
"""For so long the publisher tries to edit a copy of a card that was found (seconds)."""
ANSWER_BLOCKS_KEY = f"{redis_keys.PREFIX}answer-blocks:"

_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
_SAVE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'KEEPTTL')
return 1
"""
_FINISH_SYNC = """
if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '-1') ~= tonumber(ARGV[2]) then return 0 end
redis.call('HDEL', KEYS[2], ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])
"""
_SCHEDULE = """
local at = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0')
if at > 0 and at ~= tonumber(ARGV[3]) and at <= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
if ARGV[4] == '' then return 1 end
local known = redis.call('HGET', KEYS[2], ARGV[1])
if not known or known == '3' then redis.call('HSET', KEYS[2], ARGV[1], ARGV[4]) end
return 1
"""
_START_SYNC = """
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known == ARGV[3] or known == ARGV[4] then redis.call('HDEL', KEYS[2], ARGV[1]) end
"""
_MARK_DUE = """
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
local known = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '9')
if not known or known > tonumber(ARGV[3]) then redis.call('HSET', KEYS[2], ARGV[1], ARGV[3]) end
"""
_KEEP_PUBLISHER = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_PUBLISH_KEYS = [redis_keys.PUBLISH, redis_keys.PUBLISH_PRIORITIES]


def thread_link(thread: ThreadState | None, words: str = "its thread") -> str:
    """A link to a thread; the words alone until there is one."""
    return f"<{thread.permalink}|{words}>" if thread and thread.ts and thread.permalink else words


def save_response_url(trip: RoundTrip, deploy_id: str, response_url: str) -> None:
    """Keeps the address for answers to the request, for as long as Slack accepts them, as a part of a round
    trip."""
    trip.command("SET", f"{RESPONSE_URL_KEY}{deploy_id}", response_url, "EX", RESPONSE_URL_SECONDS)


class ThreadStore:
    """The threads of all deploys, in Redis. Times are epoch seconds."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    # For every process

    def find(self, deploy_id: str) -> ThreadState | None:
        """The deploy's thread; None until the publisher has opened it."""
        view = self.state(deploy_id)
        return view if view and view.ts else None

    def link(self, thread_id: str, words: str = "its thread") -> str:
        """A link to the thread; the words alone until there is one."""
        return thread_link(self.state(thread_id), words)

    def states(self, thread_ids: Sequence[str]) -> list[ThreadState | None]:
        """What `state` says of each of these, with one question to Redis."""
        found = self.redis.mget([f"{THREAD_KEY}{each}" for each in thread_ids]) if thread_ids else []
        return [ThreadState.from_json(to_text(each)) if each else None for each in found]

    def due(self, now: float) -> list[str]:
        """Deploys whose threads are due: the most urgent first, and of these the longest overdue."""
        found = to_texts(self.redis.zrangebyscore(redis_keys.PUBLISH, "-inf", _ms(now)))
        if not found:
            return []
        known = self.redis.hmget(redis_keys.PUBLISH_PRIORITIES, found)
        priorities = [_priority(each) for each in known]
        return [found[index] for index in sorted(range(len(found)), key=priorities.__getitem__)]

    def is_due(self, now: float) -> bool:
        """Whether a thread is due."""
        return bool(self.redis.zrangebyscore(redis_keys.PUBLISH, "-inf", _ms(now), start=0, num=1))

    def overdue_at(self) -> float | None:
        """When the first thread is due that is left to the scheduler (epoch seconds); None: nothing is due,
        now or later. Jobs that move deploys update threads, too, when they are done: of what has just changed
        they are given the time for it. Nobody else comes for what people wait for, or for what has its turn
        at Slack then."""
        scored: Any = self.redis.zrange(redis_keys.PUBLISH, 0, FEW_THREADS - 1, withscores=True)
        if not scored:
            return None
        known = self.redis.hmget(redis_keys.PUBLISH_PRIORITIES, [member for member, _ in scored])
        times: list[float] = [
            score / 1000 + _left_for(mark) for (_, score), mark in zip(scored, known, strict=True)
        ]
        if len(scored) == FEW_THREADS:
            times.append(scored[-1][1] / 1000)  # those behind it are due no sooner
        return min(times)

    def behind(self) -> int:
        """Threads that have something to show, now or later (count)."""
        return int(self.redis.zcard(redis_keys.PUBLISH))

    def behind_since(self) -> float | None:
        """Since when the longest overdue thread, or the next, is due (epoch seconds); None if there is
        none."""
        first: Any = self.redis.zrange(redis_keys.PUBLISH, 0, 0, withscores=True)
        return float(first[0][1]) / 1000 if first else None

    def save_response_url(self, deploy_id: str, response_url: str) -> None:
        """Keeps the address for answers to the request, by the id of what was asked for."""
        trip = RoundTrip(self.redis)
        save_response_url(trip, deploy_id, response_url)
        trip.run()

    def response_url(self, deploy_id: str) -> str | None:
        """Where to answer the person who asked for this deploy, while Slack still takes it."""
        url = self.redis.get(f"{RESPONSE_URL_KEY}{deploy_id}")
        return to_text(url) if url else None

    def note_copy(self, thread_id: str, ts: str, now: float) -> None:
        """Notes that the thread's card is in its channel a second time, as the message with this ts. The
        publisher edits it."""
        key = f"{COPIES_KEY}{thread_id}"
        pipe = self.redis.pipeline(transaction=True)
        pipe.sadd(key, ts)
        pipe.expire(key, COPIES_KEPT_SECONDS)
        pipe.execute()
        self.mark_due(thread_id, now)

    def save_answer_blocks(self, answer_id: str, *forms: Sequence[Mapping[str, Any]]) -> None:
        """Keeps the blocks of a private answer until a worker sends it, in each form, the richest first."""
        stored = json.dumps([list(blocks) for blocks in forms])
        self.redis.set(f"{ANSWER_BLOCKS_KEY}{answer_id}", stored, ex=RESPONSE_URL_SECONDS)

    def answer_blocks(self, answer_id: str) -> list[list[dict[str, Any]]]:
        """The blocks of a private answer, in each form; empty if it has none."""
        stored = self.redis.get(f"{ANSWER_BLOCKS_KEY}{answer_id}")
        forms: list[list[dict[str, Any]]] = json.loads(to_text(stored)) if stored else []
        return forms

    def save_plan_view(self, plan_id: str, view: Mapping[str, Any]) -> None:
        """Keeps the modal that is to show a plan, without its blocks. It holds a response_url, so it is
        where those are."""
        self.redis.set(f"{RESPONSE_URL_KEY}view:{plan_id}", json.dumps(view), ex=RESPONSE_URL_SECONDS)

    def plan_view(self, plan_id: str) -> dict[str, Any] | None:
        """The modal that is to show a plan; None if it is too old."""
        stored = self.redis.get(f"{RESPONSE_URL_KEY}view:{plan_id}")
        view: dict[str, Any] | None = json.loads(to_text(stored)) if stored else None
        return view

    # For the publisher

    def claim(self, deploy_id: str, owner: str, seconds: float) -> bool:
        """The right to write to this thread until the lease runs out; False if another publisher has it."""
        return bool(self.redis.set(f"{LEASE}{deploy_id}", owner, nx=True, px=_ms(seconds)))

    def release(self, deploy_id: str, owner: str) -> None:
        """Returns the right; nothing happens if it ran out and another has it."""
        self._script(_RELEASE)(keys=[f"{LEASE}{deploy_id}"], args=[owner])

    def state(self, deploy_id: str) -> ThreadState | None:
        """How far this thread is; None if nothing was written yet."""
        stored = self.redis.get(f"{THREAD_KEY}{deploy_id}")
        return ThreadState.from_json(to_text(stored)) if stored else None

    def save(self, deploy_id: str, owner: str, view: ThreadState) -> None:
        """Writes how far this thread is.

        Raises:
            LeaseLost: the lease ran out, so another publisher's word counts. Nothing was written.
        """
        key_pair = [f"{LEASE}{deploy_id}", f"{THREAD_KEY}{deploy_id}"]
        if not self._script(_SAVE)(keys=key_pair, args=[owner, view.to_json()]):
            raise LeaseLost(id=deploy_id)

    def copies(self, thread_id: str) -> list[str]:
        """Each ts of the thread's card that was found beside the one that is kept up to date."""
        return sorted(to_texts(self.redis.smembers(f"{COPIES_KEY}{thread_id}")))

    def forget_copy(self, thread_id: str, ts: str) -> None:
        """It is edited, or gone."""
        self.redis.srem(f"{COPIES_KEY}{thread_id}", ts)

    def start_sync(self, deploy_id: str, until: float) -> float:
        """Call before the record is read. The thread is due again at `until`; returns the score to
        name to `settled` and `later`.

        The score lies half a millisecond beside every whole one, so a change of the record in the very same
        millisecond is still told apart.
        """
        score = _ms(until) + 0.5
        self._script(_START_SYNC)(
            keys=_PUBLISH_KEYS,
            args=[deploy_id, repr(score), WAITS_FOR_SLACK, int(PublishPriority.ELAPSED_TIME)],
        )
        return score

    def mark_due(
        self, thread_id: str, now: float, priority: PublishPriority = PublishPriority.PROGRESS
    ) -> None:
        """Something in this thread has to change."""
        self._script(_MARK_DUE)(keys=_PUBLISH_KEYS, args=[thread_id, _ms(now), int(priority)])

    def finish_sync(self, deploy_id: str, seen_score: float) -> bool:
        """The thread shows all of the record. False, and it stays due, if the record changed meanwhile."""
        return bool(self._script(_FINISH_SYNC)(keys=_PUBLISH_KEYS, args=[deploy_id, repr(seen_score)]))

    def schedule(
        self,
        deploy_id: str,
        at: float,
        seen_score: float | None = None,
        *,
        waits_for_slack: bool = False,
        elapsed_time: bool = False,
    ) -> None:
        """The thread is due then, or sooner if the record changed meanwhile.

        waits_for_slack: a call of it has its turn at Slack then; progress makes it due no sooner.
        elapsed_time: nothing but the elapsed time will be new then.
        """
        marks = {WAITS_FOR_SLACK: waits_for_slack, str(int(PublishPriority.ELAPSED_TIME)): elapsed_time}
        self._script(_SCHEDULE)(
            keys=_PUBLISH_KEYS,
            args=[
                deploy_id,
                math.ceil(at * 1000),
                repr(seen_score or -1.0),
                next((mark for mark, is_set in marks.items() if is_set), ""),
            ],
        )

    def priority(self, deploy_id: str) -> PublishPriority:
        """How urgent it is that this thread is shown."""
        return _priority(self.redis.hget(redis_keys.PUBLISH_PRIORITIES, deploy_id))

    def keep_publisher(self, owner: str, seconds: float) -> bool:
        """The right to update threads, for so long from now on; False if another job has it."""
        keep = self._script(_KEEP_PUBLISHER)
        return bool(keep(keys=[redis_keys.PUBLISHER], args=[owner, _ms(seconds)]))

    def release_publisher(self, owner: str) -> None:
        """Returns that right; nothing happens if it ran out and another has it."""
        self._script(_RELEASE)(keys=[redis_keys.PUBLISHER], args=[owner])

    def forget_after(self, deploy_id: str, seconds: float) -> None:
        """Forgets the thread of an ended deploy after that time, even if it is written again until then."""
        self.redis.expire(f"{THREAD_KEY}{deploy_id}", max(1, int(seconds)))

    def _script(self, source: str) -> Script:
        return self.redis.register_script(source)


def _left_for(mark: Any) -> float:
    """For how long a thread that is due is left to others (seconds). mark: of it in PUBLISH_PRIORITIES."""
    if mark is None or to_text(mark) == str(int(PublishPriority.PROGRESS)):
        return LEFT_AFTER_SECONDS
    return ELAPSED_TIME_SECONDS if _priority(mark) is PublishPriority.ELAPSED_TIME else 0.0


def _priority(stored: Any) -> PublishPriority:
    text = to_text(stored) if stored else WAITS_FOR_SLACK
    return PublishPriority.PROGRESS if text == WAITS_FOR_SLACK else PublishPriority(int(text))


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
