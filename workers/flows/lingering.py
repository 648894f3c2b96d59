"""Old tasks that do not stop: which they are, what holds them, and which need not stop on the way back.

A protected old task is not waited for on the way back: ECS was never to stop it, so it counts towards the
count that is set again. That holds while the service keeps its revision; a task of another one is waited for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deploys.deploy import Deploy, MilestoneKind, TaskAlive
from workers.ecs import protection
from workers.ecs.protection import Protection
from workers.ecs.seen import ServiceSeen, TaskSeen
from workers.flows.best_effort import best_effort
from workers.flows.ending import is_recorded
from workers.flows.words import lingering as words
from workers.turn import Turn

SLACK_SECONDS = 60.0
"""Beyond its stopTimeout, before a task is said to take long."""
DEREGISTRATION_SECONDS = 300.0
"""How long leaving a target group takes unless it is set otherwise (Elastic Load Balancing guide,
"Deregistration delay")."""
UNASKED_SECONDS = 60.0
"""A task that ECS has not asked to stop after this long is not going to be: it is protected, though we may
not ask whether it is."""
ABOUT_TO_END_SECONDS = 60.0
"""A protection that ends sooner than this may be over before the next call arrives."""

Protections = Mapping[str, Protection] | None
"""By ARN. None where AWS does not tell."""


def protections(deploy: Deploy, turn: Turn, known: Sequence[TaskSeen]) -> Protections:
    """The protection of those tasks that ECS did not ask to stop. No call where it asked all of them."""
    unasked = [task.arn for task in known if _unasked(task)]
    if not unasked:
        return {}
    # It explains a wait, and may not end one.
    return best_effort(lambda: protection.of_tasks(turn.region, deploy.service.cluster, unasked), None)


def shown(known: Sequence[TaskSeen], protected: Protections) -> tuple[TaskAlive, ...]:
    """The tasks that have not stopped, with what holds each. Pure."""
    return tuple(_alive(task, (protected or {}).get(task.arn)) for task in known if not _stopped(task))


def in_the_way(
    deploy: Deploy, seen: ServiceSeen, known: Sequence[TaskSeen], protected: Protections, now: float
) -> tuple[TaskSeen, ...]:
    """The tasks that have to stop before the old version may be started again. Pure.

    An old task that ECS was never to stop, because it is protected, is counted towards the desired count when
    that is set again, so nothing starts in its place. That holds while the service is still set to that
    task's revision: another one means a new deployment, in which every task is replaced.
    """
    since = deploy.stop_requested_at or deploy.phase_since
    return tuple(
        task
        for task in known
        if not _stopped(task)
        and not (
            task.revision == seen.revision
            and is_recorded(deploy, seen.revision)
            and _goes_on(task, protected, now, waited=now - since)
        )
    )


def tell(deploy: Deploy, turn: Turn) -> Deploy:
    """Says once that old tasks take longer to stop than they should, and what comes of it."""
    now = turn.now()
    waited = now - (deploy.stop_requested_at or now)
    late = any(waited > expected_seconds(deploy, task) for task in deploy.alive)
    if not late or deploy.lingering_told_at is not None:
        return deploy
    text = words.take_long(deploy, waited, deploy.phase_since + deploy.service.deadline, now)
    return deploy.saying(now, MilestoneKind.TROUBLE, text, lingering_told_at=now)


def expected_seconds(deploy: Deploy, task: TaskAlive) -> float:
    """How long after the request this task should have stopped. Pure."""
    leaving = DEREGISTRATION_SECONDS if task.last_status == "DEACTIVATING" else 0.0
    return words.stop_timeout(deploy) + leaving + SLACK_SECONDS


def _goes_on(task: TaskSeen, protected: Protections, now: float, waited: float) -> bool:
    if not _unasked(task) or task.last_status != "RUNNING":
        return False
    if protected is None:
        return waited > UNASKED_SECONDS
    found = protected.get(task.arn, Protection(enabled=False))
    return found.enabled and (found.until is None or found.until - now > ABOUT_TO_END_SECONDS)


def _alive(task: TaskSeen, found: Protection | None) -> TaskAlive:
    held = found is not None and found.enabled
    return TaskAlive(
        task_id=task.id,
        last_status=task.last_status,
        since=task.stopping_at,
        asked=not _unasked(task),
        protected=held,
        protected_until=found.until if found is not None and held else None,
    )


def _unasked(task: TaskSeen) -> bool:
    return not _stopped(task) and task.desired_status == "RUNNING"


def _stopped(task: TaskSeen) -> bool:
    return task.last_status == "STOPPED"
