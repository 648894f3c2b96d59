"""The played Slack as a server: how it sends its answers, and how it stops."""

from __future__ import annotations

import socket
import threading
from typing import Any

import httpx
import pytest

from sandbox.slack import SlackSandbox
from tests.sandbox.slack.manifests import build_manifest


def test_no_answer_waits_until_the_client_has_confirmed_its_headers(slack: SlackSandbox) -> None:
    slack.health()

    connections: Any = slack._server.server_state.connections
    sockets = [each.transport.get_extra_info("socket") for each in list(connections)]
    assert sockets
    assert all(each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for each in sockets)


def test_it_stops_although_a_client_waits_for_changes() -> None:
    with SlackSandbox(build_manifest(), rate_limits=False) as slack:
        ended: list[str] = []
        waiting = threading.Thread(
            target=_wait_for_changes, args=(slack.url, slack.wait(seconds=0)["seq"], ended)
        )
        waiting.start()
        slack.wait_until(lambda: slack._server.server_state.tasks)

    waiting.join(10)
    assert ended == ["cut off"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(slack.url)


def test_a_server_that_was_told_to_stop_before_it_started_stops() -> None:
    slack = SlackSandbox(build_manifest(), rate_limits=False)
    slack._server.stop()
    slack.start()

    slack._thread.join(10)

    assert not slack._thread.is_alive()


def _wait_for_changes(url: str, seq: int, ended: list[str]) -> None:
    try:
        answer = httpx.get(f"{url}sandbox/wait", params={"since": seq, "timeout": 30}, timeout=60)
        answer.raise_for_status()
        ended.append("answered")
    except httpx.HTTPError:
        ended.append("cut off")
