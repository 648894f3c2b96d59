"""The steps of a deploy with their times: as Slack's plan block, and as a line where that is not taken. Pure.

docs.slack.dev/reference/block-kit/blocks: "Plan block", "Task card block".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from deploys.formatting import TimeFormat, duration, utc_time
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase

STEP_TITLES: Mapping[Phase, str] = {
    Phase.WAITING: "Waited in the queue",
    Phase.PLANNING: "Plan",
    Phase.AWAITING_APPROVAL: "Approval",
    Phase.REGISTERING: "New revision",
    Phase.RUNNING_PRE_TASK: "Task before the rollout",
    Phase.RUNNING_COMMAND: "Command",
    Phase.SCALING: "Scaling",
    Phase.FOLLOWING_COUNT: "Scaling",
    Phase.RESTORING_COUNT: "Rollback",
    Phase.SAVING_RESTORE_POINT: "Old tasks stop",
    Phase.STOPPING: "Old tasks stop",
    Phase.DRAINING: "Old tasks stop",
    Phase.UPDATING: "Rollout",
    Phase.STARTING: "Rollout",
    Phase.FOLLOWING: "Rollout",
    Phase.CHECKING: "Check",
    Phase.FOLLOWING_EXTERNAL: "Rollout",
    Phase.RESTORING: "Rollback",
    Phase.FOLLOWING_ROLLBACK: "Rollback",
    Phase.SETTLING: "Last look",
    Phase.ENDED: "",
}
"""What people read of each phase; phases with the same words are one step."""
_QUIET_STEPS = frozenset({STEP_TITLES[Phase.WAITING]})
"""Steps that are shown only if they took time."""
ENDED_AS: Mapping[Outcome, str] = {
    Outcome.SUCCEEDED: "",
    Outcome.ROLLED_BACK: "failed",
    Outcome.FAILED: "failed",
    Outcome.SUPERSEDED: "superseded",
    Outcome.CANCELLED: "cancelled",
    Outcome.REJECTED: "rejected",
    Outcome.EXPIRED: "expired",
    Outcome.REFUSED: "refused",
}
"""What became of the step that a deploy did not get beyond; empty: there is none."""
SHOWN_STEPS = 12


@dataclass(frozen=True)
class TimelineStep:
    """One step."""

    title: str
    at: float
    """When it began (epoch seconds)."""
    until: float | None
    """When it ended; None: it is not over."""
    ended_as: str = ""
    """`failed`, `rejected` or the like, if the deploy did not get beyond it."""

    @property
    def took(self) -> float | None:
        """Seconds."""
        return None if self.until is None else max(0.0, self.until - self.at)


def timeline(deploy: Deploy) -> list[TimelineStep]:
    """The steps that it went through, in order. Older records know none."""
    steps: list[TimelineStep] = []
    for entry in deploy.timeline:
        title = STEP_TITLES[entry.phase]
        if steps and steps[-1].until is None:
            if steps[-1].title == title:
                continue
            steps[-1] = replace(steps[-1], until=entry.at)
        if title:
            steps.append(TimelineStep(title, entry.at, None))
    if steps and steps[-1].until is None and deploy.outcome is not None and deploy.ended_at is not None:
        steps[-1] = replace(steps[-1], until=max(deploy.ended_at, steps[-1].at))
    shown = [
        each
        for each in steps
        if each.title not in _QUIET_STEPS or (each.took or 0) >= 1 or each.until is None
    ]
    return _with_bad_end(deploy, shown)[-SHOWN_STEPS:]


def _with_bad_end(deploy: Deploy, steps: list[TimelineStep]) -> list[TimelineStep]:
    """The step that was not passed is the one before a rollback, or the last one of a bad end."""
    titles = [each.title for each in steps]
    rollback, looks = STEP_TITLES[Phase.RESTORING], STEP_TITLES[Phase.SETTLING]
    word = ENDED_AS[deploy.outcome] if deploy.outcome else "failed"
    if rollback in titles and titles.index(rollback):
        place = titles.index(rollback) - 1
        word = ENDED_AS[Outcome.CANCELLED] if deploy.cancel else "failed"
    elif deploy.outcome is None or not word or not steps:
        return steps
    else:
        place = len(steps) - (2 if titles[-1] == looks and len(steps) > 1 else 1)
    return [replace(each, ended_as=word) if number == place else each for number, each in enumerate(steps)]


def timeline_text(deploy: Deploy, when: TimeFormat) -> str:
    """All steps in one line of mrkdwn; empty if there is no more than one."""
    steps = timeline(deploy)
    if len(steps) < 2:
        return ""
    return f"Steps since {when(steps[0].at)}: {', '.join(map(_step_words, steps))}"


def _step_words(step: TimelineStep) -> str:
    return f"{step.title} {_how_long(step) or 'now'}"


def _how_long(step: TimelineStep) -> str:
    """How long it took, and how it ended: a colour alone would not say that. Empty while it runs."""
    if step.took is None:
        return ""
    return f"{step.ended_as} after {duration(step.took)}" if step.ended_as else duration(step.took)


def plan_block(deploy: Deploy) -> dict[str, Any] | None:
    """The same as Slack's plan block; None if there is no more than one step."""
    steps = timeline(deploy)
    if len(steps) < 2:
        return None
    return {
        "type": "plan",
        "title": "Steps",
        "tasks": [_task_card(number, step) for number, step in enumerate(steps)],
    }


def _task_card(number: int, step: TimelineStep) -> dict[str, Any]:
    begun: list[dict[str, Any]] = [
        {"type": "date", "timestamp": int(step.at), "format": "{time}", "fallback": utc_time(step.at)}
    ]
    if how_long := _how_long(step):
        begun.append({"type": "text", "text": f", {how_long}"})
    status = "in_progress" if step.until is None else "error" if step.ended_as else "complete"
    return {
        "type": "task_card",
        "task_id": f"step-{number}",
        "title": step.title,
        "status": status,
        "details": {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": begun}],
        },
    }
