"""What a deploy's steps leave in the audit."""

from __future__ import annotations

import pytest

from deploys.records.phases import Outcome
from deploys.stores import audit
from tests.workers.engine_harness import BOB, EngineHarness
from workers.ecs.aws.request_ids import changes_something


def test_each_transition_makes_one_entry_with_what_was_planned_and_seen(
    harness: EngineHarness,
) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")

    deploy = harness.until_over(deploy_id)

    entries = audit.trail(harness.redis, deploy_id)
    moves = [each for each in entries if not each["what"].startswith(("about to act", "acted"))]
    whats = [each["what"] for each in moves]
    assert whats == ["requested", "planning", "registering", "updating", "following", "ended"]
    assert len({each["version"] for each in entries}) == len(entries)
    calls = [call for each in entries for call in each["aws_requests"].split(",") if call]
    assert {call.partition(":")[0] for call in calls} == {"RegisterTaskDefinition", "UpdateService"}
    assert all(call.partition(":")[2] for call in calls)
    assert len(calls) == len(set(calls))
    assert deploy.plan is not None
    last = entries[-1]
    assert (last["from_tag"], last["tag"], last["digest"]) == ("1.4.0", "1.4.2", deploy.plan.digest or "")
    assert last["running"]
    assert all(each["fence"] for each in entries[1:])


def test_a_refusal_in_a_worker_says_why(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "9.9.9")

    deploy = harness.until_over(deploy_id)

    refused = [each for each in audit.trail(harness.redis, deploy_id) if each["outcome"] == "refused"]
    assert deploy.outcome is Outcome.REFUSED
    assert [each["why"] for each in refused] == [deploy.end_reason]


def test_only_those_who_approved_are_its_approvers(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2")
    harness.until(lambda: harness.get(deploy_id).approval.question)
    harness.mark_question_shown(deploy_id)
    harness.approve(deploy_id)
    harness.until_over(deploy_id)

    entries = audit.trail(harness.redis, deploy_id)

    assert [each["what"] for each in entries].count("approved") == 1
    assert entries[-1]["approvers"] == BOB
    assert {"RegisterTaskDefinition", "UpdateService"} <= {
        call.partition(":")[0] for each in entries for call in each["aws_requests"].split(",")
    }


@pytest.mark.parametrize(
    ("operation", "changes"),
    [
        ("UpdateService", True),
        ("RegisterTaskDefinition", True),
        ("RunTask", True),
        ("StopTask", True),
        ("TagResource", True),
        ("UntagResource", True),
        ("RegisterScalableTarget", True),
        ("StopServiceDeployment", True),
        ("ContinueServiceDeployment", True),
        ("DescribeServices", False),
        ("ListTasks", False),
        ("GetTaskProtection", False),
        ("BatchGetImage", False),
        ("AssumeRole", False),
    ],
)
def test_which_operations_change_aws(operation: str, changes: bool) -> None:
    assert changes_something(operation) is changes
