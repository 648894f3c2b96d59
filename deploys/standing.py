"""Where a deploy stands, in words that follow its name: `web 1.4.2 waits for approval`."""

from __future__ import annotations

from deploys.deploy import Deploy, Outcome, Phase, Verb
from deploys.pauses import paused_elsewhere, unanswered

PHASES: dict[Phase, str] = {
    Phase.WAITING: "waits in line",
    Phase.PLANNING: "is being planned",
    Phase.AWAITING_APPROVAL: "waits for approval",
    Phase.REGISTERING: "registers its new revision",
    Phase.PREPARING: "runs the task before its rollout",
    Phase.UPDATING: "is about to roll out",
    Phase.RECORDING: "writes down what to bring back",
    Phase.STOPPING: "stops the old tasks",
    Phase.DRAINING: "waits until every old task has stopped",
    Phase.STARTING: "starts the new tasks",
    Phase.FOLLOWING: "rolls out",
    Phase.CHECKING: "is rolled out and being checked",
    Phase.LOOKING_ON: "is followed",
    Phase.RESTORING: "is being rolled back",
    Phase.FOLLOWING_BACK: "is being rolled back",
    Phase.SETTLING: "is looked at once more",
    Phase.ENDED: "ended",
}

OUTCOMES: dict[Outcome, str] = {
    Outcome.SUCCEEDED: "succeeded",
    Outcome.ROLLED_BACK: "was rolled back",
    Outcome.FAILED: "failed",
    Outcome.SUPERSEDED: "was superseded",
    Outcome.CANCELLED: "was cancelled",
    Outcome.REJECTED: "was rejected",
    Outcome.EXPIRED: "expired",
    Outcome.REFUSED: "was refused",
}


FOLLOWED: dict[Phase | Outcome, str] = {
    Phase.PLANNING: "is looked for",
    Outcome.CANCELLED: "stopped being followed",
    Outcome.EXPIRED: "did not end in time and stopped being followed",
    Outcome.REFUSED: "could not be followed",
}
"""What reads otherwise where a rollout that is not ours is only followed."""


def standing(deploy: Deploy) -> str:
    """What the deploy does now, or how it ended."""
    stands = deploy.outcome or deploy.phase
    if deploy.verb is Verb.FOLLOW and stands in FOLLOWED:
        return FOLLOWED[stands]
    if paused_elsewhere(deploy):
        return "is followed, and paused until somebody answers in ECS"
    if deploy.outcome:
        return OUTCOMES[deploy.outcome]
    if deploy.question_unseen:
        return "waits for approval, but Slack has not shown the question yet"
    if unanswered(deploy):
        return "is paused and waits for an answer, *Continue* or *Roll back*"
    return PHASES[deploy.phase]
