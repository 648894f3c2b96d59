"""Why a task stopped, and which of its containers is to blame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from deploys.mrkdwn import code
from workers.ecs.reasons.failed_start import explain_failed_start
from workers.ecs.reasons.reason_patterns import Cause, Topic, quote_ecs
from workers.ecs.state import ONE_OFF_PREFIX, ContainerState, TaskState

EXIT_CODE_MEANINGS = {
    0: "it finished, but a service's container has to keep running",
    125: "the container could not be started",
    126: "its command could not be executed",
    127: "its command was not found in the image",
    134: "it aborted, SIGABRT",
    137: "it was killed, SIGKILL: it used too much memory, or did not stop in time when asked to",
    139: "it crashed, SIGSEGV: it touched memory that was not its own",
    143: "it was asked to stop, SIGTERM",
}
_EXIT_CODES_WHEN_STOPPED = {0, 137, 143}
"""Exit codes that a container also has if it is stopped because an essential one ended."""

CHECK_TARGET_GROUP = (
    "Check the path, port and answer that the target group expects, and whether the grace period is long "
    "enough."
)

LOAD_BALANCER_CHECKS_FAILED = "failed ELB health checks"
CONTAINER_CHECKS_FAILED = "failed container health checks"
"""Parts of the stoppedReason of a task that ECS's scheduler replaces because of failed health checks."""

_SCALE_IN_PREFIX = "Scaling activity initiated by"
"""Begins the stoppedReason of tasks that ECS's scheduler stops normally."""


def explain_stop(
    task: TaskState, causes_by_stop_code: Mapping[str, Callable[[TaskState], Cause]] | None = None
) -> Cause | None:
    """Why a task stopped; None if it did not stop, or stopped normally.

    causes_by_stop_code: what each stop code means, if the task does not belong to a service.
    """
    if not (task.stop_code or task.stopped_reason) or task.stopped_reason.startswith(_SCALE_IN_PREFIX):
        return None
    causes = CAUSES_BY_STOP_CODE if causes_by_stop_code is None else causes_by_stop_code
    by_code = causes.get(task.stop_code, _quote_reasons)
    if task.stop_code in _SUFFICIENT_STOP_CODES:
        return by_code(task)
    return (
        _out_of_memory(task)
        or _failed_health_checks(task)
        or explain_host_loss(task)
        or explain_failed_start(_reasons_by_relevance(task))
        or by_code(task)
    )


def find_blamed_containers(task: TaskState) -> tuple[str, ...]:
    """Names of the containers whose log says why the task stopped; empty if none of them ever ran, or if the
    task stopped normally.
    """
    ended = [found for found in task.containers if found.exit_code is not None]
    if explain_stop(task) is None or (task.started_at is None and not ended):
        return ()
    killed = [found for found in task.possibly_essential_containers if _was_killed(found)]
    return tuple(
        found.name
        for found in killed
        or _unhealthy_containers(task)
        or _failed_containers(task)
        or task.possibly_essential_containers
    )


def _reasons_by_relevance(task: TaskState) -> tuple[str, ...]:
    """Reasons that may explain the stop code, the most relevant first. The reason of a container that is not
    essential counts only if the task could not start and nothing else says why: an essential container may
    wait for it (`dependsOn`).
    """
    essential = [found for found in task.containers if found.essential is not False]
    own = [found.reason for found in essential]
    match task.stop_code:
        case "ServiceSchedulerInitiated":
            return (task.stopped_reason,)
        case "EssentialContainerExited":
            exited_by_itself = any(_exited_by_itself(found) and not found.reason for found in essential)
            return (task.stopped_reason,) if exited_by_itself else (*own, task.stopped_reason)
        case "TaskFailedToStart":
            others = [found.reason for found in task.containers if found.essential is False]
            return (*own, task.stopped_reason, *others)
    return (*own, task.stopped_reason)


def _out_of_memory(task: TaskState) -> Cause | None:
    names = [code(found.name) for found in task.possibly_essential_containers if _was_killed(found)]
    if not names and "OutOfMemory" not in task.stopped_reason:
        return None
    return _out_of_memory_cause(f"container {' and '.join(names)}" if names else "a container")


def _out_of_memory_cause(who: str) -> Cause:
    return Cause(f"{who} ran out of memory and was killed. Give it more, or make it use less.")


def _was_killed(container: ContainerState) -> bool:
    return "OutOfMemory" in container.reason


def _failed_health_checks(task: TaskState) -> Cause | None:
    reason = task.stopped_reason
    if LOAD_BALANCER_CHECKS_FAILED in reason:
        return Cause(
            f"the load balancer's health checks failed{_target_group(reason)}. {CHECK_TARGET_GROUP}",
            topic=Topic.LOAD_BALANCER,
        )
    if CONTAINER_CHECKS_FAILED in reason:
        names = ", ".join(code(found.name) for found in _unhealthy_containers(task))
        return Cause(
            f"the container health check{f' of {names}' if names else ''} failed. Run that check's command "
            "in the image, and see whether its start period is long enough.",
            topic=Topic.CONTAINER_HEALTH,
        )
    return None


def _unhealthy_containers(task: TaskState) -> list[ContainerState]:
    """The containers whose health checks ended the task; none if something else did."""
    if CONTAINER_CHECKS_FAILED not in task.stopped_reason:
        return []
    return [found for found in task.possibly_essential_containers if found.health == "UNHEALTHY"]


def _target_group(reason: str) -> str:
    """`... in (target-group arn:...:targetgroup/web/6d0e)`: the name is enough."""
    _, found, rest = reason.partition("(target-group ")
    parts = rest.partition(")")[0].split("/")
    return f" in target group {code(parts[1] if len(parts) > 1 else parts[0])}" if found else ""


def explain_host_loss(task: TaskState) -> Cause | None:
    """Why the host of the task went away; None if it did not. Only the reason says it, not the stop code."""
    reason = task.stopped_reason.lower()
    if "maintenance on the underlying infrastructure" in reason:
        return Cause(f"AWS took the machine under it away for maintenance{_replacement_note(task)}.")
    if "host ec2" in reason and "terminated" in reason:
        return _termination(task)
    if "container instance" in reason and "draining" in reason:
        return Cause(f"its container instance is being drained{_replacement_note(task)}.")
    return None


def _replacement_note(task: TaskState) -> str:
    """A service's task is replaced; a one-off task is not."""
    return "" if task.started_by.startswith(ONE_OFF_PREFIX) else ", and ECS starts another one elsewhere"


def _essential_exited(task: TaskState) -> Cause:
    failed = _failed_containers(task)
    if not failed:
        return _quote_reasons(task)
    if len(failed) == 1:
        return explain_exit(failed[0])
    exits = " and ".join(_exit_text(container) for container in sorted(failed, key=lambda each: each.name))
    return Cause(f"containers {exits}; an essential one of them ended first. Their last log lines say why.")


def _failed_containers(task: TaskState) -> Sequence[ContainerState]:
    ended = [found for found in task.possibly_essential_containers if found.exit_code is not None]
    return [found for found in ended if _exited_by_itself(found)] or ended


def _exited_by_itself(container: ContainerState) -> bool:
    """Whether its exit code shows that it ended by itself, and not because another container ended."""
    return container.exit_code is not None and container.exit_code not in _EXIT_CODES_WHEN_STOPPED


def explain_exit(container: ContainerState) -> Cause:
    """This container exited, and with it the task."""
    if _was_killed(container):
        return _out_of_memory_cause(f"container {code(container.name)}")
    return Cause(f"container {_exit_text(container)}. Its last log lines say why.")


def _exit_text(container: ContainerState) -> str:
    meaning = EXIT_CODE_MEANINGS.get(container.exit_code or 0)
    explanation = f" ({meaning})" if meaning else ""
    return f"{code(container.name)} exited with code {container.exit_code}{explanation}"


def _user_initiated(task: TaskState) -> Cause:
    return Cause(
        "somebody, or a tool, stopped it. CloudTrail shows who called StopTask.", task.stopped_reason
    )


def _spot_interruption(task: TaskState) -> Cause:
    replaced = "" if task.started_by.startswith(ONE_OFF_PREFIX) else ", and ECS starts another one"
    return Cause(
        f"Spot took its capacity back{replaced}. If this is a problem, use capacity that is not Spot.",
    )


def _termination(task: TaskState) -> Cause:
    return Cause(f"its instance was being terminated{_replacement_note(task)}.", task.stopped_reason)


def _unhealthy_host(task: TaskState) -> Cause:
    return Cause(f"the machine under it was not healthy{_replacement_note(task)}.", task.stopped_reason)


def _quote_reasons(task: TaskState) -> Cause:
    reasons = dict.fromkeys(filter(None, [task.stopped_reason, *_reasons_by_relevance(task)]))
    quoted = " and ".join(quote_ecs(reason) for reason in reasons) or "nothing more"
    return Cause(
        f"{_STOP_CODE_TEXTS.get(task.stop_code) or _unknown_stop_code(task.stop_code)}; ECS says: {quoted}"
    )


def _unknown_stop_code(stop_code: str) -> str:
    return f"it stopped with stop code {code(stop_code)}, which I do not know"


_STOP_CODE_TEXTS = {
    "": "it stopped, and ECS gives no stop code",
    "TaskFailedToStart": "it could not start",
    "EssentialContainerExited": "an essential container of it ended, and ECS gives no exit code",
    "ServiceSchedulerInitiated": "ECS's scheduler stopped it",
}
"""Stop codes in words, for reasons that are not known."""


CAUSES_BY_STOP_CODE: dict[str, Callable[[TaskState], Cause]] = {
    "EssentialContainerExited": _essential_exited,
    "TaskFailedToStart": _quote_reasons,
    "UserInitiated": _user_initiated,
    "ServiceSchedulerInitiated": _quote_reasons,
    "SpotInterruption": _spot_interruption,
    "TerminationNotice": _termination,
    "InfrastructureHealth": _unhealthy_host,
}
"""What each value of the enum TaskStopCode means if the reason alone does not say."""

_SUFFICIENT_STOP_CODES = {"UserInitiated", "SpotInterruption", "TerminationNotice", "InfrastructureHealth"}
"""With these stop codes the reason may say anything, because people write some of them."""
