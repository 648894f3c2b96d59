"""The card of a batch: a headline, and a line for each service. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    MarkdownTextObject,
    OverflowMenuElement,
    SectionBlock,
)

from deploys.deploy_text import command_line_note, previous_version, status_text
from deploys.formatting import TimeFormat, duration, slack_time, utc_time
from deploys.holds.lock_text import stop_sentence
from deploys.holds.locks import stays_at_pause
from deploys.message_size import utf8_bytes
from deploys.mrkdwn import code, escape, escape_line, mention, plural
from deploys.queue_forecast import WaitingDeploy
from deploys.records import batch as batches
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.hold import HoldKind
from deploys.records.phases import Outcome, Phase
from deploys.records.stop_all import StopAll
from deploys.text_limits import CARD_BYTES, SECTION, TEXT, clip, clip_bytes, share_bytes, short_code, shorten
from workers.messages.rollback_reasons import without_retry_promise
from workers.thread import batch_card_buttons, card_progress
from workers.thread.card import Card, forecast_line, join_state
from workers.thread.card_state import changes_with_time, hold_line, state_emoji, state_text

REASON_BYTES = 400
"""UTF-8 bytes of the batch's reason in the text, so that each service has room for its line."""
BATCH_EMOJI = {True: ":white_check_mark:", False: ":warning:"}
REGIONS_SHOWN = 4


def batch_card(
    batch: Batch, members: Sequence[WaitingDeploy], now: float, stopped: StopAll | None = None
) -> Card:
    """The card as of `now` (epoch seconds). stopped: what stops all deploys."""
    deploys = [each.deploy for each in members]
    first = batch_headline(batch, deploys)
    why = f"Why: {escape_line(shorten(batch.request.reason, 500))}" if batch.request.reason else ""
    held = clip_bytes(_stop_line(deploys, stopped), REASON_BYTES)
    blocks: list[Block] = [_section("\n".join(filter(None, [f"{_batch_emoji(deploys)} {first}", why, held])))]
    for each in members:
        blocks += _member_blocks(each, now, stopped)
    blocks.append(
        ContextBlock(
            elements=[MarkdownTextObject(text=clip(_footer(batch, deploys, now, slack_time), SECTION))]
        )
    )
    if cancel_all := batch_card_buttons.cancel_batch_row(batch, deploys):
        blocks.append(cancel_all)
    ends = [clip_bytes(why, REASON_BYTES), held, _footer(batch, deploys, now, utc_time)]
    room = CARD_BYTES - utf8_bytes("\n".join([first, *ends])) - len(members)
    spoken = [first, *_text_lines(members, now, room, stopped), *ends]
    text = clip_bytes("\n".join(filter(None, spoken)), CARD_BYTES)
    return Card(text, tuple(block.to_dict() for block in blocks), first)


def batch_fingerprint(batch: Batch, members: Sequence[WaitingDeploy], stopped: StopAll | None = None) -> str:
    """Stays the same while only time passes."""
    still = batch_card(batch, members, batch.request.requested_at, stopped)
    return hashlib.sha256(json.dumps([still.text, still.blocks]).encode()).hexdigest()[:32]


def _stop_line(deploys: Sequence[Deploy], stopped: StopAll | None) -> str:
    if stopped is None or not any(each.in_progress for each in deploys):
        return ""
    return f"{stop_sentence(stopped)} What has begun goes on to its end; the rest waits."


def batch_headline(batch: Batch, deploys: Sequence[Deploy]) -> str:
    """What, where, who, and how many are in which state: one line of mrkdwn."""
    clusters = {each.service.cluster for each in deploys}
    where = f" on {escape(shorten(clusters.pop(), 80))}" if len(clusters) == 1 else ""
    what = f"*{escape(shorten(batch.name, 300))}* {short_code(128)(batch.tag)}"
    by = f"by {mention(batch.request.requester)}{command_line_note(batch.request)}"
    return join_state(f"{what}{where} {by}", outcome_summary(deploys))


def summary_label(deploy: Deploy) -> str:
    """As what a deploy is counted in the summary of its batch."""
    return deploy.outcome.value if deploy.outcome else deploy.phase.facts.batch_label


def outcome_summary(deploys: Sequence[Deploy]) -> str:
    """`2 of 3 succeeded, 1 under way`, `both succeeded`"""
    counted = Counter(summary_label(each) for each in deploys)
    if len(counted) == 1:
        [(what, number)] = counted.items()
        return {1: what, 2: f"both {what}"}.get(number, f"all {number} {what}")
    done = counted.pop("succeeded", 0)
    return ", ".join([f"{done} of {len(deploys)} succeeded", *(f"{n} {what}" for what, n in counted.items())])


def service_line(
    waiting: WaitingDeploy, now: float, when: TimeFormat, stopped: StopAll | None, *, with_bar: bool
) -> str:
    """One service: the version before, its state, task counts, when it starts, and what is wrong."""
    deploy, ahead = waiting.deploy, waiting.ahead
    before = previous_version(deploy)
    from_old = f" (from {short_code(60)(before)})" if before else ""
    how_many = card_progress.task_count(deploy)
    bar = f"`{card_progress.progress_bar(how_many)}` " if with_bar and how_many and deploy.in_progress else ""
    counted = f", {how_many}" if how_many else ""
    lines = [
        f"*{escape(shorten(deploy.service.name, 63))}*{from_old}: {bar}{state_text(deploy, ahead)}{counted}",
        forecast_line(waiting.forecast, when),
        _held_by(deploy),
        "It stays at its pause until deploys are resumed." if stays_at_pause(deploy, stopped) else "",
        card_progress.failures_line(deploy),
        clip(card_progress.old_tasks_lines(deploy, now), 300),
        card_progress.downtime_line(deploy, now),
        _reason_line(deploy),
        _retry_line(deploy),
    ]
    return "\n".join(part for part in lines if part)


def _text_lines(
    members: Sequence[WaitingDeploy], now: float, room: int, stopped: StopAll | None
) -> list[str]:
    """A line for each service, within `room` bytes in all. A line that is cut begins with its state."""
    whole = [service_line(each, now, utc_time, stopped, with_bar=False) for each in members]
    given = share_bytes([utf8_bytes(each) for each in whole], room)
    return [
        line if utf8_bytes(line) <= most else clip_bytes(_state_then_rest(each, line), most)
        for line, most, each in zip(whole, given, members, strict=True)
    ]


def _state_then_rest(waiting: WaitingDeploy, line: str) -> str:
    deploy = waiting.deploy
    behind = line.partition("\n")[2]
    counted = card_progress.task_count(deploy)
    state_alone = f"*{escape(shorten(deploy.service.name, 63))}*: {state_text(deploy, waiting.ahead)}"
    return "\n".join(filter(None, [f"{state_alone}, {counted}" if counted else state_alone, behind]))


def closing_reply(batch: Batch, deploys: Sequence[Deploy]) -> str:
    """The last reply: how the whole batch ended. It mentions the requester."""
    took = duration((batch_outcome_at(deploys) or batch.request.requested_at) - batch.request.requested_at)
    begin = (
        f"{mention(batch.request.requester)} *{_capitalize(outcome_summary(deploys))}*: "
        f"{batches.batch_name(batch)}, after {took}."
    )
    if all(each.outcome is Outcome.SUCCEEDED for each in deploys):
        return clip(begin, TEXT)
    lines = [f"• {code(each.service.name)} {status_text(each)}" for each in deploys]
    return clip("\n".join([begin, *lines]), TEXT)


def batch_outcome_at(deploys: Sequence[Deploy]) -> float | None:
    """When the last outcome was known; None while a deploy is in progress."""
    if any(each.in_progress for each in deploys):
        return None
    return max((each.ended_at or 0.0 for each in deploys), default=0.0)


def _member_blocks(waiting: WaitingDeploy, now: float, stopped: StopAll | None) -> list[Block]:
    """The line, with a question's buttons below it or a menu beside it."""
    line = service_line(waiting, now, slack_time, stopped, with_bar=True)
    text = clip(f"{state_emoji(waiting.deploy)} {line}", SECTION)
    menu, row = batch_card_buttons.member_buttons(waiting.deploy, stopped)
    return [_section(text, menu), *([row] if row else [])]


def _batch_emoji(deploys: Sequence[Deploy]) -> str:
    if any(each.in_progress for each in deploys):
        return (
            ":raised_hand:"
            if any(_awaits_approval(each) for each in deploys)
            else Phase.FOLLOWING.facts.emoji
        )
    return BATCH_EMOJI[all(each.outcome is Outcome.SUCCEEDED for each in deploys)]


def _awaits_approval(deploy: Deploy) -> bool:
    return deploy.phase is Phase.AWAITING_APPROVAL


def _held_by(deploy: Deploy) -> str:
    """Who locked it or what it waits for. A stop of all deploys is said once for the whole batch."""
    if deploy.hold is None or deploy.hold.kind is HoldKind.STOP_ALL:
        return ""
    return clip(hold_line(deploy, slack_time), 400)


def _reason_line(deploy: Deploy) -> str:
    """Empty for a cancelled deploy: its state says that already."""
    if not deploy.outcome_reason or deploy.cancel:
        return ""
    return clip(f"Reason: {deploy.outcome_reason}", 400)


def _retry_line(deploy: Deploy) -> str:
    if not (deploy.in_progress and deploy.retries.last_error):
        return ""
    error = without_retry_promise(deploy.retries.last_error)
    return clip(f"Tried {plural(deploy.retries.attempts, 'time')}, still trying: {error}", 400)


def _footer(batch: Batch, deploys: Sequence[Deploy], now: float, when: TimeFormat) -> str:
    regions = sorted({each.service.region for each in deploys})
    parts = [f"Batch {code(batch.id)}", plural(len(deploys), "service")]
    parts += [escape(shorten(region, 30)) for region in regions[:REGIONS_SHOWN]]
    parts += ["one after another"] if batch.in_order else []
    parts += ["the first failure stops the rest"] if batch.stop_on_first_failure else []
    parts.append(f"requested {when(batch.request.requested_at)}")
    ended_at = batch_outcome_at(deploys)
    if ended_at is not None:
        parts.append(f"took {duration(ended_at - batch.request.requested_at)}")
    elif any(changes_with_time(each) for each in deploys):
        parts.append(f"{duration(now - batch.request.requested_at)} so far")
    return ", ".join(parts)


def _capitalize(words: str) -> str:
    return words[:1].upper() + words[1:]


def _section(text: str, accessory: OverflowMenuElement | None = None) -> SectionBlock:
    return SectionBlock(text=MarkdownTextObject(text=clip(text, SECTION)), accessory=accessory)
