"""The entry points of RQ jobs. Each is a bell: its arguments are ids, the work stands in the records."""

from __future__ import annotations

from workers.dependencies import Dependencies
from workers.queries.query_handler import QueryTarget

_dependencies: Dependencies | None = None


def set_dependencies(dependencies: Dependencies) -> None:
    """Gives this process, and every process forked from it, what the jobs work with."""
    global _dependencies  # RQ calls bare functions
    _dependencies = dependencies


def _get_dependencies() -> Dependencies:
    if _dependencies is None:
        raise RuntimeError("jobs run in a worker that was started by `python -m workers`")
    return _dependencies


def advance(deploy_id: str) -> None:
    """Moves one deploy."""
    _get_dependencies().engine.advance(deploy_id)


def watch(cluster_key: str) -> None:
    """Looks at all rollouts of one cluster (`Deploy.cluster_key`)."""
    _get_dependencies().engine.watch(cluster_key)


def publish(deploy_id: str) -> None:
    """Brings one deploy's thread up to date."""
    _get_dependencies().publisher.publish(deploy_id)


def publish_home(user: str) -> None:
    """Shows a user's Home tab anew."""
    _get_dependencies().publish_home(user)


def read_user_groups() -> None:
    """Reads anew who is in the user groups of services.yml."""
    _get_dependencies().read_user_groups()


def recover_orphans() -> None:
    """Looks for services that a lost deploy left stopped."""
    _get_dependencies().orphan_recovery.scan_if_due()


def answer_privately(channel: str, thread_ts: str | None, user: str, text: str, answer_id: str = "") -> None:
    """Answers one user, seen by nobody else. By the id Redis knows the response_url, if there is one."""
    _get_dependencies().answer_privately(channel, thread_ts, user, text, answer_id)


def tags(query_id: str, service: str, channel: str, thread_ts: str | None, user: str) -> None:
    """Tells one user which tags a service has."""
    _get_dependencies().query_handler.answer_tags(QueryTarget(query_id, channel, thread_ts, user), service)


def plan(query_id: str, service: str, tag: str, channel: str, thread_ts: str | None, user: str) -> None:
    """Tells one user what a deploy would change."""
    _get_dependencies().query_handler.answer_plan(
        QueryTarget(query_id, channel, thread_ts, user), service, tag
    )
