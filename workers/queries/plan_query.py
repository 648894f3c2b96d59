"""`/deploy plan SERVICE TAG`: everything that a deploy would check and show, without changing anything.

The plan is made by the same code as that of a deploy, with a claim whose lease is over: it may read, but
every guard and every commit refuses it. While another deploy changes the service, there is no plan, and the
answer says so.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from deploys import deploy_text
from deploys.catalogue.service import Service
from deploys.decisions import is_service_untouched
from deploys.deploy_text import planned_count, status_text
from deploys.formatting import slack_time
from deploys.holds.held_deploys import HoldSource, first_hold
from deploys.holds.service_freezes import ServiceFreezes
from deploys.mrkdwn import code, mentions, plural
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.plan import Plan
from deploys.short_names import short_arn
from deploys.stores.claims import Claim
from deploys.stores.deploy_store import DeployStore
from workers.ecs.aws import principals
from workers.ecs.aws.aws_clients import AwsClients
from workers.ecs_reader import LiveReader
from workers.flows.plan.planning import blocked_line, is_in_ecr, make_plan
from workers.messages import base_revision, images, post_check, pre_task
from workers.messages.plan import express_mode_lines, grace_period_lines, strategy_lines
from workers.step_context import AccessPolicy, StepContext, Timing
from workers.tag_signature import TagSigner

MAX_QUEUED_SHOWN = 5
"""How many deploys ahead in the queue are named (count)."""


def describe_plan(
    deploy: Deploy,
    *,
    store: DeployStore,
    aws: AwsClients,
    access: AccessPolicy,
    freezes: ServiceFreezes,
    signer: TagSigner,
    hold_sources: Sequence[HoldSource] = (),
) -> str:
    """What this deploy, which is not stored, would change, and what would hold it now.

    Raises:
        Refused: the deploy would be refused for this.
        AwsError: AWS could not be read.
    """
    access.may_run(deploy)
    ahead = _deploys_ahead(deploy.service, store)
    running = next((each for each in ahead if each.in_progress and not is_service_untouched(each)), None)
    if running is not None:
        return _not_yet_plannable(deploy, ahead, running)
    context = StepContext(
        _read_only_claim(deploy),
        store=store,
        region=aws.for_service(deploy.service, principals.PLAN_SESSION),
        access=access,
        reader=LiveReader(aws, principals.PLAN_SESSION),
        timing=Timing(),
        now=time.time,
        signer=signer,
    )
    hold = first_hold(hold_sources, deploy, time.time())
    held = f"\n• for now it would wait: {hold.sentence}" if hold else ""
    freeze = freeze_line(deploy, freezes, time.time())
    return f"{_plan_text(deploy, make_plan(deploy, context), ahead, freeze)}{held}"


def _read_only_claim(deploy: Deploy) -> Claim:
    """A claim that nobody has: it may read, but every change and every commit is refused."""
    return Claim(deploy, fence=0, token="", claimed_at=0.0, lease_seconds=0.0)


def _deploys_ahead(service: Service, store: DeployStore) -> list[Deploy]:
    found = (store.get(each) for each in store.service_queue(service.name))
    return [deploy for deploy in found if deploy is not None]


def _not_yet_plannable(deploy: Deploy, ahead: Sequence[Deploy], running: Deploy) -> str:
    """ECS now shows neither what ran before that deploy nor what will run after it."""
    return (
        f"{deploy_text.deploy_name(deploy)} would wait in the queue, and what it would change depends on "
        f"the deploy before it: {deploy_text.name_in_sentence(running)} {status_text(running)}. Ask again "
        f"when it has ended.\n• {_queue_line(ahead)}"
    )


def freeze_line(deploy: Deploy, freezes: ServiceFreezes, now: float) -> str:
    """That the service is frozen, or will be within a day; empty if neither."""
    service = deploy.service.name
    if freeze := freezes.find(service, now):
        return f"{freeze.sentence()} Asked for now, the deploy would be refused"
    start = freezes.starts_soon(service, now)
    return f"a freeze of {code(service)} begins {slack_time(start)}" if start is not None else ""


def _plan_text(deploy: Deploy, plan: Plan, ahead: Sequence[Deploy], freeze: str) -> str:
    lines = [
        *_task_definition_lines(plan),
        images.registry_line(deploy, plan, in_ecr=is_in_ecr(plan)),
        *images.pin_lines(deploy, plan),
        f"{planned_count(plan)} before and after",
        *base_revision.plan_lines(deploy, plan),
        *_strategy_lines(deploy, plan),
        *grace_period_lines(deploy, plan),
        *express_mode_lines(plan),
        *pre_task.plan_lines(deploy, plan),
        *post_check.plan_lines(deploy),
        *([freeze] if freeze else []),
        _approval_line(deploy.service),
        _queue_line(ahead),
    ]
    head = f"*Plan* of {deploy_text.deploy_name(deploy)}, as of now. Nothing was changed."
    return "\n".join([head, *(f"• {line}" for line in lines)])


def _task_definition_lines(plan: Plan) -> list[str]:
    """What changes in the task definition."""
    lines = []
    for change in plan.changes:
        container, new = f"container {code(change.container)}", images.new_image(change, plan)
        if change.old_image != change.new_image:
            lines.append(f"{container}: {images.old_image(change, plan)} → {new}")
        elif plan.pinned:
            lines.append(f"{container}: {new}, the image that runs now under another tag")
        elif plan.source_revision not in ("", plan.old_revision):
            lines.append(f"{container}: {new}, as now")
        else:
            lines.append(f"{container}: {new}, the same tag but another image than now")
    running, source = code(short_arn(plan.old_revision)), code(short_arn(plan.source_revision))
    if plan.source_revision not in ("", plan.old_revision):
        return [*lines, f"revision {running} runs now; the new one is a copy of {source}"]
    return [*lines, f"revision {running} runs now; the new one is a copy of it, without other changes"]


def _strategy_lines(deploy: Deploy, plan: Plan) -> list[str]:
    first, *rest = strategy_lines(deploy, plan, blocked_line(plan))
    return [first if plan.traffic else f"{deploy.service.strategy}, {first}", *rest]


def _approval_line(service: Service) -> str:
    if not service.approvals:
        return "no approval needed"
    return f"needs {plural(service.approvals, 'approval')}, from {mentions(service.approvers)}"


def _queue_line(ahead: Sequence[Deploy]) -> str:
    if not ahead:
        return "no deploy is ahead in the queue, so it would start at once"
    named = ", ".join(
        f"{deploy_text.action_label(each)} {deploy_text.requested_by(each)} ({_status_in_queue(each)})"
        for each in ahead[:MAX_QUEUED_SHOWN]
    )
    more = f" and {len(ahead) - MAX_QUEUED_SHOWN} more" if len(ahead) > MAX_QUEUED_SHOWN else ""
    return f"{plural(len(ahead), 'deploy')} ahead in the queue: {named}{more}"


def _status_in_queue(deploy: Deploy) -> str:
    """A deploy stays in the queue while it settles: here that matters, not its outcome."""
    return "is checked once more" if deploy.phase is Phase.SETTLING else status_text(deploy)
