"""A PAUSE hook: the question, the answer and what ECS did."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.decisions import PAUSE_BUTTONS, PAUSE_TIMEOUT_ACTIONS
from deploys.formatting import percent, slack_time
from deploys.mrkdwn import code, mention, mentions
from deploys.pauses import pause_approvers
from deploys.quoting import quoted
from deploys.records.deploy import Deploy
from deploys.records.traffic import HookAction, Pause, PauseAnswer
from deploys.where_told import mentioned_at_question
from workers.messages.approval import request_text
from workers.messages.traffic import stage_moment


def question(deploy: Deploy, pause: Pause) -> str:
    """Asks whether the rollout should continue."""
    called = mentioned_at_question(deploy, pause_approvers(deploy) or (deploy.request.requester,))
    asked = f"{mentions(called)}: " if called else ""
    return (
        f"{asked}*paused* {stage_moment(pause.stage)}.{traffic_share(deploy)} The request of "
        f"{mention(deploy.request.requester)} to {request_text(deploy)} waits for *Continue* or *Roll back*, "
        f"by the buttons on the card above{pause_expiry(pause)}"
    )


def traffic_share(deploy: Deploy) -> str:
    """Where the production traffic goes, as a sentence that follows another; empty if ECS does not say."""
    share = deploy.traffic.new_production_percent if deploy.traffic else None
    if share is None:
        return ""
    if share >= 100:
        return " All production traffic goes to the new tasks."
    if share <= 0:
        return " All production traffic still goes to the old tasks."
    return f" {percent(share)} of the production traffic goes to the new tasks."


def pause_expiry(pause: Pause) -> str:
    """Until when the pause waits and what happens then, as the end of a sentence. A moment, not a duration:
    ECS's clock runs whether Slack shows this soon or late."""
    if pause.expires_at is None:
        return "."
    return (
        f", until {slack_time(pause.expires_at)}. If nobody answers, ECS "
        f"{PAUSE_TIMEOUT_ACTIONS[pause.timeout_action]}."
    )


def continued(user: str) -> str:
    return f"{mention(user)} pressed *Continue*: the rollout goes on."


def continued_outside(user: str | None) -> str:
    late = f" The answer of {mention(user)} was not needed any more." if user else ""
    return f"Somebody let the rollout continue outside Slipway, in the console or by the API.{late}"


def timed_out(pause: Pause) -> str:
    """Nobody answered, and ECS acted by itself."""
    return f"Nobody answered the pause in time, so ECS {PAUSE_TIMEOUT_ACTIONS[pause.timeout_action]}."


def answer_too_late(pause: Pause, answer: PauseAnswer) -> str:
    """Somebody answered, but the pause timed out first."""
    return (
        f"{mention(answer.user)} pressed *{PAUSE_BUTTONS[answer.action]}*, but ECS did not accept it before "
        f"the pause timed out. ECS {PAUSE_TIMEOUT_ACTIONS[pause.timeout_action]}."
    )


def rolled_back_by(user: str, stage: str) -> str:
    """A reason for a rollback."""
    return f"{mention(user)} pressed *Roll back* at the pause {stage_moment(stage)}."


def rollback_ignored_by_ecs() -> str:
    """*Roll back* was sent to ECS, which continues the rollout."""
    return "ECS accepted *Roll back* but continues the rollout. So I stop the rollout instead."


def rolled_back_at_timeout(pause: Pause) -> str:
    """A reason for a rollback."""
    if pause.answer is None:
        return (
            f"nobody answered in time at the pause {stage_moment(pause.stage)}, so ECS rolls back by itself."
        )
    return (
        f"{mention(pause.answer.user)} pressed *{PAUSE_BUTTONS[pause.answer.action]}* at the pause "
        f"{stage_moment(pause.stage)}, but ECS did not accept it before the pause timed out, so ECS rolls "
        "back by itself."
    )


def closed_outside(stage: str, reason: str) -> str:
    """A reason for a rollback."""
    ecs_says = f" ECS says: {reason}" if reason else ""
    return f"the pause {stage_moment(stage)} was ended outside Slipway, and ECS rolls back.{ecs_says}"


def hook_function_failed(functions: Sequence[str], reason: str) -> str:
    """A reason for a rollback: Lambda functions of lifecycle hooks failed."""
    ecs_says = f" ({quoted(reason.rstrip('.'))})" if reason else ""
    named = ", ".join(code(each.rsplit(":function:", 1)[-1]) for each in functions)
    if len(functions) > 1:
        what = f"The Lambda functions {named} of lifecycle hooks did not succeed; their logs say why."
    else:
        what = f"The Lambda function {named} of a lifecycle hook did not succeed; its log says why."
    return f"ECS rolls back by itself{ecs_says}. {what}"


def continued_during_rollback(stage: str) -> str:
    return f"The rollback paused {stage_moment(stage)}. That was already decided, so I let it continue."


def access_lost(user: str, action: HookAction) -> str:
    what = "let it continue" if action is HookAction.CONTINUE else "roll it back"
    return f"The answer of {mention(user)} does not count: they may no longer {what}. The pause stays open."
