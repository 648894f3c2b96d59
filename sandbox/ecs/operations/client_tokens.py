"""RunTask's clientToken: a request that was answered with tasks starts no others when it is repeated."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.ecs.ecs_errors import ConflictException
from sandbox.ecs.operations.ecs_call import EcsCall
from sandbox.ecs.records import EcsTask, UsedClientToken

TOKEN_LIFETIME_SECONDS = 24 * 3600.0
"""A token lives for 24 hours, or as long as its task is described: until an hour after it stopped."""


def tasks_started_before(call: EcsCall, cluster: str) -> list[EcsTask]:
    """The tasks that this very request has started before; none where its token is new.

    Raises ConflictException where another request used it.
    """
    token = str(call.params.get("clientToken") or "")
    use = call.region.client_tokens.get((cluster, token))
    if use is None or call.region.now > use.at + TOKEN_LIFETIME_SECONDS:
        return []
    tasks = [call.tables.tasks[arn] for arn in use.tasks if arn in call.tables.tasks]
    if tasks and use.params != call.params:
        raise ConflictException(
            "The provided clientToken is already in use with a different RunTask request.",
            resourceIds=list(use.tasks),
        )
    return tasks


def remember_token(call: EcsCall, cluster: str, tasks: Sequence[EcsTask]) -> None:
    """The token of this request belongs to these tasks now."""
    if token := call.params.get("clientToken"):
        use = UsedClientToken(call.region.now, dict(call.params), tuple(task.arn for task in tasks))
        call.region.client_tokens[cluster, str(token)] = use
