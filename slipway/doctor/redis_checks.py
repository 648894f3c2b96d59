"""Redis: whether it answers, keeps what it accepted, has room, is fast enough, and lets nobody else in."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from deploys.redis_connection import to_text
from deploys.redis_trust import trust_warnings
from slipway.doctor.context import DoctorContext
from slipway.doctor.finding import Finding, error, ok, warning

LEAST_VERSION = (7, 0)
WAITAOF_SINCE = (7, 2)
"""The version from which on Redis, and Valkey, can tell what is on disk (Redis commands, WAITAOF)."""
PINGS = 9
SLOW_SECONDS = 0.02
"""A median round trip from which on requests are noticeably slow: a command takes about ten."""
TOO_SLOW_SECONDS = 0.2
"""From which on Slack's 3 seconds are not kept."""
FULL_FROM = 0.8
"""The part of `maxmemory` from which on there is little room."""


def check_redis_answers(context: DoctorContext) -> Iterator[Finding]:
    """Whether it answers, and takes our user and password."""
    if not context.redis_error:
        yield ok("Redis answers at REDIS_URL.")
    elif _is_refusal(context.redis_error):
        yield error(
            f"Redis refuses the user or the password in REDIS_URL ({context.redis_error}).",
            "docs/security.md (Redis) says which users there are.",
        )
    else:
        yield error(
            f"Redis does not answer at REDIS_URL ({context.redis_error}).",
            "Start it, and check host, port and firewall.",
        )


def check_redis_version(context: DoctorContext) -> Iterator[Finding]:
    """Whether it is new enough."""
    yield judge_version(context.redis_info)


def check_redis_role(context: DoctorContext) -> Iterator[Finding]:
    """Whether it takes writes, and is no cluster."""
    yield judge_role(context.redis_info)


def check_redis_persistence(context: DoctorContext) -> Iterator[Finding]:
    """Whether what it accepted outlives a crash."""
    yield judge_persistence(context.redis_info, _read_appendfsync(context.redis))


def check_redis_eviction(context: DoctorContext) -> Iterator[Finding]:
    """Whether it drops keys if memory is short."""
    yield judge_eviction(context.redis_info)


def check_redis_memory(context: DoctorContext) -> Iterator[Finding]:
    """Whether there is room."""
    yield judge_memory(context.redis_info)


def check_redis_latency(context: DoctorContext) -> Iterator[Finding]:
    """How long a round trip takes."""
    seconds = []
    for _ in range(PINGS):
        began = time.perf_counter()
        context.redis.ping()
        seconds.append(time.perf_counter() - began)
    yield judge_latency(median(seconds))


def check_redis_authentication(context: DoctorContext) -> Iterator[Finding]:
    """Whether strangers could read or write it."""
    complaints = trust_warnings(context.redis)
    for each in complaints:
        yield error(each, "docs/security.md, Redis.")
    if not complaints:
        yield ok("Redis is on this machine, or asks for a password over TLS.")


def judge_version(info: Mapping[str, Any]) -> Finding:
    """From INFO. Pure."""
    name, version = (
        ("Valkey", info["valkey_version"])
        if "valkey_version" in info
        else ("Redis", str(info.get("redis_version", "")))
    )
    numbers = tuple(int(each) for each in str(version).split(".")[:2] if each.isdigit())
    if numbers >= WAITAOF_SINCE:
        return ok(f"{name} {version} is new enough.")
    advice = "Use Redis 7.2, or Valkey 7.2, or newer."
    if numbers >= LEAST_VERSION:
        return warning(
            f"{name} {version} cannot tell what is on its disk, so a power cut may undo what was accepted.",
            advice,
        )
    return error(f"{name} {version or 'of an unknown version'} is too old.", advice)


def judge_role(info: Mapping[str, Any]) -> Finding:
    """From INFO. Pure."""
    if info.get("role") == "slave":
        return error(
            "REDIS_URL names a replica, which takes no writes.", "Let REDIS_URL name the primary's address."
        )
    if info.get("cluster_enabled"):
        return error(
            "Redis is in cluster mode, where RQ's keys would be on several nodes.",
            "Use a server without cluster mode.",
        )
    return ok("Redis takes writes.")


def judge_persistence(info: Mapping[str, Any], appendfsync: str) -> Finding:
    """From INFO, and appendfsync if that may be read. Pure."""
    if not info.get("aof_enabled"):
        return error(
            "Redis keeps no append-only file, so a crash of Redis loses deploys.",
            "Set `appendonly yes`, and `appendfsync always` to lose nothing that was accepted.",
        )
    if info.get("aof_last_write_status", "ok") != "ok":
        return error(
            "Redis cannot write its append-only file (aof_last_write_status).",
            "Look at the disk of Redis: it may be full or read-only.",
        )
    if appendfsync == "no":
        return warning(
            "Redis leaves it to the operating system when its append-only file reaches the disk "
            "(`appendfsync no`).",
            "Set `appendfsync always`, or `everysec`.",
        )
    known = f" (appendfsync {appendfsync})" if appendfsync else ""
    return ok(f"Redis keeps an append-only file{known}.")


def judge_eviction(info: Mapping[str, Any]) -> Finding:
    """From INFO. Pure."""
    policy = info.get("maxmemory_policy", "")
    if policy == "noeviction":
        return ok("Redis drops no keys (maxmemory-policy noeviction).")
    if not policy:
        return warning(
            "Redis does not say what it drops if memory is short.", "Make sure that it is `noeviction`."
        )
    return error(
        f"Redis may drop keys if memory is short, and with them deploys (maxmemory-policy {policy}).",
        "Set `maxmemory-policy noeviction`.",
    )


def judge_memory(info: Mapping[str, Any]) -> Finding:
    """From INFO. Pure."""
    used, most = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    megabytes = f"{used / 2**20:,.0f} MB"
    if not most:
        return ok(f"Redis uses {megabytes}, without a limit of its own (maxmemory).")
    part = used / most
    what = f"Redis uses {megabytes}, {part:.0%} of its maxmemory."
    advice = "Raise `maxmemory`, or keep records for a shorter time (RECORD_RETENTION_DAYS)."
    if part >= 1:
        return error(f"{what} It refuses every new deploy.", advice)
    return warning(what, advice) if part >= FULL_FROM else ok(what)


def judge_latency(seconds: float) -> Finding:
    """seconds: of a usual round trip. Pure."""
    what = f"Redis answers within {seconds * 1000:.1f} ms."
    advice = "Put Redis close to Slipway's processes, in the same region, and look at its load (SLOWLOG)."
    if seconds >= TOO_SLOW_SECONDS:
        return error(f"{what} Slack's 3 seconds cannot be kept.", advice)
    return warning(what, advice) if seconds >= SLOW_SECONDS else ok(what)


def _read_appendfsync(redis: Redis) -> str:
    """Empty if it may not be read, as with the ACL rules of docs/security.md."""
    try:
        found: Any = redis.config_get("appendfsync")
    except RedisError:
        return ""
    return next((to_text(value) for value in found.values()), "")


def _is_refusal(problem: str) -> bool:
    return any(
        each in problem for each in ("WRONGPASS", "NOAUTH", "Authentication", "invalid username", "NOPERM")
    )
