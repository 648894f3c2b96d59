"""Commands and scripts that wait for Redis once, all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from redis import Redis
from redis.commands.core import Script
from redis.exceptions import NoScriptError


@dataclass(eq=False)
class Answer:
    """What Redis answers one of them, once the round trip has been made."""

    by_sha: tuple[Any, ...]
    by_source: tuple[Any, ...]
    """The same, for a Redis that does not know the script."""
    must_succeed: bool = False
    """The round trip fails if Redis refuses this one."""
    found: Any = field(default=None, init=False)

    def value(self) -> Any:
        """The answer. Raises ResponseError if Redis refused this one."""
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


class RoundTrip:
    """They run in their order, and not as one: others may write in between. As each command of a client that
    retries, each may run twice."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._asked: list[Answer] = []

    @property
    def must_succeed(self) -> bool:
        """Whether something of it must."""
        return any(each.must_succeed for each in self._asked)

    def add_command(self, *args: Any, must_succeed: bool = False) -> Answer:
        """Adds a command. must_succeed: as in `Answer`."""
        return self._add(Answer(args, args, must_succeed))

    def add_script(
        self,
        script: Script,
        keys: Sequence[str],
        args: Sequence[Any],
        *,
        writes: bool = True,
        must_succeed: bool = False,
    ) -> Answer:
        """Adds a script. writes: the user of Redis has to have the right to write its keys. must_succeed: as
        in `Answer`."""
        what = (len(keys), *keys, *args)
        sha, source = ("EVALSHA", "EVAL") if writes else ("EVALSHA_RO", "EVAL_RO")
        return self._add(Answer((sha, script.sha, *what), (source, script.script, *what), must_succeed))

    def _add(self, answer: Answer) -> Answer:
        self._asked.append(answer)
        return answer

    def run(self) -> None:
        """Asks. If Redis does not know a script, that one and what comes after it run again.

        Raises:
            RedisError: Redis does not answer, takes none of these commands for now, or refused one that must
                succeed.
        """
        self._run(self._asked, [each.by_sha for each in self._asked])
        for number, each in enumerate(self._asked):
            if isinstance(each.found, NoScriptError):
                rest = self._asked[number:]
                self._run(rest, [other.by_source for other in rest])
                break
        for each in self._asked:
            if each.must_succeed:
                each.value()

    def _run(self, asked: Sequence[Answer], commands: Sequence[tuple[Any, ...]]) -> None:
        pipe = self._redis.pipeline(transaction=False)
        for each in commands:
            pipe.execute_command(*each)  # type: ignore[no-untyped-call]
        for answer, found in zip(asked, pipe.execute(raise_on_error=False), strict=True):
            answer.found = found
