"""Traffic and pauses on the card. Pure."""

from __future__ import annotations

from deploys.decisions import PAUSE_BUTTONS, PAUSE_TIMEOUT_ACTIONS
from deploys.formatting import TimeFormat, percent
from deploys.holds.locks import stays_at_pause
from deploys.mrkdwn import mention, mentions
from deploys.pauses import current_pause, external_pause, pause_approvers, unanswered_pause
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.stop_all import StopAll
from deploys.records.traffic import Pause, TrafficShift
from deploys.text_limits import clip
from workers.messages.traffic import stage_activity, stage_moment

ANSWERERS_SHOWN = 10


def traffic_state(deploy: Deploy) -> str:
    """What the rollout does now, in a few words; empty if ECS shifts no traffic."""
    if deploy.traffic is None or not deploy.traffic.stage:
        return ""
    if elsewhere := external_pause(deploy):
        return f"paused {stage_moment(elsewhere.stage)}, waiting for an answer in ECS"
    pause = current_pause(deploy)
    if pause is None:
        return f"rolling out, {stage_activity(deploy.traffic.stage)}"
    if pause.answer is None:
        return f"paused {stage_moment(pause.stage)}, waiting for an answer"
    return f"paused, {mention(pause.answer.user)} pressed {PAUSE_BUTTONS[pause.answer.action]}"


def traffic_lines(deploy: Deploy, when: TimeFormat, stopped: StopAll | None = None) -> list[str]:
    """Traffic weights, bake time and the open pause. stopped: what stops all deploys."""
    shift = deploy.traffic
    if (
        shift is None
        or deploy.outcome is not None
        or deploy.phase not in (Phase.FOLLOWING, Phase.FOLLOWING_EXTERNAL)
    ):
        return []
    return [_traffic_line(shift), _bake_line(deploy, shift, when), _pause_line(deploy, when, stopped)]


def _pause_line(deploy: Deploy, when: TimeFormat, stopped: StopAll | None) -> str:
    if elsewhere := external_pause(deploy):
        return _external_pause(elsewhere, when)
    pause = unanswered_pause(deploy)
    if pause and stays_at_pause(deploy, stopped):
        return _kept_pause(pause, when)
    return _pause_to_answer(deploy, pause, when) if pause else ""


def _traffic_line(shift: TrafficShift) -> str:
    if shift.new_production_percent is None:
        return ""
    kept = (
        100 - shift.new_production_percent
        if shift.old_production_percent is None
        else shift.old_production_percent
    )
    text = f"Production traffic: new {percent(shift.new_production_percent)}, old {percent(kept)}."
    return (
        text
        if shift.new_test_percent is None
        else f"{text} Test traffic: new {percent(shift.new_test_percent)}."
    )


def _bake_line(deploy: Deploy, shift: TrafficShift, when: TimeFormat) -> str:
    bake = deploy.plan.traffic.bake_seconds if deploy.plan and deploy.plan.traffic else 0
    if shift.stage != "BAKE_TIME" or not bake:
        return ""
    latest = " at the latest" if deploy.phase is Phase.FOLLOWING_EXTERNAL else ""
    return f"Baking until {when(shift.stage_since + bake)}{latest}."


def _external_pause(pause: Pause, when: TimeFormat) -> str:
    return f"To be answered in ECS{_until(pause, when)}"


def _pause_to_answer(deploy: Deploy, pause: Pause, when: TimeFormat) -> str:
    who = pause_approvers(deploy)
    more = f" and {len(who) - ANSWERERS_SHOWN} more" if len(who) > ANSWERERS_SHOWN else ""
    text = f"{mentions(who[:ANSWERERS_SHOWN], nobody='Everybody')}{more} can continue it"
    return clip(f"{text}{_until(pause, when)}", 600)


def _kept_pause(pause: Pause, when: TimeFormat) -> str:
    """ECS knows nothing of the stop."""
    if pause.expires_at is None:
        return ""
    return f"At {when(pause.expires_at)} ECS {PAUSE_TIMEOUT_ACTIONS[pause.timeout_action]}."


def _until(pause: Pause, when: TimeFormat) -> str:
    """Until when the pause can be answered, and what ECS does then, as the end of a sentence."""
    if pause.expires_at is None:
        return "."
    return (
        f" until {when(pause.expires_at)}; if nobody answers, ECS "
        f"{PAUSE_TIMEOUT_ACTIONS[pause.timeout_action]}."
    )
