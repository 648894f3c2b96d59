"""A Redis on another machine without authentication or TLS is called out at the start of every process."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis import Redis
from structlog.testing import capture_logs

from deploys import process_startup
from deploys.redis_connection import connect
from deploys.redis_trust import is_this_machine, trust_warnings
from sandbox.valkey import valkey

PASSWORD = "a-long-password"
NO_AUTHENTICATION, NO_TLS, NO_CHECK = "HAS NO AUTHENTICATION", "HAS NO TLS", "IS NOT CHECKED"


def warned_of(url: str, *, own: bool = False) -> list[str]:
    with connect(url) as client:
        found = trust_warnings(client, is_own=lambda host: own)
    kinds = (NO_AUTHENTICATION, NO_TLS, NO_CHECK)
    return [kind for each in found for kind in kinds if kind in each]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://redis.example:6379/0", [NO_AUTHENTICATION, NO_TLS]),
        ("redis://slipway-bot:secret@127.0.0.1:9/0", [NO_TLS]),
        ("rediss://:secret@127.0.0.1:9/0", []),
        ("rediss://redis.example/0", [NO_AUTHENTICATION]),
        ("rediss://:secret@127.0.0.1:9/0?ssl_cert_reqs=none", [NO_CHECK]),
        ("unix:///run/redis.sock", []),
        ("redis://127.0.0.1:9/0?password=secret", [NO_TLS]),
    ],
)
def test_what_an_address_lets_in(url: str, expected: list[str]) -> None:
    assert warned_of(url) == expected
    assert warned_of(url, own=True) == []


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        (socket.gethostname(), True),
        ("192.0.2.1", False),
        ("2001:db8::1", False),
        ("no-such-host.invalid", False),
    ],
)
def test_which_hosts_are_this_machine(host: str, own: bool) -> None:
    assert is_this_machine(host) is own


def test_a_server_that_asks_for_a_password_is_not_complained_about() -> None:
    with valkey() as server, connect(server.connection_url) as before:
        before.config_set("requirepass", PASSWORD)

        assert warned_of(f"redis://:{PASSWORD}@127.0.0.1:{server.port}/0") == [NO_TLS]


def test_a_password_that_the_server_does_not_ask_for_protects_nothing(redis_url: str) -> None:
    address = urlsplit(redis_url).netloc

    assert warned_of(f"redis://default:anything@{address}/0") == [NO_AUTHENTICATION, NO_TLS]


def test_the_warning_never_shows_the_password() -> None:
    with connect(f"redis://bot:{PASSWORD}@redis.example:6379/0") as client:
        [warning] = trust_warnings(client, is_own=lambda host: False)

    assert PASSWORD not in warning
    assert "redis.example" in warning


def test_it_is_said_at_the_start_however_little_is_logged(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_startup, "trust_warnings", lambda redis: ["REDIS HAS NO AUTHENTICATION"])

    with capture_logs() as logged:
        process_startup.warn_about_redis_config(redis)

    assert {"event": "REDIS HAS NO AUTHENTICATION", "log_level": "critical"} in logged


def test_every_process_asks_at_its_start() -> None:
    root = Path(__file__).parents[2]
    for file in ("bot/app_context.py", "workers/dependencies.py", "workers/scheduler.py"):
        assert "\n    warn_about_redis_config(redis)\n" in (root / file).read_text()
