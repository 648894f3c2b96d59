"""The Home tab as Block Kit. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    MarkdownTextObject,
    SectionBlock,
)

from deploys import buttons
from deploys.buttons import Button
from deploys.buttons.open_form import open_form_button
from deploys.formatting import slack_time
from deploys.holds.lock_text import lock_sentence, stop_sentence
from deploys.mrkdwn import code
from deploys.queue_forecast import WaitingDeploy, forecast_text
from deploys.records.deploy import Deploy
from deploys.records.stop_all import StopAll
from deploys.text_limits import SECTION, clip
from workers.home.content import RUNNING_SHOWN, WAITING_SHOWN, EndedRow, HomeContent, LockRow
from workers.thread import card_buttons, card_progress
from workers.thread.card import card_headline
from workers.thread.card_state import hold_line, state_emoji

QUESTIONS_SHOWN = 10
LOCKS_SHOWN = 5
"""Rows in each part (count). With all of them and their headings the tab has less than Slack's 100 blocks."""


def home_view(content: HomeContent, now: float, *, most: int = RUNNING_SHOWN) -> dict[str, Any]:
    """The view for views.publish, as of `now` (epoch seconds). most: rows of one part (count), if Slack
    refused a larger tab."""
    running = [_running_row(each, content) for each in content.running]
    waiting = [_waiting_row(each, content) for each in content.waiting]
    ended = [_ended_row(each, content) for each in content.recent]
    blocks: list[Block] = [
        *_stop_banner(content),
        *([_context(content.catalogue_note)] if content.catalogue_note else []),
        *_needs_you(content, most),
        *_holds(content, most),
        *_part("Running", running, min(RUNNING_SHOWN, most), content.more_running),
        *_part("Waiting", waiting, min(WAITING_SHOWN, most), content.more_waiting),
        *_services(content, most),
        *_part("Latest", ended, most),
        DividerBlock(),
        _context(f"As of {slack_time(now)}. This tab is kept up to date for 15 minutes after you open it."),
    ]
    return {"type": "home", "blocks": [block.to_dict() for block in blocks]}


def _stop_banner(content: HomeContent) -> list[Block]:
    if content.stopped is None:
        return []
    text = f":double_vertical_bar: {stop_sentence(content.stopped)} `/deploy resume-all` lets them go on."
    button = buttons.resume_all_button(content.stopped) if content.may_resume else None
    return [_row(text, button)]


def _needs_you(content: HomeContent, most: int) -> list[Block]:
    shown = content.needs_you[: min(QUESTIONS_SHOWN, most)]
    rows: list[Block] = []
    for deploy in shown:
        rows.append(_deploy_row(deploy, content))
        if row := _question_buttons(deploy, content.stopped):
            rows.append(row)
    rest = len(content.needs_you) - len(shown)
    return [
        HeaderBlock(text="Needs you"),
        *(rows or [_context("Nothing waits for your answer.")]),
        *([_more(rest)] if rest else []),
    ]


def _question_buttons(deploy: Deploy, stopped: StopAll | None) -> ActionsBlock | None:
    shown = card_buttons.card_buttons(deploy, stopped=stopped)
    answers = [each for each in shown if each.action_id in buttons.QUESTION_BUTTONS]
    return card_buttons.button_row(deploy, answers)


def _holds(content: HomeContent, most: int) -> list[Block]:
    most = min(LOCKS_SHOWN, most)
    parts = (content.lost_deploys, content.locks, content.freezes, content.freezes_soon)
    rest = sum(max(0, len(each) - most) for each in parts)
    rows: list[Block] = [
        *map(_context, content.lost_deploys[:most]),
        *map(_lock_row, content.locks[:most]),
        *(_context(clip(f":snowflake: {each.sentence()}", SECTION)) for each in content.freezes[:most]),
        *(
            _context(f":snowflake: {code(service)} will be frozen from {slack_time(at)}.")
            for service, at in content.freezes_soon[:most]
        ),
        *([_more(rest)] if rest else []),
    ]
    return [HeaderBlock(text="Locked and frozen"), *rows] if rows else []


def _lock_row(row: LockRow) -> SectionBlock:
    button = None
    if row.is_own:
        button = buttons.unlock_button(row.lock)
    elif row.may_break:
        button = buttons.break_this_lock_button(row.lock)
    return _row(f":lock: {lock_sentence(row.lock)}", button)


def _running_row(deploy: Deploy, content: HomeContent) -> SectionBlock:
    count = card_progress.task_count(deploy)
    return _deploy_row(deploy, content, f"\n`{card_progress.progress_bar(count)}`" if count else "")


def _waiting_row(waiting: WaitingDeploy, content: HomeContent) -> SectionBlock:
    expected = forecast_text(waiting.forecast, slack_time) if waiting.forecast else ""
    return _deploy_row(waiting.deploy, content, f" {expected}." if expected else "", waiting.ahead)


def _ended_row(row: EndedRow, content: HomeContent) -> SectionBlock:
    deploy = row.deploy
    ended = f" Ended {slack_time(deploy.ended_at)}." if deploy.ended_at is not None else ""
    button = buttons.roll_back_to_button(deploy, row.offer) if row.offer else None
    return _deploy_row(deploy, content, ended, button=button)


def _deploy_row(
    deploy: Deploy,
    content: HomeContent,
    more: str = "",
    ahead: Sequence[Deploy] = (),
    button: Button | None = None,
) -> SectionBlock:
    """One deploy, with a link to its thread if that is known."""
    permalink = content.links.get(deploy.thread_id, "")
    link = f" <{permalink}|Open the thread>" if permalink else ""
    held = clip(hold_line(deploy, slack_time), 600)
    why = f" {held}" if held else ""
    line = f"{state_emoji(deploy)} {card_headline(deploy, ahead)}.{why}{more}"
    return _row(f"{clip(line, SECTION - len(link))}{link}", button)


def _services(content: HomeContent, most: int) -> list[Block]:
    if not content.usual:
        return [
            HeaderBlock(text="Your services"),
            _context("You may deploy no service. `/deploy access SERVICE` says why."),
        ]
    rows: list[Block] = [
        _row(code(service), open_form_button(service, "Deploy", spoken=f"Deploy {service}"))
        for service in content.usual[:most]
    ]
    others = ActionsBlock(elements=[open_form_button(label="Deploy another service").to_slack()])
    return [HeaderBlock(text="Your services"), *rows, others]


def _part(title: str, rows: Sequence[Block], most: int, more: int = 0) -> list[Block]:
    """Nothing if it has no rows. more: rows that it would have beside these (count)."""
    rest = max(len(rows) - most, 0) + more
    return [HeaderBlock(text=title), *rows[:most], *([_more(rest)] if rest else [])] if rows else []


def _more(count: int) -> ContextBlock:
    return _context(f"And {count} more: `/deploy status` lists them.")


def _row(text: str, button: Button | None = None) -> SectionBlock:
    accessory = button.to_slack() if button else None
    return SectionBlock(text=MarkdownTextObject(text=clip(text, SECTION)), accessory=accessory)


def _context(text: str) -> ContextBlock:
    return ContextBlock(elements=[MarkdownTextObject(text=text)])
