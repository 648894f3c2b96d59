"""Redis answers, but takes nothing: shown with a real server that is made to refuse."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, RedisError, ResponseError, TimeoutError
from structlog.testing import capture_logs

from deploys.errors import RedisUnreachable
from deploys.job_queue import JobQueue
from deploys.outage import LOG_INTERVAL_SECONDS
from deploys.process_startup import wait_for_redis
from deploys.redis_connection import connect, make_client
from deploys.redis_outage import (
    TEMPORARY_ERRORS,
    RedisOutage,
    RedisTemporaryError,
    as_temporary_error,
    describe_error,
)
from deploys.stores.deploy_store import DeployStore
from sandbox.valkey import REFUSAL_SETTINGS, refusing_commands, restarting_server, valkey
from tests.builders import a_deploy


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server of their own: it is hurt."""
    with valkey(busy_reply_threshold="10") as server:
        yield server.connection_url


@pytest.fixture
def redis(url: str) -> Redis:
    client = connect(url)
    client.flushall()
    return client


def impatient(url: str) -> Redis:
    """A client that tries once."""
    return make_client(url, timeout=5, retries=0, backoff=NoBackoff())


def increment_in_a_transaction(redis: Redis) -> None:
    with redis.pipeline() as pipe:
        pipe.set("a", 1)
        pipe.incr("a")
        pipe.execute()


WRITES: dict[str, Callable[[Redis], object]] = {
    "a command": lambda redis: redis.set("a", 1),
    "a transaction": increment_in_a_transaction,
    "a script": lambda redis: redis.register_script("return redis.call('SET', KEYS[1], 1)")(keys=["a"]),
    "a request": lambda redis: DeployStore(redis).submit(a_deploy()),
    "a job of the scheduler": lambda redis: JobQueue(redis).advance_due(0, scheduled=True),
}


@pytest.mark.parametrize("code", REFUSAL_SETTINGS)
@pytest.mark.parametrize("write", WRITES)
def test_a_refusal_counts_as_a_lost_connection_until_it_is_over(
    url: str, redis: Redis, code: str, write: str
) -> None:
    with refusing_commands(redis, code), pytest.raises(RedisConnectionError) as refused:
        WRITES[write](impatient(url))

    assert isinstance(refused.value, RedisTemporaryError)
    assert refused.value.code in (code, "READONLY" if code == "MASTERDOWN" else code)
    assert not redis.exists("a")
    WRITES[write](redis)


def test_a_replica_without_its_primary_refuses_to_be_read(redis: Redis) -> None:
    with refusing_commands(redis, "MASTERDOWN"), pytest.raises(RedisTemporaryError) as refused:
        redis.get("a")

    assert refused.value.code == "MASTERDOWN"


def test_a_server_that_is_busy_with_a_script_refuses(redis: Redis, url: str) -> None:
    def loop() -> None:
        with suppress(RedisError):  # it is killed
            connect(url).eval("while true do end", 0)

    def read_until_it_is_busy() -> None:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            redis.get("a")

    busy = threading.Thread(target=loop)
    busy.start()
    try:
        with pytest.raises(RedisTemporaryError) as refused:
            read_until_it_is_busy()
    finally:
        Redis.from_url(url).script_kill()
        busy.join()

    assert refused.value.code == "BUSY"


def test_a_server_that_loads_is_waited_for_however_long_it_takes() -> None:
    slowly = {"key_load_delay": "5000", "loading_process_events_interval_bytes": "1024"}
    with valkey(**slowly) as server:
        redis = connect(server.connection_url)
        redis.mset({str(number): os.urandom(200) for number in range(300)})  # random, so not compressed
        redis.bgrewriteaof()
        until = time.monotonic() + 10
        while redis.info("persistence")["aof_rewrite_in_progress"]:
            assert time.monotonic() < until
        url = server.connection_url
        with restarting_server(server), capture_logs() as lines:
            wait_for_redis(impatient(url), timeout=10)

        assert redis.dbsize() == 300
    assert [line["event"] for line in lines] == [
        "Redis is still loading its data; nothing is lost, it is tried again",
        "Redis answers again",
    ]


def test_a_refusal_at_the_start_outlasts_the_patience_with_silence(url: str, redis: Redis) -> None:
    waiting = threading.Thread(target=lambda: wait_for_redis(connect(url), timeout=0.1))
    with refusing_commands(redis, "MASTERDOWN"):
        waiting.start()
        waiting.join(1.5)
        assert waiting.is_alive()

    waiting.join(10)
    assert not waiting.is_alive()


def test_what_does_not_wait_is_told_at_once(redis: Redis) -> None:
    with refusing_commands(redis, "MASTERDOWN"), pytest.raises(RedisUnreachable) as silent:
        wait_for_redis(redis, timeout=0)

    assert "Redis is a replica that has lost its primary (" in silent.value.message


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ReadOnlyError("You can't write against a read only replica.", status_code="READONLY"), "READONLY"),
        (ResponseError("NOREPLICAS Not enough good replicas to write."), "NOREPLICAS"),
        (ResponseError("MISCONF Errors writing to the AOF file: No space left on device"), "MISCONF"),
        (ResponseError("UNBLOCKED force unblock from blocking operation"), "UNBLOCKED"),
        (
            ResponseError(
                "Transaction discarded because of: OOM command not allowed.", status_code="EXECABORT"
            ),
            "OOM",
        ),
        (ResponseError("Transaction discarded because of previous errors.", status_code="EXECABORT"), None),
        (ResponseError("BUSYGROUP Consumer Group name already exists"), None),
        (ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value"), None),
        (ResponseError(""), None),
    ],
)
def test_what_counts_as_a_refusal(error: ResponseError, code: str | None) -> None:
    found = as_temporary_error(error)

    assert (found.code if found else None) == code


def test_every_refusal_completes_a_sentence_about_redis() -> None:
    assert {describe_error(RedisTemporaryError(code, "")) for code in TEMPORARY_ERRORS} == set(
        TEMPORARY_ERRORS.values()
    )
    assert describe_error(TimeoutError("slow")) == "does not answer"
    assert describe_error(ResponseError("NOPERM")) == "answers with an error"


def test_an_outage_is_said_once_again_while_it_lasts_and_when_it_is_over() -> None:
    moment = 100.0
    outage = RedisOutage(now=lambda: moment)
    pauses = []
    with capture_logs() as lines:
        for _ in range(40):
            outage.record_failure(RedisTemporaryError("OOM", "used memory > 'maxmemory'"))
            pauses.append(outage.retry_delay())
            moment += 1
        outage.record_recovery()
        outage.record_recovery()

    full = "Redis is full: it has reached its `maxmemory`; nothing is lost, it is tried again"
    assert [(line["event"], line["seconds"]) for line in lines] == [
        (full, 0),
        (full, LOG_INTERVAL_SECONDS),
        ("Redis answers again", 40),
    ]
    assert pauses[:5] == [0.2, 0.5, 1.0, 2.0, 2.0]
