"""A user's Home tab: what needs them, what is under way, what happened lately."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.models.blocks import Block, ContextBlock, HeaderBlock, MarkdownTextObject, SectionBlock

from deploys.decisions import approved, rejected
from deploys.deploy import Deploy, Phase
from deploys.groups import Groups
from deploys.lost import LostDeploys, sentence
from deploys.mrkdwn import as_written
from deploys.pauses import answerers, unanswered
from deploys.store import Store
from deploys.threads import Threads
from workers.thread.adapting import ABOUT_THE_MESSAGE
from workers.thread.card import date, headline
from workers.thread.lengths import SECTION, clip
from workers.thread.line import ahead_of
from workers.thread.states import sign
from workers.thread.trouble import CALL_FAILURES, judge

log = structlog.get_logger()

SHOWN = 25
"""Deploys in one part of the tab (count): four parts with their headings stay within Slack's 100 blocks."""
SHOWN_WHEN_REFUSED = 5
"""The same, where Slack does not take the tab as it is: it may be 250 kB in all (`view_too_large`)."""
LATELY = 10


def publish_home(
    client: WebClient, store: Store, threads: Threads, groups: Groups, user: str, now: float
) -> bool:
    """Shows the tab as of `now` (epoch seconds); returns whether Slack took it.

    It is shown anew when it is opened again, so a failure is logged and not tried again.
    """
    live = store.live()

    def shown(deploy: Deploy) -> Block:
        view = threads.find(deploy.told_in)
        return row(deploy, ahead_of(deploy, store), view.permalink if view else "")

    def view(most: int) -> dict[str, Any]:
        return home(
            [deploy for deploy in live if needs(deploy, user, groups, now)],
            [deploy for deploy in live if deploy.live],
            [deploy for deploy in store.recent(None, LATELY * 5) if not deploy.live][:LATELY],
            shown,
            now,
            [sentence(lost, now) for lost in LostDeploys(store.redis).all()],
            most=most,
        )

    for most in (SHOWN, SHOWN_WHEN_REFUSED):
        try:
            client.views_publish(user_id=user, view=as_written(view(most)))
        except CALL_FAILURES as error:
            trouble = judge("views.publish", error)
        else:
            return True
        if trouble.kind not in ABOUT_THE_MESSAGE:
            break
    log.warning("no Home tab", user=user, error=trouble.detail)
    return False


def needs(deploy: Deploy, user: str, groups: Groups, now: float) -> bool:
    """Whether this user may answer the deploy's open question. The click itself is checked again."""
    if unanswered(deploy):
        return _may_continue(deploy, user, groups, now)
    if deploy.phase is not Phase.AWAITING_APPROVAL or deploy.cancel:
        return False
    if approved(deploy) or rejected(deploy) or any(each.user == user for each in deploy.decisions):
        return False
    if user == deploy.requester and not deploy.service.self_approval:
        return False
    return _among(user, deploy.service.approvers, groups, now)


def _may_continue(deploy: Deploy, user: str, groups: Groups, now: float) -> bool:
    """At a pause. Where everybody may, it is the requester's to see to."""
    if deploy.service.approvers and user == deploy.requester and not deploy.service.self_approval:
        return False
    return _among(user, answerers(deploy) or (deploy.requester,), groups, now)


def _among(user: str, allowed: Sequence[str], groups: Groups, now: float) -> bool:
    return any(user == each or user in (groups.members(each, now) or ()) for each in allowed)


def home(
    needs_you: Sequence[Deploy],
    under_way: Sequence[Deploy],
    lately: Sequence[Deploy],
    shown: Callable[[Deploy], Block],
    now: float,
    found: Sequence[str] = (),
    *,
    most: int = SHOWN,
) -> dict[str, Any]:
    """The view for views.publish; `shown` makes a deploy's row, and a part has `most` of them at most. found:
    what is told of services that a lost deploy left stopped."""
    blocks: list[Block] = [
        *_part("Needs you", needs_you[:most], len(needs_you), shown, "Nothing waits for your answer."),
        *map(_context, found[:most]),
        *_part(
            "Under way",
            under_way[:most],
            len(under_way),
            shown,
            "Nothing is under way. `/deploy SERVICE TAG` asks for a deploy.",
        ),
        *_part("Lately", lately[:most], len(lately), shown, "No deploy has ended yet."),
        _context(f"As of {date(now)}. Open this tab again to see it anew."),
    ]
    return {"type": "home", "blocks": [block.to_dict() for block in blocks]}


def row(deploy: Deploy, ahead: Sequence[Deploy], permalink: str) -> SectionBlock:
    """One deploy, with a link to its thread where that is known."""
    ended = f" {date(deploy.ended_at)}." if deploy.ended_at is not None else ""
    link = f" <{permalink}|Open the thread>" if permalink else ""
    text = clip(f"{sign(deploy)} {headline(deploy, ahead)}.{ended}", SECTION - len(link))
    return SectionBlock(text=MarkdownTextObject(text=f"{text}{link}"))


def _part(
    title: str, deploys: Sequence[Deploy], count: int, shown: Callable[[Deploy], Block], nothing: str
) -> list[Block]:
    rows = [shown(deploy) for deploy in deploys]
    if count > len(deploys):
        rows.append(_context(f"And {count - len(deploys)} more: `/deploy status` lists them."))
    return [HeaderBlock(text=title), *(rows or [_context(nothing)])]


def _context(text: str) -> ContextBlock:
    return ContextBlock(elements=[MarkdownTextObject(text=text)])
