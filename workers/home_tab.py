"""A user's Home tab: what needs them, what is under way, what happened lately."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.models.blocks import Block, ContextBlock, HeaderBlock, MarkdownTextObject, SectionBlock

from deploys.decisions import is_approved, is_rejected
from deploys.formatting import slack_time
from deploys.mrkdwn import verbatim
from deploys.pauses import pause_approvers, unanswered_pause
from deploys.records.deploy import Deploy, Phase
from deploys.stores.deploy_store import DeployStore
from deploys.stores.lost_deploys import LostDeploys, lost_deploy_text
from deploys.stores.thread_store import ThreadStore
from deploys.stores.user_groups import UserGroups
from deploys.text_limits import SECTION, clip
from workers.thread.card import card_headline
from workers.thread.card_state import state_emoji
from workers.thread.deploys_ahead import deploys_ahead
from workers.thread.fallback_levels import MESSAGE_ERRORS
from workers.thread.slack_error_handling import CALL_FAILURES, classify_error

log = structlog.get_logger()

DEPLOYS_SHOWN = 25
"""Deploys in one part of the tab (count): four parts with their headings stay within Slack's 100 blocks."""
DEPLOYS_SHOWN_AFTER_REFUSAL = 5
"""The same, where Slack does not take the tab as it is: it may be 250 kB in all (`view_too_large`)."""
RECENT_SHOWN = 10


def publish_home(
    client: WebClient, store: DeployStore, threads: ThreadStore, groups: UserGroups, user: str, now: float
) -> bool:
    """Shows the tab as of `now` (epoch seconds); returns whether Slack took it.

    It is shown anew when it is opened again, so a failure is logged and not tried again.
    """
    live = store.active()

    def shown(deploy: Deploy) -> Block:
        view = threads.find(deploy.thread_id)
        return deploy_row(deploy, deploys_ahead(deploy, store), view.permalink if view else "")

    def view(most: int) -> dict[str, Any]:
        return home_view(
            [deploy for deploy in live if may_answer(deploy, user, groups, now)],
            [deploy for deploy in live if deploy.in_progress],
            [deploy for deploy in store.recent(None, RECENT_SHOWN * 5) if not deploy.in_progress][
                :RECENT_SHOWN
            ],
            shown,
            now,
            [lost_deploy_text(lost, now) for lost in LostDeploys(store.redis).all()],
            limit=most,
        )

    for most in (DEPLOYS_SHOWN, DEPLOYS_SHOWN_AFTER_REFUSAL):
        try:
            client.views_publish(user_id=user, view=verbatim(view(most)))
        except CALL_FAILURES as error:
            trouble = classify_error("views.publish", error)
        else:
            return True
        if trouble.kind not in MESSAGE_ERRORS:
            break
    log.warning("no Home tab", user=user, error=trouble.detail)
    return False


def may_answer(deploy: Deploy, user: str, groups: UserGroups, now: float) -> bool:
    """Whether this user may answer the deploy's open question. The click itself is checked again."""
    if unanswered_pause(deploy):
        return _may_answer_pause(deploy, user, groups, now)
    if deploy.phase is not Phase.AWAITING_APPROVAL or deploy.cancel:
        return False
    if (
        is_approved(deploy)
        or is_rejected(deploy)
        or any(each.user == user for each in deploy.approval.decisions)
    ):
        return False
    if user == deploy.request.requester and not deploy.service.self_approval:
        return False
    return _is_among(user, deploy.service.approvers, groups, now)


def _may_answer_pause(deploy: Deploy, user: str, groups: UserGroups, now: float) -> bool:
    """At a pause. Where everybody may, it is the requester's to see to."""
    if deploy.service.approvers and user == deploy.request.requester and not deploy.service.self_approval:
        return False
    return _is_among(user, pause_approvers(deploy) or (deploy.request.requester,), groups, now)


def _is_among(user: str, allowed: Sequence[str], groups: UserGroups, now: float) -> bool:
    return any(user == each or user in (groups.members(each, now) or ()) for each in allowed)


def home_view(
    waiting_for_user: Sequence[Deploy],
    under_way: Sequence[Deploy],
    recent: Sequence[Deploy],
    row_of: Callable[[Deploy], Block],
    now: float,
    lost_deploys: Sequence[str] = (),
    *,
    limit: int = DEPLOYS_SHOWN,
) -> dict[str, Any]:
    """The view for views.publish; `shown` makes a deploy's row, and a part has `most` of them at most. found:
    what is told of services that a lost deploy left stopped."""
    blocks: list[Block] = [
        *_part_blocks(
            "Needs you",
            waiting_for_user[:limit],
            len(waiting_for_user),
            row_of,
            "Nothing waits for your answer.",
        ),
        *map(_context, lost_deploys[:limit]),
        *_part_blocks(
            "Under way",
            under_way[:limit],
            len(under_way),
            row_of,
            "Nothing is in progress. `/deploy SERVICE TAG` starts a deploy.",
        ),
        *_part_blocks("Lately", recent[:limit], len(recent), row_of, "No deploy has ended yet."),
        _context(f"As of {slack_time(now)}. Reopen this tab to refresh it."),
    ]
    return {"type": "home", "blocks": [block.to_dict() for block in blocks]}


def deploy_row(deploy: Deploy, ahead: Sequence[Deploy], permalink: str) -> SectionBlock:
    """One deploy, with a link to its thread where that is known."""
    ended = f" {slack_time(deploy.ended_at)}." if deploy.ended_at is not None else ""
    link = f" <{permalink}|Open the thread>" if permalink else ""
    text = clip(f"{state_emoji(deploy)} {card_headline(deploy, ahead)}.{ended}", SECTION - len(link))
    return SectionBlock(text=MarkdownTextObject(text=f"{text}{link}"))


def _part_blocks(
    title: str, deploys: Sequence[Deploy], count: int, row_of: Callable[[Deploy], Block], empty_text: str
) -> list[Block]:
    rows = [row_of(deploy) for deploy in deploys]
    if count > len(deploys):
        rows.append(_context(f"And {count - len(deploys)} more: `/deploy status` lists them."))
    return [HeaderBlock(text=title), *(rows or [_context(empty_text)])]


def _context(text: str) -> ContextBlock:
    return ContextBlock(elements=[MarkdownTextObject(text=text)])
