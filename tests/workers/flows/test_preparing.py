"""A task before the rollout: it runs once, its exit code decides, and the service waits for it."""

from __future__ import annotations

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase, Verb
from tests.builders import a_deploy, a_service
from tests.workers.flows.preparing import MIGRATE, ask, assert_untouched, not_essential, one_offs, told
from tests.workers.flows.test_stop_start import assert_strict_order, restore_tags
from tests.workers.yard import ALICE, Yard


def test_the_command_runs_once_before_the_service_is_touched(yard: Yard) -> None:
    deploy_id = ask(yard)
    deploy = yard.until_phase(deploy_id, Phase.PREPARING)
    yard.until(lambda: yard.get(deploy_id).one_off and one_offs(yard))
    assert yard.ecs.calls("UpdateService") == []

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert yard.images_running("web") == {"1.4.2"}
    (task,) = one_offs(yard)
    assert task["taskDefinition"] == deploy.new_revision
    (run,) = yard.ecs.calls("RunTask")
    (update,) = yard.ecs.calls("UpdateService")
    assert update.at >= task["stoppedAt"]
    assert run.params["startedBy"] == f"slipway/{deploy_id}"
    assert run.params["tags"] == [{"key": "slipway:deploy", "value": deploy_id}]
    assert run.params["launchType"] == "FARGATE"
    assert run.params["networkConfiguration"] == yard.service("web")["networkConfiguration"]
    assert run.params["overrides"] == {
        "containerOverrides": [{"name": "web", "command": ["python", "-m", "web", "migrate"]}]
    }


def test_the_thread_tells_what_runs_and_how_it_ended(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.until_over(deploy_id)

    assert (
        "• before the rollout `python -m web migrate` runs once with the new revision, in "
        "container `web`, for "
        "at most 10 min 00 s; unless it exits with 0, the service is not touched"
    ) in yard.said(deploy_id, MilestoneKind.PLAN)
    progress = [m.text for m in yard.get(deploy_id).milestones if m.kind is MilestoneKind.PROGRESS]
    started, ended, *_ = progress
    assert told(started) == (
        "Running `python -m web migrate` before the rollout, in container `web` of `web:18` "
        "(task `TASK`). It "
        "has 10 min 00 s; unless it exits with 0, the service is not touched."
    )
    assert told(ended) == (
        "`python -m web migrate` exited with 0 after N s. The rollout begins.\n"
        "Last lines of `web`:\n"
        "```INFO web 1.4.2 starting\n"
        "INFO running python -m web migrate\n"
        "INFO python -m web migrate: done```"
    )


def test_a_command_that_fails_ends_the_deploy_before_the_service_is_touched(yard: Yard) -> None:
    deploy_id = ask(yard, "migrate", "--fail")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    assert told(yard.said(deploy_id, MilestoneKind.END)) == (
        "*Failed* before the rollout: `migrate --fail` did not end well: container `web` exited with code 1. "
        "Its last log lines say why. The service was not touched: it runs `web:17`. What it did "
        "until then is "
        "not undone.\n"
        "Last lines of `web`:\n"
        "```INFO web 1.4.2 starting\n"
        "INFO running migrate --fail\n"
        "ERROR migrate --fail: step 2 of 3 did not go through\n"
        "FATAL giving up, exit status 1```"
    )
    assert deploy.milestones[-1].broadcast
    assert_untouched(yard)


def test_an_image_that_crashes_is_told_as_what_it_is(yard: Yard) -> None:
    deploy_id = ask(yard, tag="1.5.0-crash")

    assert yard.until_over(deploy_id).outcome is Outcome.FAILED
    assert "exited with code 1" in yard.said(deploy_id, MilestoneKind.END)
    assert_untouched(yard)


def test_a_task_that_cannot_start_is_explained_and_nothing_is_said_to_have_run(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.until_phase(deploy_id, Phase.PREPARING)
    yard.ecs.client("ecr").batch_delete_image(repositoryName="web", imageIds=[{"imageTag": "1.4.2"}])

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    end = yard.said(deploy_id, MilestoneKind.END)
    assert "the image could not be pulled: it is not there. Push it, or deploy a tag that exists." in end
    assert end.endswith("The service was not touched: it runs `web:17`. The command never ran.")
    assert_untouched(yard)


def test_at_its_deadline_it_is_stopped_which_counts_as_failed(yard: Yard) -> None:
    deploy_id = ask(yard, "migrate", "--long", deadline=60)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    (task,) = one_offs(yard)
    assert (task["lastStatus"], task["stopCode"]) == ("STOPPED", "UserInitiated")
    assert len(yard.ecs.calls("StopTask")) == 1, "it is not asked again while it stops"
    assert deploy.ended_at is not None
    assert deploy.ended_at >= task["stoppedAt"], "it was waited for"
    assert yard.said(deploy_id, MilestoneKind.END).startswith(
        "*Failed* before the rollout: `migrate --long` still ran at its deadline of 1 min 00 s, "
        "so I had it stopped "
        "midway. The service was not touched: it runs `web:17`. What it did until then is not undone.\n"
    )
    assert_untouched(yard)


def test_a_named_container_decides_though_others_go_on(yard: Yard) -> None:
    not_essential(yard, "api", "envoy")
    deploy_id = ask(yard, "warm-up", service="api", container="envoy")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert one_offs(yard)[0]["stopCode"] == "UserInitiated", "its others were stopped"
    assert "in container `envoy`" in yard.said(deploy_id, MilestoneKind.PLAN)


def test_a_named_container_that_failed_is_told_by_its_exit_and_not_by_our_stop(yard: Yard) -> None:
    not_essential(yard, "api", "envoy")
    deploy_id = ask(yard, "warm-up --fail", service="api", container="envoy")

    assert yard.until_over(deploy_id).outcome is Outcome.FAILED

    assert yard.said(deploy_id, MilestoneKind.END).startswith(
        "*Failed* before the rollout: `warm-up --fail` did not end well: container `envoy` exited with code "
        "1. Its last log lines say why. The service was not touched: it runs `api:43`."
    )


def test_a_container_that_is_not_there_is_refused_at_planning(yard: Yard) -> None:
    deploy_id = ask(yard, container="migrator")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert yard.said(deploy_id, MilestoneKind.END) == (
        "*Refused*, nothing was changed: The task before the rollout is to run in container "
        "`migrator`, but the "
        "task definition `web` has no such container. It has: `web`. Check `container` "
        "under `before` of `web` in `services.yml`."
    )
    assert yard.ecs.calls("RegisterTaskDefinition") == []


def test_a_change_in_the_console_before_it_starts_supersedes_the_deploy(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.ecs.faults.add(operation="RunTask", kind="no-room", times=2)
    yard.until(lambda: (known := yard.get(deploy_id).one_off) and known.no_room)
    not_essential(yard, "web", "none")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED
    assert one_offs(yard) == []


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.ROLLBACK])
def test_a_restart_or_rollback_runs_nothing_before(yard: Yard, verb: Verb) -> None:
    yard.until_over(yard.ask("web", "1.4.2"))
    asked = a_deploy(
        a_service("web", before=MIGRATE), verb=verb, tag="", requester=ALICE, requested_at=yard.ecs.now()
    )
    deploy_id = yard.store.request(asked).deploy.id

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert one_offs(yard) == []
    assert "before the rollout" not in yard.said(deploy_id)


def test_a_stop_start_service_is_stopped_only_after_it(yard: Yard) -> None:
    deploy_id = ask(yard, service="billing")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.tick(60)
    assert one_offs(yard) == [], "nothing before approval"
    yard.approve(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    (task,) = one_offs(yard)
    stop = yard.ecs.calls("UpdateService")[0]
    assert stop.params["desiredCount"] == 0
    assert stop.at >= task["stoppedAt"]
    assert_strict_order(yard, "billing")
    assert restore_tags(yard, "billing") == []


def test_a_stop_start_service_whose_task_fails_keeps_running(yard: Yard) -> None:
    deploy_id = ask(yard, "migrate --fail", service="billing")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)

    assert yard.until_over(deploy_id).outcome is Outcome.FAILED
    assert_untouched(yard, "billing")
    assert yard.service("billing")["runningCount"] == 2


def test_the_line_is_kept_while_it_runs(yard: Yard) -> None:
    first = ask(yard, "migrate", "--long", deadline=60)
    second = yard.ask("web", "1.5.0")
    yard.until(lambda: one_offs(yard))
    yard.tick(20)

    assert yard.get(second).phase is Phase.WAITING
    yard.until_over(second)
    assert yard.get(first).outcome is Outcome.FAILED
    assert yard.images_running("web") == {"1.5.0"}
