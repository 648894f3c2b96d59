"""Where each deploy's thread is in Slack, how much of the record it shows, and which threads are behind.

Deploys that were asked for at once have one thread, under the id of their batch (`Deploy.thread_id`).

The publish set holds every deploy whose thread may be behind its record, with the time (epoch ms) at which to
look; a hash beside it says how urgent that is. The store adds to them in the transaction that changes a
record; only the publisher removes, and only if nothing was added meanwhile.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from redis import Redis
from redis.commands.core import Script

from deploys.errors import LeaseLost
from deploys.publish_priority import WAITS_FOR_SLACK, PublishPriority
from deploys.records.stop_all import StopAll
from deploys.records.thread_state import ThreadState
from deploys.redis_connection import to_text
from deploys.redis_round_trip import Answer, RoundTrip
from deploys.stores import redis_keys
from deploys.stores.lua_scripts import lua_scripts

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
COPIES_KEY = f"{redis_keys.PREFIX}card-copies:"
"""The ts of each copy of a card, with a space behind each."""
COPIES_KEPT_SECONDS = 24 * 3600
"""For so long the publisher tries to edit a copy of a card that was found (seconds)."""
ANSWER_BLOCKS_KEY = f"{redis_keys.PREFIX}answer-blocks:"

_PUBLISH_KEYS = [redis_keys.PUBLISH, redis_keys.PUBLISH_PRIORITIES]


def thread_link(thread: ThreadState | None, words: str = "its thread") -> str:
    """A link to a thread; the words alone until there is one."""
    return f"<{thread.permalink}|{words}>" if thread and thread.ts and thread.permalink else words


def save_response_url(
    trip: RoundTrip, deploy_id: str, response_url: str, *, must_succeed: bool = False
) -> Answer:
    """Keeps the address for answers to the request, for as long as Slack accepts them, as a part of a round
    trip."""
    key = f"{RESPONSE_URL_KEY}{deploy_id}"
    return trip.add_command("SET", key, response_url, "EX", RESPONSE_URL_SECONDS, must_succeed=must_succeed)


def save_answer_blocks(trip: RoundTrip, answer_id: str, *forms: Sequence[Mapping[str, Any]]) -> Answer:
    """Keeps the blocks of a private answer until a worker sends it, in each form, the richest first: a part
    of a round trip."""
    stored = json.dumps([list(blocks) for blocks in forms])
    return trip.add_command("SET", f"{ANSWER_BLOCKS_KEY}{answer_id}", stored, "EX", RESPONSE_URL_SECONDS)


class DueThread(NamedTuple):
    """A thread that is due."""

    id: str
    score: float
    """As `PUBLISH` has it."""
    waits_for: str = ""
    """The call that had its turn at Slack now: its method, and `:` and the channel for a post. Empty: none
    had."""


class ThreadRead(NamedTuple):
    """What is read of a thread before it is updated."""

    state: ThreadState | None
    """How far it is; None if nothing was written yet."""
    copies: tuple[str, ...]
    """Each ts of its card that was found beside the one that is kept up to date."""
    stop: StopAll | None
    """What stops all deploys."""


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
        trip = RoundTrip(self.redis)
        found = self.ask_for_states(trip, thread_ids)
        trip.run()
        return found()

    def ask_for_states(
        self, trip: RoundTrip, thread_ids: Sequence[str]
    ) -> Callable[[], list[ThreadState | None]]:
        """The same as a part of a round trip; what it returns says the result after that."""
        keys = [f"{THREAD_KEY}{each}" for each in thread_ids]
        answer = trip.add_command("MGET", *keys) if keys else None
        return lambda: [
            ThreadState.from_json(to_text(each)) if each else None
            for each in (answer.value() if answer else ())
        ]

    def due(self, now: float) -> list[str]:
        """Deploys whose threads are due: the most urgent first, and of these the longest overdue."""
        return [each.id for each in self.due_threads(now)]

    def due_threads(self, now: float) -> list[DueThread]:
        """The same, with what they wait for; of one alone that is not asked."""
        scored: Any = self.redis.zrangebyscore(redis_keys.PUBLISH, "-inf", _ms(now), withscores=True)
        found = [DueThread(to_text(member), score) for member, score in scored]
        if len(found) < 2:
            return found
        marks = self.redis.hmget(redis_keys.PUBLISH_PRIORITIES, [each.id for each in found])
        threads = [each._replace(waits_for=_waits_for(mark)) for each, mark in zip(found, marks, strict=True)]
        priorities = [_priority(mark) for mark in marks]
        return [threads[index] for index in sorted(range(len(found)), key=priorities.__getitem__)]

    def postpone(self, due_at: Mapping[DueThread, float]) -> None:
        """Makes these due at these times (epoch seconds), unless they are due at another one by now."""
        args = [arg for each, at in due_at.items() for arg in (each.id, repr(each.score), _ms(at) + 1)]
        if args:
            self._script("postpone_threads")(keys=[redis_keys.PUBLISH], args=args)

    def overdue_at(self, now: float) -> float | None:
        """When the first thread is due that is left to the scheduler (epoch seconds); after `now` it may be
        later than that. None: nothing is due, now or later.

        Jobs that move deploys update threads, too, when they are done: of what has just changed they are
        given the time for it. Nobody else comes for what people wait for, or for what has its turn at Slack
        then."""
        scored: Any = self.redis.zrange(redis_keys.PUBLISH, 0, FEW_THREADS - 1, withscores=True)
        if not scored:
            return None
        if (first := float(scored[0][1]) / 1000) > now:
            return first
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
        save_response_url(trip, deploy_id, response_url, must_succeed=True)
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
        pipe.append(key, f"{ts} ")
        pipe.expire(key, COPIES_KEPT_SECONDS)
        pipe.execute()
        self.mark_due(thread_id, now)

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
        self._script("release_thread")(keys=[f"{LEASE}{deploy_id}"], args=[owner])

    def state(self, deploy_id: str) -> ThreadState | None:
        """How far this thread is; None if nothing was written yet."""
        stored = self.redis.get(f"{THREAD_KEY}{deploy_id}")
        return ThreadState.from_json(to_text(stored)) if stored else None

    def read(self, deploy_id: str) -> ThreadRead:
        """All that is needed to update this thread, with one question to Redis."""
        keys = [f"{THREAD_KEY}{deploy_id}", f"{COPIES_KEY}{deploy_id}", redis_keys.STOP_ALL]
        state, copies, stop = self.redis.mget(keys)
        return ThreadRead(
            ThreadState.from_json(to_text(state)) if state else None,
            tuple(sorted(set(to_text(copies or "").split()))),
            StopAll.from_json(to_text(stop)) if stop else None,
        )

    def save(self, deploy_id: str, owner: str, view: ThreadState) -> None:
        """Writes how far this thread is.

        Raises:
            LeaseLost: the lease ran out, so another publisher's word counts. Nothing was written.
        """
        key_pair = [f"{LEASE}{deploy_id}", f"{THREAD_KEY}{deploy_id}"]
        if not self._script("save_thread")(keys=key_pair, args=[owner, view.to_json()]):
            raise LeaseLost(id=deploy_id)

    def forget_copy(self, thread_id: str, ts: str) -> None:
        """It is edited, or gone."""
        self._script("forget_copy")(keys=[f"{COPIES_KEY}{thread_id}"], args=[ts])

    def start_sync(self, deploy_id: str, until: float) -> float:
        """Call before the record is read. The thread is due again at `until`; returns the score to
        name to `settled` and `later`.

        The score lies half a millisecond beside every whole one, so a change of the record in the very same
        millisecond is still told apart.
        """
        score = _ms(until) + 0.5
        elapsed_time, progress = int(PublishPriority.ELAPSED_TIME), int(PublishPriority.PROGRESS)
        self._script("start_sync")(
            keys=_PUBLISH_KEYS, args=[deploy_id, repr(score), WAITS_FOR_SLACK, elapsed_time, progress]
        )
        return score

    def mark_due(
        self, thread_id: str, now: float, priority: PublishPriority = PublishPriority.PROGRESS
    ) -> None:
        """Something in this thread has to change."""
        self._script("mark_thread_due")(keys=_PUBLISH_KEYS, args=[thread_id, _ms(now), int(priority)])

    def finish_sync(
        self, deploy_id: str, seen_score: float, *, owner: str = "", unsaved: ThreadState | None = None
    ) -> bool:
        """The thread shows all of the record. False, and it stays due, if the record changed meanwhile.

        owner: its right to write to the thread is returned, too. unsaved: what it writes before that.
        """
        return self._end_sync(deploy_id, seen_score, "", "", owner, unsaved)

    def schedule(
        self,
        deploy_id: str,
        at: float,
        seen_score: float | None = None,
        *,
        waits_for: str = "",
        elapsed_time: bool = False,
        owner: str = "",
        unsaved: ThreadState | None = None,
    ) -> None:
        """The thread is due then, or sooner if the record changed meanwhile.

        waits_for: the call that has its turn at Slack then (`DueThread`); progress makes it due no sooner.
        elapsed_time: nothing but the elapsed time will be new then. owner, unsaved: as in `finish_sync`.
        """
        mark = str(int(PublishPriority.ELAPSED_TIME)) if elapsed_time else ""
        if waits_for:
            mark = f"{WAITS_FOR_SLACK} {waits_for}"
        self._end_sync(deploy_id, seen_score or -1.0, math.ceil(at * 1000), mark, owner, unsaved)

    def _end_sync(
        self,
        deploy_id: str,
        seen_score: float,
        due_ms: int | str,
        mark: str,
        owner: str,
        unsaved: ThreadState | None,
    ) -> bool:
        state = unsaved.to_json() if unsaved else ""
        return bool(
            self._script("end_sync")(
                keys=[*_PUBLISH_KEYS, f"{LEASE}{deploy_id}", f"{THREAD_KEY}{deploy_id}"],
                args=[deploy_id, repr(seen_score), due_ms, mark, owner, state],
            )
        )

    def priority(self, deploy_id: str) -> PublishPriority:
        """How urgent it is that this thread is shown."""
        return _priority(self.redis.hget(redis_keys.PUBLISH_PRIORITIES, deploy_id))

    def become_publisher(self, owner: str, seconds: float) -> bool:
        """The right to update threads, for so long; False if another job has it."""
        before = self.redis.set(redis_keys.PUBLISHER, owner, nx=True, get=True, px=_ms(seconds))
        return before is None or to_text(before) == owner  # a client that lost the answer asks again

    def keep_publisher(self, owner: str, seconds: float) -> bool:
        """Has that right for so long from now on; False if another job has it by now."""
        keep = self._script("keep_publisher")
        return bool(keep(keys=[redis_keys.PUBLISHER], args=[owner, _ms(seconds)]))

    def release_publisher(self, owner: str) -> None:
        """Returns that right; nothing happens if it ran out and another has it."""
        self._script("release_thread")(keys=[redis_keys.PUBLISHER], args=[owner])

    def forget_after(self, deploy_id: str, seconds: float) -> None:
        """Forgets the thread of an ended deploy after that time, even if it is written again until then."""
        self.redis.expire(f"{THREAD_KEY}{deploy_id}", max(1, int(seconds)))

    def _script(self, name: str) -> Script:
        return self.redis.register_script(_LUA[name])


def _left_for(mark: Any) -> float:
    """For how long a thread that is due is left to others (seconds). mark: of it in PUBLISH_PRIORITIES."""
    if mark is None or to_text(mark) == str(int(PublishPriority.PROGRESS)):
        return LEFT_AFTER_SECONDS
    return ELAPSED_TIME_SECONDS if _priority(mark) is PublishPriority.ELAPSED_TIME else 0.0


def _priority(stored: Any) -> PublishPriority:
    text = to_text(stored) if stored else WAITS_FOR_SLACK
    return PublishPriority.PROGRESS if text.startswith(WAITS_FOR_SLACK) else PublishPriority(int(text))


def _waits_for(stored: Any) -> str:
    text = to_text(stored) if stored else ""
    return text.partition(" ")[2] if text.startswith(WAITS_FOR_SLACK) else ""


def _ms(seconds: float) -> int:
    return int(seconds * 1000)


_LUA = lua_scripts(
    "release_thread",
    "save_thread",
    "start_sync",
    "end_sync",
    "mark_thread_due",
    "postpone_threads",
    "keep_publisher",
    "forget_copy",
)
