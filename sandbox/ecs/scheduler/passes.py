"""One look of the service scheduler at a service."""

from __future__ import annotations

from sandbox.ecs import telling
from sandbox.ecs.records import Deployment, Service
from sandbox.ecs.region import Region
from sandbox.ecs.scheduler import early, rollouts, shifting, staffing, stories, watching
from sandbox.ecs.scheduler.rolling import Standing, blocked, next_move
from sandbox.ecs.tasks import ending


def look(region: Region, arn: str) -> None:
    """Bring a service one step nearer to what is wanted of it. More steps follow as tasks move."""
    service = region.tables.services[arn]
    if service.status != "ACTIVE":
        _wind_down(region, service)
        return
    primary = region.tables.primary_of(arn)
    if primary is None:
        return
    rollouts.start(region, service, primary)
    rollouts.turn_if_need_be(region, service, primary)
    service = region.tables.services[arn]
    primary = region.tables.primary_of(arn)
    assert primary is not None
    story = stories.story_of(region, primary)
    shifts = story is not None and story.under_way and bool(story.stages)
    if shifts and story is not None and shifting.proceed(region, service, primary, story):
        _show_what_old_deployments_keep(region, service, primary)
        return
    _move(region, service, primary)
    _settle(region, region.tables.services[arn], region.tables.deployments[primary.id])


def _move(region: Region, service: Service, primary: Deployment) -> None:
    live = [task for task in region.tables.tasks_of(service.arn) if task.live]
    new = [task for task in live if task.deployment == primary.id]
    old = [task for task in live if task.deployment != primary.id]
    waiting = staffing.must_wait(region, primary)
    standing = Standing(
        desired=service.desired_count,
        fewest=service.fewest,
        most=service.most,
        new_live=len(new),
        new_healthy=staffing.healthy(new),
        old_live=len(old),
        old_healthy=staffing.healthy(old),
        may_start=not waiting,
        halted=primary.halted,
    )
    move = next_move(standing)
    if blocked(standing):
        telling.tell_once(region, service.arn, telling.blocked())
    unhealthy = [task for task in old if not task.healthy]
    healthy = [task for task in staffing.oldest(old) if task.healthy]
    staffing.let_go(
        region,
        service,
        (staffing.least_useful(new), move.stop_new),
        (unhealthy, move.stop_old_unhealthy),
        (healthy, move.stop_old_healthy),
    )
    if move.start:
        staffing.start(region, service, primary, move.start)
    elif waiting and not primary.halted and len(new) < service.desired_count:
        staffing.look_again(region, service, primary.retry_at)
    _show_what_old_deployments_keep(region, service, primary)


def _show_what_old_deployments_keep(region: Region, service: Service, primary: Deployment) -> None:
    kept = [task.deployment for task in region.tables.tasks_of(service.arn) if task.live]
    for deployment in region.tables.deployments_of(service.arn):
        if deployment.id != primary.id and deployment.desired_count != kept.count(deployment.id):
            region.update_deployment(deployment.id, desired_count=kept.count(deployment.id))


def _settle(region: Region, service: Service, primary: Deployment) -> None:
    """Complete the deployment and say that the service is steady, when that is so."""
    tasks = region.tables.tasks_of(service.arn)
    new = [task for task in tasks if task.live and task.deployment == primary.id]
    story = stories.story_of(region, primary)
    if early.enough(service, primary, new, tasks) and not watching.still_bakes(region, service, story):
        rollouts.complete(region, service, primary)
        primary = region.tables.deployments[primary.id]
    if primary.halted or len(new) != service.desired_count or staffing.healthy(new) != len(new):
        return
    old = [task for task in tasks if task.deployment != primary.id]
    serving = [task for task in old if task.live or task.draining]
    story = stories.story_of(region, primary)
    if serving:
        if story is not None and story.status == "IN_PROGRESS" and story.lifecycle_stage != "CLEAN_UP":
            region.update_service_deployment(story.arn, lifecycle_stage="CLEAN_UP")
        return
    if watching.still_bakes(region, service, story):
        return
    if primary.rollout_state == "IN_PROGRESS":
        rollouts.complete(region, service, primary)
    rollouts.retire_others(region, primary)
    if not service.steady:
        region.update_service(service.arn, steady=True)
        telling.tell(region, service.arn, telling.steady())


def _wind_down(region: Region, service: Service) -> None:
    """A deleted service drains, and is INACTIVE when its last task has stopped."""
    tasks = region.tables.tasks_of(service.arn)
    live = [task for task in tasks if task.live]
    if live:
        ending.retire(region, service, live)
    elif service.status == "DRAINING" and all(task.gone for task in tasks):
        region.update_service(service.arn, status="INACTIVE")
        for deployment in region.tables.deployments_of(service.arn):
            region.update_deployment(deployment.id, status="INACTIVE")
