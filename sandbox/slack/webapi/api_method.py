"""A Web API method: its function, scope, token and rate limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.slack.api_errors import ApiError
from sandbox.slack.app_content.call_arguments import CallArguments
from sandbox.slack.slack_limits import TIER_3, CallRate
from sandbox.slack.workspace_state import WorkspaceState

TokenKind = Literal["bot", "app", "either", "config", "none"]


@dataclass(frozen=True)
class ApiCall:
    """One call whose token and scope were checked."""

    state: WorkspaceState
    args: CallArguments
    scopes: tuple[str, ...]

    def require_scope(self, scope: str) -> None:
        """Checks a scope that depends on the arguments.

        Raises:
            ApiError: missing_scope
        """
        if scope not in self.scopes:
            raise ApiError("missing_scope", needed=scope, provided=",".join(self.scopes))

    def count_against(self, bucket: str, rate: CallRate) -> None:
        """Counts the call against the rate limit of a bucket.

        Raises:
            ApiError: ratelimited, as HTTP 429 with Retry-After
        """
        wait = self.state.rate_limits.take_call(bucket, rate)
        if wait is not None:
            raise rate_limited_error(wait)


@dataclass(frozen=True)
class ApiMethod:
    run: Callable[[ApiCall], dict[str, Any]]
    scope: str | None = None
    rate: CallRate = TIER_3
    token: TokenKind = "bot"


def rate_limited_error(wait: int) -> ApiError:
    return ApiError("ratelimited", status=429, headers={"Retry-After": str(wait)})
