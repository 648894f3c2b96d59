"""A Slack workspace that answers at once: `python -m benchmarks.played.fast_slack`.

Its Web API takes what an app sends, counts it and notes when each text came; with `--edits-per-minute` it
limits chat.update as Slack does. By Socket Mode it sends the app commands and measures how long it takes
until they are acknowledged. `/bench/...` is the benchmark's own side.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from benchmarks import names
from benchmarks.aws_limits import ApiLimit, TokenBucket
from benchmarks.played.call_counts import CallCounter
from benchmarks.played.http_server import Json, Request, Response, listening, serve_until_stopped

TEXT_CHARACTERS = 400
"""Characters of each text that are kept."""
ACK_SECONDS = 3.0
"""How long Slack waits for an acknowledgement."""
EDIT_BURST = 5
"""Edits that Slack takes at once although it limits them (count)."""


class FastSlack:
    """The workspace, behind HTTP and Socket Mode."""

    def __init__(self, edits_per_minute: float | None, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self.address = self.socket_address = ""
        self._counter = CallCounter()
        limit = ApiLimit(EDIT_BURST, edits_per_minute / 60) if edits_per_minute else None
        self._edits = TokenBucket(limit, now()) if limit else None
        self._texts: list[Json] = []
        self._last_ts = 0
        self._sockets: list[ServerConnection] = []
        self._acks: dict[str, asyncio.Future[float]] = {}

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        """Answers one request."""
        path = request.path.partition("?")[0]
        if path == "/bench/socket":
            return self._type_commands(request.json())
        if path.startswith("/bench/"):
            return Response(self._control(path.removeprefix("/bench/"), request.json()))
        if path.startswith("/response/"):
            asked = request.json()
            self._counter.note("response_url", "", self._now())
            self._note_text("response_url", path.removeprefix("/response/"), "", "", asked)
            return Response(b"ok", content_type="text/plain")
        return self._call(path.removeprefix("/api/"), request)

    def _call(self, method: str, request: Request) -> Response:
        asked = _arguments(request)
        now = self._now()
        if method == "chat.update" and self._edits and not self._edits.take(now):
            self._counter.note(method, "", now, refused=True)
            wait = max(1, round(self._edits.seconds_until_token(now)))
            refusal = {"ok": False, "error": "ratelimited"}
            return Response(refusal, status=429, headers={"Retry-After": str(wait)})
        self._counter.note(method, "", now)
        return Response({"ok": True, **self._answer(method, asked)})

    def _answer(self, method: str, asked: Json) -> Json:
        channel, ts = str(asked.get("channel", "")), str(asked.get("ts", ""))
        if method == "chat.postMessage":
            ts = self._new_ts()
            self._note_text(method, channel, ts, str(asked.get("thread_ts") or ""), asked)
            return {"channel": channel, "ts": ts, "message": {"text": asked.get("text", ""), "ts": ts}}
        if method == "chat.update":
            self._note_text(method, channel, ts, "", asked)
            return {"channel": channel, "ts": ts, "text": asked.get("text", "")}
        if method == "chat.postEphemeral":
            self._note_text(method, channel, "", "", asked)
            return {"message_ts": self._new_ts()}
        if method.startswith("views."):
            self._note_text(method, str(asked.get("user_id", "")), "", "", asked)
            return {"view": {"id": "V0BENCH", "hash": "1", "root_view_id": "V0BENCH"}}
        return self._look_up(method, asked)

    def _look_up(self, method: str, asked: Json) -> Json:
        team = {"team": "Bench", "team_id": names.TEAM, "url": f"{self.address}/"}
        person = {"team_id": names.TEAM, "is_bot": False, "deleted": False, "is_restricted": False}
        channel = str(asked.get("channel", ""))
        link = f"{self.address}/archives/{channel}/p{asked.get('message_ts')}"
        answers: dict[str, Json] = {
            "auth.test": {**team, "user": "slipway", "user_id": names.BOT_USER, "bot_id": names.BOT_ID},
            "apps.connections.open": {"url": f"{self.socket_address}/?ticket={uuid.uuid4()}"},
            "users.info": {"user": {"id": asked.get("user"), "name": "person", **person}},
            "conversations.info": {"channel": {"id": channel, "is_channel": True, "is_member": True}},
            "chat.getPermalink": {"channel": channel, "permalink": link},
        }
        return answers.get(method, {})

    def _new_ts(self) -> str:
        """Each message has another."""
        self._last_ts = max(self._last_ts + 1, int(self._now() * 1_000_000))
        return f"{self._last_ts / 1_000_000:.6f}"

    def _note_text(self, method: str, channel: str, ts: str, thread_ts: str, asked: Json) -> None:
        text = str(asked.get("text", ""))[:TEXT_CHARACTERS]
        where = {"channel": channel, "ts": ts, "thread_ts": thread_ts}
        self._texts.append({"at": self._now(), "method": method, **where, "text": text})

    def _control(self, path: str, asked: Json) -> Json:
        if path == "calls":
            return {"calls": self._counter.to_json()}
        if path == "texts":
            return {"texts": self._texts[int(asked.get("from", 0)) :], "count": len(self._texts)}
        if path == "connections":
            return {"connections": len(self._sockets)}
        raise ValueError(f"no such path: {path}")

    # Socket Mode

    async def serve_socket(self, socket: ServerConnection) -> None:
        """One connection of the app."""
        self._sockets.append(socket)
        try:
            await socket.send(json.dumps({"type": "hello", "num_connections": 1, "connection_info": {}}))
            async for message in socket:
                acknowledged = self._acks.get(str(json.loads(message).get("envelope_id")))
                if acknowledged is not None and not acknowledged.done():
                    acknowledged.set_result(time.perf_counter())
        except ConnectionClosed:
            pass  # the app has gone
        finally:
            self._sockets.remove(socket)

    async def _type_commands(self, asked: Json) -> Response:
        """Types the commands at their rate; answers the milliseconds until each was acknowledged."""
        every = 1 / float(asked["per_second"])
        begin = time.perf_counter()
        typed = []
        for nth, text in enumerate(asked["commands"]):
            await asyncio.sleep(max(0.0, begin + nth * every - time.perf_counter()))
            typed.append(asyncio.ensure_future(self._type(text, nth)))
        took = await asyncio.gather(*typed)
        return Response({"milliseconds": [each for each in took if each is not None], "sent": len(typed)})

    async def _type(self, text: str, nth: int) -> float | None:
        envelope_id = str(uuid.uuid4())
        payload = command_fields(text, nth, self.address)
        envelope: dict[str, Any] = {"envelope_id": envelope_id, "type": "slash_commands", "payload": payload}
        acknowledged: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._acks[envelope_id] = acknowledged
        began = time.perf_counter()
        try:
            await self._sockets[-1].send(json.dumps({**envelope, "accepts_response_payload": True}))
            answered = await asyncio.wait_for(acknowledged, ACK_SECONDS)
        except TimeoutError:
            return None
        finally:
            del self._acks[envelope_id]
        return (answered - began) * 1000


def command_fields(text: str, nth: int, address: str) -> dict[str, str]:
    """The fields of a slash command; nth: who typed it, and where."""
    return {
        "token": "bench",
        "team_id": names.TEAM,
        "team_domain": "bench",
        "channel_id": names.channel(nth),
        "channel_name": "deploys",
        "user_id": names.person(nth),
        "user_name": "person",
        "command": "/deploy",
        "text": text,
        "api_app_id": names.APP_ID,
        "is_enterprise_install": "false",
        "response_url": f"{address}/response/{uuid.uuid4()}",
        "trigger_id": f"{uuid.uuid4()}",
    }


def _arguments(request: Request) -> Json:
    if request.headers.get("content-type", "").startswith("application/json"):
        return request.json()
    asked: Json = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    _, _, query = request.path.partition("?")
    return {**{name: values[0] for name, values in parse_qs(query).items()}, **asked}


async def _serve(edits_per_minute: float | None) -> None:
    slack = FastSlack(edits_per_minute)
    async with (
        listening(slack.handle) as slack.address,
        serve(slack.serve_socket, "127.0.0.1", 0, compression=None) as sockets,
    ):
        port = next(iter(sockets.sockets)).getsockname()[1]
        slack.socket_address = f"ws://127.0.0.1:{port}"
        await serve_until_stopped(slack.address)


def main() -> None:
    """Serves until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits-per-minute", type=float, default=None)
    asyncio.run(_serve(parser.parse_args().edits_per_minute))


if __name__ == "__main__":
    main()
