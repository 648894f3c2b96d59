"""The second copy of the audit, and how long the first is kept."""

from __future__ import annotations

import io
import json

import pytest
from redis import Redis

from deploys.audit_log import write_new_entries
from deploys.records.audit_entry import AuditEntry
from deploys.stores import audit, redis_keys
from deploys.stores.deploy_store import DeployStore
from tests.builders import NOW, a_deploy
from tests.redis_commands import commands_of
from workers.audit_keeper import AuditKeeper


def lines(out: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_the_two_copies_agree(redis: Redis) -> None:
    store = DeployStore(redis, now=lambda: NOW, catalogue_version="0123456789ab")
    store.submit(a_deploy(request={"reason": "a\nreason with \x1b[2J"}))
    audit.write(redis, AuditEntry(at="1.000", who="U1", what="locked", lock="web"))
    out = io.StringIO()

    assert write_new_entries(redis, out) == 2

    first = [{name: value for name, value in each.items() if value} for each in audit.trail(redis)]
    assert lines(out) == [{"event": "audit", **each} for each in first]
    assert write_new_entries(redis, out) == 0


def test_a_trail_without_new_entries_costs_one_command_a_second(redis: Redis) -> None:
    time, out = [NOW], io.StringIO()
    keeper = AuditKeeper(redis, 30, out, now=lambda: time[0])

    def run(seconds: int) -> None:
        for _ in range(4 * seconds):
            keeper.tick()
            time[0] += 0.25

    run(1)
    assert commands_of(redis, lambda: run(10)) == {"xrevrange": 10}

    audit.write(redis, AuditEntry(at="1.000", who="U1", what="locked"))
    run(2)
    assert len(lines(out)) == 1
    assert commands_of(redis, lambda: run(10)) == {"xrevrange": 10}


def test_what_another_scheduler_has_written_is_asked_for_once(redis: Redis) -> None:
    audit.write(redis, AuditEntry(at="1.000", who="U1", what="locked"))
    write_new_entries(redis, io.StringIO())
    out = io.StringIO()
    keeper = AuditKeeper(redis, 30, out, now=lambda: NOW)

    def tick() -> None:
        for _ in range(4):
            keeper.tick()

    asked = commands_of(redis, tick)

    assert asked == {"xrevrange": 1, "get": 1, "xtrim": 1}
    assert lines(out) == []


class Full(io.StringIO):
    def flush(self) -> None:
        raise OSError("no space left on device")


def test_what_was_not_written_is_written_the_next_time(redis: Redis) -> None:
    audit.write(redis, AuditEntry(at="1.000", who="U1", what="locked"))
    with pytest.raises(OSError, match="no space"):
        write_new_entries(redis, Full())
    out = io.StringIO()

    assert write_new_entries(redis, out) == 1
    assert lines(out)[0]["what"] == "locked"


def test_one_scheduler_writes_at_a_time(redis: Redis) -> None:
    audit.write(redis, AuditEntry(at="1.000", who="U1", what="locked"))
    redis.set(redis_keys.AUDIT_LOGGING, "the other")

    assert write_new_entries(redis, io.StringIO()) == 0
    assert redis.get(redis_keys.AUDIT_LOGGING) == b"the other"


def test_what_is_older_than_the_retention_goes_after_it_was_copied(redis: Redis) -> None:
    for day in range(400):
        redis.xadd(
            redis_keys.AUDIT, {"at": "0", "who": "U1", "what": f"day {day}"}, id=f"{day * 86_400_000 + 1}-1"
        )
    out = io.StringIO()

    AuditKeeper(redis, 30, out, now=lambda: 400 * 86_400.0).tick()

    kept = [each["what"] for each in audit.trail(redis)]
    assert kept[-30:] == [f"day {day}" for day in range(370, 400)]
    assert len(kept) <= 130  # Redis removes whole blocks
    assert len(lines(out)) == 400
