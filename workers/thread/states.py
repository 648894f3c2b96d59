"""The state of a deploy in plain words, and what of it is urgent to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from deploys import naming
from deploys.around import command, task_started
from deploys.catalogue.service import Strategy
from deploys.decisions import approved, missing, rejected
from deploys.deploy import Deploy, Outcome, Phase, Verb, Verdict
from deploys.mrkdwn import mention, plural
from deploys.pauses import number, unanswered
from workers.flows.rollout import Stand
from workers.thread import aftermath, looking_on, shifting
from workers.thread.lengths import short_code

PHASES: Mapping[Phase, str] = {
    Phase.WAITING: "waiting in line",
    Phase.PLANNING: "planning, nothing is changed yet",
    Phase.AWAITING_APPROVAL: "waiting for approval",
    Phase.REGISTERING: "registering the new revision",
    Phase.PREPARING: "running the task before the rollout",
    Phase.UPDATING: "asking ECS for the rollout",
    Phase.RECORDING: "writing down what to bring back",
    Phase.STOPPING: "stopping the old tasks",
    Phase.DRAINING: "waiting until every old task has stopped",
    Phase.STARTING: "starting the new tasks",
    Phase.FOLLOWING: "rolling out",
    Phase.CHECKING: "rolled out, being checked",
    Phase.LOOKING_ON: "rolling out",
    Phase.RESTORING: "rolling back",
    Phase.FOLLOWING_BACK: "rolling back",
    Phase.SETTLING: "ended",
    Phase.ENDED: "ended",
}
"""What each phase is about. Where the outcome is known, the outcome's words are said instead."""

OUTCOMES: Mapping[Outcome, Callable[[Deploy], str]] = {
    Outcome.SUCCEEDED: aftermath.succeeded,
    Outcome.ROLLED_BACK: lambda deploy: f"rolled back{to_old(deploy)}",
    Outcome.FAILED: lambda deploy: _failed(deploy),
    Outcome.SUPERSEDED: lambda deploy: looking_on.superseded(deploy, "somebody else's deployment"),
    Outcome.CANCELLED: lambda deploy: f"cancelled{_by_canceller(deploy)}, {_what_cancelling_did(deploy)}",
    Outcome.REJECTED: lambda deploy: f"rejected{_by_rejecter(deploy)}, nothing was changed",
    Outcome.EXPIRED: lambda deploy: f"expired: {_why_expired(deploy)}, nothing was changed",
    Outcome.REFUSED: lambda deploy: f"refused, {_unchanged(deploy)}",
}

SIGNS: Mapping[Phase | Outcome, str] = {
    Phase.WAITING: ":hourglass:",
    Phase.AWAITING_APPROVAL: ":raised_hand:",
    Phase.RESTORING: ":leftwards_arrow_with_hook:",
    Phase.FOLLOWING_BACK: ":leftwards_arrow_with_hook:",
    Outcome.SUCCEEDED: ":white_check_mark:",
    Outcome.ROLLED_BACK: ":leftwards_arrow_with_hook:",
    Outcome.FAILED: ":x:",
    Outcome.SUPERSEDED: ":warning:",
}
"""For the eye that scans a channel; the words beside it say the same."""
WORKING_SIGN = ":arrows_counterclockwise:"
OVER_SIGN = ":no_entry_sign:"

STILL = frozenset({Phase.WAITING, Phase.AWAITING_APPROVAL, Phase.SETTLING, Phase.ENDED})
"""Phases in which nothing on a card runs with time."""
PAUSED = "pause"
"""In the key of a card whose rollout waits for an answer."""
_AT_ONCE = frozenset({Phase.AWAITING_APPROVAL, Phase.SETTLING, Phase.ENDED})


def state(deploy: Deploy, ahead: Sequence[Deploy] = ()) -> str:
    """Where the deploy is, in a few words of mrkdwn."""
    follows = deploy.verb is Verb.FOLLOW
    if deploy.outcome is not None:
        return (looking_on.OUTCOMES if follows else OUTCOMES)[deploy.outcome](deploy)
    words = (looking_on.PHASES if follows else PHASES).get(deploy.phase, PHASES[deploy.phase])
    if deploy.phase is Phase.WAITING:
        words = _in_line(deploy, ahead)
    elif deploy.phase is Phase.AWAITING_APPROVAL:
        words = _awaiting(deploy)
    elif deploy.phase in (Phase.RESTORING, Phase.FOLLOWING_BACK) or ecs_goes_back(deploy):
        words = f"rolling back{to_old(deploy)}"
    elif deploy.phase is Phase.PREPARING:
        words = f"running {short_code(60)(command(deploy))} before the rollout"
    elif deploy.phase is Phase.FOLLOWING and deploy.service.strategy is Strategy.STOP_START:
        words = PHASES[Phase.STARTING]
    elif deploy.phase is Phase.FOLLOWING:
        serving = "serving, the old tasks drain" if deploy.serving_at is not None else words
        words = shifting.state(deploy) or serving
    elif deploy.phase is Phase.LOOKING_ON:
        words = shifting.state(deploy) or words
    wish = "stop following" if follows else "cancel"
    return f"{words}, {mention(deploy.cancel.user)} asked to {wish}" if deploy.cancel else words


def sign(deploy: Deploy) -> str:
    """An emoji for the state."""
    if deploy.outcome is not None:
        return SIGNS.get(deploy.outcome, OVER_SIGN)
    return SIGNS[Phase.AWAITING_APPROVAL] if unanswered(deploy) else SIGNS.get(deploy.phase, WORKING_SIGN)


def key(deploy: Deploy) -> str:
    """Names what a card's state and buttons stand for; to be compared with the card that was sent last."""
    outcome = deploy.outcome.value if deploy.outcome else ""
    pause = f"/{PAUSED}{number(deploy)}" if unanswered(deploy) else ""
    return (
        f"{deploy.phase.value}/{outcome}/{deploy.question}/{int(decided(deploy))}/{int(bool(deploy.cancel))}"
        f"{pause}"
    )


def urgent(deploy: Deploy, shown: str) -> bool:
    """Whether a card that shows the state `shown` has to change at once: a question or an end is new, or
    buttons that are still on it have lost their meaning."""
    asked = shown.startswith(f"{Phase.AWAITING_APPROVAL.value}/") or f"/{PAUSED}" in shown
    return key(deploy) != shown and (asked or deploy.phase in _AT_ONCE or unanswered(deploy) is not None)


def runs_with_time(deploy: Deploy) -> bool:
    """Whether something on the card, such as the elapsed time, changes by itself."""
    return deploy.phase not in STILL and unanswered(deploy) is None


def decided(deploy: Deploy) -> bool:
    """Whether the approval question has its answer."""
    return rejected(deploy) or approved(deploy)


def approvers(deploy: Deploy) -> tuple[str, ...]:
    """The different people who approved, in the order they did."""
    said_yes = (d.user for d in deploy.decisions if d.verdict is Verdict.APPROVED)
    return tuple(dict.fromkeys(said_yes))


def ecs_goes_back(deploy: Deploy) -> bool:
    """Whether ECS itself gave up on our rollout, which is followed to its end; also where one look found it
    back already, and the second is still to come."""
    back = bool(deploy.reason) or deploy.seen_end == Stand.ROLLED_BACK.value
    return deploy.phase in (Phase.FOLLOWING, Phase.LOOKING_ON) and back


def to_old(deploy: Deploy) -> str:
    """` to 1.4.1` as code; empty while no plan says what ran before."""
    before = naming.version_before(deploy)
    return f" to {short_code(60)(before)}" if before else ""


def _in_line(deploy: Deploy, ahead: Sequence[Deploy]) -> str:
    if not ahead:
        return "first in line, starts now"
    last = ahead[-1]
    if last.service.name != deploy.service.name:
        return f"waiting until {short_code(63)(last.service.name)} has ended"
    article = "" if last.verb is Verb.DEPLOY else "a "
    behind = f"{article}{naming.errand(last, short_code(60))} {naming.by(last)}"
    return f"waiting in line, {plural(len(ahead), 'deploy')} ahead, right behind {behind}"


def _awaiting(deploy: Deploy) -> str:
    if decided(deploy):
        return "decided, about to go on"
    return f"waiting for {plural(missing(deploy), 'approval')}"


def _by_canceller(deploy: Deploy) -> str:
    return f" by {mention(deploy.cancel.user)}" if deploy.cancel else ""


def _by_rejecter(deploy: Deploy) -> str:
    no = next((d for d in deploy.decisions if d.verdict is Verdict.REJECTED), None)
    return f" by {mention(no.user)}" if no else ""


def _what_cancelling_did(deploy: Deploy) -> str:
    touched = deploy.update_tried or deploy.stop_requested_at is not None
    return f"rolled back{to_old(deploy)}" if touched else _unchanged(deploy)


def _why_expired(deploy: Deploy) -> str:
    unseen = deploy.question_expires_at is None
    return "its question could not be shown" if unseen else "nobody decided in time"


def _failed(deploy: Deploy) -> str:
    if deploy.one_off is not None and not deploy.one_off.succeeded:
        return f"failed before the rollout, {_unchanged(deploy)}"
    return "failed, needs a look"


def _unchanged(deploy: Deploy) -> str:
    """A revision that was registered stays, and what a task did, though the service is as it was."""
    changed = deploy.registered or task_started(deploy)
    return "the service was not touched" if changed else "nothing was changed"
