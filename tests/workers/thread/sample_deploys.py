"""A sample deploy for every possible state."""

from __future__ import annotations

from typing import Any

from deploys.catalogue.nested_keys import PostCheck, PreTask
from deploys.records.approval import Cancel, Decision, Verdict
from deploys.records.count_change import CountChange
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import ContainerChange, Plan
from deploys.records.pre_task_and_post_check import PostCheckRun, PreTaskRun
from deploys.records.request import Verb
from deploys.records.restore_point import OldTask, ScalingPlan
from deploys.records.rollback import RollbackCause, RollbackCauseKind
from deploys.records.rollout import RolloutCounts
from deploys.records.typed_command import TypedCommand
from tests.builders import (
    ARN,
    NOW,
    REGISTRY,
    a_deploy,
    a_plan,
    a_restore_point,
    a_service,
    a_stop_start_service,
)

ALICE = "U01ALICE00"
BOB = "U02BOB0000"
LATER = NOW + 95

State = tuple[Phase, Outcome | None]

POSSIBLE_STATES: set[State] = {
    *((phase, None) for phase in Phase if phase not in (Phase.SETTLING, Phase.ENDED)),
    *((Phase.ENDED, outcome) for outcome in Outcome),
    # Only deploys that changed the service are checked once more.
    *(
        (Phase.SETTLING, outcome)
        for outcome in Outcome
        if outcome not in (Outcome.REJECTED, Outcome.EXPIRED, Outcome.REFUSED)
    ),
}
"""Every phase with every outcome it can have. A new member of either enum adds one."""


def rolling(**changes: Any) -> Deploy:
    """`/deploy web 1.4.2 fixes the login` by alice."""
    fields: dict[str, Any] = {"id": "k3m9p2qr", "request": {"reason": "fixes the login"}, "plan": a_plan()}
    return a_deploy(**fields).evolve(**changes)


def stop_start(**changes: Any) -> Deploy:
    """`/deploy ledger 1.4.2` by alice: two tasks, downtime."""
    fields: dict[str, Any] = {
        "id": "w7x8y9zt",
        "service": a_stop_start_service(),
        "plan": ledger_plan(),
        "stop": {
            "restore_point": a_restore_point(
                desired_count=2, task_arns=tuple(f"{ARN}:task/p/{n * 32}" for n in "12")
            ),
            "requested_at": NOW + 40,
        },
        "approval": {
            "question": 1,
            "decisions": (Decision(user=BOB, verdict=Verdict.APPROVED, at=NOW + 30),),
        },
    }
    return a_deploy(**fields).evolve(**changes)


def ledger_plan() -> Plan:
    """From 1.4.1 to 1.4.2 with about a minute of downtime."""
    changed = ContainerChange(
        container="ledger", old_image=f"{REGISTRY}/ledger:1.4.1", new_image=f"{REGISTRY}/ledger:1.4.2"
    )
    return a_plan(old_tag="1.4.1", changes=(changed,), desired_count=2, downtime=True, downtime_seconds=60)


def untouched_fields(**changes: Any) -> dict[str, Any]:
    """Nothing of the ECS service was changed."""
    return {"stop": {"requested_at": None, "restore_point": None}, **changes}


def awaiting(**changes: Any) -> Deploy:
    """The plan of ledger is shown, and nobody has answered."""
    open_question = untouched_fields(
        approval={"decisions": (), "expires_at": NOW + 1800}, phase=Phase.AWAITING_APPROVAL
    )
    return stop_start(**open_question).evolve(**changes)


def following(**changes: Any) -> Deploy:
    """Two of three new tasks run."""
    seen = RolloutCounts(new_desired=3, new_pending=1, new_running=2, old_running=1)
    fields: dict[str, Any] = {
        "phase": Phase.FOLLOWING,
        "ecs": {"update_tried": True},
        "rollout": {"counts": seen},
    }
    return rolling(**fields).evolve(**changes)


def in_pre_task(**changes: Any) -> Deploy:
    """A migration runs for 48 seconds."""
    task = PreTask(command=("python", "-m", "web", "migrate"))
    running = PreTaskRun(
        container="web", requested_at=NOW + 47, task_arn=f"{ARN}:task/p/{'3' * 32}", status="RUNNING"
    )
    fields: dict[str, Any] = {"phase": Phase.RUNNING_PRE_TASK, "phase_since": NOW + 47, "pre_task": running}
    return rolling(service=a_service(before=task), **fields).evolve(**changes)


def in_post_check(**changes: Any) -> Deploy:
    """Two minutes of five, with one miss."""
    wanted = PostCheck(http="https://web.example.com/health?key=s3cret", alarms=("web-5xx",))
    seen = PostCheckRun(
        requests=3, successes=2, consecutive_failures=1, last_failure="503 Service Unavailable", alarm_reads=3
    )
    fields: dict[str, Any] = {"phase": Phase.CHECKING, "phase_since": NOW + 65, "post_check": seen}
    return rolling(service=a_service(after=wanted), ecs={"update_tried": True}, **fields).evolve(**changes)


def external(**changes: Any) -> Deploy:
    """`/deploy follow web` by alice, while a pipeline rolls 1.4.2 out."""
    fields: dict[str, Any] = {
        "verb": Verb.FOLLOW,
        "phase": Phase.FOLLOWING_EXTERNAL,
        "request": {"reason": ""},
        "ecs": {"update_tried": False},
    }
    return following(**fields).evolve(**changes)


def draining(**changes: Any) -> Deploy:
    """One of two old tasks has not stopped."""
    slow = OldTask(task_id="1" * 32, last_status="DEACTIVATING", stopping_since=NOW + 60)
    return stop_start(phase=Phase.DRAINING, stop={"old_tasks": (slow,)}).evolve(**changes)


def scaling(phase: Phase = Phase.PLANNING, **changes: Any) -> Deploy:
    """`/deploy scale web 5`, from 3, of which 4 run."""
    begun = phase is not Phase.PLANNING
    fields: dict[str, Any] = {
        "verb": Verb.SCALE,
        "tag": "1.4.0" if begun else "",
        "phase": phase,
        "count_change": CountChange(wanted=5, before=3 if begun else None),
        "plan": a_plan(desired_count=3, scaling=ScalingPlan(minimum=2, maximum=6)) if begun else None,
        "ecs": {"update_tried": begun},
        "rollout": {"counts": {"new_desired": 5, "new_running": 4, "new_pending": 1}} if begun else {},
    }
    return rolling(**fields).evolve(**changes)


def command(phase: Phase = Phase.PLANNING, **changes: Any) -> Deploy:
    """`/deploy run web -- rake -T`."""
    runs = phase is not Phase.PLANNING
    task = PreTaskRun(container="web", requested_at=NOW, task_arn="task/1", exit_code=3)
    fields: dict[str, Any] = {
        "verb": Verb.RUN,
        "tag": "",
        "phase": phase,
        "command": TypedCommand.of(("rake", "-T")),
        "plan": a_plan(tag="1.4.0") if runs else None,
        "pre_task": task if runs else None,
        "request": {"reason": ""},
    }
    return rolling(**fields).evolve(**changes)


_DONE = RolloutCounts(new_desired=3, new_running=3)
_OVER: dict[str, Any] = {"ended_at": NOW + 90, "ecs": {"update_tried": True}}
_REASON = "the rollout did not finish within its deadline of 20 min."

_LIVE: dict[Phase, Deploy] = {
    Phase.WAITING: rolling(phase=Phase.WAITING, plan=None),
    Phase.PLANNING: rolling(plan=None),
    Phase.AWAITING_APPROVAL: awaiting(),
    Phase.REGISTERING: rolling(phase=Phase.REGISTERING),
    Phase.RUNNING_PRE_TASK: in_pre_task(),
    Phase.RUNNING_COMMAND: command(Phase.RUNNING_COMMAND),
    Phase.SCALING: scaling(Phase.SCALING),
    Phase.FOLLOWING_COUNT: scaling(Phase.FOLLOWING_COUNT),
    Phase.RESTORING_COUNT: scaling(
        Phase.RESTORING_COUNT,
        rollback={
            "outcome": Outcome.ROLLED_BACK,
            "cause": RollbackCause(
                kind=RollbackCauseKind.OVERDUE, sentence="4 of 5 tasks ran at the deadline of 20 min."
            ),
        },
    ),
    Phase.UPDATING: rolling(phase=Phase.UPDATING),
    Phase.SAVING_RESTORE_POINT: stop_start(phase=Phase.SAVING_RESTORE_POINT, **untouched_fields()),
    Phase.STOPPING: stop_start(phase=Phase.STOPPING),
    Phase.DRAINING: draining(),
    Phase.STARTING: stop_start(phase=Phase.STARTING, stop={"all_stopped_at": NOW + 80}),
    Phase.FOLLOWING: following(
        rollout={"counts": following().rollout.counts.evolve(failed_tasks=2, breaker_threshold=3)}
    ),
    Phase.CHECKING: in_post_check(),
    Phase.FOLLOWING_EXTERNAL: external(),
    Phase.RESTORING: following(
        phase=Phase.RESTORING,
        rollback={
            "outcome": Outcome.ROLLED_BACK,
            "cause": RollbackCause(kind=RollbackCauseKind.ECS, sentence=_REASON),
        },
    ),
    Phase.FOLLOWING_ROLLBACK: following(
        phase=Phase.FOLLOWING_ROLLBACK,
        rollback={
            "outcome": Outcome.ROLLED_BACK,
            "cause": RollbackCause(kind=RollbackCauseKind.ECS, sentence=_REASON),
        },
    ),
}

_ENDED: dict[Outcome, Deploy] = {
    Outcome.SUCCEEDED: rolling(**_OVER, rollout={"counts": _DONE}),
    Outcome.ROLLED_BACK: rolling(
        **_OVER, rollback={"cause": RollbackCause(kind=RollbackCauseKind.ECS, sentence=_REASON)}
    ),
    Outcome.FAILED: rolling(**_OVER),
    Outcome.SUPERSEDED: rolling(**_OVER),
    Outcome.CANCELLED: rolling(**_OVER, cancel=Cancel(user=BOB, at=NOW + 50)),
    Outcome.REJECTED: awaiting(
        ended_at=NOW + 90,
        approval={"decisions": (Decision(user=BOB, verdict=Verdict.REJECTED, at=NOW + 90),)},
    ),
    Outcome.EXPIRED: awaiting(ended_at=NOW + 1800),
    Outcome.REFUSED: rolling(plan=None, ended_at=NOW + 2, end_reason="There is no image `web:9.9.9`."),
}


def sample_deploy(state: State) -> Deploy:
    """The deploy in this state.

    Raises:
        KeyError: there is no sample for this state yet.
    """
    phase, outcome = state
    if outcome is None:
        return _LIVE[phase]
    return _ENDED[outcome].evolve(phase=phase, outcome=outcome)
