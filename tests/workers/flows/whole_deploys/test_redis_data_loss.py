"""Redis loses its last writes, or all of them, right after a call that changes AWS: the deploy adopts that.

A table: each call that changes something, of each kind of deploy, against a record that is a commit or more
older than the call, and one that is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.restore_point import SuspendedState
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.autoscaled_service import scalable_target
from tests.workers.flows.pre_task_deploys import one_off_tasks
from tests.workers.flows.strict_order import assert_strict_order
from tests.workers.flows.whole_deploys.deploy_cases import (
    ALL_CHANGING_OPERATIONS,
    DEPLOY_CASES,
    DESIRED_COUNTS,
    DeployCase,
    DeployRunner,
    request_case,
    run_to_end,
    run_until_killed,
    start_case,
)
from tests.workers.flows.whole_deploys.redis_data_loss import CommitJournal
from tests.workers.flows.worker_kills import WorkerKilled, kill_worker
from workers.flows.stopped_service import restore_tags
from workers.scheduler import ORPHAN_RECOVERY_SECONDS

CHANGING_CALLS = [
    (kind, number)
    for kind, (case, calls) in DEPLOY_CASES.items()
    for number in range(case.first_own_call, len(calls) + 1)
]
CALL_IDS = [f"{kind}: {number} {DEPLOY_CASES[kind][1][number - 1]}" for kind, number in CHANGING_CALLS]


def service_tags(harness: EngineHarness, service: str) -> dict[str, str]:
    tags: dict[str, str] = harness.ecs.state()["services"][service]["tags"]
    return tags


def revisions_of_deploy(harness: EngineHarness, service: str, deploy_id: str) -> list[str]:
    arns = harness.ecs_client.list_task_definitions(familyPrefix=service)["taskDefinitionArns"]
    descriptions = [
        harness.ecs_client.describe_task_definition(taskDefinition=arn, include=["TAGS"]) for arn in arns
    ]
    mine = {"key": "slipway:deploy", "value": deploy_id}
    return [each["taskDefinition"]["taskDefinitionArn"] for each in descriptions if mine in each["tags"]]


def assert_clean_state(harness: EngineHarness, service: str) -> None:
    """Nothing is at zero, suspended, tagged or left in Redis."""
    assert harness.describe_service(service)["desiredCount"] == DESIRED_COUNTS[service]
    assert scalable_target(harness).suspended == SuspendedState()
    assert set(service_tags(harness, service)) & set(restore_tags.TAG_KEYS) == set()
    assert harness.leftover_keys() == []


def is_recovered(harness: EngineHarness, service: str) -> bool:
    return len(harness.running_tags(service)) == 1 and harness.leftover_keys() == []


def scan_and_wait(runner: DeployRunner) -> None:
    runner.orphan_recovery.scan()
    runner.harness.tick(ORPHAN_RECOVERY_SECONDS)


def assert_next_deploy_succeeds(harness: EngineHarness, service: str) -> None:
    harness.ecs.faults.clear()
    following = DeployCase(service, tag="1.4.1")
    deploy = run_to_end(DeployRunner(harness, following), request_case(harness, following), lambda: None)
    assert deploy.outcome is Outcome.SUCCEEDED, harness.thread_text(deploy.id, ThreadMessageKind.END)


@pytest.mark.parametrize("kind", DEPLOY_CASES)
def test_the_table_names_every_call_that_a_deploy_of_this_kind_makes(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    case, runner = start_case(harness, kind)
    with kill_worker(monkeypatch, at_call=0, after=False, operations=ALL_CHANGING_OPERATIONS) as made:
        run_to_end(runner, request_case(harness, case), lambda: None)

    assert made == DEPLOY_CASES[kind][1]


def loss_cases() -> Iterator[Any]:
    """Calls, and how many commits are lost with each (count): also two or five for the kind with the most
    calls."""
    for (kind, number), name in zip(CHANGING_CALLS, CALL_IDS, strict=True):
        for commits in (1, 2 if number % 2 else 5) if kind == "stop-start" else (1,):
            yield pytest.param(kind, number, commits, id=f"{name}, {commits}")


@pytest.mark.parametrize(("kind", "number", "commits"), list(loss_cases()))
def test_a_record_that_is_older_than_the_call_adopts_it(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, kind: str, number: int, commits: int
) -> None:
    case, runner = start_case(harness, kind)
    journal = CommitJournal(harness.redis, monkeypatch)
    deploy_id = request_case(harness, case)
    with kill_worker(monkeypatch, at_call=number, after=True, operations=ALL_CHANGING_OPERATIONS) as made:
        deploy = run_to_end(runner, deploy_id, lambda: journal.lose_commits(commits))

    assert len(made) >= number, "the loss never came"
    end = harness.thread_text(deploy.id, ThreadMessageKind.END)
    assert deploy.outcome in {Outcome.SUCCEEDED, Outcome.CANCELLED, Outcome.ROLLED_BACK}, end
    assert case.cancel_in is not None or deploy.outcome is Outcome.SUCCEEDED, end
    assert runner.false_claims == []
    assert_clean_state(harness, case.service)
    before = {"1.4.2"} if case.verb is Verb.ROLLBACK else {"1.4.0"}
    wanted = {deploy.tag} if deploy.outcome is Outcome.SUCCEEDED else before
    assert harness.running_tags(case.service) == wanted, harness.thread_text(deploy.id)
    assert len(revisions_of_deploy(harness, case.service, deploy.id)) == int(case.verb is not Verb.ROLLBACK)
    assert len(one_off_tasks(harness)) == int(bool(case.service_settings))
    if case.service == "billing":
        assert_strict_order(harness, case.service)
    assert "error inside Slipway" not in harness.thread_text(deploy.id)


@pytest.mark.parametrize(("kind", "number"), CHANGING_CALLS, ids=CALL_IDS)
def test_a_record_that_is_gone_leaves_nothing_stopped_and_no_service_blocked(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, kind: str, number: int
) -> None:
    case, runner = start_case(harness, kind)
    deploy_id = request_case(harness, case)
    with (
        kill_worker(monkeypatch, at_call=number, after=True, operations=ALL_CHANGING_OPERATIONS),
        pytest.raises(WorkerKilled),
    ):
        run_until_killed(runner, deploy_id)
    harness.redis.flushall()
    harness.engine = harness.new_engine()
    lost_at = harness.ecs.now()

    while harness.ecs.now() < lost_at + 120:
        runner.run_until_next_job(None, until=lost_at + 120)
    assert harness.describe_service(case.service)["desiredCount"] == DESIRED_COUNTS[case.service]
    while not is_recovered(harness, case.service) and harness.ecs.now() < lost_at + 1200:
        scan_and_wait(runner)
    for _ in range(3):
        scan_and_wait(runner)

    assert_clean_state(harness, case.service)
    assert len(harness.running_tags(case.service)) == 1
    if case.service == "billing":
        assert_strict_order(harness, case.service)
    assert_next_deploy_succeeds(harness, case.service)


@pytest.mark.usefixtures("short_watch_interval")
@pytest.mark.parametrize("commits", [1, 2])
def test_what_was_set_right_after_the_end_stays_so(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, commits: int
) -> None:
    case, runner = start_case(harness, "stop-start")
    journal = CommitJournal(harness.redis, monkeypatch)
    deploy_id = request_case(harness, case)
    while harness.get(deploy_id).phase is not Phase.SETTLING:
        runner.run_one_second(harness.get(deploy_id))
    harness.ecs_client.update_service(cluster="production", service="billing", desiredCount=0)

    with kill_worker(monkeypatch, at_call=1, after=True, operations={"UpdateService"}) as made:
        deploy = run_to_end(runner, deploy_id, lambda: journal.lose_commits(commits))

    assert made[0] == "UpdateService"
    assert deploy.outcome is Outcome.SUCCEEDED
    assert_clean_state(harness, "billing")
    harness.ecs.advance(300)
    assert harness.running_tags("billing") == {"1.4.2"}
