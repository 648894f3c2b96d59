"""What people read when they have asked for several services at once, or cancel them."""

from __future__ import annotations

from collections.abc import Sequence

from bot.replies import thread
from bot.reply import Reply
from bot.times import ago
from deploys import batch as batches
from deploys import naming
from deploys.batch import Batch
from deploys.claims import Asked
from deploys.decisions import untouched
from deploys.deploy import Deploy, Phase
from deploys.mrkdwn import code, mention, mentions, plural
from deploys.standing import standing
from deploys.threads import Threads

MOST_NAMED = 10
"""Services named in one sentence (count)."""


def taken_in(batch: Batch, asked: Sequence[Asked]) -> Reply:
    """All of them; which ones wait behind others, and which need approval."""
    names = services([each.deploy for each in asked])
    what = f"{batches.name(batch)}: {names}" if batch.group else f"{names} {code(batch.tag)}"
    parts = [f"Queued: {what} (batch {code(batch.id)}).", _order(batch)]
    waiting = [each.deploy for each in asked if each.ahead]
    if waiting:
        one = len(waiting) == 1
        how = "waits in line and starts by itself" if one else "wait in line and start by themselves"
        parts.append(f"{services(waiting)} {how}.")
    asking = [each.deploy.service for each in asked if each.deploy.service.approvals]
    parts += [
        f"{code(each.name)} needs {plural(each.approvals, 'approval')}, from {mentions(each.approvers)}."
        for each in asking[:MOST_NAMED]
    ]
    parts.append("The thread follows here after the first checks.")
    return Reply(" ".join(part for part in parts if part), said_anyway=True)


def under_way(deploys: Sequence[Deploy], threads: Threads, now: float) -> Reply:
    """Some of it was asked for before, so none of it was added."""
    lines = [
        f"• {mention(each.requester)} asked for {naming.in_sentence(each)} {ago(now - each.requested_at)}, "
        f"and it {standing(each)}. See {thread(each, threads)} (deploy {code(each.id)})."
        for each in deploys[:MOST_NAMED]
    ]
    rest = len(deploys) - len(lines)
    more = [f"• and {rest} more"] if rest else []
    return Reply("\n".join(["Nothing was added, because this is under way already:", *lines, *more]))


def cancelling(batch: Batch, cancelled: Sequence[Deploy], left: Sequence[Deploy], threads: Threads) -> Reply:
    """What is withdrawn, what goes back, and what was over before."""
    preparing = [each for each in cancelled if each.phase is Phase.PREPARING]
    withdrawn = [each for each in cancelled if untouched(each) and each not in preparing]
    back = [each for each in cancelled if not untouched(each)]
    parts = []
    if withdrawn:
        parts.append(f"{services(withdrawn)} {_are(withdrawn)} withdrawn, nothing of it was changed yet")
    if preparing:
        stay = "the service stays as it is" if len(preparing) == 1 else "the services stay as they are"
        parts.append(f"the task before the rollout of {services(preparing)} is stopped, and {stay}")
    if back:
        parts.append(f"{services(back)} {_are(back)} rolled back")
    parts += [f"{code(each.service.name)} {standing(each)}" for each in left]
    return Reply(
        f"Cancelling {batches.name(batch)}: {'; '.join(parts)}. See {thread(cancelled[0], threads)}."
    )


def services(deploys: Sequence[Deploy]) -> str:
    """`web`, `api` and `ledger`"""
    names = [code(each.service.name) for each in deploys[:MOST_NAMED]]
    if len(deploys) > MOST_NAMED:
        return f"{', '.join(names)} and {len(deploys) - MOST_NAMED} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _order(batch: Batch) -> str:
    if batch.in_order:
        stops = ", and the first failure stops the rest" if batch.stop_on_first_failure else ""
        return f"One after another{stops}."
    return "All at once; the first failure stops what was not begun." if batch.stop_on_first_failure else ""


def _are(deploys: Sequence[Deploy]) -> str:
    return "is" if len(deploys) == 1 else "are"
