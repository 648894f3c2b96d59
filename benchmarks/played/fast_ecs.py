"""A region of ECS that answers at once: `python -m benchmarks.played.fast_ecs --services 1000`.

It answers what a deploy tool asks of rolling services, counts each call, and can refuse what is over Amazon's
documented limits. `/bench/...` is the benchmark's own side.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import time
import uuid
from collections.abc import Awaitable, Callable

from benchmarks.aws_limits import ECS_LIMITS, GROUP_OF_API, TokenBucket
from benchmarks.played.call_counts import CallCounter
from benchmarks.played.ecs_answers import answer
from benchmarks.played.ecs_services import CallRefused, EcsServices
from benchmarks.played.event_queue import EventQueue, deployment_completed
from benchmarks.played.http_server import Json, Request, Response, listening, serve_until_stopped

_CALLER = re.compile(r"Credential=([^/]+)/")
JSON_TYPE = "application/x-amz-json-1.1"


class FastEcs:
    """The region, behind HTTP."""

    def __init__(self, services: EcsServices, *, limited: bool, now: Callable[[], float] = time.time) -> None:
        """limited: whether calls over Amazon's documented limits are refused."""
        self._services = services
        self._now = now
        self._counter = CallCounter()
        self._buckets = {group: TokenBucket(limit, now()) for group, limit in ECS_LIMITS.items()}
        self._limited = limited
        self._delay = 0.0
        self._looks: dict[str, float] = {}
        self._events = EventQueue()

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        """Answers one request."""
        target, _, api = request.headers.get("x-amz-target", "").rpartition(".")
        if target == "AmazonSQS":
            self._counter.note(api, _caller(request), self._now())
            return _when_there(self._events.answer(api, request.json()))
        answered = self._answer(request)
        bench = request.path.startswith("/bench/")
        return answered if bench or not self._delay else _after(self._delay, answered)

    def _answer(self, request: Request) -> Response:
        try:
            if request.path.startswith("/bench/"):
                return Response(self._control(request.path.removeprefix("/bench/"), request.json()))
            return self._call(request)
        except (KeyError, ValueError, TypeError) as error:
            return Response({"message": f"{type(error).__name__}: {error}"}, status=400)

    def _call(self, request: Request) -> Response:
        api = request.headers.get("x-amz-target", "").rpartition(".")[2] or "no target"
        now = self._now()
        group = GROUP_OF_API.get(api)
        over = self._limited and group is not None and not self._buckets[group].take(now)
        self._counter.note(api, _caller(request), now, refused=over)
        if over:
            return _refusal("ThrottlingException", "Rate exceeded")
        asked = request.json()
        if api == "DescribeServices":
            for name in asked["services"]:
                self._looks.setdefault(name.rsplit("/", 1)[-1], now)
        try:
            content = answer(self._services, api, asked, now)
        except CallRefused as error:
            return _refusal(error.code, str(error))
        if api == "UpdateService":
            self._announce_end(str(asked["service"]), now)
        return Response(content, content_type=JSON_TYPE, headers=_request_id())

    def _announce_end(self, name: str, now: float) -> None:
        """Puts the event into the queue when the rollout ends, if that is known."""
        service = self._services.find(name)
        if service is None or service.primary.ends_at is None:
            return
        rollout, at = service.primary, service.primary.ends_at
        event = deployment_completed(service.arn, rollout.deployment_id, at)
        asyncio.get_running_loop().call_later(max(0.0, at - now), self._events.put, event)

    def _control(self, path: str, asked: Json) -> Json:
        """The benchmark's own side. Raises KeyError for another path."""
        return {
            "calls": self._read_calls,
            "rollouts": self._read_rollouts,
            "begin": self._begin_rollouts,
            "end": self._end_rollouts,
            "delay": self._set_delay,
            "looks": self._take_looks,
        }[path](asked)

    def _read_calls(self, asked: Json) -> Json:
        return {"calls": self._counter.to_json()}

    def _read_rollouts(self, asked: Json) -> Json:
        return {"rollouts": self._services.rollouts()}

    def _begin_rollouts(self, asked: Json) -> Json:
        tags = {int(index): each for index, each in asked["tags"].items()}
        self._services.begin_like_first(asked["indexes"], tags, self._now())
        return {}

    def _end_rollouts(self, asked: Json) -> Json:
        """Each in so many seconds."""
        now = self._now()
        self._services.end({name: now + after for name, after in asked["after"].items()})
        for name in asked["after"]:
            self._announce_end(name, now)
        return {}

    def _set_delay(self, asked: Json) -> Json:
        """Each call takes so long from now on (seconds)."""
        self._delay = float(asked["seconds"])
        return {}

    def _take_looks(self, asked: Json) -> Json:
        """When each service was first described since this was asked last (epoch seconds)."""
        looks, self._looks = self._looks, {}
        return {"looks": looks}


async def _after(seconds: float, answered: Response) -> Response:
    await asyncio.sleep(seconds)
    return answered


async def _when_there(content: Awaitable[Json]) -> Response:
    return Response(await content, content_type=JSON_TYPE, headers=_request_id())


def _caller(request: Request) -> str:
    """The access key that signed the request."""
    found = _CALLER.search(request.headers.get("authorization", ""))
    return found[1] if found else ""


def _refusal(code: str, message: str) -> Response:
    content = {"__type": code, "message": message}
    return Response(content, status=400, content_type=JSON_TYPE, headers=_request_id())


def _request_id() -> dict[str, str]:
    return {"x-amzn-RequestId": str(uuid.uuid4())}


async def _serve(services: int, rollout_seconds: float | None, *, limited: bool) -> None:
    ecs = FastEcs(EcsServices(services, now=time.time(), rollout_seconds=rollout_seconds), limited=limited)
    async with listening(ecs.handle) as address:
        await serve_until_stopped(address)


def main() -> None:
    """Serves until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--rollout-seconds", type=float, default=None)
    parser.add_argument("--limited", action="store_true")
    options = parser.parse_args()
    asyncio.run(_serve(options.services, options.rollout_seconds, limited=options.limited))


if __name__ == "__main__":
    main()
