"""What runs is what was approved: the digests of running tasks are compared with the plan."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.nested_keys import PostCheck, PreTask
from deploys.catalogue.service import Pin
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.rollout import ImageMatch
from deploys.records.thread_messages import ThreadMessageKind
from deploys.stores.audit import trail
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.checked_deploys import ALARM_NAME
from tests.workers.flows.conftest import AlterResponse
from tests.workers.flows.ecr_pushes import (
    SERVICE_OF_EACH_STRATEGY,
    digest_of_tag,
    image_match,
    move_tag,
    push_before_call,
    report_digests,
    request_by_tag,
    running_digests,
)


@pytest.mark.parametrize("name", SERVICE_OF_EACH_STRATEGY)
def test_an_image_that_the_plan_did_not_show_is_said_and_taken_back(
    harness: EngineHarness, name: str
) -> None:
    old = digest_of_tag(harness, "1.4.0", name)
    planned = digest_of_tag(harness, "1.4.2", name)
    pushed = digest_of_tag(harness, "1.5.0", name)
    count = harness.describe_service(name)["desiredCount"]
    push_before_call(harness, lambda: move_tag(harness, "1.4.2", like="1.5.0", repository=name))
    deploy_id = request_by_tag(harness, name)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    tasks = f"{count} of {count} task{'s' if count > 1 else ''}"
    assert deploy.outcome_reason == (
        f"the tasks do not run the image that the plan showed: container `{name}` runs `{pushed[:19]}` in "
        f"{tasks}, not `{planned[:19]}`. The tag `1.4.2` seems to have been pushed again after the plan; "
        "`pin: digest` in `services.yml` prevents this."
    )
    assert deploy.outcome_reason in harness.thread_text(deploy_id, ThreadMessageKind.PROBLEM)
    assert "Succeeded" not in harness.thread_text(deploy_id)
    assert running_digests(harness, name) == {old}
    assert harness.running_tags(name) == {"1.4.0"}


@pytest.mark.parametrize("name", SERVICE_OF_EACH_STRATEGY)
def test_what_the_plan_showed_runs_and_its_digest_is_kept(harness: EngineHarness, name: str) -> None:
    deploy = harness.until_over(request_by_tag(harness, name))

    assert (deploy.outcome, image_match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)
    assert f"*Succeeded.* `{name}` runs `1.4.2`" in harness.thread_text(deploy.id, ThreadMessageKind.END)
    entry = [each for each in trail(harness.redis, deploy.id) if each["outcome"]][-1]
    assert entry["running"] == entry["digest"] == digest_of_tag(harness, "1.4.2", name)
    assert entry["from_digest"] == entry["from_running"] == digest_of_tag(harness, "1.4.0", name)


def test_the_audit_holds_what_was_seen_and_not_what_was_planned(harness: EngineHarness) -> None:
    old, planned = digest_of_tag(harness, "1.4.0"), digest_of_tag(harness, "1.4.2")
    pushed = digest_of_tag(harness, "1.5.0")
    push_before_call(harness, lambda: move_tag(harness, "1.4.2", like="1.5.0"))
    deploy_id = request_by_tag(harness, "web")

    harness.until_over(deploy_id)

    entries = {each["phase"]: each for each in trail(harness.redis, deploy_id)}
    assert (entries["restoring"]["digest"], entries["restoring"]["running"]) == (planned, pushed)
    assert entries["ended"]["running"] == old


def test_a_restart_runs_the_image_that_its_plan_showed(harness: EngineHarness) -> None:
    harness.until_over(harness.request_deploy("web", "1.4.2", pin=Pin.TAG))
    pushed = move_tag(harness, "1.4.2", like="1.5.0")

    restart = harness.until_over(harness.request_verb(Verb.RESTART, "web"))

    assert (restart.outcome, image_match(restart)) == (Outcome.SUCCEEDED, ImageMatch.SAME)
    assert restart.plan is not None
    assert restart.plan.digest == pushed
    assert running_digests(harness, "web") == {pushed}


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.ROLLBACK])
def test_a_restart_and_a_rollback_are_compared_too(harness: EngineHarness, verb: Verb) -> None:
    harness.until_over(harness.request_deploy("web", "1.4.1", pin=Pin.TAG))
    ran = harness.until_over(harness.request_deploy("web", "1.4.2", pin=Pin.TAG))
    tag = "1.4.2" if verb is Verb.RESTART else "1.4.1"
    kept = digest_of_tag(harness, "1.4.2")
    push_before_call(harness, lambda: move_tag(harness, tag, like="1.5.0"))

    deploy = harness.until_over(harness.request_verb(verb, "web"))

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert "the tasks do not run the image that the plan showed" in deploy.outcome_reason
    assert running_digests(harness, "web") == {kept}
    assert ran.ecs.new_revision == harness.describe_service("web")["taskDefinition"] or verb is Verb.RESTART


def test_a_pinned_revision_outlives_the_push(harness: EngineHarness) -> None:
    planned = digest_of_tag(harness, "1.4.2")
    push_before_call(harness, lambda: move_tag(harness, "1.4.2", like="1.5.0"))

    deploy = harness.until_over(request_by_tag(harness, "web", pin=Pin.DIGEST))

    assert (deploy.outcome, image_match(deploy)) == (Outcome.SUCCEEDED, ImageMatch.SAME)
    assert running_digests(harness, "web") == {planned}


def test_the_image_is_looked_at_again_at_the_end_of_the_check(
    harness: EngineHarness, alter_response: AlterResponse, cloudwatch: Any
) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2", after=PostCheck(alarms=(ALARM_NAME,), duration=60))
    harness.until_phase(deploy_id, Phase.CHECKING)
    other = digest_of_tag(harness, "1.5.0")
    alter_response("DescribeTasks", report_digests(lambda _: other))

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert f"container `web` runs `{other[:19]}` in 3 of 3 tasks" in deploy.outcome_reason


@pytest.mark.parametrize("moved", [True, False])
def test_a_task_before_the_rollout_that_ran_another_image_ends_it_before_the_service_is_touched(
    harness: EngineHarness, moved: bool
) -> None:
    planned, pushed = digest_of_tag(harness, "1.4.2"), digest_of_tag(harness, "1.5.0")
    if moved:
        push_before_call(harness, lambda: move_tag(harness, "1.4.2", like="1.5.0"), "RunTask")

    deploy = harness.until_over(request_by_tag(harness, "web", before=PreTask(command=("true",))))

    if not moved:
        assert deploy.outcome is Outcome.SUCCEEDED
        return
    assert deploy.outcome is Outcome.FAILED
    assert harness.thread_text(deploy.id, ThreadMessageKind.END).startswith(
        "*Failed* before the rollout: its task did not run the image that the plan showed: container `web` "
        f"ran `{pushed[:19]}`, not `{planned[:19]}`. The tag `1.4.2` seems to have been pushed again after "
        "the plan; `pin: digest` in `services.yml` prevents this. The service was not touched: it runs "
        "`web:17`. What it did until then is not undone."
    )
    assert harness.describe_service("web")["taskDefinition"].endswith("web:17")
