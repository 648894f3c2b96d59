"""Redis does not confirm that an intent is on disk: AWS is not called, and nothing is left stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from deploys.redis_durability import Durability
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.pre_task_deploys import one_off_tasks
from tests.workers.flows.pre_task_deploys import request_with_pre_task as ask_with_a_task
from workers.flows.step_errors import ALERT_AFTER_SECONDS


@dataclass
class FakeDisk:
    """Redis's disk: whether it confirms writes, and how often that was checked."""

    healthy: bool = True
    checks: int = 0
    healthy_checks: int = 10**6
    """How many checks succeed before the disk fails (count)."""


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FakeDisk:
    own = FakeDisk()

    def confirmed() -> bool:
        own.checks += 1
        return own.healthy and own.checks <= own.healthy_checks

    monkeypatch.setattr(Durability, "ask", lambda *_: confirmed)
    return own


def let_time_pass(harness: EngineHarness, seconds: int) -> None:
    for _ in range(seconds):
        harness.tick()


def changing_calls_made(harness: EngineHarness) -> list[str]:
    names = ["RegisterTaskDefinition", "UpdateService", "TagResource", "RunTask"]
    return [name for name in names if harness.ecs.calls(name)]


def test_nothing_is_changed_until_it_is_confirmed_and_then_it_goes_on(
    harness: EngineHarness, disk: FakeDisk
) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    disk.healthy = False
    let_time_pass(harness, 60)
    assert changing_calls_made(harness) == []
    assert "Redis has not confirmed" in harness.get(deploy_id).retries.last_error

    disk.healthy = True

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def test_it_is_asked_only_before_a_change(harness: EngineHarness, disk: FakeDisk) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    before = disk.checks

    harness.until_over(deploy_id)

    assert disk.checks - before == len(changing_calls_made(harness)) == 2


def test_a_disk_that_stays_away_refuses_in_the_end_and_says_why(
    harness: EngineHarness, disk: FakeDisk
) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2", deadline=120)
    disk.healthy = False

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert changing_calls_made(harness) == []
    assert harness.thread_text(deploy_id, ThreadMessageKind.END).startswith(
        "*Refused*, nothing was changed: Redis has not confirmed within 2 s that the next change is "
        "written to its disk, so I do not ask AWS for it yet: look at the disk of Redis. This has lasted "
    )


def cancel_deploy(harness: EngineHarness, deploy_id: str) -> None:
    harness.cancel(deploy_id)


def do_nothing(harness: EngineHarness, deploy_id: str) -> None:
    pass


@pytest.mark.parametrize("act", [cancel_deploy, do_nothing])
def test_a_service_that_is_stopped_comes_back_though_the_disk_is_away(
    harness: EngineHarness,
    monkeypatch: pytest.MonkeyPatch,
    disk: FakeDisk,
    act: Callable[[EngineHarness, str], None],
) -> None:
    deploy_id = harness.request_deploy("billing", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)
    harness.until_phase(deploy_id, Phase.DRAINING)
    act(harness, deploy_id)
    disk.healthy = False

    let_time_pass(harness, int(ALERT_AFTER_SECONDS) + 60)

    assert harness.describe_service("billing")["desiredCount"] == 2
    assert harness.running_tags("billing") == {"1.4.0"}
    assert harness.until_over(deploy_id).outcome in (Outcome.CANCELLED, Outcome.ROLLED_BACK)


def test_a_task_that_was_not_asked_for_is_not_taken_for_one_that_may_run(
    harness: EngineHarness, disk: FakeDisk
) -> None:
    disk.healthy_checks = 2  # the request, and the revision
    deploy_id = ask_with_a_task(harness)
    let_time_pass(harness, 60)
    assert harness.get(deploy_id).phase is Phase.RUNNING_PRE_TASK
    assert one_off_tasks(harness) == []

    disk.healthy_checks = 10**6

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert len(one_off_tasks(harness)) == 1
