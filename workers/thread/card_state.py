"""The state of a deploy on its card, and when a change of it is urgent to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from deploys import deploy_text
from deploys.decisions import approvals_missing, is_approved, is_rejected, tried_to_change
from deploys.formatting import TimeFormat
from deploys.holds.lock_text import stop_sentence
from deploys.holds.locks import VERBS_NEVER_STOPPED, stays_at_pause
from deploys.mrkdwn import mention, plural
from deploys.pauses import current_pause, latest_pause_number, unanswered_pause
from deploys.pre_task import pre_task_command, pre_task_started
from deploys.records.approval import Verdict
from deploys.records.deploy import Deploy
from deploys.records.hold import HoldKind
from deploys.records.phases import Outcome, Phase, Stage
from deploys.records.request import Verb
from deploys.records.rollout import ChangedSince
from deploys.records.stop_all import StopAll
from deploys.text_limits import short_code, shorten
from workers.thread import card_aws_wait, card_traffic

CHANGED_SINCE: Mapping[ChangedSince, str] = {
    ChangedSince.REPLACED: "then replaced by a newer deployment",
    ChangedSince.SCALED_TO_ZERO: "then scaled to 0",
}


def succeeded_text(deploy: Deploy) -> str:
    """The state of a rollout that succeeded, in a few words."""
    return (
        f"succeeded, {CHANGED_SINCE[deploy.rollout.changed_since]}"
        if deploy.rollout.changed_since
        else "succeeded"
    )


HELD_TEXTS: Mapping[HoldKind, str] = {
    HoldKind.STOP_ALL: "held: all deploys are stopped",
    HoldKind.LOCK: "held: the service is locked",
    HoldKind.FREEZE: "held: no deploys are allowed now",
}
EXTERNAL_OUTCOMES: Mapping[Outcome, Callable[[Deploy], str]] = {
    Outcome.SUCCEEDED: succeeded_text,
    Outcome.ROLLED_BACK: lambda deploy: "rolled back by ECS",
    Outcome.FAILED: lambda deploy: "failed, needs attention",
    Outcome.SUPERSEDED: lambda deploy: superseded_text(deploy, "a newer deployment"),
    Outcome.CANCELLED: lambda deploy: f"no longer followed{_as_asked_by(deploy)}, nothing was changed",
    Outcome.REJECTED: lambda deploy: "not followed, nothing was changed",
    Outcome.EXPIRED: lambda deploy: "no longer followed: it did not end in time, nothing was changed",
    Outcome.REFUSED: lambda deploy: "not followed, nothing was changed",
}


def superseded_text(deploy: Deploy, by: str) -> str:
    """by: what superseded it, unless a desired count of 0 did."""
    return (
        "superseded: the desired count was set to 0"
        if deploy.rollout.scaled_to_zero
        else f"superseded by {by}"
    )


def _as_asked_by(deploy: Deploy) -> str:
    return f", as {mention(deploy.cancel.user)} asked" if deploy.cancel else ""


OUTCOMES: Mapping[Outcome, Callable[[Deploy], str]] = {
    Outcome.SUCCEEDED: succeeded_text,
    Outcome.ROLLED_BACK: lambda deploy: f"rolled back{to_previous_version(deploy)}",
    Outcome.FAILED: lambda deploy: _failed_text(deploy),
    Outcome.SUPERSEDED: lambda deploy: superseded_text(deploy, "somebody else's deployment"),
    Outcome.CANCELLED: lambda deploy: f"cancelled{_cancelled_by(deploy)}, {_cancel_effect(deploy)}",
    Outcome.REJECTED: lambda deploy: f"rejected{_rejected_by(deploy)}, nothing was changed",
    Outcome.EXPIRED: lambda deploy: f"expired: {_expiry_cause(deploy)}, nothing was changed",
    Outcome.REFUSED: lambda deploy: f"refused, {_unchanged_text(deploy)}",
}

COUNT_OUTCOMES: Mapping[Outcome, Callable[[Deploy], str]] = {
    **OUTCOMES,
    Outcome.SUCCEEDED: lambda deploy: "done",
    Outcome.ROLLED_BACK: lambda deploy: f"scaled back{_to_previous_count(deploy)}",
    Outcome.SUPERSEDED: lambda deploy: "superseded by another count",
    Outcome.CANCELLED: lambda deploy: f"cancelled{_cancelled_by(deploy)}, {_count_after_cancel(deploy)}",
}
COMMAND_OUTCOMES: Mapping[Outcome, Callable[[Deploy], str]] = {
    **OUTCOMES,
    Outcome.SUCCEEDED: lambda deploy: "done",
    Outcome.FAILED: lambda deploy: f"failed{_exit_text(deploy)}",
    Outcome.CANCELLED: lambda deploy: f"cancelled{_cancelled_by(deploy)}, {_command_after_cancel(deploy)}",
    Outcome.REFUSED: lambda deploy: "refused, nothing was run",
}


def _outcomes_of(deploy: Deploy) -> Mapping[Outcome, Callable[[Deploy], str]]:
    match deploy.verb:
        case Verb.FOLLOW:
            return EXTERNAL_OUTCOMES
        case Verb.SCALE:
            return COUNT_OUTCOMES
        case Verb.RUN:
            return COMMAND_OUTCOMES
    return OUTCOMES


def _to_previous_count(deploy: Deploy) -> str:
    change = deploy.count_change
    return "" if change is None or change.before is None else f" to {plural(change.before, 'task')}"


def _count_after_cancel(deploy: Deploy) -> str:
    return f"scaled back{_to_previous_count(deploy)}" if deploy.ecs.update_tried else "nothing was changed"


def _exit_text(deploy: Deploy) -> str:
    code = deploy.pre_task.exit_code if deploy.pre_task else None
    return f", exit code {code}" if code else ""


def _command_after_cancel(deploy: Deploy) -> str:
    return "stopped midway" if pre_task_started(deploy) else "nothing was run"


PAUSE_KEY = "pause"
"""Part of the state key while a pause waits for an answer."""


def state_text(deploy: Deploy, ahead: Sequence[Deploy] = ()) -> str:
    """The deploy's state, in a few words of mrkdwn."""
    follows = deploy.verb is Verb.FOLLOW
    if deploy.outcome is not None:
        return _outcomes_of(deploy)[deploy.outcome](deploy)
    words = _phase_text(deploy, ahead)
    wish = "stop following" if follows else "cancel"
    return f"{words}, {mention(deploy.cancel.user)} asked to {wish}" if deploy.cancel else words


def _phase_text(deploy: Deploy, ahead: Sequence[Deploy]) -> str:
    if deploy.hold and not deploy.cancel:
        return hold_text(deploy)
    if card_aws_wait.current_wait(deploy) is not None:
        return card_aws_wait.STATE
    return _moving_text(deploy, ahead)


def _moving_text(deploy: Deploy, ahead: Sequence[Deploy]) -> str:
    follows = deploy.verb is Verb.FOLLOW
    words = deploy.phase.facts.label if deploy.verb.sets_version else _count_or_command_text(deploy)
    if follows and deploy.phase is Phase.PLANNING:
        words = "looking for a rollout in progress"
    if deploy.phase is Phase.WAITING:
        words = _queue_text(deploy, ahead)
    elif deploy.phase is Phase.AWAITING_APPROVAL:
        words = _approval_text(deploy)
    elif deploy.phase.facts.stage is Stage.ROLLBACK or deploy.is_rolling_back_in_ecs:
        words = _rolling_back_text(deploy)
    elif deploy.phase is Phase.RUNNING_PRE_TASK:
        words = f"running {short_code(60)(pre_task_command(deploy))} before the rollout"
    elif deploy.phase is Phase.FOLLOWING and deploy.service.strategy.stops_service:
        words = Phase.STARTING.facts.label
    elif deploy.phase is Phase.FOLLOWING:
        serving = "serving, the old tasks drain" if deploy.rollout.serving_at is not None else words
        words = card_traffic.traffic_state(deploy) or serving
    elif deploy.phase is Phase.FOLLOWING_EXTERNAL:
        words = card_traffic.traffic_state(deploy) or words
    return words


def next_step(deploy: Deploy, stopped: StopAll | None = None) -> str:
    """What somebody has to do now, as a sentence without its full stop; empty if nobody has to. stopped: what
    stops all deploys."""
    if deploy.cancel and deploy.in_progress:
        return ""
    if deploy.phase is Phase.AWAITING_APPROVAL and deploy.in_progress and not is_decided(deploy):
        return "Approve or reject it below"
    if deploy.in_progress and stays_at_pause(deploy, stopped):
        return "Wait until deploys are resumed, or roll it back below"
    if deploy.in_progress and unanswered_pause(deploy):
        return "Continue it or roll it back below"
    if deploy.outcome is Outcome.FAILED and deploy.verb is not Verb.FOLLOW:
        return f"`/deploy status {shorten(deploy.service.name, 63)}` shows what runs"
    return ""


def _rolling_back_text(deploy: Deploy) -> str:
    if deploy.count_change is not None:
        return f"scaling back{_to_previous_count(deploy)}"
    return f"rolling back{to_previous_version(deploy)}"


def _count_or_command_text(deploy: Deploy) -> str:
    match deploy.phase:
        case Phase.REGISTERING:
            return "about to begin"
        case Phase.FOLLOWING_COUNT:
            return _scaling_text(deploy)
    return deploy.phase.facts.label


def _scaling_text(deploy: Deploy) -> str:
    change = deploy.count_change
    if change is None or change.before in (None, change.wanted):
        return "looking whether the tasks run"
    return f"scaling from {change.before} to {plural(change.wanted, 'task')}"


def hold_text(deploy: Deploy) -> str:
    """What a held deploy waits for, in a few words."""
    held = HELD_TEXTS[deploy.hold.kind] if deploy.hold else ""
    if deploy.phase is Phase.AWAITING_APPROVAL and not is_decided(deploy):
        return f"{held}, and {_approval_text(deploy)}"
    return held


def hold_line(deploy: Deploy, when: TimeFormat) -> str:
    """Who or what holds it, and until when; empty if nothing does."""
    if deploy.hold is None or not deploy.in_progress:
        return ""
    until = f" It is held until {when(deploy.hold.until)}." if deploy.hold.until is not None else ""
    return f"{deploy.hold.sentence}{until}"


def stop_line(deploy: Deploy, stopped: StopAll | None) -> str:
    """That all deploys are stopped, on the card of one that goes on all the same; empty if it is held."""
    if stopped is None or not deploy.in_progress or deploy.hold is not None:
        return ""
    goes_on = "This one goes on to its end; the next ones wait."
    pause = current_pause(deploy)
    waits = pause is not None and not (pause.answer and pause.answer.send_tried)
    if waits and deploy.verb not in VERBS_NEVER_STOPPED:
        goes_on = "This one stays at its pause until they are resumed. It can be rolled back."
    return f"{stop_sentence(stopped)} {goes_on}"


def state_emoji(deploy: Deploy) -> str:
    """An emoji for the state."""
    if deploy.outcome is not None:
        return deploy.outcome.facts.emoji
    if deploy.hold:
        return ":double_vertical_bar:"
    return (Phase.AWAITING_APPROVAL if unanswered_pause(deploy) else deploy.phase).facts.emoji


def state_key(deploy: Deploy) -> str:
    """Identifies a card's state and buttons, to be compared with the card that was sent last."""
    outcome = deploy.outcome.value if deploy.outcome else ""
    pause = f"/{PAUSE_KEY}{latest_pause_number(deploy)}" if unanswered_pause(deploy) else ""
    flags = f"{int(is_decided(deploy))}/{int(bool(deploy.cancel))}{'/held' if deploy.hold else ''}"
    return f"{deploy.phase.value}/{outcome}/{deploy.approval.question}/{flags}{pause}"


def must_update_now(deploy: Deploy, shown_key: str) -> bool:
    """Whether a card with this state key has to change at once: a question or an end is new, or its buttons
    no longer apply."""
    showed_question = (
        shown_key.startswith(f"{Phase.AWAITING_APPROVAL.value}/") or f"/{PAUSE_KEY}" in shown_key
    )
    return state_key(deploy) != shown_key and (
        showed_question
        or deploy.phase is Phase.AWAITING_APPROVAL
        or deploy.phase.facts.stage is Stage.OVER
        or unanswered_pause(deploy) is not None
    )


def changes_with_time(deploy: Deploy) -> bool:
    """Whether something on the card, such as the elapsed time, changes by itself."""
    return deploy.phase.facts.runs_with_time and unanswered_pause(deploy) is None and deploy.hold is None


def is_decided(deploy: Deploy) -> bool:
    """Whether the approval question is answered."""
    return is_rejected(deploy) or is_approved(deploy)


def approved_by(deploy: Deploy) -> tuple[str, ...]:
    """The people who approved, each once, in order."""
    approvals = (d.user for d in deploy.approval.decisions if d.verdict is Verdict.APPROVED)
    return tuple(dict.fromkeys(approvals))


def to_previous_version(deploy: Deploy) -> str:
    """` to 1.4.1`, with the version as code; empty until a plan knows what ran before."""
    before = deploy_text.previous_version(deploy)
    return f" to {short_code(60)(before)}" if before else ""


def _queue_text(deploy: Deploy, ahead: Sequence[Deploy]) -> str:
    if not ahead:
        return "queued, starts now"
    last = ahead[-1]
    if last.service.name != deploy.service.name:
        return f"waiting for {short_code(63)(last.service.name)} to end"
    article = {Verb.DEPLOY: "", Verb.FOLLOW: "an "}.get(last.verb, "a ")
    label = f"{article}{deploy_text.action_label(last, short_code(60))} {deploy_text.requested_by(last)}"
    return (
        f"queued behind {label}"
        if len(ahead) == 1
        else f"queued behind {len(ahead)} deploys, the last {label}"
    )


def _approval_text(deploy: Deploy) -> str:
    if is_decided(deploy):
        return "decided, continuing"
    return f"waiting for {plural(approvals_missing(deploy), 'approval')}"


def _cancelled_by(deploy: Deploy) -> str:
    return f" by {mention(deploy.cancel.user)}" if deploy.cancel else ""


def _rejected_by(deploy: Deploy) -> str:
    no = next((d for d in deploy.approval.decisions if d.verdict is Verdict.REJECTED), None)
    return f" by {mention(no.user)}" if no else ""


def _cancel_effect(deploy: Deploy) -> str:
    back = f"rolled back{to_previous_version(deploy)}"
    return back if tried_to_change(deploy) else _unchanged_text(deploy)


def _expiry_cause(deploy: Deploy) -> str:
    unseen = deploy.approval.expires_at is None
    return "its question could not be shown" if unseen else "nobody decided in time"


def _failed_text(deploy: Deploy) -> str:
    if deploy.pre_task is not None and not deploy.pre_task.succeeded:
        return f"failed before the rollout, {_unchanged_text(deploy)}"
    return "failed, needs attention"


def _unchanged_text(deploy: Deploy) -> str:
    """The service is unchanged, but a registered revision and what a task did remain."""
    changed = deploy.has_new_revision or pre_task_started(deploy)
    return "the service was not touched" if changed else "nothing was changed"
