"""A PAUSE hook: the question, its answer and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.deploy import Deploy
from deploys.hooks import AT_TIMEOUT, PRESSED
from deploys.mrkdwn import code, escape, mention, mentions
from deploys.pauses import answerers
from deploys.traffic import HookAction, Pause, PauseAnswer
from workers.flows.words.asking import asks_for
from workers.flows.words.measures import when
from workers.flows.words.stages import at, percent


def question(deploy: Deploy, pause: Pause) -> str:
    """Asks whether the rollout shall go on."""
    who = answerers(deploy)
    asked = f"{mentions(who)}: " if who else f"{mention(deploy.requester)}: "
    return (
        f"{asked}*paused* {at(pause.stage)}.{traffic(deploy)} The request of {mention(deploy.requester)} to "
        f"{asks_for(deploy)} waits for *Continue* or *Roll back*, by the buttons on the card above"
        f"{until(pause)}"
    )


def traffic(deploy: Deploy) -> str:
    """Where the production traffic goes, as a sentence that follows another; empty where ECS does not say."""
    share = deploy.shift.production if deploy.shift else None
    if share is None:
        return ""
    if share >= 100:
        return " All production traffic goes to the new tasks."
    if share <= 0:
        return " All production traffic still goes to the old tasks."
    return f" {percent(share)} of the production traffic goes to the new tasks."


def until(pause: Pause) -> str:
    """Until when the pause waits and what happens then, as the end of a sentence. No length of time: ECS's
    clock runs whether Slack shows this soon or late."""
    if pause.expires_at is None:
        return "."
    return f", until {when(pause.expires_at)}. Unanswered, ECS {AT_TIMEOUT[pause.timeout_action]}."


def continued(user: str) -> str:
    return f"{mention(user)} pressed *Continue*: the rollout goes on."


def continued_elsewhere(user: str | None) -> str:
    late = f" The answer of {mention(user)} was not needed any more." if user else ""
    return f"Somebody let the rollout continue outside Slipway, in the console or by the API.{late}"


def timed_out(pause: Pause) -> str:
    """Nobody answered, and ECS went on."""
    return f"Nobody answered the pause in time, so ECS {AT_TIMEOUT[pause.timeout_action]}."


def not_taken(pause: Pause, answer: PauseAnswer) -> str:
    """Somebody answered, but ECS went on because of the time."""
    return (
        f"{mention(answer.user)} pressed *{PRESSED[answer.action]}*, but ECS did not take it before the time "
        f"of the pause was up. ECS {AT_TIMEOUT[pause.timeout_action]}."
    )


def rolled_back(user: str, stage: str) -> str:
    """A reason to go back."""
    return f"{mention(user)} pressed *Roll back* at the pause {at(stage)}."


def not_gone_back() -> str:
    """Roll back was pressed and told to ECS, which goes forward."""
    return "ECS took *Roll back*, and goes on with the rollout all the same. So I stop the rollout instead."


def rolled_back_unanswered(pause: Pause) -> str:
    """A reason to go back."""
    if pause.answer is None:
        return f"nobody answered in time at the pause {at(pause.stage)}, and then ECS rolls back by itself."
    return (
        f"{mention(pause.answer.user)} pressed *{PRESSED[pause.answer.action]}* at the pause "
        f"{at(pause.stage)}, but ECS did not take it before the time was up, and then ECS rolls back by "
        "itself."
    )


def closed_elsewhere(stage: str, reason: str) -> str:
    """A reason to go back."""
    said = f" ECS says: {reason}" if reason else ""
    return f"the pause {at(stage)} was ended outside Slipway, and ECS rolls back.{said}"


def function_failed(functions: Sequence[str], reason: str) -> str:
    """A reason to go back: Lambda functions of lifecycle hooks."""
    said = f" ({escape(reason.rstrip('.'))})" if reason else ""
    named = ", ".join(code(each.rsplit(":function:", 1)[-1]) for each in functions)
    if len(functions) > 1:
        what = f"The Lambda functions {named} of lifecycle hooks did not succeed; their logs say why."
    else:
        what = f"The Lambda function {named} of a lifecycle hook did not succeed; its log says why."
    return f"ECS rolls back by itself{said}. {what}"


def continued_back(stage: str) -> str:
    return f"The way back paused {at(stage)}. To go back was decided already, so I let it continue."


def access_lost(user: str, action: HookAction) -> str:
    what = "let it continue" if action is HookAction.CONTINUE else "roll it back"
    return f"The answer of {mention(user)} does not count: they may no longer {what}. The pause waits on."
