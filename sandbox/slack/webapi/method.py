"""What a Web API method is: its function, the scope it asks for, its token and its rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.slack.state import State
from sandbox.slack.webapi.arguments import Arguments
from sandbox.slack.webapi.errors import ApiError
from sandbox.slack.webapi.limits import TIER_3, Rate

Token = Literal["bot", "app", "either", "none"]


@dataclass(frozen=True)
class Call:
    """One call whose token and scope have been checked."""

    state: State
    args: Arguments
    scopes: tuple[str, ...]

    def needs(self, scope: str) -> None:
        """For a scope that depends on the arguments.

        Raises:
            ApiError: missing_scope
        """
        if scope not in self.scopes:
            raise ApiError("missing_scope", needed=scope, provided=",".join(self.scopes))

    def counts_as(self, bucket: str, rate: Rate) -> None:
        """Counts the call against a rate that depends on the arguments.

        Raises:
            ApiError: ratelimited, as HTTP 429 with Retry-After
        """
        wait = self.state.limits.take(bucket, rate)
        if wait is not None:
            raise too_many_calls(wait)


@dataclass(frozen=True)
class Method:
    run: Callable[[Call], dict[str, Any]]
    scope: str | None = None
    rate: Rate = TIER_3
    token: Token = "bot"


def too_many_calls(wait: int) -> ApiError:
    return ApiError("ratelimited", status=429, headers={"Retry-After": str(wait)})
