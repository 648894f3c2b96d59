"""Deployments that shift traffic: both revisions are kept running from stage to stage.

Blue is the revision that was good before, green the one that is being deployed.
"""

from __future__ import annotations

from sandbox.ecs.records import Deployment, Service, ServiceDeployment, Task
from sandbox.ecs.region import Region
from sandbox.ecs.scheduler import hooks, staffing
from sandbox.ecs.scheduler.strategies import CLEAN_UP

_BEFORE_GREEN = ("RECONCILE_SERVICE", "PRE_SCALE_UP")


def enter(region: Region, story: ServiceDeployment, index: int) -> ServiceDeployment:
    """Begin a stage: its traffic weights hold, its hooks run, its time starts."""
    stage = story.stages[index]
    return region.update_service_deployment(
        story.arn,
        stage=index,
        stage_ends=region.now + region.pace.seconds(stage.seconds),
        lifecycle_stage=stage.name,
        production=stage.production,
        test=stage.test,
        hooks=(*story.hooks, *hooks.start(region, story, index, stage)),
    )


def refused_by_hook(story: ServiceDeployment | None) -> bool:
    return (
        story is not None
        and story.status == "IN_PROGRESS"
        and any(hook.demands_rollback for hook in story.hooks)
    )


def proceed(region: Region, service: Service, primary: Deployment, story: ServiceDeployment) -> bool:
    """Go as far as the stages allow; say whether both revisions are still to be kept."""
    while story.stages[story.stage].name != CLEAN_UP:
        _keep_both(region, service, primary, story)
        if not _may_go_on(region, service, primary, story):
            if story.stage_ends > region.now + staffing.INSTANT:
                staffing.look_again(region, service, story.stage_ends)
            return True
        story = enter(region, story, story.stage + 1)
    return False


def _may_go_on(region: Region, service: Service, primary: Deployment, story: ServiceDeployment) -> bool:
    if story.stage_ends > region.now + staffing.INSTANT:
        return False
    if any(hook.waits for hook in story.hooks if hook.stage == story.stage):
        return False
    tasks = region.tables.tasks_of(service.arn)
    stage = story.stages[story.stage].name
    if stage == "SCALE_UP":
        green = [task for task in tasks if task.live and task.deployment == primary.id]
        return len(green) == staffing.healthy(green) == service.desired_count
    if stage == "RECONCILE_SERVICE":
        return not any(task.live or task.draining for task in _strangers(service, primary, tasks))
    return True


def _keep_both(region: Region, service: Service, primary: Deployment, story: ServiceDeployment) -> None:
    if primary.rolls_back:
        return
    live = [task for task in region.tables.tasks_of(service.arn) if task.live]
    strangers = _strangers(service, primary, live)
    if strangers:
        staffing.let_go(region, service, (strangers, len(strangers)))
    blue = region.tables.deployments.get(service.last_completed or "")
    if blue is not None:
        _keep(region, service, blue, live, service.desired_count)
    green_count = 0 if story.stages[story.stage].name in _BEFORE_GREEN else service.desired_count
    _keep(region, service, primary, live, green_count)


def _strangers(service: Service, primary: Deployment, tasks: list[Task]) -> list[Task]:
    """Of revisions that neither serve nor are coming: a deployment was superseded halfway."""
    return [task for task in tasks if task.deployment not in (primary.id, service.last_completed)]


def _keep(region: Region, service: Service, deployment: Deployment, live: list[Task], count: int) -> None:
    own = [task for task in live if task.deployment == deployment.id]
    if len(own) > count:
        staffing.let_go(region, service, (staffing.least_useful(own), len(own) - count))
    elif len(own) < count and not deployment.halted:
        if staffing.must_wait(region, deployment):
            staffing.look_again(region, service, deployment.retry_at)
        else:
            staffing.start(region, service, deployment, count - len(own))


def turn_back(region: Region, service: Service, story: ServiceDeployment, blue: str, back: str) -> None:
    """The tasks of blue were kept: the deployment that rolls back takes them over as they are."""
    for task in region.tables.tasks_of(service.arn):
        if task.live and task.deployment == blue:
            region.update_task(task.arn, deployment=back)
    enter(region, story, 0)
