"""How a deploy goes, while it goes."""

from __future__ import annotations

from deploys.deploy import Deploy, Original
from deploys.mrkdwn import code, escape, plural
from workers.flows.evidence import NO_EVIDENCE, Evidence
from workers.flows.words.endings import evidence
from workers.flows.words.measures import duration, short


def updating(deploy: Deploy) -> str:
    return (
        f"{_made(deploy)}; ECS rolls {code(deploy.service.name)} to it "
        f"(deployment {code(deploy.deployment_id or '')})."
    )


def _made(deploy: Deploy) -> str:
    """Where the revision came from: a rollback mostly returns to one that is there."""
    known = deploy.plan is not None and deploy.new_revision == deploy.plan.source_revision
    return f"{'Returning to' if known else 'Registered'} {code(short(deploy.new_revision))}"


def stopping(deploy: Deploy, original: Original) -> str:
    return (
        f"{_made(deploy)}. Stopping: the desired count goes from "
        f"{original.desired_count} to 0. On any failure {code(short(original.revision))} and "
        f"{plural(original.desired_count, 'task')} are brought back."
    )


def all_stopped(tasks: int, took: float) -> str:
    proven = "The old task is" if tasks == 1 else f"All {tasks} old tasks are"
    return (
        f"{proven} proven STOPPED after {duration(took)}. No old task is alive; the new version starts now."
    )


def starting(deploy: Deploy, count: int) -> str:
    return (
        f"Starting {plural(count, 'task')} of {code(short(deploy.new_revision))} "
        f"(deployment {code(deploy.deployment_id or '')})."
    )


def task_trouble(why: Evidence) -> str:
    return "\n".join(["New tasks are in trouble; ECS goes on trying:", *evidence(why)])


def back_in_trouble(revision: str, why: Evidence) -> str:
    """The old version does not come up again."""
    lead = f"*Needs a look*: tasks of {code(short(revision))} do not start again on the way back:"
    return "\n".join([lead, *evidence(why)])


def back_in_more_trouble(revision: str, why: Evidence) -> str:
    """The same, where somebody was asked to look already."""
    lead = f"Also on the way back to {code(short(revision))}:"
    return "\n".join([lead, *evidence(why)])


def stop_forgotten(revision: str) -> str:
    return (
        "ECS took the request to stop the rollout, and goes on with it all the same. So I set "
        f"{code(short(revision))} in an update instead, which starts its tasks anew."
    )


def going_back(reason: str, revision: str, why: Evidence = NO_EVIDENCE) -> str:
    """why: what of it the thread was not told yet."""
    to = f" to {code(short(revision))}" if revision else ""
    return "\n".join([f"Rolling back{to}: {reason}", *evidence(why)])


def ecs_gave_up(reason: str, why: Evidence) -> str:
    """ECS goes back, and the reason says so."""
    return "\n".join([reason, *evidence(why)])


def ecs_goes_back(reason: str) -> str:
    said = f" ({escape(reason.rstrip('.'))})" if reason else ""
    return f"ECS gave up on the new revision and rolls back by itself{said}."


def ecs_rolls_back(reason: str) -> str:
    """The same where ECS does not say whether it gave up by itself or was told to."""
    said = f" ({escape(reason.rstrip('.'))})" if reason else ""
    return f"ECS rolls the new revision back{said}."


def stopped_elsewhere(reason: str) -> str:
    return f"somebody, or some tool, stopped the rollout in ECS ({escape(reason.rstrip('.'))})."


def overlap(seconds: float) -> str:
    when = "while an old one was alive"
    if seconds != float("inf"):
        when = f"{duration(seconds)} before the last old one stopped"
    return f"*Strict order was broken*: a new task started {when}."


def order_unseen(what: str) -> str:
    """The proof of strict order is of tasks that could not be read."""
    return f"*Strict order is not proven*: I could not read which tasks ran beside which. {what}"


def overlap_back() -> str:
    return (
        "*Strict order was broken*: ECS's circuit breaker started the old version again before the new one "
        "had stopped. Switch its rollback off for this service; then I bring the old version back in order."
    )
