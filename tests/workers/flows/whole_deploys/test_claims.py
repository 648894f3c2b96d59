"""Every claim of an end message is true, whatever disturbs the deploy: it is compared with ECS's state.

`pytest tests/workers/flows/whole_deploys/test_claims.py --hypothesis-profile=default` looks longer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from redis import Redis

from deploys.errors import Refused
from deploys.records.phases import Outcome, Phase
from sandbox.ecs import EcsSandbox, ManualClock
from tests.builders import NOW
from tests.in_process_aws import call_sandbox_in_process
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.claims_checker import ClaimsChecker
from tests.workers.flows.external_rollouts import deploy_in_console
from tests.workers.flows.native_deployments import configure_native_service

MAX_SECONDS = 3600.0
DESIRED_COUNTS = {"web": 3, "billing": 2, "site": 2}


def cancel(harness: EngineHarness, service: str) -> None:
    deploy = harness.store.recent(service, 1)[0]
    try:
        harness.cancel(deploy.id)
    except Refused:
        assert deploy.cancel or deploy.rollback.outcome or deploy.outcome


def redeploy_in_console(harness: EngineHarness, service: str) -> None:
    deploy_in_console(harness, service)


def set_count_to_zero(harness: EngineHarness, service: str) -> None:
    harness.ecs_client.update_service(cluster="production", service=service, desiredCount=0)


def raise_count(harness: EngineHarness, service: str) -> None:
    harness.ecs_client.update_service(
        cluster="production", service=service, desiredCount=DESIRED_COUNTS[service] + 1
    )


def stop_a_task(harness: EngineHarness, service: str) -> None:
    for arn in sorted(harness.ecs_client.list_tasks(cluster="production", serviceName=service)["taskArns"])[
        :1
    ]:
        harness.ecs_client.stop_task(cluster="production", task=arn)


def serve_stale_reads(harness: EngineHarness, service: str) -> None:
    harness.ecs.faults.add(operation="ecs:Describe*", kind="stale", seconds=60)


def lose_answers(harness: EngineHarness, service: str) -> None:
    harness.ecs.faults.add(operation="ecs:*", kind="timeout-after", times=2, seconds=0.001)


@dataclass(frozen=True)
class Disturbance:
    """An action that happens `after` seconds after the phase was first seen."""

    act: Callable[[EngineHarness, str], None]
    phase: Phase
    after: float


ACTIONS = [
    cancel,
    redeploy_in_console,
    set_count_to_zero,
    raise_count,
    stop_a_task,
    serve_stale_reads,
    lose_answers,
]
PHASES = [Phase.DRAINING, Phase.FOLLOWING, Phase.FOLLOWING_ROLLBACK, Phase.SETTLING]
disturbances = st.builds(
    Disturbance,
    st.sampled_from(ACTIONS),
    st.sampled_from(PHASES),
    st.sampled_from([0.0, 5.0, 20.0, 30.0, 32.0, 34.0, 60.0]),
)


def run_and_check(harness: EngineHarness, service: str, tag: str, acts: list[Disturbance]) -> list[str]:
    """Runs one deploy to its end; the claims that were false."""
    checker, first_seen, false_claims = ClaimsChecker(harness, service), dict[Phase, float](), list[str]()
    deploy_id = harness.request_deploy(service, tag, deadline=300)
    open_acts = list(acts)
    while (deploy := harness.get(deploy_id)).phase is not Phase.ENDED:
        assert harness.ecs.now() < NOW + MAX_SECONDS, harness.describe_deploys()
        first_seen.setdefault(deploy.phase, harness.ecs.now())
        for act in [a for a in open_acts if harness.ecs.now() >= first_seen.get(a.phase, 1e12) + a.after]:
            open_acts.remove(act)
            act.act(harness, service)
        if deploy.phase is Phase.AWAITING_APPROVAL and not deploy.approval.decisions:
            harness.approve(deploy_id)
        checker.take_snapshot()
        before = deploy.outcome
        harness.tick(0)
        if before is None and (deploy := harness.get(deploy_id)).outcome is not None:
            false_claims += checker.false_claims(deploy)
        harness.ecs.advance(2)
    if (
        set_count_to_zero not in [act.act for act in acts]
        and harness.describe_service(service)["desiredCount"] == 0
    ):
        false_claims.append("left at zero")
    return false_claims + checker.find_leftovers(harness.get(deploy_id))


@settings(
    max_examples=max(4, settings.default.max_examples // 8) if settings.default else 4,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    service=st.sampled_from(["web", "billing", "site"]),
    tag=st.sampled_from(["1.4.2", "1.4.2", "1.5.0-crash", "1.5.0-unhealthy"]),
    acts=st.lists(disturbances, max_size=3),
)
@example(service="billing", tag="1.4.2", acts=[Disturbance(redeploy_in_console, Phase.FOLLOWING, 32.0)])
@example(service="web", tag="1.4.2", acts=[Disturbance(set_count_to_zero, Phase.FOLLOWING, 34.0)])
def test_every_last_word_is_true(redis: Redis, service: str, tag: str, acts: list[Disturbance]) -> None:
    redis.flushall()
    with pytest.MonkeyPatch.context() as patch, EcsSandbox(clock=ManualClock(start=NOW), seed=1) as ecs:
        call_sandbox_in_process(ecs, patch)
        harness = EngineHarness(ecs, redis)
        if service == "site":
            configure_native_service(harness, service)

        assert run_and_check(harness, service, tag, acts) == []


def test_the_witness_sees_a_lie(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.5.0-crash")
    deploy = harness.until_over(deploy_id)
    checker = ClaimsChecker(harness, "web")
    honest = checker.false_claims(deploy)

    boast = deploy.evolve(
        outcome=Outcome.SUCCEEDED,
        thread_messages=tuple(
            each.evolve(text="*Succeeded.* `web` runs `1.5.0-crash`: 3 tasks running, after 30 s.")
            if each is deploy.thread_messages[-1]
            else each
            for each in deploy.thread_messages
        ),
    )

    assert honest == []
    assert checker.false_claims(boast) == [
        "it does not run: *Succeeded.* `web` runs `1.5.0-crash`: 3 tasks running, after 30 s."
    ]
