"""A task before the rollout: it runs once, its exit code decides, and the service waits for it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from deploys.catalogue.service import TaskBefore
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase, Verb
from tests.builders import a_deploy, a_service
from tests.workers.flows.test_crashes import Killed, dying
from tests.workers.flows.test_stop_start import assert_strict_order, restore_tags
from tests.workers.yard import ALICE, Yard
from workers.flows import preparing

MIGRATE = TaskBefore(command=("python", "-m", "web", "migrate"))


def ask(yard: Yard, *command: str, service: str = "web", tag: str = "1.4.2", **before: Any) -> str:
    """A deploy that runs this command first; its id."""
    return yard.ask(service, tag, before=TaskBefore(command=command or MIGRATE.command, **before))


def one_offs(yard: Yard) -> list[dict[str, Any]]:
    """All tasks that belong to no service, over all time."""
    return [task for task in yard.ecs.state()["tasks"] if task["service"] is None]


def assert_untouched(yard: Yard, service: str = "web") -> None:
    """The service runs what it ran, and nobody even tried to change it."""
    assert yard.ecs.calls("UpdateService") == []
    assert yard.images_running(service) == {"1.4.0"}
    assert yard.leftovers() == []


def told(text: str) -> str:
    """What the thread was told, without ids and times that differ from run to run."""
    text = re.sub(r"[0-9a-f]{32}", "TASK", text)
    return re.sub(r"after \d+ s\b", "after N s", text)


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


def test_a_cancel_stops_it_waits_until_it_has_stopped_and_says_so(yard: Yard) -> None:
    deploy_id = ask(yard, "migrate", "--long")
    yard.until(lambda: any(task["lastStatus"] == "RUNNING" for task in one_offs(yard)))
    yard.tick(20)

    yard.cancel(deploy_id)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    (task,) = one_offs(yard)
    assert task["lastStatus"] == "STOPPED"
    assert told(yard.said(deploy_id, MilestoneKind.END)).startswith(
        f"*Cancelled* by <@{ALICE}> before the rollout: I had `migrate --long` stopped midway, "
        "after N s. The "
        "service was not touched: it runs `web:17`. What it did until then is not undone.\n"
    )
    assert_untouched(yard)


def test_a_cancel_that_comes_when_it_has_just_ended_says_how_it_ended(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.until(lambda: any(task["lastStatus"] == "DEPROVISIONING" for task in one_offs(yard)))

    yard.cancel(deploy_id)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert "`python -m web migrate` had exited with 0 by then." in yard.said(deploy_id, MilestoneKind.END)
    assert_untouched(yard)


def test_a_cancel_before_the_task_is_asked_for_withdraws(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.ecs.faults.add(operation="RunTask", kind="throttle", times=1)
    yard.until_phase(deploy_id, Phase.PREPARING)

    yard.cancel(deploy_id)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert yard.said(deploy_id, MilestoneKind.END) == f"Cancelled by <@{ALICE}> before anything was changed."
    assert one_offs(yard) == []


def test_a_cancel_after_a_request_without_an_answer_waits_for_what_may_still_arrive(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.ecs.faults.add(operation="RunTask", kind="timeout-before", seconds=0.05)
    yard.until_phase(deploy_id, Phase.PREPARING)
    yard.cancel(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert deploy.ended_at is not None
    assert deploy.ended_at - deploy.milestones[0].at >= 60
    assert one_offs(yard) == []


def test_a_later_no_does_not_settle_what_an_earlier_request_may_have_started(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.ecs.faults.add(operation="RunTask", kind="timeout-before", seconds=0.05)
    yard.ecs.faults.add(operation="RunTask", kind="throttle", times=None)
    yard.until(lambda: len(yard.ecs.calls("RunTask")) >= 2)
    yard.cancel(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert (deploy.ended_at or 0.0) - yard.ecs.calls("RunTask")[0].at >= 60


def test_a_task_that_ecs_does_not_show_yet_is_waited_for(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.until(lambda: (known := yard.get(deploy_id).one_off) and known.task_arn)
    yard.ecs.faults.add(operation="DescribeTasks", kind="stale", seconds=120, times=4)

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert len(one_offs(yard)) == 1


def test_a_cancel_after_it_ended_well_says_that_it_is_not_undone(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.ecs.faults.add(operation="UpdateService", kind="throttle", times=3)
    yard.until_phase(deploy_id, Phase.UPDATING)

    yard.cancel(deploy_id)
    yard.until_over(deploy_id)

    assert yard.said(deploy_id, MilestoneKind.END).endswith(
        "`python -m web migrate` had run before the rollout; what it did is not undone."
    )
    assert yard.images_running("web") == {"1.4.0"}


def test_a_rollout_that_is_rolled_back_says_that_the_task_is_not_undone(yard: Yard) -> None:
    deploy_id = ask(yard, tag="1.5.0-slow")
    yard.until_phase(deploy_id, Phase.FOLLOWING)

    yard.cancel(deploy_id)
    yard.until_over(deploy_id)

    end = yard.said(deploy_id, MilestoneKind.END)
    assert end.startswith(f"*Cancelled* by <@{ALICE}>: rolled back to `web:17`.")
    assert end.endswith("`python -m web migrate` had run before the rollout; what it did is not undone.")


def test_an_update_that_is_refused_afterwards_does_not_claim_that_nothing_changed(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.ecs.faults.add(operation="UpdateService", kind="access-denied", times=10)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    end = yard.said(deploy_id, MilestoneKind.END)
    assert end.startswith("*Refused*, the service was not touched: AWS does not allow ecs:UpdateService")
    assert end.endswith("`python -m web migrate` had run before the rollout; what it did is not undone.")


def test_without_the_permission_it_is_refused_before_anything_changed(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.ecs.faults.add(operation="RunTask", kind="access-denied", times=10)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert yard.said(deploy_id, MilestoneKind.END).startswith(
        "*Refused*, nothing was changed: AWS does not allow ecs:RunTask"
    )
    assert one_offs(yard) == []
    assert_untouched(yard)


def test_no_room_is_told_once_and_asked_for_again(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.ecs.faults.add(operation="RunTask", kind="no-room", message="RESOURCE:MEMORY", times=3)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert yard.said(deploy_id, MilestoneKind.TROUBLE) == (
        "The task before the rollout cannot start yet: no container instance has enough memory "
        "free (ECS says: "
        "`RESOURCE:MEMORY`). I ask again until its deadline of 10 min 00 s; the service is not touched "
        "meanwhile. Add capacity, or ask for less CPU and memory."
    )
    assert len(one_offs(yard)) == 1
    tokens = [call.params["clientToken"] for call in yard.ecs.calls("RunTask")]
    assert len(set(tokens)) == 4, "a token whose answer was no is not asked with again"


def test_no_room_until_the_deadline_ends_it(yard: Yard) -> None:
    deploy_id = ask(yard, tag="1.5.0-noroom", deadline=60)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    assert yard.said(deploy_id, MilestoneKind.END) == (
        "*Failed* before the rollout: ECS did not start the task within its deadline of 1 min 00 "
        "s: ECS found no "
        "room for it (ECS says: `Capacity is unavailable at this time`). The service was not "
        "touched: it runs "
        "`web:17`. The command never ran."
    )
    assert one_offs(yard) == []
    assert_untouched(yard)


@pytest.mark.parametrize("kind", ["throttle", "error", "timeout-before", "timeout-after"])
def test_whatever_ecs_answers_it_runs_once(yard: Yard, kind: str) -> None:
    yard.ecs.faults.add(operation="RunTask", kind=kind, times=2, seconds=0.05)

    deploy = yard.until_over(ask(yard))

    assert deploy.outcome is Outcome.SUCCEEDED
    assert len(one_offs(yard)) == 1


def run(yard: Yard, deploy_id: str) -> Deploy:
    """The deploy to its end, whoever dies on the way."""
    for _ in range(3000):
        if yard.get(deploy_id).phase is Phase.ENDED:
            return yard.get(deploy_id)
        try:
            yard.tick()
        except Killed:
            yard.lease_runs_out(deploy_id)
            yard.engine = yard.new_engine()
    raise AssertionError(yard.describe())


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_it_runs_once_whoever_dies(yard: Yard, monkeypatch: pytest.MonkeyPatch, at: int, after: bool) -> None:
    with dying(monkeypatch, at=at, after=after) as made:
        deploy = run(yard, ask(yard))

    assert made[:1] + made[-1:] == ["RegisterTaskDefinition", "UpdateService"]
    assert "RunTask" in made
    assert deploy.outcome is Outcome.SUCCEEDED
    assert len(one_offs(yard)) == 1
    assert yard.images_running("web") == {"1.4.2"}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_worker_that_dies_as_it_stops_the_task_leaves_it_to_the_next(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    with dying(monkeypatch, at=3, after=after) as made:
        deploy = run(yard, ask(yard, "migrate", "--long", deadline=60))

    assert made[2] == "StopTask"
    assert deploy.outcome is Outcome.FAILED
    assert one_offs(yard)[0]["lastStatus"] == "STOPPED"


def test_a_task_that_ended_while_nobody_looked_is_adopted_and_not_run_again(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy_id = ask(yard)
    with dying(monkeypatch, at=2, after=True), pytest.raises(Killed):
        yard.until(lambda: False)
    assert yard.get(deploy_id).one_off is not None
    yard.ecs.advance(1800)
    assert one_offs(yard)[0]["lastStatus"] == "STOPPED"

    yard.lease_runs_out(deploy_id)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert len(one_offs(yard)) == 1


def test_too_late_to_tell_whether_it_ran_it_is_not_run_again(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy_id = ask(yard, deadline=36000)
    with dying(monkeypatch, at=2, after=True), pytest.raises(Killed):
        yard.until(lambda: False)
    yard.ecs.advance(4000)

    yard.lease_runs_out(deploy_id)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    assert "I cannot tell whether it ran." in yard.said(deploy_id, MilestoneKind.END)
    assert len(one_offs(yard)) == 1
    assert_untouched(yard)


def test_a_task_that_ecs_has_forgotten_is_not_taken_for_a_success(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.until(lambda: (known := yard.get(deploy_id).one_off) and known.task_arn)
    yard.ecs.advance(4000)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    assert "so I cannot tell how `python -m web migrate` ended." in yard.said(deploy_id, MilestoneKind.END)
    assert_untouched(yard)


def test_a_network_that_was_changed_between_two_tries_does_not_start_a_second_task(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.ecs.faults.add(operation="RunTask", kind="timeout-after", seconds=0.05)
    yard.ecs.faults.add(operation="ListTasks", kind="stale", seconds=60, times=2)
    yard.until(lambda: one_offs(yard))
    ecs = yard.ecs.client("ecs")
    network = yard.service("web")["networkConfiguration"]
    network["awsvpcConfiguration"]["subnets"] = ["subnet-0ffffffffffffffff"]
    ecs.update_service(cluster="production", service="web", networkConfiguration=network)
    yard.tick()
    yard.until(lambda: (known := yard.get(deploy_id).one_off) and known.task_arn)

    assert [call.outcome for call in yard.ecs.calls("RunTask")] == ["timeout-after", "ConflictException"]
    assert len(one_offs(yard)) == 1


def test_somebody_who_stops_the_task_by_hand_fails_it(yard: Yard) -> None:
    deploy_id = ask(yard, "migrate", "--long")
    yard.until(lambda: any(task["lastStatus"] == "RUNNING" for task in one_offs(yard)))
    yard.ecs.client("ecs").stop_task(cluster="production", task=one_offs(yard)[0]["arn"], reason="by hand")

    assert yard.until_over(deploy_id).outcome is Outcome.FAILED
    assert (
        "somebody, or some tool, stopped it. CloudTrail knows who called StopTask. ECS says: `by hand`. The "
        "service was not touched"
    ) in yard.said(deploy_id, MilestoneKind.END)
    assert_untouched(yard)


def test_a_stop_that_is_not_allowed_is_told_loudly_and_the_end_is_waited_for(yard: Yard) -> None:
    deploy_id = ask(yard, "migrate", "--long", deadline=30)
    yard.ecs.faults.add(operation="StopTask", kind="access-denied", times=5)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.FAILED
    loud = [m.text for m in deploy.milestones if m.kind is MilestoneKind.TROUBLE and m.broadcast]
    assert any("*Needs a look*: AWS does not allow ecs:StopTask" in text for text in loud)
    assert one_offs(yard)[0]["lastStatus"] == "STOPPED"


def test_a_task_that_takes_long_to_stop_is_told_once(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "STOPS_WITHIN_SECONDS", 1.0)
    deploy_id = ask(yard, "migrate", "--long", deadline=30)

    deploy = yard.until_over(deploy_id)

    [told] = [m for m in deploy.milestones if m.kind is MilestoneKind.TROUBLE]
    assert told.broadcast
    assert re.fullmatch(
        r"\*Needs a look\*: the task `\w{32}` was asked to stop \d+ s ago and is \w+\. I keep waiting, so "
        r"that it does not run beside the next one\.",
        told.text,
    )


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


def not_essential(yard: Yard, service: str, container: str) -> None:
    """The service runs another revision: this container is not essential in it."""
    ecs = yard.ecs.client("ecs")
    told = ecs.describe_task_definition(taskDefinition=service)["taskDefinition"]
    for definition in told["containerDefinitions"]:
        definition["essential"] = definition["name"] != container
    known = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
    copy = {name: value for name, value in told.items() if name in known}
    ecs.register_task_definition(**copy)
    ecs.update_service(cluster="production", service=service, taskDefinition=service)
    yard.ecs.advance(300)


def test_a_container_that_is_not_there_is_refused_at_planning(yard: Yard) -> None:
    deploy_id = ask(yard, container="migrator")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert yard.said(deploy_id, MilestoneKind.END) == (
        "*Refused*, nothing was changed: The task before the rollout is to run in container "
        "`migrator`, but the "
        "task definition `web` has no such container. It has: `web`. Nothing was changed. Check `container` "
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


def test_superseded_after_a_request_without_an_answer_says_that_it_may_have_run(yard: Yard) -> None:
    deploy_id = ask(yard)
    yard.ecs.faults.add(operation="RunTask", kind="timeout-before", seconds=0.05)
    yard.until(lambda: yard.ecs.calls("RunTask"))
    not_essential(yard, "web", "none")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED
    assert yard.said(deploy_id, MilestoneKind.END).endswith(
        "I do not fight it. ECS gave no answer when I asked it to run `python -m web migrate` before, so it "
        "may have run; look at its log."
    )


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
