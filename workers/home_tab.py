"""A user's Home tab: what needs them, what is in progress, what ended recently."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.models.blocks import Block, ContextBlock, HeaderBlock, MarkdownTextObject, SectionBlock

from deploys.access import Access, Asker
from deploys.catalogue.slack_ids import EVERYONE
from deploys.decisions import decide
from deploys.errors import Refused
from deploys.formatting import slack_time
from deploys.holds.lock_text import lock_sentence, stop_sentence
from deploys.mrkdwn import verbatim
from deploys.pauses import pause_approvers, unanswered_pause
from deploys.queue_forecast import QueueForecast, QueueReader, forecast_text
from deploys.records.approval import Verdict
from deploys.records.deploy import Deploy
from deploys.records.lock import Lock
from deploys.records.stop_all import StopAll
from deploys.records.traffic import HookAction
from deploys.stores.deploy_store import DeployStore
from deploys.stores.lost_deploys import LostDeploys, lost_deploy_text
from deploys.stores.thread_store import ThreadStore
from deploys.text_limits import SECTION, clip
from workers.thread.card import card_headline
from workers.thread.card_state import hold_line, state_emoji
from workers.thread.fallback_levels import MESSAGE_ERRORS
from workers.thread.slack_error_handling import CALL_FAILURES, classify_error

log = structlog.get_logger()

DEPLOYS_SHOWN = 25
"""Deploys in one part of the tab (count): four parts with their headings stay within Slack's 100 blocks."""
DEPLOYS_SHOWN_AFTER_REFUSAL = 5
"""The same after Slack refused the tab: it may be 250 kB in all (`view_too_large`)."""
RECENT_SHOWN = 10
LOCKS_SHOWN = 5


def publish_home(
    client: WebClient,
    store: DeployStore,
    threads: ThreadStore,
    access: Access,
    asker: Asker,
    now: float,
    *,
    stopped: StopAll | None = None,
    locks: Sequence[Lock] = (),
) -> bool:
    """Shows the tab as of `now` (epoch seconds); returns whether Slack took it.

    It is sent again when it is opened again, so a failure is logged and not retried.
    """
    user = asker.user
    seen = access.seen_by(asker).services
    active = [each for each in store.active() if each.service.name in seen]
    queues = QueueReader(store, now)

    def row_of(deploy: Deploy) -> Block:
        thread = threads.find(deploy.thread_id)
        link = thread.permalink if thread else ""
        found = queues.read(deploy)
        return deploy_row(deploy, found.ahead, link, found.forecast)

    def view(limit: int) -> dict[str, Any]:
        return home_view(
            [deploy for deploy in active if may_answer(deploy, user, access, now)],
            [deploy for deploy in active if deploy.in_progress],
            [
                deploy
                for deploy in store.recent(None, RECENT_SHOWN * 5)
                if not deploy.in_progress and deploy.service.name in seen
            ][:RECENT_SHOWN],
            row_of,
            now,
            [lost_deploy_text(lost, now) for lost in LostDeploys(store.redis).all() if lost.service in seen],
            limit=limit,
            stopped=stopped,
            locks=[each for each in locks if any(each.covers(name) for name in seen)],
        )

    for limit in (DEPLOYS_SHOWN, DEPLOYS_SHOWN_AFTER_REFUSAL):
        try:
            client.views_publish(user_id=user, view=verbatim(view(limit)))
        except CALL_FAILURES as error:
            failure = classify_error("views.publish", error)
        else:
            return True
        if failure.kind not in MESSAGE_ERRORS:
            break
    log.warning("no Home tab", user=user, error=failure.detail)
    return False


def may_answer(deploy: Deploy, user: str, access: Access, now: float) -> bool:
    """Whether this user may answer the deploy's open question. The click itself is checked again."""
    asker = Asker(user, deploy.request.team, deploy.request.channel)
    try:
        if unanswered_pause(deploy):
            if EVERYONE in pause_approvers(deploy):  # everybody may; only the requester has to see to it
                return user == deploy.request.requester
            access.may_answer_pause(asker, deploy, HookAction.CONTINUE)
        else:
            decide(deploy, user, Verdict.APPROVED, deploy.approval.question, now)
            access.may_decide(asker, deploy)
    except Refused:
        return False
    return True


def home_view(
    waiting_for_user: Sequence[Deploy],
    under_way: Sequence[Deploy],
    recent: Sequence[Deploy],
    row_of: Callable[[Deploy], Block],
    now: float,
    lost_deploys: Sequence[str] = (),
    *,
    limit: int = DEPLOYS_SHOWN,
    stopped: StopAll | None = None,
    locks: Sequence[Lock] = (),
) -> dict[str, Any]:
    """The view for views.publish.

    stopped: what stops all deploys. locks: those that hold now. row_of: makes a deploy's row.
    lost_deploys: texts about services that a lost deploy left stopped. limit: deploys in each part (count).
    """
    blocks: list[Block] = [
        *([_stop_banner(stopped)] if stopped else []),
        *_part_blocks(
            "Needs you",
            waiting_for_user[:limit],
            len(waiting_for_user),
            row_of,
            "Nothing waits for your answer.",
        ),
        *map(_context, lost_deploys[:limit]),
        *(_context(clip(f":lock: {lock_sentence(each)}", SECTION)) for each in locks[:LOCKS_SHOWN]),
        *_part_blocks(
            "In progress",
            under_way[:limit],
            len(under_way),
            row_of,
            "Nothing is in progress. `/deploy SERVICE TAG` starts a deploy.",
        ),
        *_part_blocks("Recent", recent[:limit], len(recent), row_of, "No deploy has ended yet."),
        _context(f"As of {slack_time(now)}. Reopen this tab to refresh it."),
    ]
    return {"type": "home", "blocks": [block.to_dict() for block in blocks]}


def _stop_banner(stopped: StopAll) -> SectionBlock:
    text = f":double_vertical_bar: {stop_sentence(stopped)} `/deploy resume-all` lets them go on."
    return SectionBlock(text=MarkdownTextObject(text=clip(text, SECTION)))


def deploy_row(
    deploy: Deploy, ahead: Sequence[Deploy], permalink: str, forecast: QueueForecast | None = None
) -> SectionBlock:
    """One deploy, with a link to its thread if that is known."""
    ended = f" {slack_time(deploy.ended_at)}." if deploy.ended_at is not None else ""
    expected = forecast_text(forecast, slack_time) if forecast else ""
    start = f" {expected}." if expected else ""
    link = f" <{permalink}|Open the thread>" if permalink else ""
    held = clip(hold_line(deploy, slack_time), 600)
    why = f" {held}" if held else ""
    line = f"{state_emoji(deploy)} {card_headline(deploy, ahead)}.{ended}{start}{why}"
    text = clip(line, SECTION - len(link))
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
