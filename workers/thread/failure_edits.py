"""The messages about failures that have to say what came of them. Pure, except for reading the deploys that
came after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deploys.failure_followup import find_followup
from deploys.records.deploy import Deploy
from deploys.records.thread_messages import ThreadMessage
from deploys.records.thread_state import FailureMessage, ThreadState
from deploys.text_limits import TEXT, clip
from workers.messages import elsewhere
from workers.thread.thread_replies import ThreadReply

RecentDeploys = Callable[[str], Sequence[Deploy]]
"""The newest deploys of a service, by its name, newest first."""
ReplyFor = Callable[[ThreadMessage, Deploy], ThreadReply]


@dataclass(frozen=True)
class FailureEdit:
    """An edit of a message about a failure."""

    posted: FailureMessage
    text: str
    since_then: str


def no_recent(service: str) -> Sequence[Deploy]:
    """For a source whose deploys nothing follows."""
    return ()


def failure_edits(
    thread: ThreadState, deploys: Sequence[Deploy], recent: RecentDeploys, reply_for: ReplyFor
) -> list[FailureEdit]:
    """Those of which something else came than they say."""
    by_id = {each.id: each for each in deploys}
    found = []
    for posted in thread.failure_messages:
        deploy = by_id.get(posted.deploy_id)
        if deploy is None or posted.message >= len(deploy.thread_messages):
            continue
        message = deploy.thread_messages[posted.message]
        followup = find_followup(deploy, message.kind, recent(deploy.service.name))
        since_then = elsewhere.since_then(followup) if followup else ""
        if since_then == posted.since_then:
            continue
        if posted.channel == thread.channel:
            text = clip(elsewhere.with_since_then(reply_for(message, deploy).text, since_then), TEXT)
        else:
            text = elsewhere.alert(deploy, message.text, thread.permalink, since_then)
        found.append(FailureEdit(posted, text, since_then))
    return found
