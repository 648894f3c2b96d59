"""Right before whatever a deploy changes first, all that it needs is asked again: hours may lie between its
plan and the change, while a task before the rollout runs.

Every step before the revision asks by itself (`catalogue_check`, `planning`, `registering`). The steps that
may find that the change has begun ask here, when they know that it has not: `running_pre_task`,
`update_step`, `stop_start_steps` and `setting`. From then on a deploy goes on to its end, though people lose
access.
"""

from __future__ import annotations

from deploys.asker import Asker
from deploys.decisions import is_approved
from deploys.errors import ApprovalLost, Refused, SlackUnsure
from deploys.mrkdwn import mentions
from deploys.records.deploy import Deploy
from workers.step_context import StepContext


def check_first_change(deploy: Deploy, context: StepContext) -> Deploy:
    """The deploy with its service as services.yml has it now.

    Raises:
        UnknownService, CatalogueChanged: what was asked for is not what would happen.
        Refused: its requester may not ask for it any more.
        ApprovalLost: too few of those who approved it still may.
        SlackUnsure: nobody can tell.
    """
    deploy = context.with_current_service(deploy)
    context.access.may_run(deploy)
    _refuse_if_approvals_lost(deploy, context)
    return deploy


def _refuse_if_approvals_lost(deploy: Deploy, context: StepContext) -> None:
    """A record that was adopted may have lost its approvals, which it had when it began: those that it has
    count."""
    decisions = deploy.approval.decisions
    lost = [each for each in decisions if not _may_still_decide(Asker.of_answer(each), deploy, context)]
    kept = tuple(each for each in decisions if each not in lost)
    if lost and not is_approved(deploy.evolve(approval={"decisions": kept})):
        people = mentions(tuple(dict.fromkeys(each.user for each in lost)))
        raise ApprovalLost(service=deploy.service.name, people=people)


def _may_still_decide(asker: Asker, deploy: Deploy, context: StepContext) -> bool:
    try:
        context.access.may_decide(asker, deploy)
    except SlackUnsure:
        raise
    except Refused:
        return False
    return True
