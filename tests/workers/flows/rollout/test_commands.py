"""`/deploy run SERVICE -- COMMAND`: one task, once, beside the service."""

from __future__ import annotations

import pytest

from deploys.catalogue.nested_keys import PreTask
from deploys.catalogue.service import LogLines
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.stores import audit
from deploys.stores.typed_commands import TYPED_COMMAND_KEY
from tests.workers.engine_harness import ALICE, BOB, EngineHarness
from tests.workers.flows.pre_task_deploys import one_off_tasks
from tests.workers.flows.worker_kills import WorkerKilled, kill_worker

SECRET = ("python", "manage.py", "login", "--password", "hunter2")


def texts(deploy: Deploy) -> list[str]:
    return [message.text for message in deploy.thread_messages]


def commands_run(harness: EngineHarness) -> list[list[str]]:
    """What each RunTask call had as the command."""
    return [
        call.params["overrides"]["containerOverrides"][0]["command"] for call in harness.ecs.calls("RunTask")
    ]


def test_it_runs_once_with_the_revision_that_runs_and_the_service_stays(harness: EngineHarness) -> None:
    deploy = harness.until_over(harness.request_command("web", "python", "-c", "print( 1 )"))

    assert deploy.outcome is Outcome.SUCCEEDED
    plan, begun, end = texts(deploy)
    assert plan == (
        "*Plan*: `python -c 'print( 1 )'` runs once\n"
        "• in a task of its own, container `web` of revision `web:17` (`1.4.0`)\n"
        "• with the network, the roles and the environment of the service; no shell reads it\n"
        "• for at most 1 h; then it is stopped\n"
        "• `web` itself is not touched, and its deploys do not wait"
    )
    [task] = one_off_tasks(harness)
    task_id = str(task["arn"]).rpartition("/")[2]
    assert begun == (
        f"Running `python -c 'print( 1 )'` in container `web` of `web:17` (task `{task_id}`). It has 1 h."
    )
    assert end.startswith("*Done.* `python -c 'print( 1 )'` exited with 0 after ")
    assert end.endswith("INFO python -c print( 1 ): done```")
    assert commands_run(harness) == [["python", "-c", "print( 1 )"]]
    assert harness.ecs.calls("UpdateService") == harness.ecs.calls("RegisterTaskDefinition") == []
    assert harness.leftover_keys() == []


def test_a_failure_says_the_exit_code_and_the_last_lines(harness: EngineHarness) -> None:
    deploy = harness.until_over(harness.request_command("web", "sh", "-c", "exit 3"))

    assert (deploy.outcome, deploy.pre_task and deploy.pre_task.exit_code) == (Outcome.FAILED, 3)
    end = deploy.thread_messages[-1]
    assert end.text.startswith(
        "*Failed*: `sh -c 'exit 3'` failed: container `web` exited with code 3. Its last log lines say why. "
        "What it did until then is not undone.\nLast lines of `web`:\n```"
    )
    assert end.text.endswith("FATAL giving up, exit status 3```")
    assert not end.broadcast


def test_what_looks_like_a_secret_reaches_ecs_and_nothing_else(harness: EngineHarness) -> None:
    command = harness.request_command("web", *SECRET)
    assert harness.redis.exists(f"{TYPED_COMMAND_KEY}{command}")
    deploy = harness.until_over(command)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert commands_run(harness) == [list(SECRET)]
    assert not harness.redis.exists(f"{TYPED_COMMAND_KEY}{command}")
    assert "hunter2" not in deploy.to_json()
    assert "`python manage.py login --password [redacted]`" in "\n".join(texts(deploy))
    assert not any("hunter2" in each["target"] for each in audit.trail(harness.redis, command))


def test_a_secret_that_is_not_kept_any_more_refuses_it(harness: EngineHarness) -> None:
    command = harness.request_command("web", *SECRET)
    harness.redis.delete(f"{TYPED_COMMAND_KEY}{command}")
    deploy = harness.until_over(command)

    assert deploy.outcome is Outcome.REFUSED
    assert deploy.end_reason == (
        "What looked like a secret in this command is kept for 24 hours at most, and they are over. Nothing "
        "was run. Send the command again."
    )
    assert one_off_tasks(harness) == []


def test_neither_it_nor_a_deploy_waits_for_the_other(harness: EngineHarness) -> None:
    rolling = harness.request_deploy("web", "1.4.2")
    harness.until_phase(rolling, Phase.FOLLOWING)
    command = harness.request_command("web", "sleep", "600")
    running = harness.until_phase(command, Phase.RUNNING_COMMAND)

    assert running.plan is not None
    assert running.plan.old_revision.endswith("task-definition/web:17"), "the new version is not proven yet"
    assert harness.until_over(rolling).outcome is Outcome.SUCCEEDED
    assert harness.get(command).phase is Phase.RUNNING_COMMAND
    assert harness.until_over(command).outcome is Outcome.SUCCEEDED


def test_cancelled_midway_its_task_is_stopped(harness: EngineHarness) -> None:
    command = harness.request_command("web", "sleep", "600")
    harness.until(lambda: (run := harness.get(command).pre_task) and run.status == "RUNNING")
    harness.cancel(command)
    deploy = harness.until_over(command)

    assert deploy.outcome is Outcome.CANCELLED
    assert texts(deploy)[-1].startswith(f"*Cancelled* by <@{ALICE}>: `sleep 600` was stopped midway, after ")
    assert len(harness.ecs.calls("StopTask")) == 1


def test_at_its_deadline_it_is_stopped(harness: EngineHarness) -> None:
    deploy = harness.until_over(harness.request_command("web", "sleep", "600", run_deadline=60))

    assert deploy.outcome is Outcome.FAILED
    assert texts(deploy)[-1].startswith(
        "*Failed*: `sleep 600` still ran at its deadline of 1 min, so it was stopped midway."
    )


def test_the_container_of_the_task_before_a_rollout_runs_it(harness: EngineHarness) -> None:
    before = PreTask(command=("true",), container="envoy")
    harness.until_over(harness.request_command("api", "ls", before=before))
    harness.until_over(harness.request_command("api", "ls"))

    containers = [
        call.params["overrides"]["containerOverrides"][0]["name"] for call in harness.ecs.calls("RunTask")
    ]
    assert containers == ["envoy", "api"]


def test_hidden_logs_stay_hidden(harness: EngineHarness) -> None:
    deploy = harness.until_over(harness.request_command("web", "ls", logs=LogLines.HIDE))

    assert "```" not in texts(deploy)[-1]
    assert "The last lines of `web` are not shown here (`logs: hide` in services.yml)" in texts(deploy)[-1]


def test_it_is_approved_as_a_deploy_is(harness: EngineHarness) -> None:
    command = harness.request_command("web", "ls", approvals=1, approvers=(BOB,))
    asked = harness.until_phase(command, Phase.AWAITING_APPROVAL)
    assert texts(asked)[-1].startswith(f"<@{BOB}>: <@{ALICE}> asks to run `ls` in `web`. It needs 1 approval")
    assert one_off_tasks(harness) == []

    harness.approve(command)
    assert harness.until_over(command).outcome is Outcome.SUCCEEDED


def test_a_lock_holds_it(harness: EngineHarness) -> None:
    harness.lock("web", BOB)
    command = harness.request_command("web", "ls")
    harness.until(lambda: harness.get(command).hold)

    assert one_off_tasks(harness) == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_it_runs_once_although_a_worker_died(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    command = harness.request_command("web", *SECRET)
    with kill_worker(monkeypatch, at_call=1, after=after):
        with pytest.raises(WorkerKilled):
            harness.until_over(command)
        harness.expire_heartbeat(command)
        harness.engine = harness.new_engine()
        deploy = harness.until_over(command)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert len(one_off_tasks(harness)) == 1
