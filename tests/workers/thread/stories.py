"""A deploy in every state that can occur, with what a record holds by then."""

from __future__ import annotations

from typing import Any

from deploys.catalogue.service import CheckAfter, TaskBefore
from deploys.checked import Check
from deploys.deploy import (
    Cancel,
    ContainerChange,
    Decision,
    Deploy,
    Outcome,
    Phase,
    Plan,
    Rollout,
    TaskAlive,
    Verb,
    Verdict,
)
from deploys.one_off import OneOff
from tests.builders import (
    ARN,
    NOW,
    REGISTRY,
    a_deploy,
    a_plan,
    a_service,
    a_stop_start_service,
    an_original,
)

ALICE = "U01ALICE00"
BOB = "U02BOB0000"
LATER = NOW + 95

State = tuple[Phase, Outcome | None]

POSSIBLE: set[State] = {
    *((phase, None) for phase in Phase if phase not in (Phase.SETTLING, Phase.ENDED)),
    *((Phase.ENDED, outcome) for outcome in Outcome),
    # Only what touched the service is looked at once more.
    *(
        (Phase.SETTLING, outcome)
        for outcome in Outcome
        if outcome not in (Outcome.REJECTED, Outcome.EXPIRED, Outcome.REFUSED)
    ),
}
"""Every phase with every outcome it can have; a new member of either enum is one more."""


def rolling(**changes: Any) -> Deploy:
    """`/deploy web 1.4.2 fixes the login` by alice."""
    fields: dict[str, Any] = {"id": "k3m9p2qr", "why": "fixes the login", "plan": a_plan()}
    return a_deploy(**{**fields, **changes})


def stop_start(**changes: Any) -> Deploy:
    """`/deploy ledger 1.4.2` by alice: two tasks, downtime."""
    fields: dict[str, Any] = {
        "id": "w7x8y9zt",
        "service": a_stop_start_service(),
        "plan": ledger_plan(),
        "original": an_original(desired_count=2, task_arns=tuple(f"{ARN}:task/p/{n * 32}" for n in "12")),
        "stop_requested_at": NOW + 40,
        "question": 1,
        "decisions": (Decision(user=BOB, verdict=Verdict.APPROVED, at=NOW + 30),),
    }
    return a_deploy(**{**fields, **changes})


def ledger_plan() -> Plan:
    """From 1.4.1 to 1.4.2 with about a minute of downtime."""
    changed = ContainerChange(
        container="ledger", old_image=f"{REGISTRY}/ledger:1.4.1", new_image=f"{REGISTRY}/ledger:1.4.2"
    )
    return a_plan(old_tag="1.4.1", changes=(changed,), desired_count=2, downtime=True, downtime_estimate=60)


def not_stopped_yet(**changes: Any) -> dict[str, Any]:
    """Nothing of the ECS service was changed."""
    return {"stop_requested_at": None, "original": None, **changes}


def awaiting(**changes: Any) -> Deploy:
    """The plan of ledger is shown, and nobody has answered."""
    open_question = not_stopped_yet(
        decisions=(), phase=Phase.AWAITING_APPROVAL, question_expires_at=NOW + 1800
    )
    return stop_start(**{**open_question, **changes})


def following(**changes: Any) -> Deploy:
    """Two of three new tasks run."""
    seen = Rollout(new_desired=3, new_pending=1, new_running=2, old_running=1)
    fields: dict[str, Any] = {"phase": Phase.FOLLOWING, "update_tried": True, "rollout": seen}
    return rolling(**{**fields, **changes})


def looking_on(**changes: Any) -> Deploy:
    """`/deploy follow web` by alice, while a pipeline rolls 1.4.2 out."""
    fields: dict[str, Any] = {
        "verb": Verb.FOLLOW,
        "phase": Phase.LOOKING_ON,
        "why": "",
        "update_tried": False,
    }
    return following(**{**fields, **changes})


def preparing(**changes: Any) -> Deploy:
    """A migration runs for 48 seconds."""
    task = TaskBefore(command=("python", "-m", "web", "migrate"))
    running = OneOff(
        container="web", asked_at=NOW + 47, task_arn=f"{ARN}:task/p/{'3' * 32}", status="RUNNING"
    )
    fields: dict[str, Any] = {"phase": Phase.PREPARING, "phase_since": NOW + 47, "one_off": running}
    return rolling(**{"service": a_service(before=task), **fields, **changes})


def checking(**changes: Any) -> Deploy:
    """Two minutes of five, with one miss."""
    wanted = CheckAfter(http="https://web.example.com/health?key=s3cret", alarms=("web-5xx",))
    seen = Check(requests=3, answered=2, misses=1, last_miss="503 Service Unavailable", alarm_reads=3)
    fields: dict[str, Any] = {"phase": Phase.CHECKING, "phase_since": NOW + 65, "check": seen}
    return rolling(**{"service": a_service(after=wanted), "update_tried": True, **fields, **changes})


def draining(**changes: Any) -> Deploy:
    """One of two old tasks has not stopped."""
    slow = TaskAlive(task_id="1" * 32, last_status="DEACTIVATING", since=NOW + 60)
    return stop_start(**{"phase": Phase.DRAINING, "alive": (slow,), **changes})


_DONE = Rollout(new_desired=3, new_running=3)
_OVER: dict[str, Any] = {"ended_at": NOW + 90, "update_tried": True}
_REASON = "the rollout did not finish within its deadline of 20 min 00 s."

_LIVE: dict[Phase, Deploy] = {
    Phase.WAITING: rolling(phase=Phase.WAITING, plan=None),
    Phase.PLANNING: rolling(plan=None),
    Phase.AWAITING_APPROVAL: awaiting(),
    Phase.REGISTERING: rolling(phase=Phase.REGISTERING),
    Phase.PREPARING: preparing(),
    Phase.UPDATING: rolling(phase=Phase.UPDATING),
    Phase.RECORDING: stop_start(phase=Phase.RECORDING, **not_stopped_yet()),
    Phase.STOPPING: stop_start(phase=Phase.STOPPING),
    Phase.DRAINING: draining(),
    Phase.STARTING: stop_start(phase=Phase.STARTING, all_stopped_at=NOW + 80),
    Phase.FOLLOWING: following(rollout=following().rollout.evolve(failed_tasks=2, breaker_threshold=3)),
    Phase.LOOKING_ON: looking_on(),
    Phase.CHECKING: checking(),
    Phase.RESTORING: following(phase=Phase.RESTORING, back_to=Outcome.ROLLED_BACK, reason=_REASON),
    Phase.FOLLOWING_BACK: following(phase=Phase.FOLLOWING_BACK, back_to=Outcome.ROLLED_BACK, reason=_REASON),
}

_ENDED: dict[Outcome, Deploy] = {
    Outcome.SUCCEEDED: rolling(**_OVER, rollout=_DONE),
    Outcome.ROLLED_BACK: rolling(**_OVER, reason=_REASON),
    Outcome.FAILED: rolling(**_OVER),
    Outcome.SUPERSEDED: rolling(**_OVER),
    Outcome.CANCELLED: rolling(**_OVER, cancel=Cancel(user=BOB, at=NOW + 50)),
    Outcome.REJECTED: awaiting(
        ended_at=NOW + 90, decisions=(Decision(user=BOB, verdict=Verdict.REJECTED, at=NOW + 90),)
    ),
    Outcome.EXPIRED: awaiting(ended_at=NOW + 1800),
    Outcome.REFUSED: rolling(plan=None, ended_at=NOW + 2, reason="There is no image `web:9.9.9`."),
}


def story(state: State) -> Deploy:
    """The deploy in this state.

    Raises:
        KeyError: nobody told the story of this state yet.
    """
    phase, outcome = state
    if outcome is None:
        return _LIVE[phase]
    return _ENDED[outcome].evolve(phase=phase, outcome=outcome)
