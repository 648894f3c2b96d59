"""The card of a deploy: one message that says who, what, where and in which state. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import Block, ContextBlock, MarkdownTextObject, SectionBlock

from deploys.card_links import card_links
from deploys.deploy_text import action_label, command_line_note, previous_version, requested_by
from deploys.formatting import TimeFormat, duration, slack_time, utc_time
from deploys.message_size import utf8_bytes
from deploys.mrkdwn import code, escape, escape_line, mention, mentions, plural
from deploys.queue_forecast import QueueForecast, forecast_text
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.stop_all import StopAll
from deploys.rollback_offer import RollbackOffer
from deploys.text_limits import CARD_BYTES, SECTION, STATE_BYTES, clip, clip_bytes, short_code, shorten
from workers.messages import count_change, pre_task
from workers.messages.base_revision import card_text
from workers.messages.images import image_line
from workers.messages.rollback_reasons import without_retry_promise
from workers.thread import card_buttons, card_progress, card_timeline, card_traffic
from workers.thread.card_aws_wait import aws_wait_line
from workers.thread.card_state import (
    approved_by,
    changes_with_time,
    hold_line,
    is_decided,
    next_step,
    state_emoji,
    state_text,
    stop_line,
)

CONTAINERS_SHOWN = 4
APPROVERS_SHOWN = 10


@dataclass(frozen=True)
class Card:
    """A message for Slack. `text` says all that the blocks say, since screen readers read only that."""

    text: str
    blocks: tuple[dict[str, Any], ...]
    state_line: str
    """What is deployed, and its state: the shortest true text."""
    timeline: str = ""
    """Mrkdwn in place of the plan block, for workspaces that do not take it."""


def deploy_card(
    deploy: Deploy,
    ahead: Sequence[Deploy],
    now: float,
    forecast: QueueForecast | None = None,
    stopped: StopAll | None = None,
    offer: RollbackOffer | None = None,
) -> Card:
    """The card as of `now` (epoch seconds). ahead: the deploys before it in its service's queue.

    stopped: what stops all deploys. offer: what a success can be rolled back to."""
    first = card_headline(deploy, ahead)
    how_far = [
        *_hold_lines(deploy, stopped, slack_time),
        *_progress_lines(deploy, now, slack_time, forecast, stopped),
    ]
    problems = _problem_lines(deploy)
    about = _change_lines(deploy)
    bar = card_progress.task_count(deploy)
    drawn = f"`{card_progress.progress_bar(bar)}` {bar}" if bar else ""
    what_next = next_step(deploy, stopped)
    blocks: list[Block | dict[str, Any] | None] = [
        _section(f"{state_emoji(deploy)} {_join_words(first, what_next)}"),
        _section(_join_lines(drawn, *how_far)),
        _section(_join_lines(*problems)),
        _section(_join_lines(*about)),
        card_timeline.plan_block(deploy),
        ContextBlock(elements=[MarkdownTextObject(text=clip(_footer(deploy, now, slack_time), SECTION))]),
        card_buttons.button_row(deploy, offer=offer, stopped=stopped),
    ]
    spoken = _join_lines(
        _join_words(first, what_next),
        *_hold_lines(deploy, stopped, utc_time),
        *_progress_lines(deploy, now, utc_time, forecast, stopped),
        *problems,
        *about,
        card_timeline.timeline_text(deploy, utc_time),
        _footer(deploy, now, utc_time),
    )
    return Card(
        clip_bytes(spoken, CARD_BYTES),
        tuple(block if isinstance(block, dict) else block.to_dict() for block in blocks if block),
        first,
        clip(card_timeline.timeline_text(deploy, slack_time), SECTION),
    )


def card_fingerprint(
    deploy: Deploy,
    ahead: Sequence[Deploy],
    forecast: QueueForecast | None = None,
    stopped: StopAll | None = None,
    offer: RollbackOffer | None = None,
) -> str:
    """Stays the same while only time passes."""
    # The end of a question's time moves on until somebody has seen it.
    timeless = deploy.evolve(approval={"shown_at": None, "expires_at": None})
    still = deploy_card(timeless, ahead, deploy.request.requested_at, forecast, stopped, offer)
    return hashlib.sha256(json.dumps([still.text, still.blocks]).encode()).hexdigest()[:32]


def card_headline(deploy: Deploy, ahead: Sequence[Deploy] = ()) -> str:
    """What, where, who and the state, in one line of mrkdwn."""
    service = deploy.service
    how_many = card_progress.task_count(deploy)
    counted = f", {how_many}" if how_many else ""
    what = (
        f"*{escape(shorten(service.name, 63))}* {_action(deploy)} on "
        f"{escape(shorten(service.cluster, 80))}{',' if deploy.verb is Verb.FOLLOW else ''} "
        f"{requested_by(deploy)}{command_line_note(deploy.request)}"
    )
    return join_state(what, f"{state_text(deploy, ahead)}{counted}")


def join_state(what: str, state_text: str) -> str:
    """Both in one line. Long names are cut, the state is not."""
    suffix = f": *{clip_bytes(state_text, STATE_BYTES // 2)}*"
    return f"{clip_bytes(what, STATE_BYTES - utf8_bytes(suffix))}{suffix}"


def _action(deploy: Deploy) -> str:
    """`1.4.1` → `1.4.2`, rollback to `1.4.1` (from `1.4.2`), restart of `1.4.1`."""
    action, before = action_label(deploy, short_code(128)), previous_version(deploy)
    if not before or deploy.verb is Verb.RESTART:
        return action
    old = short_code(60)(before)
    return f"{old} → {action}" if deploy.verb is Verb.DEPLOY else f"{action} (from {old})"


def _progress_lines(
    deploy: Deploy, now: float, when: TimeFormat, forecast: QueueForecast | None, stopped: StopAll | None
) -> list[str]:
    return [
        forecast_line(forecast, when),
        card_progress.counts_line(deploy),
        *card_traffic.traffic_lines(deploy, when, stopped),
        clip(card_progress.old_tasks_lines(deploy, now), 1000),
        card_progress.downtime_line(deploy, now),
        clip(card_progress.pre_task_or_check_line(deploy, now), 1000),
        "I check once more, a little later, that this holds." if deploy.phase is Phase.SETTLING else "",
        *_approval_lines(deploy, now, when),
    ]


def forecast_line(forecast: QueueForecast | None, when: TimeFormat) -> str:
    """The place in the queue and the expected start, in a sentence; empty if neither is known."""
    text = forecast_text(forecast, when) if forecast else ""
    return f"It is {text}." if text else ""


def _hold_lines(deploy: Deploy, stopped: StopAll | None, when: TimeFormat) -> list[str]:
    return [
        clip(hold_line(deploy, when), 900),
        clip(stop_line(deploy, stopped), 900),
        aws_wait_line(deploy, when),
    ]


def _approval_lines(deploy: Deploy, now: float, when: TimeFormat) -> list[str]:
    yes = approved_by(deploy)
    lines = [f"Approved by {mentions(yes[:APPROVERS_SHOWN])}."] if yes else []
    if deploy.phase is not Phase.AWAITING_APPROVAL or is_decided(deploy):
        return lines
    may = deploy.service.approvers
    more = f" and {len(may) - APPROVERS_SHOWN} more" if len(may) > APPROVERS_SHOWN else ""
    expires_at = deploy.approval.expires_at
    if expires_at is None:  # this card is the one that shows it
        expires_at = now + deploy.service.approval_expiry
    question = f"{mentions(may[:APPROVERS_SHOWN])}{more} can approve until {when(expires_at)}."
    return [*lines, clip(question, 600)]


def _problem_lines(deploy: Deploy) -> list[str]:
    retried = ""
    if deploy.in_progress and deploy.retries.last_error:
        error = without_retry_promise(deploy.retries.last_error)
        retried = f"Tried {plural(deploy.retries.attempts, 'time')}, still trying: {error}"
    return [
        card_progress.failures_line(deploy),
        clip(f"Reason: {deploy.outcome_reason}" if deploy.outcome_reason else "", 700),
        clip(retried, 700),
    ]


def _change_lines(deploy: Deploy) -> list[str]:
    why = f"Why: {escape_line(shorten(deploy.request.reason, 400))}" if deploy.request.reason.strip() else ""
    if deploy.override is not None:
        override = deploy.override
        is_same = override.reason.strip() == deploy.request.reason.strip()
        reason = "." if is_same else f": {escape_line(shorten(override.reason, 400))}"
        passes = f"{mention(override.user)} overrides the {override.kind.value}{reason}"
        why = "\n".join(filter(None, (why, clip(passes, 700))))
    plan = deploy.plan
    if plan is None:
        return [clip(why, 1400)]
    if deploy.count_change is not None:
        is_kept = deploy.outcome in (None, Outcome.SUCCEEDED)
        effect = count_change.card_line(deploy, plan) if is_kept else ""
        return [clip(why, 1400), clip(effect, 500)]
    if deploy.command is not None:
        return [clip(why, 1400), clip(pre_task.command_card_line(deploy, plan), 900)]
    lines = [clip(image_line(change, plan), 500) for change in plan.changes[:CONTAINERS_SHOWN]]
    if len(plan.changes) > CONTAINERS_SHOWN:
        lines.append(f"and {plural(len(plan.changes) - CONTAINERS_SHOWN, 'more container')}")
    newer = plan.config.newer if plan.config else None
    return [clip(why, 1400), *lines, clip(card_text(newer), 900) if newer else ""]


def _footer(deploy: Deploy, now: float, when: TimeFormat) -> str:
    parts = [
        f"Deploy {code(deploy.id)}",
        deploy.service.strategy.value,
        escape(shorten(deploy.service.region, 30)),
        f"requested {when(deploy.request.requested_at)}",
    ]
    if deploy.ended_at is not None:
        parts.append(f"took {duration(deploy.ended_at - deploy.request.requested_at)}")
    elif changes_with_time(deploy):
        parts.append(f"{duration(now - deploy.request.requested_at)} so far")
    links = [f"<{escape(url)}|{words}>" for words, url in card_links(deploy).items()]
    return ", ".join([*parts, *links])


def _join_words(*parts: str) -> str:
    return ". ".join(part for part in parts if part)


def _join_lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)


def _section(text: str) -> SectionBlock | None:
    return SectionBlock(text=MarkdownTextObject(text=clip(text, SECTION))) if text else None
