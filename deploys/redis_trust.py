"""Whether strangers could read or write what is in Redis: who writes there decides what is deployed."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable
from typing import Any

from redis import ConnectionPool, Redis
from redis.connection import SSLConnection
from redis.exceptions import RedisError

PROBE_SECONDS = 2.0
"""How long the question may take whether Redis answers without a password."""


def is_this_machine(host: str) -> bool:
    """Whether a host name or address is one of this machine's own, so that nothing leaves it. A name that
    cannot be resolved counts as another machine's."""
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(found) and all(_is_own_address(each) for each in found)


def _is_own_address(address: str) -> bool:
    plain = ipaddress.ip_address(address.partition("%")[0])
    if plain.is_loopback:
        return True
    family = socket.AF_INET6 if plain.version == 6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(plain), 0))  # only an address of this machine can be bound
    except OSError:
        return False
    return not plain.is_unspecified


def trust_warnings(redis: Redis, *, is_own: Callable[[str], bool] = is_this_machine) -> list[str]:
    """What lets strangers in on the way to Redis; empty if it is on this machine, or if all is well."""
    pool = redis.connection_pool
    host: str | None = pool.connection_kwargs.get("host")
    if host is None or is_own(host):
        return []
    arguments, where = pool.connection_kwargs, f"Redis is on another machine ({host})"
    found = []
    if not arguments.get("password") or _answers_without_password(pool):
        found.append(
            f"REDIS HAS NO AUTHENTICATION. {where}, and anyone who reaches it can approve and start deploys. "
            "Give it users with passwords (docs/security.md has the ACL rules), and put name and password "
            "into REDIS_URL."
        )
    if not issubclass(pool.connection_class, SSLConnection):
        found.append(
            f"THE CONNECTION TO REDIS HAS NO TLS. {where}, and anyone in between can read passwords and "
            "change deploys. Use rediss:// in REDIS_URL."
        )
    elif arguments.get("ssl_cert_reqs") in ("none", ssl.CERT_NONE):
        found.append(
            f"THE CERTIFICATE OF REDIS IS NOT CHECKED. {where}, and anyone in between can read passwords "
            "and change deploys. Remove ssl_cert_reqs=none from REDIS_URL."
        )
    return found


def _answers_without_password(pool: ConnectionPool) -> bool:
    """A user without a password accepts every password, so a password in the URL proves nothing."""
    left_out = ("username", "password", "retry")
    anonymous = {name: value for name, value in pool.connection_kwargs.items() if name not in left_out}
    timeouts = {"socket_timeout": PROBE_SECONDS, "socket_connect_timeout": PROBE_SECONDS}
    probe: Any = pool.connection_class(**{**anonymous, **timeouts})
    try:
        probe.connect()
        probe.send_command("DBSIZE")
        probe.read_response()
    except (RedisError, OSError):
        return False
    finally:
        probe.disconnect()
    return True
