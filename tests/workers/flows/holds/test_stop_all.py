"""While all deploys are stopped, each pauses at its next safe point."""

from __future__ import annotations

import pytest

from deploys.records.audit_entry import AuditEntry
from deploys.records.hold import HoldKind
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import Instead
from deploys.records.request import Verb
from tests.workers.engine_harness import BOB, EngineHarness


def wait(harness: EngineHarness, seconds: int = 60) -> None:
    for _ in range(seconds // 5):
        harness.tick(5)


def held_phase(harness: EngineHarness, deploy_id: str) -> Phase | None:
    deploy = harness.get(deploy_id)
    return deploy.phase if deploy.hold and deploy.hold.kind is HoldKind.STOP_ALL else None


def test_what_is_asked_for_meanwhile_waits_until_it_is_resumed(harness: EngineHarness) -> None:
    stop = harness.stop_all()
    web = harness.request_deploy("web", "1.4.2")
    wait(harness)
    assert held_phase(harness, web) is Phase.WAITING

    harness.resume_all(stop)

    assert harness.until_outcome(web).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("service", "phase"), [("web", Phase.UPDATING), ("ledger", Phase.SAVING_RESTORE_POINT)]
)
def test_a_registered_deploy_pauses_before_its_first_change(
    harness: EngineHarness, service: str, phase: Phase
) -> None:
    deploy_id = harness.request_deploy(service, "1.4.2", approvals=0)
    harness.step_into(deploy_id, phase)
    stop = harness.stop_all()
    wait(harness)
    assert held_phase(harness, deploy_id) is phase
    assert harness.running_tags(service) == {"1.4.0"}

    harness.resume_all(stop)

    assert harness.until_outcome(deploy_id).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("phase", [Phase.STOPPING, Phase.DRAINING, Phase.STARTING, Phase.FOLLOWING])
def test_a_service_is_never_left_at_zero(harness: EngineHarness, phase: Phase) -> None:
    ledger = harness.request_deploy("ledger", "1.4.2", approvals=0)
    harness.step_into(ledger, phase)
    harness.stop_all()

    assert harness.until_outcome(ledger).outcome is Outcome.SUCCEEDED
    assert harness.describe_service("ledger")["desiredCount"] == 1


def test_a_rollback_passes_and_overtakes_a_registered_deploy(harness: EngineHarness) -> None:
    first = harness.request_deploy("web", "1.4.2")
    harness.until_over(first)
    held = harness.request_deploy("web", "1.5.0")
    harness.step_into(held, Phase.UPDATING)
    registered = harness.get(held).ecs.new_revision
    stop = harness.stop_all()
    wait(harness, 10)

    back = harness.request_verb(Verb.ROLLBACK, "web")
    assert harness.until_over(back).outcome is Outcome.SUCCEEDED
    assert harness.running_tags("web") == {"1.4.0"}
    assert harness.get(held).phase is Phase.WAITING

    harness.resume_all(stop)
    done = harness.until_outcome(held)
    assert (done.outcome, harness.running_tags("web")) == (Outcome.SUCCEEDED, {"1.5.0"})
    assert done.ecs.new_revision != registered  # it replaced a version that is gone


def test_a_deploy_whose_task_has_run_ends_when_a_rollback_comes(harness: EngineHarness) -> None:
    harness.until_over(harness.request_deploy("web", "1.4.2"))
    held = harness.request_deploy("web", "1.5.0", before={"command": ("true",), "deadline": 300})
    harness.step_into(held, Phase.UPDATING)
    harness.stop_all()
    wait(harness, 10)
    assert held_phase(harness, held) is Phase.UPDATING

    back = harness.request_verb(Verb.ROLLBACK, "web")

    assert harness.until_over(back).outcome is Outcome.SUCCEEDED
    ended = harness.get(held)
    assert (ended.outcome, ended.hold) == (Outcome.REFUSED, None)
    assert "never runs twice" in ended.end_reason
    assert ended.refusal.instead is Instead.AGAIN


def test_the_task_before_the_rollout_is_not_started_and_its_time_begins_again(harness: EngineHarness) -> None:
    web = harness.request_deploy("web", "1.4.2", before={"command": ("true",), "deadline": 300})
    harness.step_into(web, Phase.RUNNING_PRE_TASK)
    stop = harness.stop_all()
    wait(harness, 600)
    assert held_phase(harness, web) is Phase.RUNNING_PRE_TASK
    assert harness.get(web).pre_task is None

    harness.resume_all(stop)

    assert harness.until_outcome(web).outcome is Outcome.SUCCEEDED


def test_a_task_that_has_begun_goes_on_and_the_deploy_pauses_after_it(harness: EngineHarness) -> None:
    web = harness.request_deploy("web", "1.4.2", before={"command": ("true",), "deadline": 300})
    harness.until(lambda: (task := harness.get(web).pre_task) and task.task_arn)
    stop = harness.stop_all()
    wait(harness, 120)
    assert held_phase(harness, web) is Phase.UPDATING

    harness.resume_all(stop)

    assert harness.until_outcome(web).outcome is Outcome.SUCCEEDED


def test_a_change_that_may_be_under_way_goes_on(harness: EngineHarness) -> None:
    web = harness.request_deploy("web", "1.4.2")
    harness.step_into(web, Phase.UPDATING)
    harness.store.amend(
        web, lambda deploy: deploy.evolve(ecs={"update_tried": True}), by="worker", what="intent"
    )
    harness.stop_all()

    assert harness.until_outcome(web).outcome is Outcome.SUCCEEDED


def test_what_waited_while_deploys_were_stopped_waits_on_for_a_lock_of_that_time(
    harness: EngineHarness,
) -> None:
    web = harness.request_deploy("web", "1.4.2")
    harness.step_into(web, Phase.UPDATING)
    stop = harness.stop_all()
    wait(harness)
    lock = harness.lock("web", BOB)

    harness.resume_all(stop)
    wait(harness)

    waiting = harness.get(web)
    assert (waiting.phase, waiting.hold and waiting.hold.kind) == (Phase.REGISTERING, HoldKind.LOCK)
    assert harness.running_tags("web") == {"1.4.0"}
    harness.locks.release(lock, AuditEntry(at="0", who=BOB, what="unlocked"))
    assert harness.until_outcome(web).outcome is Outcome.SUCCEEDED


def test_two_people_stop_and_one_of_them_is_told_of_the_other(harness: EngineHarness) -> None:
    first = harness.stop_all()
    second = harness.stop_all("U01ALICE00")

    assert (first, second.id) == (second, first.id)
    assert second.user == BOB
