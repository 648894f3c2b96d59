"""The entry points of RQ jobs. Each is a bell: its arguments are ids, the work stands in the records."""

from __future__ import annotations

from workers.queries.desk import Asked
from workers.workshop import Workshop

_workshop: Workshop | None = None


def open_workshop(workshop: Workshop) -> None:
    """Gives this process, and every process forked from it, what the jobs work with."""
    global _workshop  # RQ calls bare functions
    _workshop = workshop


def _open() -> Workshop:
    if _workshop is None:
        raise RuntimeError("jobs run in a worker that was started by `python -m workers`")
    return _workshop


def advance(deploy_id: str) -> None:
    """Moves one deploy."""
    _open().engine.advance(deploy_id)


def watch(cluster_key: str) -> None:
    """Looks at all rollouts of one cluster (`Deploy.cluster_key`)."""
    _open().engine.watch(cluster_key)


def publish(deploy_id: str) -> None:
    """Brings one deploy's thread up to date."""
    _open().publisher.publish(deploy_id)


def home(user: str) -> None:
    """Shows a user's Home tab anew."""
    _open().show_home(user)


def groups() -> None:
    """Reads anew who is in the user groups of services.yml."""
    _open().refresh_groups()


def janitor() -> None:
    """Looks for services that a lost deploy left stopped."""
    _open().janitor.look_if_needed()


def say(channel: str, thread_ts: str | None, user: str, text: str, answer_id: str = "") -> None:
    """Answers one user, seen by nobody else. By the id Redis knows the response_url, if there is one."""
    _open().answer(channel, thread_ts, user, text, answer_id)


def tags(question: str, service: str, channel: str, thread_ts: str | None, user: str) -> None:
    """Tells one user which tags a service has."""
    _open().questions.tags(Asked(question, channel, thread_ts, user), service)


def plan(question: str, service: str, tag: str, channel: str, thread_ts: str | None, user: str) -> None:
    """Tells one user what a deploy would change."""
    _open().questions.plan(Asked(question, channel, thread_ts, user), service, tag)
