"""What a step's calls to AWS are for: it decides which go first if tokens are short. Pure."""

from __future__ import annotations

from deploys.records.deploy import Deploy
from deploys.records.phases import Phase, Stage
from deploys.stores.aws_budget import CallNeed

STOPPED_PHASES = frozenset({Phase.STOPPING, Phase.DRAINING, Phase.STARTING})
"""Stop-start: the service runs nothing, or will in a moment."""

AHEAD = {
    Phase.REGISTERING: "ecs:RegisterTaskDefinition",
    Phase.SCALING: "ecs:UpdateService",
    Phase.UPDATING: "ecs:UpdateService",
    Phase.STOPPING: "ecs:UpdateService",
    Phase.STARTING: "ecs:UpdateService",
}
"""The change that the step of a phase ends with. Its token is taken before the step reads or writes anything:
the intent is never written for a call that has to wait, and nothing is read twice."""


def call_need(deploy: Deploy, *, changes: bool) -> CallNeed:
    """The need of a call in the deploy's next step. changes: whether it may change AWS."""
    if may_be_down(deploy):
        return CallNeed.RESTORE
    if changes:
        return CallNeed.RESTORE if deploy.phase.facts.stage is Stage.ROLLBACK else CallNeed.CHANGE
    return CallNeed.END if _leads_on(deploy) else CallNeed.PROGRESS


def change_ahead(deploy: Deploy) -> str:
    """The change whose token is taken before the deploy's next step; empty if there is none. A cancel does
    not wait."""
    return "" if deploy.cancel else AHEAD.get(deploy.phase, "")


def may_be_down(deploy: Deploy) -> bool:
    """Whether the service may run nothing until the deploy's next step, or its scaling is still suspended."""
    if deploy.phase in (Phase.RESTORING, Phase.RESTORING_COUNT):
        return True
    scaling = deploy.stop.scaling
    suspended = deploy.phase is Phase.SETTLING and scaling is not None and scaling.may_be_suspended
    return suspended or (deploy.phase in STOPPED_PHASES and deploy.stop.requested_at is not None)


def _leads_on(deploy: Deploy) -> bool:
    """Whether a change or an end follows from what is read."""
    starts_again = (
        deploy.phase is Phase.FOLLOWING
        and deploy.stop.requested_at is not None
        and deploy.rollout.serving_at is None
    )
    return (
        starts_again
        or deploy.phase in AHEAD
        or deploy.phase.facts.stage in (Stage.BEFORE_CHANGE, Stage.ROLLBACK)
        or deploy.pending_confirmation is not None
        or deploy.is_rolling_back_in_ecs
    )
