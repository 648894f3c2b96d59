"""Rolling deploys if ECS behaves, fails or is slow, and if somebody else changes the service."""

from __future__ import annotations

import re

import pytest

from deploys.errors import NotADeployer
from deploys.records.phases import Outcome, Phase
from deploys.records.rollout import RolloutCounts
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import ALICE, TIMING, EngineHarness


def list_revisions(harness: EngineHarness, family: str) -> list[str]:
    answer = harness.ecs.client("ecs").list_task_definitions(familyPrefix=family)
    return [arn.rpartition("/")[2] for arn in answer["taskDefinitionArns"]]


def test_a_good_version_takes_over_and_is_called_succeeded(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert harness.running_tags("web") == {"1.4.2"}
    assert harness.describe_service("web")["desiredCount"] == 3
    assert harness.describe_service("web")["taskDefinition"] == deploy.ecs.new_revision
    assert "*Succeeded.* `web` runs `1.4.2`: 3 tasks running" in harness.thread_text(
        deploy_id, ThreadMessageKind.END
    )


def test_the_plan_is_told_before_anything_is_registered(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")

    harness.engine.advance(deploy_id)

    text = harness.thread_text(deploy_id, ThreadMessageKind.PLAN)
    assert "web:1.4.0` → `" in text
    assert "web:1.4.2`" in text
    assert "3 tasks before and after" in text
    assert "no downtime" in text


def test_counts_of_old_and_new_tasks_are_shown_as_they_change(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    rollouts: list[RolloutCounts] = []

    def over() -> bool:
        rollout = harness.get(deploy_id).rollout.counts
        if not rollouts or rollouts[-1] != rollout:
            rollouts.append(rollout)
        return not harness.get(deploy_id).in_progress

    harness.until(over)

    assert any(0 < r.new_running < 3 or r.new_pending for r in rollouts)
    assert any(r.old_running == 3 for r in rollouts)
    assert rollouts[-1].new_running == 3


def test_a_sidecar_from_another_repository_stays_as_it_was(harness: EngineHarness) -> None:
    deploy = harness.until_over(harness.request_deploy("api", "1.4.2"))

    definition = harness.ecs.client("ecs").describe_task_definition(
        taskDefinition=deploy.ecs.new_revision or ""
    )
    images = {c["name"]: c["image"] for c in definition["taskDefinition"]["containerDefinitions"]}
    assert images["api"].endswith("api:1.4.2")
    assert images["envoy"] == "public.ecr.aws/envoy/envoy:v1.30"


def test_a_crashing_version_is_rolled_back_by_ecs_and_never_called_a_success(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.5.0-crash")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert harness.running_tags("web") == {"1.4.0"}
    ending = harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert "*Rolled back* to `web:17`" in ending
    assert "exited with code 1" in ending


BREAKER_ROLLBACK = (
    "*Rolled back* to `web:17`: ECS gave up on the new revision and rolls back by itself (Service deployment "
    "rolled back because the circuit breaker threshold was exceeded)."
)
END_MESSAGES = {
    "1.5.0-crash": f"""{BREAKER_ROLLBACK}
• N tasks: container `web` exited with code 1. Its last log lines say why.
Last lines of `web`:
```INFO web 1.5.0-crash starting
INFO listening on port 8080
ERROR configuration: DATABASE_URL names a host that does not resolve: db.internal
FATAL giving up, exit status 1```""",
    "1.5.0-unhealthy": f"""{BREAKER_ROLLBACK}
• N tasks: the load balancer's health checks failed in target group `web`. Check the path, port and \
answer that the target group expects, and whether the grace period is long enough. ECS says: `Health checks \
failed with these codes: [503]`
Last lines of `web`:
```INFO web 1.5.0-unhealthy starting
INFO listening on port 8080```""",
    "1.5.0-noroom": """\
*Rolled back* to `web:17`: the rollout did not finish within its deadline of 4 min.
• ECS finds no capacity for a task. It may resolve itself; otherwise add capacity, or ask for less CPU and \
memory. ECS says: `was unable to place a task. Reason: Capacity is unavailable at this time. Please try \
again later or in a different availability zone.`""",
}


@pytest.mark.parametrize("tag", END_MESSAGES)
def test_each_way_to_fail_is_rolled_back_and_explained(harness: EngineHarness, tag: str) -> None:
    deploy_id = harness.request_deploy("web", tag, deadline=240)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert harness.running_tags("web") == {"1.4.0"}
    text = harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert re.sub(r"\d+ (task|time)s", r"N \1s", text) == END_MESSAGES[tag]


def test_a_slow_version_is_waited_for(harness: EngineHarness) -> None:
    assert harness.until_over(harness.request_deploy("web", "1.5.0-slow")).outcome is Outcome.SUCCEEDED


def test_a_rollout_past_its_deadline_is_rolled_back(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.5.0-slow", deadline=60)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "deadline of 1 min" in harness.thread_text(deploy_id)
    assert harness.running_tags("web") == {"1.4.0"}


def test_an_unknown_tag_is_refused_before_anything_is_registered(harness: EngineHarness) -> None:
    before = list_revisions(harness, "web")
    deploy_id = harness.request_deploy("web", "9.9.9")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert list_revisions(harness, "web") == before
    ending = harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert "There is no image" in ending
    assert "`1.5.0`" in ending


def test_the_same_image_is_refused(harness: EngineHarness) -> None:
    deploy = harness.until_over(harness.request_deploy("web", "1.4.0"))

    assert deploy.outcome is Outcome.REFUSED
    assert "already runs `1.4.0`" in deploy.outcome_reason


def test_an_unknown_ecs_service_is_refused_with_what_to_check(harness: EngineHarness) -> None:
    deploy = harness.until_over(harness.request_deploy("web", "1.4.2", ecs_service="wbe"))

    assert deploy.outcome is Outcome.REFUSED
    assert "ECS has no service `wbe` in cluster `production`" in deploy.outcome_reason


def test_who_lost_access_meanwhile_is_refused_when_it_runs(harness: EngineHarness) -> None:
    harness.access.refusals[ALICE] = NotADeployer(service="web", deployers="nobody")

    deploy = harness.until_over(harness.request_deploy("web", "1.4.2"))

    assert deploy.outcome is Outcome.REFUSED
    assert harness.running_tags("web") == {"1.4.0"}


def test_a_change_in_the_console_supersedes_and_is_not_fought(harness: EngineHarness) -> None:
    ecs = harness.ecs.client("ecs")
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.tick(5)
    definition = ecs.describe_task_definition(taskDefinition="web:17")["taskDefinition"]
    theirs = ecs.register_task_definition(
        family="web",
        containerDefinitions=definition["containerDefinitions"],
        networkMode=definition["networkMode"],
        requiresCompatibilities=definition["requiresCompatibilities"],
        cpu=definition["cpu"],
        memory=definition["memory"],
        executionRoleArn=definition["executionRoleArn"],
        taskRoleArn=definition["taskRoleArn"],
    )["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster="production", service="web", taskDefinition=theirs)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED
    assert harness.describe_service("web")["taskDefinition"] == theirs
    assert "somebody else's newer deployment" in harness.thread_text(deploy_id, ThreadMessageKind.END)


def test_a_external_rollout_in_progress_is_not_disturbed(harness: EngineHarness) -> None:
    ecs = harness.ecs.client("ecs")
    ecs.update_service(cluster="production", service="web", forceNewDeployment=True)

    deploy = harness.until_over(harness.request_deploy("web", "1.4.2"))

    assert deploy.outcome is Outcome.REFUSED
    assert "Another deployment of `web` is in progress" in deploy.outcome_reason


def test_a_second_deploy_waits_and_starts_by_itself(harness: EngineHarness) -> None:
    first, second = harness.request_deploy("web", "1.4.2"), harness.request_deploy("web", "1.5.0")
    harness.until_phase(first, Phase.FOLLOWING)
    assert harness.get(second).phase is Phase.WAITING

    harness.until_over(second)

    assert [harness.get(i).outcome for i in (first, second)] == [Outcome.SUCCEEDED, Outcome.SUCCEEDED]
    assert harness.get(second).plan.old_tag == "1.4.2"  # type: ignore[union-attr]
    assert harness.running_tags("web") == {"1.5.0"}


def test_cancelled_in_line_it_is_withdrawn_and_the_first_goes_on(harness: EngineHarness) -> None:
    first, second = harness.request_deploy("web", "1.4.2"), harness.request_deploy("web", "1.5.0")
    harness.until_phase(first, Phase.FOLLOWING)

    harness.cancel(second)
    deploy = harness.until_over(second)

    assert deploy.outcome is Outcome.CANCELLED
    assert "before anything was changed" in harness.thread_text(second, ThreadMessageKind.END)
    assert harness.until_over(first).outcome is Outcome.SUCCEEDED


def test_cancelled_while_it_rolls_it_is_rolled_back(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.tick(20)

    harness.cancel(deploy_id)
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert harness.running_tags("web") == {"1.4.0"}
    assert f"*Cancelled* by <@{ALICE}>: rolled back to `web:17`" in harness.thread_text(
        deploy_id, ThreadMessageKind.END
    )


def test_a_waiting_deploy_holds_no_worker(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")

    harness.engine.advance(deploy_id)

    assert harness.get(deploy_id).phase is Phase.FOLLOWING
    assert [due.job for due in harness.store.due(harness.ecs.now() + 60)] == ["watch:eu-west-1/production"]


def test_rollouts_of_a_cluster_are_watched_together(harness: EngineHarness) -> None:
    web, api = harness.request_deploy("web", "1.4.2"), harness.request_deploy("api", "1.4.2")
    harness.engine.advance(web)
    harness.engine.advance(api)
    harness.ecs.advance(2 * TIMING.watch_seconds)
    looks = len(harness.ecs.calls("DescribeServices"))

    harness.engine.watch("eu-west-1/production")

    assert len(harness.ecs.calls("DescribeServices")) == looks + 1
    assert harness.until_over(web).outcome is Outcome.SUCCEEDED
    assert harness.until_over(api).outcome is Outcome.SUCCEEDED
