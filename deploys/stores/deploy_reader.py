"""What the store knows of deploys, batches and queues. Nothing is written here."""

from __future__ import annotations

import hashlib
import heapq
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from operator import attrgetter, itemgetter
from typing import Any

from redis import Redis
from redis.exceptions import NoScriptError

from deploys.errors import UnknownSchema
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.redis_connection import to_text, to_texts
from deploys.redis_round_trip import RoundTrip
from deploys.stores import redis_keys
from deploys.stores.active_deploys import (
    ActiveDeploy,
    StoredText,
    SummaryCache,
    parse_record,
    parse_remembered,
)
from deploys.stores.claim_holder import holder_of
from deploys.stores.claims import DueDeploy, QueueRead, QueuesRead
from deploys.stores.lua_scripts import lua_script

ADVANCE = "advance"
"""The job that takes a deploy's next step."""
RECENT_OF_SERVICE = 20
"""Deploys of a service that are looked at to know how long one takes (count)."""
PAGE = 500
"""Records that are read at once (count)."""


class DeployReader:
    """Reads the records and everything that is stored with them."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._summaries = SummaryCache()

    def get(self, deploy_id: str) -> Deploy | None:
        """The record; None if there is none."""
        found = self._load([deploy_id])
        return found[0] if found else None

    def batch(self, batch_id: str) -> Batch | None:
        """The batch; None if there is none."""
        found = self.redis.get(redis_keys.batch(batch_id))
        return Batch.from_json(to_text(found)) if found else None

    def batches(self, batch_ids: Sequence[str]) -> list[Batch]:
        """These batches, as far as there are some."""
        trip = RoundTrip(self.redis)
        found = self.ask_for_batches(trip, batch_ids)
        trip.run()
        return found()

    def ask_for_batches(self, trip: RoundTrip, batch_ids: Sequence[str]) -> Callable[[], list[Batch]]:
        """The same as a part of a round trip; what it returns says the result after that."""
        keys = list(map(redis_keys.batch, batch_ids))
        answer = trip.add_command("MGET", *keys) if keys else None
        return lambda: [Batch.from_json(to_text(each)) for each in (answer.value() if answer else ()) if each]

    def batch_deploys(self, batch: Batch) -> list[Deploy]:
        """The deploys of a batch, in its order."""
        return self._load(batch.deploys)

    def service_queue(self, queue: str) -> list[str]:
        """Ids of the deploys of a service, or of another queue (`Deploy.queue`), the active one first."""
        return to_texts(self.redis.lrange(redis_keys.service_queue(queue), 0, -1))

    def list_active(self) -> list[ActiveDeploy]:
        """Every deploy that has not ended, in the order of their requests, without its record.

        Raises:
            UnknownSchema: another version of Slipway wrote one of them.
        """
        return self._list_active(self._load)

    def list_readable(self) -> list[ActiveDeploy]:
        """The same, without those that another version of Slipway wrote."""
        return self._list_active(self.readable)

    def _list_active(self, load: Callable[[Sequence[str]], list[Deploy]]) -> list[ActiveDeploy]:
        trip = RoundTrip(self.redis)
        found = self.ask_for_active(trip, load)
        trip.run()
        return found()

    def ask_for_active(
        self, trip: RoundTrip, load: Callable[[Sequence[str]], list[Deploy]] | None = None
    ) -> Callable[[], list[ActiveDeploy]]:
        """What `list_active` says, as a part of a round trip. load: reads the records of those without a
        summary."""
        ids = trip.add_command("SMEMBERS", redis_keys.ACTIVE_DEPLOYS)
        summaries = trip.add_command("HGETALL", redis_keys.SUMMARIES)

        def found() -> list[ActiveDeploy]:
            active, without = self._summaries.parse(ids.value(), summaries.value())
            active += map(ActiveDeploy.of, (load or self._load)(without))
            return sorted(active, key=attrgetter("order"))

        return found

    def ask_for_shown(self, trip: RoundTrip, deploys: Iterable[ActiveDeploy]) -> Callable[[], list[Deploy]]:
        """The records of these as they are now, for an answer that shows them, as a part of a round trip."""
        keys = [redis_keys.record(each.id) for each in deploys]
        if not keys:
            return list
        answer = trip.add_script(self.redis.register_script(_READ_RECORDS), keys, [], writes=False)
        return lambda: [parse_remembered(*stored) for stored in answer.value() if stored[0] is not None]

    def read_shown(self, deploys: Iterable[ActiveDeploy]) -> list[Deploy]:
        """The same at once."""
        trip = RoundTrip(self.redis)
        found = self.ask_for_shown(trip, deploys)
        trip.run()
        return found()

    def active(self) -> list[Deploy]:
        """Every deploy that has not ended, with its record, in the order of their requests."""
        return sorted(self._load(self.active_ids()), key=lambda each: ActiveDeploy.of(each).order)

    def active_ids(self) -> list[str]:
        """Every deploy that has not ended, in any order."""
        return to_texts(self.redis.smembers(redis_keys.ACTIVE_DEPLOYS))

    def in_progress(self, services: Sequence[str], requester: str) -> tuple[list[dict[str, str]], int]:
        """For each of these services, its open requests: from request key to the deploy's id; and how many
        deploys of this person have not ended (count)."""
        pipe = self.redis.pipeline(transaction=False)
        pipe.sintercard(2, [redis_keys.open_by(requester), redis_keys.ACTIVE_DEPLOYS])
        for service in services:
            pipe.hgetall(redis_keys.in_progress(service))
        count, *found = pipe.execute()
        return [{to_text(key): to_text(value) for key, value in each.items()} for each in found], int(count)

    def requested_services(self, requester: str) -> list[str]:
        """The services of the last deploys that this person has asked for, the newest first."""
        return to_texts(self.redis.lrange(redis_keys.requested_services(requester), 0, -1))

    def get_all(self, ids: Iterable[str]) -> list[Deploy]:
        """The records of these deploys, as far as there are some."""
        return self._load(list(ids))

    def readable(self, ids: Sequence[str]) -> list[Deploy]:
        """The records of these deploys, without those that another version of Slipway wrote."""
        found = []
        for _, record, version in self._fetch(ids):
            with suppress(UnknownSchema):
                found.append(parse_record(record, version))
        return found

    def recent(self, service: str | None, count: int) -> list[Deploy]:
        """The newest deploys of a service, or of all, newest first; a batch in its order."""
        return self._recent_of([service], count)[service]

    def recent_of_each(self, services: Sequence[str], count: int) -> dict[str, list[Deploy]]:
        """The newest deploys of each of these services, newest first."""
        return {name: found for name, found in self._recent_of(services, count).items() if name is not None}

    def newest_of(self, services: Sequence[str], count: int) -> list[Deploy]:
        """The newest deploys of all these services together, newest first. Only their records are read."""
        pipe = self.redis.pipeline(transaction=False)
        for each in services:
            pipe.zrevrange(redis_keys.history(each), 0, count - 1, withscores=True)
        found = (pair for of_service in pipe.execute() for pair in of_service)
        newest = heapq.nlargest(count, found, key=itemgetter(1))
        return self._load([to_text(deploy_id) for deploy_id, _ in newest])

    def _recent_of(self, services: Sequence[str | None], count: int) -> dict[str | None, list[Deploy]]:
        trip = RoundTrip(self.redis)
        found = self.ask_for_recent(trip, services, count, page=count, parse=parse_record)
        trip.run()
        return {service: list(deploys) for service, deploys in found().items()}

    def ask_for_recent(
        self,
        trip: RoundTrip,
        services: Sequence[str | None],
        limit: int,
        page: int,
        *,
        ended: bool = False,
        parse: Callable[[StoredText, StoredText], Deploy] = parse_remembered,
    ) -> Callable[[], dict[str | None, Iterator[Deploy]]]:
        """The newest deploys of each of these services, or of all (None), newest first; at most so many. A
        part of a round trip, in which the first of them are read, so many; the others are read if they are
        needed.

        ended: without those that are open. parse: what makes the records of them.
        """
        histories = [redis_keys.history(each) if each else redis_keys.HISTORY for each in services]
        args = [limit, page, redis_keys.record(""), 1 if ended else ""]
        answer = (
            trip.add_script(
                self.redis.register_script(_READ_RECENT),
                [redis_keys.ACTIVE_DEPLOYS, *histories],
                args,
                writes=False,
            )
            if services
            else None
        )

        def each(ids: list[str], stored: Any) -> Iterator[Deploy]:
            for _, record, version in stored:
                yield parse(record, version)
            for _, record, version in self._fetch(ids[page:]):
                yield parse(record, version)

        def found() -> dict[str | None, Iterator[Deploy]]:
            read = answer.value() if answer else ()
            return {
                service: each(to_texts(ids), stored)
                for service, (ids, stored) in zip(services, read, strict=True)
            }

        return found

    def ask_for_queue(self, trip: RoundTrip, deploy: Deploy) -> Callable[[], QueueRead]:
        """Reads what a deploy waits for as a part of a round trip; what it returns says it after that. If
        nothing is before it, nothing is read."""
        found = self.ask_for_queues(trip, [deploy])

        def read() -> QueueRead:
            queues = found()
            ahead = itertools.takewhile(lambda each: each != deploy.id, queues.ids[deploy.queue])
            records = queues.records
            return QueueRead(
                tuple(records[each] for each in ahead if each in records),
                tuple(queues.recent.get(deploy.service.name, ())),
            )

        return read

    def ask_for_queues(self, trip: RoundTrip, deploys: Sequence[Deploy]) -> Callable[[], QueuesRead]:
        """The same of several deploys, whose records these are."""
        services = {each.queue: each.service.name for each in deploys}
        keys = [
            key
            for queue, service in services.items()
            for key in (redis_keys.service_queue(queue), redis_keys.history(service))
        ]
        known = {each.id: each for each in deploys}
        answer = (
            trip.add_script(
                self.redis.register_script(_READ_QUEUES),
                keys,
                [RECENT_OF_SERVICE, redis_keys.record(""), *known],
                writes=False,
            )
            if keys
            else None
        )

        def read() -> QueuesRead:
            queues, stored = answer.value() if answer else ((), ())
            others = {to_text(each): parse_remembered(record, version) for each, record, version in stored}
            records = known | others
            found = QueuesRead(records)
            for (queue, service), (ids, recent) in zip(services.items(), queues, strict=True):
                found.ids[queue] = to_texts(ids)
                if len(ids) > 1:
                    found.recent[service] = [records[each] for each in to_texts(recent) if each in records]
            return found

        return read

    def recent_without(
        self, service: str | None, left_out: Collection[str], limit: int, page: int
    ) -> Iterator[Deploy]:
        """The newest deploys of a service, or of all, newest first, without some ids; at most so many. They
        are read as they are needed, so many at once."""
        key = redis_keys.history(service) if service else redis_keys.HISTORY
        found = to_texts(self.redis.zrevrange(key, 0, limit + len(left_out) - 1))
        ids = [each for each in found if each not in left_out][:limit]
        for start in range(0, len(ids), page):
            for _, record, version in self._fetch(ids[start : start + page]):
                yield parse_remembered(record, version)

    def requested_since(self, service: str | None, since: float, limit: int) -> Iterator[Deploy]:
        """The deploys of a service, or of all, that were requested since then (epoch seconds), the newest
        first, at most so many; they are read in pages."""
        key = redis_keys.history(service) if service else redis_keys.HISTORY
        for start in range(0, limit, PAGE):
            count = min(PAGE, limit - start)
            found: Any = self.redis.zrevrangebyscore(key, "+inf", to_ms(since), start=start, num=count)
            yield from self._load(to_texts(found))
            if len(found) < count:
                return

    def count_deploys(self, services: Iterable[str]) -> int:
        """How many deploys of these services are kept (count)."""
        pipe = self.redis.pipeline(transaction=False)
        for each in services:
            pipe.zcard(redis_keys.history(each))
        return sum(pipe.execute())

    def next_due_at(self) -> float | None:
        """When the next deploy is due, or since when the longest overdue one is (epoch seconds); None: there
        is none."""
        first: Any = self.redis.zrange(redis_keys.DUE, 0, 0, withscores=True)
        return float(first[0][1]) / 1000 if first else None

    def due(self, now: float, limit: int = 1000) -> list[DueDeploy]:
        """Deploys that are due and that no living process has claimed. Those whose next step is their own
        come before those that are read together; among equals who was asked for first comes first. Of more
        than the limit, those that are overdue longest."""
        found: list[DueDeploy] = []
        for start in itertools.count(0, limit):
            scored: Any = self.redis.zrangebyscore(
                redis_keys.DUE, "-inf", to_ms(now), start=start, num=limit, withscores=True
            )
            found += self._unclaimed_of({to_text(member): float(score) / 1000 for member, score in scored})
            if len(scored) < limit or len(found) >= limit:
                break
        return sorted(found[:limit], key=_order_of_need)

    def _unclaimed_of(self, due_at: Mapping[str, float]) -> list[DueDeploy]:
        free = self._without_claimed(list(due_at))
        if not free:
            return []
        pipe = self.redis.pipeline(transaction=False)
        pipe.hmget(redis_keys.NEXT_JOBS, list(free))
        if len(free) > 1:  # alone it has no order
            pipe.zmscore(redis_keys.HISTORY, list(free))
        jobs, *asked_ms = pipe.execute()
        return [
            DueDeploy(
                deploy_id=deploy_id,
                job=to_text(job) if job else ADVANCE,
                at=due_at[deploy_id],
                requested_at=(asked or 0.0) / 1000,
                left_claim=left,
            )
            for (deploy_id, left), job, asked in zip(
                free.items(), jobs, asked_ms[0] if asked_ms else [None], strict=True
            )
        ]

    def watched(self, cluster_key: str, due_by: float) -> list[str]:
        """Deploys of this cluster whose rollouts are to be read by then (epoch seconds), and which no living
        process has claimed. The longest overdue come first, so that each gets its turn however many there
        are."""
        ids = to_texts(self.redis.smembers(redis_keys.watched(cluster_key)))
        if not ids:
            return []
        scores = self.redis.zmscore(redis_keys.DUE, ids)
        due = sorted(
            (score, deploy_id)
            for deploy_id, score in zip(ids, scores, strict=True)
            if score is not None and score <= to_ms(due_by)
        )
        return list(self._without_claimed([deploy_id for _, deploy_id in due]))

    def _without_claimed(self, ids: Sequence[str]) -> dict[str, str]:
        """Those of these deploys that no living process has claimed, each with the claim that a process left
        that died (empty: none)."""
        if not ids:
            return {}
        leases = self.redis.mget([redis_keys.lease(each) for each in ids])
        tokens = {each: to_text(lease) if lease else "" for each, lease in zip(ids, leases, strict=True)}
        holders = list({holder for token in tokens.values() if (holder := holder_of(token))})
        beats = self.redis.mget([redis_keys.claim_holder(each) for each in holders]) if holders else []
        dead = {holder for holder, beat in zip(holders, beats, strict=True) if beat is None}
        return {each: token for each, token in tokens.items() if not token or holder_of(token) in dead}

    def _load(self, ids: Sequence[str]) -> list[Deploy]:
        return [parse_record(record, version) for _, record, version in self._fetch(ids)]

    def _fetch(self, ids: Sequence[str]) -> list[tuple[str, StoredText, StoredText]]:
        """Id, record and version of each of these deploys, as far as there are some."""
        found: list[Any] = []
        if len(ids) == 1:
            found = [self.redis.hmget(redis_keys.record(ids[0]), ["record", "version"])]
        elif ids:
            for start in range(0, len(ids), PAGE):
                found += self._read(list(map(redis_keys.record, ids[start : start + PAGE])))
        return [(each, *stored) for each, stored in zip(ids, found, strict=True) if stored[0] is not None]

    def _read(self, keys: Sequence[str]) -> Any:
        """EVALSHA would need the right to write these keys, which the scheduler's user does not have."""
        try:
            return self.redis.evalsha_ro(_READ_RECORDS_SHA, len(keys), *keys)
        except NoScriptError:
            return self.redis.eval_ro(_READ_RECORDS, len(keys), *keys)


def _order_of_need(due: DueDeploy) -> tuple[bool, float, str]:
    return due.job != ADVANCE, due.requested_at, due.deploy_id


def to_ms(seconds: float) -> int:
    """Epoch seconds as the milliseconds that Redis keeps."""
    return int(seconds * 1000)


_READ_QUEUES = lua_script("read_queues")
_READ_RECENT = lua_script("read_recent")
_READ_RECORDS = lua_script("read_records")
_READ_RECORDS_SHA = hashlib.sha1(_READ_RECORDS.encode(), usedforsecurity=False).hexdigest()
