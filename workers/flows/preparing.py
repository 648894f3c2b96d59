"""Phase PREPARING: one task runs with the new revision, once, before the service is touched.

It never runs twice: ECS is asked with a token that starts one task at most, for as long as ECS surely knows
the token, and before that for the task that an earlier try may have started. After that time nothing is
risked: the deploy ends, and says that it cannot tell. How the task ended is final in ECS, so success needs
one look only.
"""

from __future__ import annotations

from collections.abc import Sequence

from deploys.around import before
from deploys.catalogue.service import TaskBefore
from deploys.deploy import Deploy, MilestoneKind, Outcome
from deploys.errors import AwsError, AwsUncertain, SlipwayError
from deploys.one_off import OneOff, StopWhy
from workers.ecs import one_off, tasks, why_one_off
from workers.ecs.one_off import NoRoom
from workers.ecs.seen import ServiceSeen, TaskSeen
from workers.flows import unread
from workers.flows.ending import end, gone, look_again, old_revision, superseded, withdraw
from workers.flows.evidence import log_of
from workers.flows.one_off_stand import Stand, container_of, stand
from workers.flows.registering import NEXT
from workers.flows.words import preparing as words
from workers.turn import Next, Turn

ROOM_SECONDS = 15.0
"""Between two requests for a task that ECS finds no room for."""
LATE_SECONDS = 60.0
"""After a request without an answer, until it is sure that it starts nothing any more."""
UNSEEN_SECONDS = 300.0
"""For so long ECS may not show a task that it has just started (ECS API reference, RunTask)."""
STOPS_WITHIN_SECONDS = 300.0
"""After the request to stop, until somebody should have a look."""
LINES_OF_SUCCESS = 3
LINES_OF_FAILURE = 12


def prepare(deploy: Deploy, turn: Turn) -> Next:
    """Starts the task, adopts the one an earlier try started, or looks how it goes."""
    task = before(deploy)
    if task is None or deploy.plan is None:
        raise ValueError(f"deploy {deploy.id} has no task to run before its rollout")
    kept = deploy.one_off or OneOff(container=task.container or deploy.plan.changes[0].container)
    if kept.task_arn is not None:
        return _follow(deploy, turn, kept, task)
    if kept.asked_at is not None:
        cluster = deploy.service.cluster
        found = one_off.find(turn.region, cluster, deploy.new_revision or "", deploy.id)
        if found is not None:
            return _running(deploy, turn, kept, found.arn, task)
    if deploy.cancel:
        return _cancel_unstarted(deploy, turn, kept)
    return _not_any_more(deploy, turn, kept, task) or _start(deploy, turn, kept, task)


def _start(deploy: Deploy, turn: Turn, kept: OneOff, task: TaskBefore) -> Next:
    seen = turn.service()
    if seen is None or seen.status != "ACTIVE":
        return gone(deploy, turn, seen)
    if seen.revision != old_revision(deploy):
        return superseded(deploy, turn, seen)
    asked = kept.evolve(
        asked_at=turn.now() if kept.asked_at is None else kept.asked_at, unanswered=kept.asked_at is not None
    )
    deploy = turn.write(deploy.evolve(one_off=asked))
    turn.guard()
    try:
        answer = one_off.run(turn.region, _order(deploy, asked, task, seen))
    except AwsUncertain:
        raise
    except AwsError:
        turn.write(deploy.evolve(one_off=_told_no(asked)))
        raise
    if isinstance(answer, NoRoom):
        return _wait_for_room(deploy, turn, asked, answer, task)
    return _running(deploy, turn, asked, answer, task)


def _order(deploy: Deploy, asked: OneOff, task: TaskBefore, seen: ServiceSeen) -> one_off.Order:
    return one_off.Order(
        cluster=deploy.service.cluster,
        revision=deploy.new_revision or "",
        container=asked.container,
        command=task.command,
        deploy_id=deploy.id,
        token=f"slipway-{deploy.id}-{asked.tokens}",
        launch=seen.launch,
    )


def _told_no(asked: OneOff) -> OneOff:
    """ECS said no to this request. An earlier one without an answer may still have started the task."""
    return asked if asked.unanswered else asked.evolve(asked_at=None)


def _running(deploy: Deploy, turn: Turn, kept: OneOff, arn: str, task: TaskBefore) -> Next:
    now = turn.now()
    running = kept.evolve(task_arn=arn, no_room="")
    text = words.started(deploy, running, task.deadline)
    told = deploy.saying(now, MilestoneKind.PROGRESS, text, one_off=running, seen_end="")
    return Next(told, after=turn.pace.watch_seconds)


def _wait_for_room(deploy: Deploy, turn: Turn, asked: OneOff, answer: NoRoom, task: TaskBefore) -> Next:
    """ECS says what it lacks at once and keeps nothing, so it is asked again. Each reason is told once."""
    waits = _told_no(asked).evolve(no_room=answer.reason)
    if waits.asked_at is None:
        waits = waits.evolve(tokens=asked.tokens + 1)
    if answer.reason != asked.no_room:
        text = words.waiting_for_room(answer.reason, task.deadline)
        deploy = deploy.saying(turn.now(), MilestoneKind.TROUBLE, text)
    return Next(deploy.evolve(one_off=waits), after=ROOM_SECONDS)


def _cancel_unstarted(deploy: Deploy, turn: Turn, kept: OneOff) -> Next:
    if kept.asked_at is not None and turn.now() - kept.asked_at < LATE_SECONDS:
        return Next(deploy, after=turn.pace.watch_seconds)
    return withdraw(deploy.evolve(one_off=None), turn)


def _not_any_more(deploy: Deploy, turn: Turn, kept: OneOff, task: TaskBefore) -> Next | None:
    """Its end, where it is too late to ask for the task, or to ask again; else None."""
    now = turn.now()
    late = now - deploy.phase_since > task.deadline
    if kept.asked_at is None:
        if not late:
            return None
        text = words.failed(deploy, words.room_overdue(kept.no_room, task.deadline), ran=False)
        return end(deploy, turn, Outcome.FAILED, text)
    if late or now - kept.asked_at > one_off.TOKEN_SECONDS:
        return end(deploy, turn, Outcome.FAILED, words.failed(deploy, words.cannot_tell(deploy), ran=True))
    return None


def _follow(deploy: Deploy, turn: Turn, kept: OneOff, task: TaskBefore) -> Next:
    arn = kept.task_arn or ""
    seen = tasks.describe(turn.region, deploy.service.cluster, [arn]).get(arn)
    if seen is None:
        return _unseen(deploy, turn, kept)
    stands = stand(seen, kept)
    kept = kept.evolve(status=seen.last_status)
    deploy = deploy.evolve(one_off=kept)
    if stands is Stand.SUCCEEDED and not deploy.cancel:
        return _go_on(deploy, turn, kept, seen)
    if stands in (Stand.SUCCEEDED, Stand.FAILED):
        again = look_again(deploy, turn, f"one-off {stands.value}")
        return again or _stopped(deploy, turn, kept, seen, stands)
    deploy = deploy.evolve(seen_end="")
    why = _why_to_stop(deploy, turn, kept, stands, task)
    if why is not StopWhy.NOT_ASKED:
        return _stop(deploy, turn, kept, seen, why)
    return Next(deploy, after=turn.pace.watch_seconds)


def _why_to_stop(deploy: Deploy, turn: Turn, kept: OneOff, stands: Stand, task: TaskBefore) -> StopWhy:
    if kept.stop_why is not StopWhy.NOT_ASKED:
        return kept.stop_why
    if stands is Stand.DONE:
        return StopWhy.DONE
    if deploy.cancel:
        return StopWhy.CANCELLED
    overdue = turn.now() - deploy.phase_since > task.deadline
    return StopWhy.OVERDUE if overdue else StopWhy.NOT_ASKED


def _stop(deploy: Deploy, turn: Turn, kept: OneOff, seen: TaskSeen, why: StopWhy) -> Next:
    now = turn.now()
    if kept.stop_asked_at is None:
        kept = kept.evolve(stop_why=why, stop_asked_at=now)
        deploy = turn.write(deploy.evolve(one_off=kept))
    if seen.desired_status == "RUNNING":
        turn.guard()
        reason = f"Slipway deploy {deploy.id}: {why.value}"
        one_off.stop(turn.region, deploy.service.cluster, seen.arn, reason)
    asked_since = now - (kept.stop_asked_at or now)
    if asked_since > STOPS_WITHIN_SECONDS and deploy.loud_at is None:
        text = words.does_not_stop(kept, asked_since)
        deploy = deploy.saying(now, MilestoneKind.TROUBLE, text, broadcast=True, loud_at=now)
    return Next(deploy, after=turn.pace.watch_seconds)


def _go_on(deploy: Deploy, turn: Turn, kept: OneOff, seen: TaskSeen) -> Next:
    now = turn.now()
    deploy = deploy.evolve(one_off=kept.evolve(exit_code=0, over_at=seen.stopped_at or now))
    log, unread_log = _log(deploy, turn, seen, LINES_OF_SUCCESS)
    text = words.succeeded(deploy, _took(seen, now), log)
    told = deploy.saying(now, MilestoneKind.PROGRESS, f"{text}{unread_log}")
    return Next(told.at(NEXT[deploy.service.strategy], now))


def _stopped(deploy: Deploy, turn: Turn, kept: OneOff, seen: TaskSeen, stands: Stand) -> Next:
    now = turn.now()
    container = container_of(seen, kept)
    exit_code = container.exit_code if container else None
    deploy = deploy.evolve(one_off=kept.evolve(exit_code=exit_code, over_at=seen.stopped_at or now))
    log, unread_log = _log(deploy, turn, seen, LINES_OF_FAILURE)
    ran = seen.started_at is not None
    took = _took(seen, now)
    if deploy.cancel:
        how = words.stopped_midway(deploy, took, ran)
        if kept.stop_why is not StopWhy.CANCELLED or stands is Stand.SUCCEEDED:
            how = words.had_exited(deploy, exit_code) if exit_code is not None else _cause(deploy, seen)
        text = words.cancelled(deploy, deploy.cancel.user, how, ran, log)
        return end(deploy, turn, Outcome.CANCELLED, f"{text}{unread_log}")
    task = before(deploy)
    if kept.stop_why is StopWhy.OVERDUE and task is not None:
        why = words.overdue(deploy, task.deadline, ran)
    else:
        why = _cause(deploy, seen)
    text = words.failed(deploy, why, ran, log)
    return end(deploy, turn, Outcome.FAILED, f"{text}{unread_log}")


def _cause(deploy: Deploy, seen: TaskSeen) -> str:
    by_us = deploy.one_off is not None and deploy.one_off.stop_why is StopWhy.DONE
    cause = why_one_off.cause(seen, deploy.one_off.container if deploy.one_off else "", by_us=by_us)
    return words.exited(deploy, cause.text if cause else "ECS does not say why.")


def _unseen(deploy: Deploy, turn: Turn, kept: OneOff) -> Next:
    """New tasks can be missing for a while; one that stopped long ago is forgotten for good."""
    if turn.now() - deploy.phase_since < UNSEEN_SECONDS:
        return Next(deploy, after=turn.pace.watch_seconds)
    if again := look_again(deploy, turn, "one-off unseen"):
        return again
    text = words.failed(deploy, words.lost_sight(deploy, kept), ran=True)
    return end(deploy, turn, Outcome.FAILED, text)


def _took(seen: TaskSeen, now: float) -> float:
    begun = seen.started_at or seen.created_at or now
    return (seen.stopping_at or seen.stopped_at or now) - begun


def _log(deploy: Deploy, turn: Turn, seen: TaskSeen, count: int) -> tuple[Sequence[str], str]:
    """The newest lines of its container, and a sentence where they could not be read."""
    if deploy.one_off is None or deploy.new_revision is None:
        return (), ""
    container = deploy.one_off.container
    lines = log_of(turn, deploy.new_revision, seen, container, count)
    if isinstance(lines, SlipwayError):
        return (), f"\n{unread.log(lines, container).sentence}"
    return lines, ""
