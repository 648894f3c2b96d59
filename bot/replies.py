"""What people read when they have asked for something: the words of the commands and clicks."""

from __future__ import annotations

from collections.abc import Sequence

from redis.exceptions import RedisError

from bot.reply import Reply
from bot.times import ago
from deploys import naming
from deploys.decisions import missing, untouched
from deploys.deploy import Deploy, Phase, Verb
from deploys.errors import Refused
from deploys.mrkdwn import code, mention, mentions, plural
from deploys.redis_outage import RedisRefuses, what_is_wrong
from deploys.standing import standing
from deploys.threads import Threads, ThreadView

MOST_NAMED = 5
"""Deploys named in one sentence (count)."""
THREAD_FOLLOWS = "Its thread follows here after the first checks."
"""What they refuse is told to the requester alone, and has no thread (`workers.thread.opening`)."""


def thread(deploy: Deploy, threads: Threads, *, capital: bool = False) -> str:
    """A link to the thread; the words alone until there is one."""
    words = "Its thread" if capital else "its thread"
    return _link(threads.find(deploy.told_in), words)


def _link(view: ThreadView | None, words: str) -> str:
    return f"<{view.permalink}|{words}>" if view and view.permalink else words


# Deploying


def started(deploy: Deploy) -> Reply:
    """First in line."""
    text = f"Queued: {_asked(deploy)} (deploy {code(deploy.id)}). {THREAD_FOLLOWS}"
    return Reply(text + _needs_approval(deploy), said_anyway=True)


def waits(deploy: Deploy, ahead: Sequence[Deploy]) -> Reply:
    """In line behind others; the one under way comes first."""
    before = ", ".join(_whose(each) for each in ahead[:MOST_NAMED])
    if len(ahead) > MOST_NAMED:
        before += f" and {len(ahead) - MOST_NAMED} more"
    text = (
        f"Queued: {_asked(deploy)} (deploy {code(deploy.id)}), number {len(ahead) + 1} in the line of "
        f"{code(deploy.service.name)}, behind {before}. It starts by itself. Its thread follows here."
    )
    return Reply(text + _needs_approval(deploy), said_anyway=True)


def under_way(first: Deploy, threads: Threads, now: float) -> Reply:
    """The same was asked for before."""
    return Reply(
        f"Nothing was added: {mention(first.requester)} asked {_wish(first)} "
        f"{ago(now - first.requested_at)}, and it {standing(first)}. "
        f"See {thread(first, threads)} (deploy {code(first.id)})."
    )


def _asked(deploy: Deploy) -> str:
    """What was asked for."""
    name = naming.name(deploy)
    return f"following the {name}" if deploy.verb is Verb.FOLLOW else name


def _wish(deploy: Deploy) -> str:
    name = naming.in_sentence(deploy)
    return f"to follow {name}" if deploy.verb is Verb.FOLLOW else f"for {name}"


def _whose(deploy: Deploy) -> str:
    """`1.4.1` of @dave, a restart by @dave"""
    errand = naming.errand(deploy)
    if deploy.verb is Verb.DEPLOY:
        return f"{errand} of {mention(deploy.requester)}"
    return f"a {errand} {naming.by(deploy)}"


def _needs_approval(deploy: Deploy) -> str:
    service = deploy.service
    if not service.approvals or deploy.verb is Verb.FOLLOW:
        return ""
    return (
        f" Before anything is changed it needs {plural(service.approvals, 'approval')}, from "
        f"{mentions(service.approvers)}."
    )


# Asking


def looking_for_plan(service: str, tag: str) -> Reply:
    """A worker looks, and answers by itself."""
    return Reply(
        f"Looking at what {code(service)} {code(tag)} would change. The plan follows here.", said_anyway=True
    )


def looking_for_tags(service: str) -> Reply:
    """A worker looks, and answers by itself."""
    return Reply(f"Looking for the newest tags of {code(service)}. They follow here.", said_anyway=True)


# Cancelling and deciding


def cancelling(deploy: Deploy, threads: Threads) -> Reply:
    """The wish is written down; a worker sees to it."""
    if deploy.verb is Verb.FOLLOW:
        name = naming.in_sentence(deploy)
        return Reply(f"I stop following {name}; it goes on in ECS. See {thread(deploy, threads)}.")
    if deploy.phase is Phase.PREPARING:
        what = "the task before its rollout is stopped, and the service stays as it is"
    elif untouched(deploy):
        what = "nothing of the service was changed yet, so it is withdrawn"
    else:
        before = naming.version_before(deploy)
        back = f" to {code(before)}" if before else ""
        what = f"it has begun, so it is rolled back{back}"
    return Reply(f"Cancelling {naming.in_sentence(deploy)}: {what}. See {thread(deploy, threads)}.")


def counted(deploy: Deploy) -> Reply:
    """An approval that is not the last one needed."""
    more = plural(missing(deploy), "approval")
    return Reply(
        f"Your approval of {naming.in_sentence(deploy)} counts. It needs {more} more, by somebody else."
    )


def old_card(view: ThreadView) -> str:
    """Where the buttons are that do something."""
    return f"Use the ones in {_link(view, 'its thread')}."


# When it does not work


def refused(error: Refused) -> Reply:
    """The error's own sentence."""
    return Reply(error.message)


def not_taken_in(reference: str, error: RedisError) -> Reply:
    """Redis took nothing, or did not answer, before anything was read or written."""
    cannot = "I cannot reach my memory (Redis)"
    if isinstance(error, RedisRefuses):
        cannot = f"My memory, Redis, {what_is_wrong(error)}"
    return Reply(
        f"{cannot}, so nothing was changed. Try again in a minute; if it stays so, "
        f"tell whoever runs Slipway the reference {code(reference)}."
    )


def unsure(reference: str, error: RedisError) -> Reply:
    """Redis stopped answering, or began to refuse, on the way."""
    lost = "I lost touch with my memory (Redis) on the way"
    if isinstance(error, RedisRefuses):
        lost = f"My memory, Redis, {what_is_wrong(error)}"
    return Reply(
        f"{lost}, so I do not know whether this was taken in. Look at "
        "`/deploy status` before you send it again. If it stays so, tell whoever runs Slipway the reference "
        f"{code(reference)}."
    )


def broken(reference: str) -> Reply:
    """Something that should not happen."""
    return Reply(
        "That went wrong on my side. Look at `/deploy status` for what is under way, and tell whoever runs "
        f"Slipway the reference {code(reference)}: the log says more under it."
    )
