"""The functions that RQ jobs run. Their arguments are ids: what is to be done is in the records."""

from __future__ import annotations

import time
from collections.abc import Callable

from deploys.stores.ecs_events import EcsEvents
from deploys.stores.terminal_answers import TerminalAnswers
from workers.dependencies import Dependencies
from workers.events import arrival_watch
from workers.queries.query_handler import QueryTarget

_dependencies: Dependencies | None = None


def set_dependencies(dependencies: Dependencies) -> None:
    """Sets what the jobs of this process, and of every process forked from it, use."""
    global _dependencies  # RQ calls plain functions
    _dependencies = dependencies


def refresh_dependencies() -> None:
    """Brings them up to date with services.yml. A worker does this before it waits, so that it tells of a
    wrong file, and before it forks, so that jobs find them ready; each job looks again."""
    _get_dependencies()


def _get_dependencies() -> Dependencies:
    if _dependencies is None:
        raise RuntimeError("jobs run in a worker that was started by `python -m workers`")
    refreshed = _dependencies.refreshed()
    set_dependencies(refreshed)
    return refreshed


def _move(move: Callable[[Dependencies], None]) -> None:
    """Moves deploys, then updates the threads that are due, and reads the people and channels that are."""
    dependencies, began = _get_dependencies(), time.monotonic()
    move(dependencies)
    took = time.monotonic() - began
    dependencies.publish_after_moving(took)
    dependencies.read_directory_after_moving(took)


def advance_due() -> None:
    """Moves the deploys that are due."""
    _move(lambda dependencies: dependencies.engine.advance_due())


def advance(deploy_id: str) -> None:
    """Moves one deploy: a job of an earlier version, which may run beside this one during an upgrade."""
    _move(lambda dependencies: dependencies.engine.advance(deploy_id))


def watch(cluster_key: str) -> None:
    """Moves all rollouts of one cluster that are due (`Deploy.cluster_key`)."""
    _move(lambda dependencies: dependencies.engine.watch(cluster_key))


def publish() -> None:
    """Brings the threads that are behind up to date, the most urgent first."""
    _get_dependencies().publish()


def publish_home(user: str, team: str = "") -> None:
    """Updates a user's Home tab. team: the workspace in which it was opened."""
    _get_dependencies().publish_home(user, team)


def refresh_homes() -> None:
    """Updates the Home tabs that are open and have changed."""
    _get_dependencies().refresh_homes()


def read_user_groups() -> None:
    """Reads from Slack who is in the user groups of services.yml."""
    _get_dependencies().read_user_groups()


def read_freeze_calendars() -> None:
    """Reads the calendars of freezes that have an address."""
    _get_dependencies().read_freeze_calendars()


def read_slack_directory(slack_id: str = "") -> None:
    """Reads from Slack who a person is, or what kind of channel it is; without an id, all that are needed."""
    _get_dependencies().read_slack_directory(slack_id)


def recover_orphans() -> None:
    """Finds services that a lost deploy left stopped, if a scan is due."""
    _get_dependencies().orphan_recovery.scan_if_due()


def read_ecs_soon() -> None:
    """Has ECS read within seconds for every deploy that waits for it."""
    arrival_watch.read_ecs_soon(EcsEvents(_get_dependencies().redis), time.time())


def watch_locks() -> None:
    """Reminds the owners of locks, ends locks whose time is over, and sends what people are told."""
    _get_dependencies().lock_watch.run()


def show_asked_requests() -> None:
    """Posts the requests that others are asked to run, and edits those that are over."""
    _get_dependencies().asked_request_messages.run()


def post_audit() -> None:
    """Tells in the audit's channel what it does not know yet."""
    _get_dependencies().post_audit()


def expire_records() -> None:
    """Deletes records whose deploys ended long ago, and corrects what a list would show of open ones."""
    dependencies = _get_dependencies()
    dependencies.record_retention.expire()
    dependencies.store.correct_summaries()


def forget_thread_messages() -> None:
    """Removes the texts of deploys that ended long ago."""
    _get_dependencies().forget_thread_messages()


def answer_privately(channel: str, thread_ts: str | None, user: str, text: str, answer_id: str = "") -> None:
    """Sends one user a message that nobody else sees. answer_id: the key of their response_url in Redis."""
    _get_dependencies().answer_privately(channel, thread_ts, user, text, answer_id)


def _target(query_id: str, channel: str, thread_ts: str | None, user: str, team: str) -> QueryTarget:
    """Who asked, and where: at a terminal, if one waits for this query."""
    at_terminal = TerminalAnswers(_get_dependencies().redis).asked_by(query_id)
    return QueryTarget(query_id, channel, thread_ts, user, team, at_terminal)


def answer_tags(
    query_id: str, service: str, channel: str, thread_ts: str | None, user: str, team: str = ""
) -> None:
    """Sends one user the tags of a service."""
    _get_dependencies().query_handler.answer_tags(_target(query_id, channel, thread_ts, user, team), service)


def answer_status(
    query_id: str, services: str, channel: str, thread_ts: str | None, user: str, team: str = ""
) -> None:
    """Sends one user what these services, separated by commas, run now."""
    _get_dependencies().query_handler.answer_status(
        _target(query_id, channel, thread_ts, user, team), services.split(",")
    )


def answer_stats(
    query_id: str, services: str, channel: str, thread_ts: str | None, user: str, team: str = ""
) -> None:
    """Sends one user how these services, separated by commas, were delivered."""
    _get_dependencies().query_handler.answer_stats(
        _target(query_id, channel, thread_ts, user, team), services.split(",")
    )


def answer_plan(
    query_id: str, service: str, tag: str, channel: str, thread_ts: str | None, user: str, team: str = ""
) -> None:
    """Sends one user what a deploy would change."""
    _get_dependencies().query_handler.answer_plan(
        _target(query_id, channel, thread_ts, user, team), service, tag
    )


def answer_logs(
    query_id: str,
    service: str,
    container: str,
    lines: int,
    channel: str,
    thread_ts: str | None,
    user: str,
    team: str = "",
) -> None:
    """Sends one user the last log lines of a service's newest tasks."""
    _get_dependencies().query_handler.answer_logs(
        _target(query_id, channel, thread_ts, user, team), service, container, lines
    )


def show_plan(plan_id: str, service: str, tag: str, channel: str, user: str, team: str) -> None:
    """Shows in a modal what a deploy would change. plan_id: the modal's external id."""
    _get_dependencies().query_handler.show_plan(QueryTarget(plan_id, channel, None, user, team), service, tag)


def read_tags(service: str) -> None:
    """Reads which tags a service's image has, and which of them run."""
    _get_dependencies().read_tags(service)
