"""Every last word is true, whoever meddles and whenever: compared with what only ECS itself can know.

`pytest tests/workers/flows/test_truth.py --hypothesis-profile=default` looks longer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from redis import Redis

from deploys.deploy import Outcome, Phase
from deploys.errors import Refused
from sandbox.ecs import EcsSandbox, ManualClock
from tests.builders import NOW
from tests.shortcut import shorten
from tests.workers.flows.natives import configure
from tests.workers.flows.test_console_changes import change_in_console
from tests.workers.flows.truth import Witness
from tests.workers.yard import Yard

LONGEST_SECONDS = 3600.0
COUNTS = {"web": 3, "billing": 2, "site": 2}


def cancel(yard: Yard, service: str) -> None:
    deploy = yard.store.recent(service, 1)[0]
    try:
        yard.cancel(deploy.id)
    except Refused:
        assert deploy.cancel or deploy.back_to or deploy.outcome


def console(yard: Yard, service: str) -> None:
    change_in_console(yard, service)


def zero(yard: Yard, service: str) -> None:
    yard.console.update_service(cluster="production", service=service, desiredCount=0)


def one_more(yard: Yard, service: str) -> None:
    yard.console.update_service(cluster="production", service=service, desiredCount=COUNTS[service] + 1)


def stop_a_task(yard: Yard, service: str) -> None:
    for arn in sorted(yard.console.list_tasks(cluster="production", serviceName=service)["taskArns"])[:1]:
        yard.console.stop_task(cluster="production", task=arn)


def stale(yard: Yard, service: str) -> None:
    yard.ecs.faults.add(operation="ecs:Describe*", kind="stale", seconds=60)


def silent(yard: Yard, service: str) -> None:
    yard.ecs.faults.add(operation="ecs:*", kind="timeout-after", times=2, seconds=0.001)


@dataclass(frozen=True)
class Meddling:
    """Somebody, or AWS, does this so many seconds after a phase was first seen."""

    what: Callable[[Yard, str], None]
    phase: Phase
    after: float


ACTS = [cancel, console, zero, one_more, stop_a_task, stale, silent]
PHASES = [Phase.DRAINING, Phase.FOLLOWING, Phase.FOLLOWING_BACK, Phase.SETTLING]
meddlings = st.builds(
    Meddling,
    st.sampled_from(ACTS),
    st.sampled_from(PHASES),
    st.sampled_from([0.0, 5.0, 20.0, 30.0, 32.0, 34.0, 60.0]),
)


def tell(yard: Yard, service: str, tag: str, acts: list[Meddling]) -> list[str]:
    """One deploy to its end; what of it was not true."""
    witness, seen, told = Witness(yard, service), dict[Phase, float](), list[str]()
    deploy_id = yard.ask(service, tag, deadline=300)
    open_acts = list(acts)
    while (deploy := yard.get(deploy_id)).phase is not Phase.ENDED:
        assert yard.ecs.now() < NOW + LONGEST_SECONDS, yard.describe()
        seen.setdefault(deploy.phase, yard.ecs.now())
        for act in [a for a in open_acts if yard.ecs.now() >= seen.get(a.phase, 1e12) + a.after]:
            open_acts.remove(act)
            act.what(yard, service)
        if deploy.phase is Phase.AWAITING_APPROVAL and not deploy.decisions:
            yard.approve(deploy_id)
        witness.look()
        before = deploy.outcome
        yard.tick(0)
        if before is None and (deploy := yard.get(deploy_id)).outcome is not None:
            told += witness.lies(deploy)
        yard.ecs.advance(2)
    if zero not in [act.what for act in acts] and yard.service(service)["desiredCount"] == 0:
        told.append("left at zero")
    return told + witness.left_behind(yard.get(deploy_id))


@settings(
    max_examples=max(4, settings.default.max_examples // 8) if settings.default else 4,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    service=st.sampled_from(["web", "billing", "site"]),
    tag=st.sampled_from(["1.4.2", "1.4.2", "1.5.0-crash", "1.5.0-unhealthy"]),
    acts=st.lists(meddlings, max_size=3),
)
@example(service="billing", tag="1.4.2", acts=[Meddling(console, Phase.FOLLOWING, 32.0)])
@example(service="web", tag="1.4.2", acts=[Meddling(zero, Phase.FOLLOWING, 34.0)])
def test_every_last_word_is_true(redis: Redis, service: str, tag: str, acts: list[Meddling]) -> None:
    redis.flushall()
    with pytest.MonkeyPatch.context() as patch, EcsSandbox(clock=ManualClock(start=NOW), seed=1) as ecs:
        shorten(ecs, patch)
        yard = Yard(ecs, redis)
        if service == "site":
            configure(yard, service)

        assert tell(yard, service, tag, acts) == []


def test_the_witness_sees_a_lie(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.5.0-crash")
    deploy = yard.until_over(deploy_id)
    witness = Witness(yard, "web")
    honest = witness.lies(deploy)

    boast = deploy.evolve(
        outcome=Outcome.SUCCEEDED,
        milestones=tuple(
            each.evolve(text="*Succeeded.* `web` runs `1.5.0-crash`: 3 tasks running, after 30 s.")
            if each is deploy.milestones[-1]
            else each
            for each in deploy.milestones
        ),
    )

    assert honest == []
    assert witness.lies(boast) == [
        "it does not run: *Succeeded.* `web` runs `1.5.0-crash`: 3 tasks running, after 30 s."
    ]
