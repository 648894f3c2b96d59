"""The pre-task runs once, its exit code decides, and the service waits for it."""

from __future__ import annotations

import pytest

from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import a_deploy, a_service
from tests.workers.engine_harness import ALICE, EngineHarness
from tests.workers.flows.pre_task_deploys import (
    MIGRATE,
    assert_service_untouched,
    make_container_optional,
    one_off_tasks,
    request_with_pre_task,
    without_ids_and_times,
)
from tests.workers.flows.strict_order import assert_strict_order, restore_tags


def test_the_command_runs_once_before_the_service_is_touched(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness)
    deploy = harness.until_phase(deploy_id, Phase.RUNNING_PRE_TASK)
    harness.until(lambda: harness.get(deploy_id).pre_task and one_off_tasks(harness))
    assert harness.ecs.calls("UpdateService") == []

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert harness.running_tags("web") == {"1.4.2"}
    (task,) = one_off_tasks(harness)
    assert task["taskDefinition"] == deploy.ecs.new_revision
    (run,) = harness.ecs.calls("RunTask")
    (update,) = harness.ecs.calls("UpdateService")
    assert update.at >= task["stoppedAt"]
    assert run.params["startedBy"] == f"slipway/{deploy_id}"
    assert run.params["tags"] == [{"key": "slipway:deploy", "value": deploy_id}]
    assert run.params["launchType"] == "FARGATE"
    assert run.params["networkConfiguration"] == harness.describe_service("web")["networkConfiguration"]
    assert run.params["overrides"] == {
        "containerOverrides": [{"name": "web", "command": ["python", "-m", "web", "migrate"]}]
    }


def test_the_thread_tells_what_runs_and_how_it_ended(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness)
    harness.until_over(deploy_id)

    assert (
        "• before the rollout `python -m web migrate` runs once with the new revision, in "
        "container `web`, for "
        "at most 10 min; unless it exits with 0, the service is not touched"
    ) in harness.thread_text(deploy_id, ThreadMessageKind.PLAN)
    progress = [
        m.text for m in harness.get(deploy_id).thread_messages if m.kind is ThreadMessageKind.PROGRESS
    ]
    started, ended, *_ = progress
    assert without_ids_and_times(started) == (
        "Running `python -m web migrate` before the rollout, in container `web` of `web:18` "
        "(task `TASK`). It "
        "has 10 min; unless it exits with 0, the service is not touched."
    )
    assert without_ids_and_times(ended) == (
        "`python -m web migrate` exited with 0 after N s. The rollout begins.\n"
        "Last lines of `web`:\n"
        "```INFO web 1.4.2 starting\n"
        "INFO running python -m web migrate\n"
        "INFO python -m web migrate: done```"
    )


def test_a_command_that_fails_ends_the_deploy_before_the_service_is_touched(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness, "migrate", "--fail")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    assert without_ids_and_times(harness.thread_text(deploy_id, ThreadMessageKind.END)) == (
        "*Failed* before the rollout: `migrate --fail` failed: container `web` exited with code 1. "
        "Its last log lines say why. The service was not touched: it runs `web:17`. What it did "
        "until then is "
        "not undone.\n"
        "Last lines of `web`:\n"
        "```INFO web 1.4.2 starting\n"
        "INFO running migrate --fail\n"
        "ERROR migrate --fail: step 2 of 3 did not go through\n"
        "FATAL giving up, exit status 1```"
    )
    assert deploy.thread_messages[-1].broadcast
    assert_service_untouched(harness)


def test_an_image_that_crashes_is_told_as_what_it_is(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness, tag="1.5.0-crash")

    assert harness.until_over(deploy_id).outcome is Outcome.FAILED
    assert "exited with code 1" in harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert_service_untouched(harness)


def test_a_task_that_cannot_start_is_explained_and_nothing_is_said_to_have_run(
    harness: EngineHarness,
) -> None:
    deploy_id = request_with_pre_task(harness)
    harness.until_phase(deploy_id, Phase.RUNNING_PRE_TASK)
    harness.ecs.client("ecr").batch_delete_image(repositoryName="web", imageIds=[{"imageTag": "1.4.2"}])

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    end = harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert "the image could not be pulled: it is not there. Push it, or deploy a tag that exists." in end
    assert end.endswith("The service was not touched: it runs `web:17`. The command never ran.")
    assert_service_untouched(harness)


def test_at_its_deadline_it_is_stopped_which_counts_as_failed(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness, "migrate", "--long", deadline=60)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    (task,) = one_off_tasks(harness)
    assert (task["lastStatus"], task["stopCode"]) == ("STOPPED", "UserInitiated")
    assert len(harness.ecs.calls("StopTask")) == 1, "it is not asked again while it stops"
    assert deploy.ended_at is not None
    assert deploy.ended_at >= task["stoppedAt"], "it was waited for"
    assert harness.thread_text(deploy_id, ThreadMessageKind.END).startswith(
        "*Failed* before the rollout: `migrate --long` still ran at its deadline of 1 min, so it was "
        "stopped midway. The service was not touched: it runs `web:17`. What it did until then is not "
        "undone.\n"
    )
    assert_service_untouched(harness)


def test_a_named_container_decides_though_others_go_on(harness: EngineHarness) -> None:
    make_container_optional(harness, "api", "envoy")
    deploy_id = request_with_pre_task(harness, "warm-up", service="api", container="envoy")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert one_off_tasks(harness)[0]["stopCode"] == "UserInitiated", "its others were stopped"
    assert "in container `envoy`" in harness.thread_text(deploy_id, ThreadMessageKind.PLAN)


def test_a_named_container_that_failed_is_told_by_its_exit_and_not_by_our_stop(
    harness: EngineHarness,
) -> None:
    make_container_optional(harness, "api", "envoy")
    deploy_id = request_with_pre_task(harness, "warm-up --fail", service="api", container="envoy")

    assert harness.until_over(deploy_id).outcome is Outcome.FAILED

    assert harness.thread_text(deploy_id, ThreadMessageKind.END).startswith(
        "*Failed* before the rollout: `warm-up --fail` failed: container `envoy` exited with code 1. Its "
        "last log lines say why. The service was not touched: it runs `api:43`."
    )


def test_a_container_that_is_not_there_is_refused_at_planning(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness, container="migrator")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == (
        "*Refused*, nothing was changed: The task before the rollout is to run in container "
        "`migrator`, but the "
        "task definition `web` has no such container. It has: `web`. Check `container` "
        "under `before` of `web` in `services.yml`."
    )
    assert harness.ecs.calls("RegisterTaskDefinition") == []


def test_a_change_in_the_console_before_it_starts_supersedes_the_deploy(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness)
    harness.ecs.faults.add(operation="RunTask", kind="no-room", times=2)
    harness.until(lambda: (known := harness.get(deploy_id).pre_task) and known.no_capacity)
    make_container_optional(harness, "web", "none")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED
    assert one_off_tasks(harness) == []


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.ROLLBACK])
def test_a_restart_or_rollback_runs_nothing_before(harness: EngineHarness, verb: Verb) -> None:
    harness.until_over(harness.request_deploy("web", "1.4.2"))
    asked = a_deploy(
        a_service("web", before=MIGRATE),
        verb=verb,
        tag="",
        request={"requester": ALICE, "requested_at": harness.ecs.now()},
    )
    deploy_id = harness.store.submit(asked).deploy.id

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert one_off_tasks(harness) == []
    assert "before the rollout" not in harness.thread_text(deploy_id)


def test_a_stop_start_service_is_stopped_only_after_it(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness, service="billing")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.tick(60)
    assert one_off_tasks(harness) == [], "nothing before approval"
    harness.approve(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    (task,) = one_off_tasks(harness)
    stop = harness.ecs.calls("UpdateService")[0]
    assert stop.params["desiredCount"] == 0
    assert stop.at >= task["stoppedAt"]
    assert_strict_order(harness, "billing")
    assert restore_tags(harness, "billing") == []


def test_a_stop_start_service_whose_task_fails_keeps_running(harness: EngineHarness) -> None:
    deploy_id = request_with_pre_task(harness, "migrate --fail", service="billing")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)

    assert harness.until_over(deploy_id).outcome is Outcome.FAILED
    assert_service_untouched(harness, "billing")
    assert harness.describe_service("billing")["runningCount"] == 2


def test_the_line_is_kept_while_it_runs(harness: EngineHarness) -> None:
    first = request_with_pre_task(harness, "migrate", "--long", deadline=60)
    second = harness.request_deploy("web", "1.5.0")
    harness.until(lambda: one_off_tasks(harness))
    harness.tick(20)

    assert harness.get(second).phase is Phase.WAITING
    harness.until_over(second)
    assert harness.get(first).outcome is Outcome.FAILED
    assert harness.running_tags("web") == {"1.5.0"}
