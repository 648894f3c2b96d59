"""Where the traffic is and what a pause waits for, as the card shows it. Pure."""

from __future__ import annotations

from collections.abc import Callable

from deploys.deploy import Deploy, Phase
from deploys.hooks import AT_TIMEOUT, PRESSED
from deploys.mrkdwn import mention, mentions
from deploys.pauses import answerers, paused, paused_elsewhere, unanswered
from deploys.traffic import Pause, Shift
from workers.flows.words.stages import at, doing, percent
from workers.thread.lengths import clip

ANSWERERS_SHOWN = 10
When = Callable[[float], str]


def state(deploy: Deploy) -> str:
    """What the rollout does now, in a few words; empty where ECS shifts no traffic."""
    if deploy.shift is None or not deploy.shift.stage:
        return ""
    if elsewhere := paused_elsewhere(deploy):
        return f"paused {at(elsewhere.stage)}, waiting for an answer in ECS"
    pause = paused(deploy)
    if pause is None:
        return f"rolling out, {doing(deploy.shift.stage)}"
    if pause.answer is None:
        return f"paused {at(pause.stage)}, waiting for an answer"
    return f"paused, {mention(pause.answer.user)} pressed {PRESSED[pause.answer.action]}"


def lines(deploy: Deploy, when: When) -> list[str]:
    """Traffic weights, bake time and the open pause."""
    shift = deploy.shift
    if shift is None or deploy.outcome is not None or deploy.phase not in (Phase.FOLLOWING, Phase.LOOKING_ON):
        return []
    return [_traffic(shift), _baking(deploy, shift, when), _pause(deploy, when)]


def _pause(deploy: Deploy, when: When) -> str:
    if elsewhere := paused_elsewhere(deploy):
        return _waits_elsewhere(elsewhere, when)
    pause = unanswered(deploy)
    return _waits(deploy, pause, when) if pause else ""


def _traffic(shift: Shift) -> str:
    if shift.production is None:
        return ""
    kept = 100 - shift.production if shift.kept is None else shift.kept
    text = f"Production traffic: new {percent(shift.production)}, old {percent(kept)}."
    return text if shift.test is None else f"{text} Test traffic: new {percent(shift.test)}."


def _baking(deploy: Deploy, shift: Shift, when: When) -> str:
    bake = deploy.plan.traffic.bake if deploy.plan and deploy.plan.traffic else 0
    if shift.stage != "BAKE_TIME" or not bake:
        return ""
    latest = " at the latest" if deploy.phase is Phase.LOOKING_ON else ""
    return f"Bakes until {when(shift.stage_since + bake)}{latest}."


def _waits_elsewhere(pause: Pause, when: When) -> str:
    asked = "Whoever began it answers in ECS"
    if pause.expires_at is None:
        return f"{asked}."
    return f"{asked}, until {when(pause.expires_at)}; unanswered, ECS {AT_TIMEOUT[pause.timeout_action]}."


def _waits(deploy: Deploy, pause: Pause, when: When) -> str:
    who = answerers(deploy)
    more = f" and {len(who) - ANSWERERS_SHOWN} more" if len(who) > ANSWERERS_SHOWN else ""
    asked = f"{mentions(who[:ANSWERERS_SHOWN], nobody='Everybody')}{more} may let it continue"
    if pause.expires_at is None:
        return clip(f"{asked}.", 600)
    return clip(
        f"{asked}, until {when(pause.expires_at)}; unanswered, ECS {AT_TIMEOUT[pause.timeout_action]}.", 600
    )
