"""The card of deploys that were asked for at once: a headline, and a line for each service. Pure."""

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

from deploys import batch as batches
from deploys.batch import Batch
from deploys.deploy import Deploy, Outcome, Phase
from deploys.message_size import utf8_bytes
from deploys.mrkdwn import code, escape, mention, plural
from deploys.naming import version_before
from deploys.standing import standing
from workers.flows.words.measures import duration
from workers.flows.words.reasons import without_promise
from workers.thread import batch_buttons, progress
from workers.thread.card import Card, When, date, state_line, utc
from workers.thread.lengths import CARD_BYTES, SECTION, TEXT, clip, clip_bytes, shares, short_code, shorten
from workers.thread.states import WORKING_SIGN, runs_with_time, sign, state

InLine = tuple[Deploy, Sequence[Deploy]]
"""A deploy, and those that it waits for."""

WHY_BYTES = 400
"""UTF-8 bytes of the reason in the text, in which each service needs its line."""
SIGNS = {True: ":white_check_mark:", False: ":warning:"}
GROUPED: dict[Outcome | Phase, str] = {
    **dict.fromkeys(Phase, "under way"),
    Phase.WAITING: "waiting",
    Phase.AWAITING_APPROVAL: "waiting for approval",
    Phase.RESTORING: "rolling back",
    Phase.FOLLOWING_BACK: "rolling back",
    Outcome.SUCCEEDED: "succeeded",
    Outcome.ROLLED_BACK: "rolled back",
    Outcome.FAILED: "failed",
    Outcome.SUPERSEDED: "superseded",
    Outcome.CANCELLED: "cancelled",
    Outcome.REJECTED: "rejected",
    Outcome.EXPIRED: "expired",
    Outcome.REFUSED: "refused",
}
"""How deploys are counted together."""


def card(batch: Batch, members: Sequence[InLine], now: float) -> Card:
    """The card as of `now` (epoch seconds)."""
    deploys = [deploy for deploy, _ in members]
    first = headline(batch, deploys)
    why = f"Why: {escape(shorten(batch.why, 500))}" if batch.why else ""
    blocks: list[Block] = [_section("\n".join(filter(None, [f"{_sign(deploys)} {first}", why])))]
    for deploy, ahead in members:
        blocks += _member(deploy, ahead, now)
    blocks.append(
        ContextBlock(elements=[MarkdownTextObject(text=clip(_foot(batch, deploys, now, date), SECTION))])
    )
    if cancel_all := batch_buttons.of_all(batch, deploys):
        blocks.append(cancel_all)
    ends = [clip_bytes(why, WHY_BYTES), _foot(batch, deploys, now, utc)]
    room = CARD_BYTES - utf8_bytes("\n".join([first, *ends])) - len(members)
    spoken = [first, *_spoken_lines(members, now, room), *ends]
    text = clip_bytes("\n".join(filter(None, spoken)), CARD_BYTES)
    return Card(text, tuple(block.to_dict() for block in blocks), first)


def fingerprint(batch: Batch, members: Sequence[InLine]) -> str:
    """Stays the same while nothing but time went by."""
    still = card(batch, members, batch.requested_at)
    return hashlib.sha256(json.dumps([still.text, still.blocks]).encode()).hexdigest()[:32]


def headline(batch: Batch, deploys: Sequence[Deploy]) -> str:
    """What, where, who and how many stand where, in one line of mrkdwn."""
    places = dict.fromkeys((each.service.cluster, each.service.region) for each in deploys)
    where = ""
    if len(places) == 1:
        [(cluster, region)] = places
        where = f" to {escape(shorten(cluster, 80))} ({escape(shorten(region, 30))})"
    what = f"*{escape(shorten(batch.name, 300))}* {short_code(128)(batch.tag)}"
    return state_line(f"{what}{where} by {mention(batch.requester)}", summary(deploys))


def summary(deploys: Sequence[Deploy]) -> str:
    """`2 of 3 succeeded, 1 under way`, `both succeeded`"""
    counted = Counter(GROUPED[each.outcome or each.phase] for each in deploys)
    if len(counted) == 1:
        [(what, number)] = counted.items()
        return {1: what, 2: f"both {what}"}.get(number, f"all {number} {what}")
    done = counted.pop("succeeded", 0)
    return ", ".join([f"{done} of {len(deploys)} succeeded", *(f"{n} {what}" for what, n in counted.items())])


def line(deploy: Deploy, ahead: Sequence[Deploy], now: float, *, drawn: bool) -> str:
    """One service: from which version, its state, counts, and what is wrong."""
    before = version_before(deploy)
    from_old = f" (from {short_code(60)(before)})" if before else ""
    how_many = progress.count(deploy)
    bar = f"`{progress.bar(how_many)}` " if drawn and how_many and deploy.live else ""
    counted = f", {how_many}" if how_many else ""
    said = [
        f"*{escape(shorten(deploy.service.name, 63))}*{from_old}: {bar}{state(deploy, ahead)}{counted}",
        progress.failures(deploy),
        clip(progress.alive(deploy, now), 300),
        progress.downtime(deploy, now),
        _reason(deploy),
        _in_vain(deploy),
    ]
    return "\n".join(part for part in said if part)


def _spoken_lines(members: Sequence[InLine], now: float, room: int) -> list[str]:
    """A line for each, in so many bytes together. What is cut of one is said behind its state."""
    whole = [line(deploy, ahead, now, drawn=False) for deploy, ahead in members]
    given = shares([utf8_bytes(each) for each in whole], room)
    return [
        said if utf8_bytes(said) <= most else clip_bytes(_state_first(deploy, ahead, said), most)
        for said, most, (deploy, ahead) in zip(whole, given, members, strict=True)
    ]


def _state_first(deploy: Deploy, ahead: Sequence[Deploy], said: str) -> str:
    behind = said.partition("\n")[2]
    counted = progress.count(deploy)
    state_alone = f"*{escape(shorten(deploy.service.name, 63))}*: {state(deploy, ahead)}"
    return "\n".join(filter(None, [f"{state_alone}, {counted}" if counted else state_alone, behind]))


def closing(batch: Batch, deploys: Sequence[Deploy]) -> str:
    """The last reply: how all of it ended. It mentions who asked."""
    took = duration((outcome_at(deploys) or batch.requested_at) - batch.requested_at)
    begin = f"{mention(batch.requester)} *{_capital(summary(deploys))}*: {batches.name(batch)}, after {took}."
    if all(each.outcome is Outcome.SUCCEEDED for each in deploys):
        return clip(begin, TEXT)
    lines = [f"• {code(each.service.name)} {standing(each)}" for each in deploys]
    return clip("\n".join([begin, *lines]), TEXT)


def outcome_at(deploys: Sequence[Deploy]) -> float | None:
    """When the last outcome was known; None while one is open."""
    if any(each.live for each in deploys):
        return None
    return max((each.ended_at or 0.0 for each in deploys), default=0.0)


def _member(deploy: Deploy, ahead: Sequence[Deploy], now: float) -> list[Block]:
    """The line, with what can be done about it: below it a question's buttons, beside it a menu."""
    text = clip(f"{sign(deploy)} {line(deploy, ahead, now, drawn=True)}", SECTION)
    menu, row = batch_buttons.of_one(deploy)
    return [_section(text, menu), *([row] if row else [])]


def _sign(deploys: Sequence[Deploy]) -> str:
    if any(each.live for each in deploys):
        return ":raised_hand:" if any(_asks(each) for each in deploys) else WORKING_SIGN
    return SIGNS[all(each.outcome is Outcome.SUCCEEDED for each in deploys)]


def _asks(deploy: Deploy) -> bool:
    return deploy.phase is Phase.AWAITING_APPROVAL


def _reason(deploy: Deploy) -> str:
    """One that was cancelled says so itself."""
    if not deploy.reason or deploy.cancel:
        return ""
    return clip(f"Reason: {deploy.reason}", 400)


def _in_vain(deploy: Deploy) -> str:
    if not (deploy.live and deploy.last_error):
        return ""
    error = without_promise(deploy.last_error)
    return clip(f"Tried {plural(deploy.attempts, 'time')} in vain, goes on trying: {error}", 400)


def _foot(batch: Batch, deploys: Sequence[Deploy], now: float, when: When) -> str:
    parts = [f"Batch {code(batch.id)}", plural(len(deploys), "service")]
    parts += ["one after another"] if batch.in_order else []
    parts += ["the first failure stops the rest"] if batch.stop_on_first_failure else []
    parts.append(f"asked for {when(batch.requested_at)}")
    ended_at = outcome_at(deploys)
    if ended_at is not None:
        parts.append(f"took {duration(ended_at - batch.requested_at)}")
    elif any(runs_with_time(each) for each in deploys):
        parts.append(f"{duration(now - batch.requested_at)} so far")
    return ", ".join(parts)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _section(text: str, accessory: OverflowMenuElement | None = None) -> SectionBlock:
    return SectionBlock(text=MarkdownTextObject(text=clip(text, SECTION)), accessory=accessory)
