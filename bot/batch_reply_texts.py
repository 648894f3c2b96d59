"""What people read when they have asked for several services at once, or cancel them."""

from __future__ import annotations

from collections.abc import Sequence

from bot.private_reply import PrivateReply
from bot.reply_texts import thread_link
from deploys import deploy_text
from deploys.decisions import is_service_untouched
from deploys.deploy_text import status_text
from deploys.formatting import time_ago
from deploys.mrkdwn import code, mention, mentions, plural
from deploys.records import batch as batches
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.stores.claims import Submission
from deploys.stores.thread_store import ThreadStore

MAX_SERVICES_NAMED = 10
"""Services named in one sentence (count)."""


def batch_queued(batch: Batch, submissions: Sequence[Submission]) -> PrivateReply:
    """All of them; which ones wait behind others, and which need approval."""
    names = list_services([each.deploy for each in submissions])
    what = f"{batches.batch_name(batch)}: {names}" if batch.is_group else f"{names} {code(batch.tag)}"
    parts = [f"Queued: {what} (batch {code(batch.id)}).", _order_note(batch)]
    waiting = [each.deploy for each in submissions if each.ahead]
    if waiting:
        one = len(waiting) == 1
        how = "waits in line and starts by itself" if one else "wait in line and start by themselves"
        parts.append(f"{list_services(waiting)} {how}.")
    asking = [each.deploy.service for each in submissions if each.deploy.service.approvals]
    parts += [
        f"{code(each.name)} needs {plural(each.approvals, 'approval')}, from {mentions(each.approvers)}."
        for each in asking[:MAX_SERVICES_NAMED]
    ]
    parts.append("The thread follows here after the first checks.")
    return PrivateReply(" ".join(part for part in parts if part), card_will_tell=True)


def batch_already_under_way(deploys: Sequence[Deploy], threads: ThreadStore, now: float) -> PrivateReply:
    """Some of it was asked for before, so none of it was added."""
    lines = [
        f"• {mention(each.request.requester)} asked for {deploy_text.name_in_sentence(each)} {time_ago(now - each.request.requested_at)}, "
        f"and it {status_text(each)}. See {thread_link(each, threads)} (deploy {code(each.id)})."
        for each in deploys[:MAX_SERVICES_NAMED]
    ]
    rest = len(deploys) - len(lines)
    more = [f"• and {rest} more"] if rest else []
    return PrivateReply("\n".join(["Nothing was added, because this is under way already:", *lines, *more]))


def batch_cancel_recorded(
    batch: Batch, cancelled: Sequence[Deploy], not_cancelled: Sequence[Deploy], threads: ThreadStore
) -> PrivateReply:
    """What is withdrawn, what goes back, and what was over before."""
    preparing = [each for each in cancelled if each.phase is Phase.RUNNING_PRE_TASK]
    withdrawn = [each for each in cancelled if is_service_untouched(each) and each not in preparing]
    back = [each for each in cancelled if not is_service_untouched(each)]
    parts = []
    if withdrawn:
        parts.append(
            f"{list_services(withdrawn)} {_is_or_are(withdrawn)} withdrawn, nothing of it was changed yet"
        )
    if preparing:
        stay = "the service stays as it is" if len(preparing) == 1 else "the services stay as they are"
        parts.append(f"the task before the rollout of {list_services(preparing)} is stopped, and {stay}")
    if back:
        parts.append(f"{list_services(back)} {_is_or_are(back)} rolled back")
    parts += [f"{code(each.service.name)} {status_text(each)}" for each in not_cancelled]
    return PrivateReply(
        f"Cancelling {batches.batch_name(batch)}: {'; '.join(parts)}. See {thread_link(cancelled[0], threads)}."
    )


def list_services(deploys: Sequence[Deploy]) -> str:
    """`web`, `api` and `ledger`"""
    names = [code(each.service.name) for each in deploys[:MAX_SERVICES_NAMED]]
    if len(deploys) > MAX_SERVICES_NAMED:
        return f"{', '.join(names)} and {len(deploys) - MAX_SERVICES_NAMED} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _order_note(batch: Batch) -> str:
    if batch.in_order:
        stops = ", and the first failure stops the rest" if batch.stop_on_first_failure else ""
        return f"One after another{stops}."
    return "All at once; the first failure stops what was not begun." if batch.stop_on_first_failure else ""


def _is_or_are(deploys: Sequence[Deploy]) -> str:
    return "is" if len(deploys) == 1 else "are"
