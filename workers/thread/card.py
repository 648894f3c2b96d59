"""The card of a deploy: one message that says who, what, where and how it stands. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from slack_sdk.models.blocks import Block, ContextBlock, MarkdownTextObject, SectionBlock

from deploys.deploy import ContainerChange, Deploy, Phase, Verb
from deploys.message_size import utf8_bytes
from deploys.mrkdwn import code, escape, mentions, plural
from deploys.naming import by, errand, version_before
from workers.flows.words.base_revision import on_card
from workers.flows.words.images import shown
from workers.flows.words.measures import duration
from workers.flows.words.reasons import without_promise
from workers.thread import buttons, progress, shifting
from workers.thread.lengths import CARD_BYTES, SECTION, STATE_BYTES, clip, clip_bytes, short_code, shorten
from workers.thread.states import approvers, decided, runs_with_time, sign, state

CONTAINERS_SHOWN = 4
APPROVERS_SHOWN = 10
When = Callable[[float], str]


@dataclass(frozen=True)
class Card:
    """A message for Slack. `text` says all that the blocks say: screen readers read nothing else."""

    text: str
    blocks: tuple[dict[str, Any], ...]
    state_line: str
    """What is deployed and its state: the shortest text that is still true."""


def card(deploy: Deploy, ahead: Sequence[Deploy], now: float) -> Card:
    """The card as of `now` (epoch seconds). `ahead` are the deploys before it in its service's line."""
    first = headline(deploy, ahead)
    how_far = _how_far(deploy, now, date)
    trouble = _trouble(deploy)
    about = _about(deploy)
    bar = progress.count(deploy)
    drawn = f"`{progress.bar(bar)}` {bar}" if bar else ""
    blocks: list[Block | None] = [
        _section(f"{sign(deploy)} {first}"),
        _section(_lines(drawn, *how_far)),
        _section(_lines(*trouble)),
        _section(_lines(*about)),
        ContextBlock(elements=[MarkdownTextObject(text=clip(_foot(deploy, now, date), SECTION))]),
        buttons.row(deploy),
    ]
    spoken = _lines(first, *_how_far(deploy, now, utc), *trouble, *about, _foot(deploy, now, utc))
    return Card(clip_bytes(spoken, CARD_BYTES), tuple(block.to_dict() for block in blocks if block), first)


def fingerprint(deploy: Deploy, ahead: Sequence[Deploy]) -> str:
    """Stays the same while nothing but time went by."""
    # Until when a question stands runs with time as long as nobody has seen it.
    timeless = deploy.evolve(question_shown_at=None, question_expires_at=None)
    still = card(timeless, ahead, deploy.requested_at)
    return hashlib.sha256(json.dumps([still.text, still.blocks]).encode()).hexdigest()[:32]


def headline(deploy: Deploy, ahead: Sequence[Deploy] = ()) -> str:
    """What, where, who and the state, in one line of mrkdwn."""
    service = deploy.service
    where = "to" if deploy.verb is Verb.DEPLOY else "on"
    how_many = progress.count(deploy)
    counted = f", {how_many}" if how_many else ""
    what = (
        f"*{escape(shorten(service.name, 63))}* {errand(deploy, short_code(128))}{_from(deploy)} {where} "
        f"{escape(shorten(service.cluster, 80))} ({escape(shorten(service.region, 30))})"
        f"{',' if deploy.verb is Verb.FOLLOW else ''} {by(deploy)}"
    )
    return state_line(what, f"{state(deploy, ahead)}{counted}")


def state_line(what: str, state_text: str) -> str:
    """Both in one line: however long the names are, the state is whole."""
    said = f": *{clip_bytes(state_text, STATE_BYTES // 2)}*"
    return f"{clip_bytes(what, STATE_BYTES - utf8_bytes(said))}{said}"


def _from(deploy: Deploy) -> str:
    """A restart runs what ran before, and says so already."""
    before = version_before(deploy)
    return f" (from {short_code(60)(before)})" if before and deploy.verb is not Verb.RESTART else ""


def date(at: float) -> str:
    """A moment in the reader's own time zone (docs.slack.dev, "Formatting message text")."""
    return f"<!date^{int(at)}^{{date_short_pretty}} {{time}}|{utc(at)}>"


def utc(at: float) -> str:
    """A moment for those who cannot be shown their own time zone."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _how_far(deploy: Deploy, now: float, when: When) -> list[str]:
    return [
        progress.counts(deploy),
        *shifting.lines(deploy, when),
        clip(progress.alive(deploy, now), 1000),
        progress.downtime(deploy, now),
        clip(progress.around(deploy, now), 1000),
        "I look once more, a little later, whether that holds." if deploy.phase is Phase.SETTLING else "",
        *_approval(deploy, now, when),
    ]


def _approval(deploy: Deploy, now: float, when: When) -> list[str]:
    yes = approvers(deploy)
    said = [f"Approved by {mentions(yes[:APPROVERS_SHOWN])}."] if yes else []
    if deploy.phase is not Phase.AWAITING_APPROVAL or decided(deploy):
        return said
    may = deploy.service.approvers
    more = f" and {len(may) - APPROVERS_SHOWN} more" if len(may) > APPROVERS_SHOWN else ""
    expires_at = deploy.question_expires_at
    if expires_at is None:  # this card is what shows it
        expires_at = now + deploy.service.approval_expiry
    asked = f"May be approved by {mentions(may[:APPROVERS_SHOWN])}{more}, until {when(expires_at)}."
    return [*said, clip(asked, 600)]


def _trouble(deploy: Deploy) -> list[str]:
    retried = ""
    if deploy.live and deploy.last_error:
        error = without_promise(deploy.last_error)
        retried = f"Tried {plural(deploy.attempts, 'time')} in vain, goes on trying: {error}"
    return [
        progress.failures(deploy),
        clip(f"Reason: {deploy.reason}" if deploy.reason else "", 700),
        clip(retried, 700),
    ]


def _about(deploy: Deploy) -> list[str]:
    why = f"Why: {escape(shorten(deploy.why, 400))}" if deploy.why.strip() else ""
    changes = deploy.plan.changes if deploy.plan else ()
    lines = [clip(_images(change), 500) for change in changes[:CONTAINERS_SHOWN]]
    if len(changes) > CONTAINERS_SHOWN:
        lines.append(f"and {plural(len(changes) - CONTAINERS_SHOWN, 'more container')}")
    newer = deploy.plan.config.newer if deploy.plan and deploy.plan.config else None
    return [clip(why, 700), *lines, clip(on_card(newer), 900) if newer else ""]


def _images(change: ContainerChange) -> str:
    container, new = code(shorten(change.container, 80)), code(shorten(shown(change.new_image), 120))
    if change.old_image == change.new_image:
        return f"{container}: {new}, as before"
    return f"{container}: {code(shorten(shown(change.old_image), 120))} → {new}"


def _foot(deploy: Deploy, now: float, when: When) -> str:
    asked = f"asked for {when(deploy.requested_at)}"
    parts = [f"Deploy {code(deploy.id)}", deploy.service.strategy.value, asked]
    if deploy.ended_at is not None:
        parts.append(f"took {duration(deploy.ended_at - deploy.requested_at)}")
    elif runs_with_time(deploy):
        parts.append(f"{duration(now - deploy.requested_at)} so far")
    return ", ".join(parts)


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)


def _section(text: str) -> SectionBlock | None:
    return SectionBlock(text=MarkdownTextObject(text=clip(text, SECTION))) if text else None
