"""Secrets that stand everywhere text comes from, and all places in which none of them may be found."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from redis import Redis

from deploys.redis_connection import to_text, to_texts
from deploys.stores.thread_store import RESPONSE_URL_KEY, RESPONSE_URL_SECONDS
from slipway.demo.demo_environment import REDIS_PASSWORD, DemoEnvironment

SETTINGS = (
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "AWS_SECRET_ACCESS_KEY",
    "RESTORE_TAG_KEY",
)
FORMS = {
    "password": "password={0}-hunter",
    "address": "postgres://app:{0}-of-a-url@db/shop",
    "token": "SESSION_TOKEN: {0}-token",
    "bearer": "Authorization: Bearer {0}.bearer",
    "Slack token": "xoxb-1111-{0}",
    "webhook": "https://hooks.slack.com/services/T0/B0/{0}",
    "AWS key": "AKIA{1}",
    "AWS secret": "aws_secret_access_key={0}/of+an+AWS+secret+key",
}
"""What a secret looks like; {0} is a word that stands nowhere else, {1} one of 16 capitals and digits."""
KEY_BLOCK = "-----BEGIN RSA PRIVATE KEY-----\n{0}\n-----END RSA PRIVATE KEY-----"


def spill(place: str, *, key_block: bool = False) -> str:
    """A text with a secret of each form, as an app or a person may write it by mistake."""
    lines = [form.format(_word(place, name), _capitals(place)) for name, form in FORMS.items()]
    return "\n".join([*lines, *([KEY_BLOCK.format(_word(place, "key block"))] if key_block else [])])


def spilled(place: str) -> dict[str, str]:
    """The secrets in that text, by what they are."""
    words = {f"{name} of {place}": _word(place, name) for name in (*FORMS, "key block")}
    return {**words, f"AWS key of {place}": _capitals(place)}


def mark(place: str) -> str:
    """A word that looks like no secret, for texts of which Slipway shows nothing."""
    return _word(place, "mark")


def words_of(place: str) -> set[str]:
    """All words by which this place may be recognised."""
    return {mark(place), *spilled(place).values()}


def _word(place: str, name: str) -> str:
    return f"canary{zlib.crc32(f'{place} {name}'.encode()):08x}"


def _capitals(place: str) -> str:
    return f"CANARY{zlib.crc32(place.encode()):010d}"


def secrets_of_the_processes(demo: DemoEnvironment) -> dict[str, str]:
    """Their settings, and what Slack gave them to answer with: addresses, which are kept only under keys of
    their own, and ids that open modals."""
    keys = to_texts(demo.redis.keys(f"{RESPONSE_URL_KEY}*"))
    assert keys
    assert all(0 < int(demo.redis.ttl(key)) <= RESPONSE_URL_SECONDS for key in keys)
    issued = demo.slack.issued()
    assert issued["response_urls"]
    assert issued["trigger_ids"]
    return {
        **{name: demo.process_env[name] for name in SETTINGS},
        "password of Redis": REDIS_PASSWORD,
        **{f"response address {address}": address for address in issued["response_urls"]},
        **{f"trigger id {trigger}": trigger for trigger in issued["trigger_ids"]},
    }


def find_secrets(secrets: dict[str, str], places: dict[str, str]) -> list[tuple[str, str]]:
    """Which secret is where."""
    return [
        (name, place) for name, value in secrets.items() for place, text in places.items() if value in text
    ]


def searched_places(demo: DemoEnvironment) -> dict[str, str]:
    """All that Slipway has written: Redis, the logs of its processes, and what it sent to Slack."""
    return {**redis_contents(demo.redis), **_product_logs(demo), **_slack_calls(demo)}


def redis_contents(redis: Redis) -> dict[str, str]:
    """All keys and values, jobs uncompressed, without the keys for answers."""
    readers: dict[str, Callable[[str], Any]] = {
        "string": redis.get,
        "hash": redis.hgetall,
        "list": lambda key: redis.lrange(key, 0, -1),
        "set": redis.smembers,
        "zset": lambda key: redis.zrange(key, 0, -1),
        "stream": redis.xrange,
    }
    return {
        f"Redis {key}": f"{key} {_plain(readers[kind](key))}"
        for key in to_texts(redis.keys("*"))
        if not key.startswith(RESPONSE_URL_KEY)
        and (kind := to_text(redis.type(key))) != "none"  # expired meanwhile
    }


def _plain(value: Any) -> str:
    """Text of a value of Redis: RQ compresses parts of a job."""
    if isinstance(value, bytes):
        with suppress(zlib.error):
            value = zlib.decompress(value)
        return bytes(value).decode(errors="replace")
    if isinstance(value, dict):
        return " ".join(f"{_plain(key)} {_plain(each)}" for key, each in value.items())
    return " ".join(map(_plain, value)) if isinstance(value, list | tuple | set) else str(value)


def _product_logs(demo: DemoEnvironment) -> dict[str, str]:
    """The logs of Slipway's own processes."""
    logs = [path for path in demo.logs.rglob("*.log") if path.stem not in ("slack", "ecs", "valkey")]
    assert {"bot", "web", "scheduler", "worker"} <= {path.stem for path in logs}
    return {f"log {path.name}": path.read_text(errors="replace") for path in logs}


def _slack_calls(demo: DemoEnvironment) -> dict[str, str]:
    """Everything that was sent to Slack, and what the channel shows."""
    calls = [json.dumps(_without_own_fields(call), default=str) for call in demo.slack.calls()]
    shown = [json.dumps(each) for user in ("alice", "bob") for each in demo.slack.messages("deploys", user)]
    homes = [json.dumps(demo.slack.home(user)) for user in ("alice", "bob")]
    return {
        "calls of Slack": "\n".join(calls),
        "messages in Slack": "\n".join(shown),
        "Home": "\n".join(homes),
    }


def _without_own_fields(part: Any) -> Any:
    """A call without what Slack gave for it and shows to nobody: the trigger, and the response address that a
    form keeps."""
    if isinstance(part, dict):
        kept = {key: _without_own_fields(value) for key, value in part.items() if key != "trigger_id"}
        if "private_metadata" in kept:
            kept["private_metadata"] = re.sub(r'"response_url": ?"[^"]*"', "", kept["private_metadata"])
        return kept
    return [_without_own_fields(each) for each in part] if isinstance(part, list) else part
