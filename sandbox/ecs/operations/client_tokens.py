"""RunTask's clientToken: a repeated request gets the tasks that the first one started."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.ecs.ecs_errors import ConflictException
from sandbox.ecs.operations.ecs_call import EcsCall
from sandbox.ecs.records import EcsTask, UsedClientToken

TOKEN_LIFETIME_SECONDS = 24 * 3600.0
"""A token is remembered for 24 hours, or until ECS no longer describes its tasks, an hour after they
stopped."""


def tasks_started_before(call: EcsCall, cluster: str) -> list[EcsTask]:
    """The tasks that the same request has started before; none if its token is new.

    Raises ConflictException if another request used the token.
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
    """Remember that the request with this token started these tasks."""
    if token := call.params.get("clientToken"):
        use = UsedClientToken(call.region.now, dict(call.params), tuple(task.arn for task in tasks))
        call.region.client_tokens[cluster, str(token)] = use
