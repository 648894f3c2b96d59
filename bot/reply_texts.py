"""What people read when they have asked for something: the words of the commands and clicks."""

from __future__ import annotations

from collections.abc import Sequence

from redis.exceptions import RedisError

from bot.private_reply import PrivateReply
from deploys import deploy_text
from deploys.decisions import approvals_missing, is_service_untouched
from deploys.deploy_text import status_text
from deploys.errors import Refused
from deploys.formatting import time_ago
from deploys.mrkdwn import code, mention, mentions, plural
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.request import Verb
from deploys.redis_outage import RedisTemporaryError, describe_error
from deploys.stores.thread_store import ThreadState, ThreadStore

MAX_DEPLOYS_NAMED = 5
"""Deploys named in one sentence (count)."""
THREAD_FOLLOWS = "Its thread follows here after the first checks."
"""What they refuse is told to the requester alone, and has no thread (`workers.thread.thread_opening`)."""


def thread_link(deploy: Deploy, threads: ThreadStore, *, capital: bool = False) -> str:
    """A link to the thread; the words alone until there is one."""
    words = "Its thread" if capital else "its thread"
    return _link_or_text(threads.find(deploy.thread_id), words)


def _link_or_text(view: ThreadState | None, words: str) -> str:
    return f"<{view.permalink}|{words}>" if view and view.permalink else words


# Deploying


def queued(deploy: Deploy) -> PrivateReply:
    """First in line."""
    text = f"Queued: {_describe(deploy)} (deploy {code(deploy.id)}). {THREAD_FOLLOWS}"
    return PrivateReply(text + _approval_note(deploy), card_will_tell=True)


def queued_behind(deploy: Deploy, ahead: Sequence[Deploy]) -> PrivateReply:
    """In line behind others; the one under way comes first."""
    before = ", ".join(_describe_ahead(each) for each in ahead[:MAX_DEPLOYS_NAMED])
    if len(ahead) > MAX_DEPLOYS_NAMED:
        before += f" and {len(ahead) - MAX_DEPLOYS_NAMED} more"
    text = (
        f"Queued: {_describe(deploy)} (deploy {code(deploy.id)}), number {len(ahead) + 1} in the line of "
        f"{code(deploy.service.name)}, behind {before}. It starts by itself. Its thread follows here."
    )
    return PrivateReply(text + _approval_note(deploy), card_will_tell=True)


def already_under_way(first: Deploy, threads: ThreadStore, now: float) -> PrivateReply:
    """The same was asked for before."""
    return PrivateReply(
        f"Nothing was added: {mention(first.request.requester)} asked {_describe_wish(first)} "
        f"{time_ago(now - first.request.requested_at)}, and it {status_text(first)}. "
        f"See {thread_link(first, threads)} (deploy {code(first.id)})."
    )


def _describe(deploy: Deploy) -> str:
    """What was asked for."""
    name = deploy_text.deploy_name(deploy)
    return f"following the {name}" if deploy.verb is Verb.FOLLOW else name


def _describe_wish(deploy: Deploy) -> str:
    name = deploy_text.name_in_sentence(deploy)
    return f"to follow {name}" if deploy.verb is Verb.FOLLOW else f"for {name}"


def _describe_ahead(deploy: Deploy) -> str:
    """`1.4.1` of @dave, a restart by @dave"""
    errand = deploy_text.action_label(deploy)
    if deploy.verb is Verb.DEPLOY:
        return f"{errand} of {mention(deploy.request.requester)}"
    article = "an" if deploy.verb is Verb.FOLLOW else "a"
    return f"{article} {errand} {deploy_text.requested_by(deploy)}"


def _approval_note(deploy: Deploy) -> str:
    service = deploy.service
    if not service.approvals or deploy.verb is Verb.FOLLOW:
        return ""
    return (
        f" Before anything is changed it needs {plural(service.approvals, 'approval')}, from "
        f"{mentions(service.approvers)}."
    )


# Asking


def plan_announced(service: str, tag: str) -> PrivateReply:
    """A worker looks, and answers by itself."""
    return PrivateReply(
        f"Looking at what {code(service)} {code(tag)} would change. The plan follows here.",
        card_will_tell=True,
    )


def tags_announced(service: str) -> PrivateReply:
    """A worker looks, and answers by itself."""
    return PrivateReply(
        f"Looking for the newest tags of {code(service)}. They follow here.", card_will_tell=True
    )


# Cancelling and deciding


def cancel_recorded(deploy: Deploy, threads: ThreadStore) -> PrivateReply:
    """The wish is written down; a worker sees to it."""
    if deploy.verb is Verb.FOLLOW:
        name = deploy_text.name_in_sentence(deploy)
        return PrivateReply(
            f"I stop following {name}; it goes on in ECS. See {thread_link(deploy, threads)}."
        )
    if deploy.phase is Phase.RUNNING_PRE_TASK:
        what = "the task before its rollout is stopped, and the service stays as it is"
    elif is_service_untouched(deploy):
        what = "nothing of the service was changed yet, so it is withdrawn"
    else:
        before = deploy_text.previous_version(deploy)
        back = f" to {code(before)}" if before else ""
        what = f"it has begun, so it is rolled back{back}"
    return PrivateReply(
        f"Cancelling {deploy_text.name_in_sentence(deploy)}: {what}. See {thread_link(deploy, threads)}."
    )


def approval_counted(deploy: Deploy) -> PrivateReply:
    """An approval that is not the last one needed."""
    more = plural(approvals_missing(deploy), "approval")
    return PrivateReply(
        f"Your approval of {deploy_text.name_in_sentence(deploy)} counts. It needs {more} more, by somebody else."
    )


def stale_card_hint(view: ThreadState) -> str:
    """Where the buttons are that do something."""
    return f"Use the ones in {_link_or_text(view, 'its thread')}."


# When it does not work


def refused(error: Refused) -> PrivateReply:
    """The error's own sentence."""
    return PrivateReply(error.message)


def redis_unavailable(reference: str, error: RedisError) -> PrivateReply:
    """Redis took nothing, or did not answer, before anything was read or written."""
    cannot = "I cannot reach my memory (Redis)"
    if isinstance(error, RedisTemporaryError):
        cannot = f"My memory, Redis, {describe_error(error)}"
    return PrivateReply(
        f"{cannot}, so nothing was changed. Try again in a minute; if it stays so, "
        f"tell whoever runs Slipway the reference {code(reference)}."
    )


def redis_lost_midway(reference: str, error: RedisError) -> PrivateReply:
    """Redis stopped answering, or began to refuse, on the way."""
    lost = "I lost touch with my memory (Redis) on the way"
    if isinstance(error, RedisTemporaryError):
        lost = f"My memory, Redis, {describe_error(error)}"
    return PrivateReply(
        f"{lost}, so I do not know whether this was taken in. Look at "
        "`/deploy status` before you send it again. If it stays so, tell whoever runs Slipway the reference "
        f"{code(reference)}."
    )


def internal_error(reference: str) -> PrivateReply:
    """Something that should not happen."""
    return PrivateReply(
        "That went wrong on my side. Look at `/deploy status` for what is under way, and tell whoever runs "
        f"Slipway the reference {code(reference)}: the log says more under it."
    )
