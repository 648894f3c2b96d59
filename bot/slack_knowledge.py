"""Sees to it that it is known who asks and where: a listener calls no Slack, so a worker reads it, and the
listener waits for that, well within Slack's 3 seconds."""

from __future__ import annotations

import time

from bot.app_context import AppContext
from deploys.access import Asker

WAIT_SECONDS = 1.5
"""How long a request waits for a worker to read who asks and where."""
POLL_SECONDS = 0.05


def read_if_unknown(asker: Asker, context: AppContext) -> None:
    """Has a worker read what is not known, and waits a little. What is unknown then is refused, and may be
    known at the next try."""
    directory, now = context.directory, context.now()
    directory.note_needed((asker.user, asker.channel), now)
    unknown = _find_unknown(asker, context)
    for slack_id in unknown:
        context.jobs.read_slack_directory(slack_id)
    until = time.monotonic() + WAIT_SECONDS
    while unknown and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
        unknown = _find_unknown(asker, context)


def _find_unknown(asker: Asker, context: AppContext) -> list[str]:
    now = context.now()
    unknown = [] if context.directory.person(asker.user, now) else [asker.user]
    if asker.channel and context.directory.channel(asker.channel, now) is None:
        unknown.append(asker.channel)
    return unknown
