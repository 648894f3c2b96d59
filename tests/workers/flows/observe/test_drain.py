"""Serving is not the same as drained: old tasks may drain for minutes after the new ones serve."""

from __future__ import annotations

import re

import pytest

from deploys.catalogue.nested_keys import PostCheck
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.rollout import DrainingTasks, RolloutCounts
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import NOW, a_deploy
from tests.fake_web_server import fake_web_server
from tests.workers.engine_harness import EngineHarness
from workers.ecs.state import TaskState
from workers.flows.observe.drain import MOST_KEPT, is_serving, with_draining
from workers.messages import outcomes
from workers.thread.card import card_headline
from workers.thread.card_progress import counts_line


def serving_message(harness: EngineHarness, deploy_id: str) -> str:
    """The reply that says that the new tasks serve; empty if there is none yet."""
    text = harness.thread_text(deploy_id, ThreadMessageKind.PROGRESS).splitlines()
    return next((line for line in text if line.startswith("*Serving*")), "")


def old_task_statuses(harness: EngineHarness, deploy: Deploy) -> list[str]:
    """The lastStatus of every task that this deploy did not start."""
    ecs = harness.ecs.client("ecs")
    listed = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster="production", serviceName="web", desiredStatus=status)["taskArns"]
    ]
    tasks = ecs.describe_tasks(cluster="production", tasks=listed)["tasks"]
    return [task["lastStatus"] for task in tasks if task["startedBy"] != deploy.ecs.deployment_id]


def test_serving_is_told_while_the_old_tasks_drain(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")

    harness.until(lambda: serving_message(harness, deploy_id))

    deploy = harness.get(deploy_id)
    assert deploy.phase is Phase.FOLLOWING
    assert set(old_task_statuses(harness, deploy)) == {"DEACTIVATING"}
    assert re.fullmatch(
        r"\*Serving\*: 3 of 3 new tasks run, after \d+ s\. 3 old tasks are still draining\.",
        serving_message(harness, deploy_id),
    )
    assert card_headline(deploy).endswith("*serving, the old tasks drain, 3 of 3 new tasks running*")
    assert counts_line(deploy) == (
        "New tasks: 3 running, 0 pending, 3 desired. Old tasks: 0 running, 0 pending, 3 not stopped yet."
    )


@pytest.mark.usefixtures("short_watch_interval")
def test_it_is_reported_once_and_the_end_says_when_it_served(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2")

    deploy = harness.until_over(deploy_id)

    assert harness.thread_text(deploy_id).count("*Serving*") == 1
    assert deploy.rollout.serving_at is not None
    assert deploy.ended_at is not None
    assert deploy.rollout.serving_at < deploy.ended_at - 20, "the deregistration delay lies between"
    assert re.search(
        r"after \d+ min( \d\d s)?\. It served after \d+ s; 3 old tasks not stopped yet\.$",
        harness.thread_text(deploy_id, ThreadMessageKind.END),
    )
    assert deploy.downtime_seconds is None


def test_new_tasks_that_run_beside_the_old_ones_are_not_called_serving(harness: EngineHarness) -> None:
    """The new tasks run but never pass a health check, so ECS stops none of the old ones."""
    deploy_id = harness.request_deploy("web", "1.5.0-unhealthy")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert serving_message(harness, deploy_id) == ""


@pytest.mark.parametrize(
    ("seen", "answer"),
    [
        (RolloutCounts(), False),
        (RolloutCounts(new_desired=3, new_running=2), False),
        (RolloutCounts(new_desired=3, new_running=3, old_running=1), False),
        (RolloutCounts(new_desired=3, new_running=3, old_pending=1), False),
        (RolloutCounts(new_desired=3, new_running=3), True),
        (RolloutCounts(new_desired=3, new_running=4), True),
        (RolloutCounts(new_desired=0, new_running=0), False),
    ],
)
def test_serves(seen: RolloutCounts, answer: bool) -> None:
    assert is_serving(seen) is answer


def test_a_success_before_full_scale_says_how_much_of_it_runs(harness: EngineHarness) -> None:
    harness.ecs.client("ecs").update_service(
        cluster="production",
        service="web",
        deploymentConfiguration={
            "minimumHealthyPercent": 50,
            "maximumPercent": 134,
            "earlySuccessCriteria": {
                "enable": True,
                "healthyPercent": 50,
                "sourceServiceRevisionCleanup": "DEFERRED",
            },
        },
    )

    deploy_id = harness.request_deploy("web", "1.4.2")
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert re.search(
        r": 2 of 3 new tasks running \(66 %\), which is enough for ECS to call it successful, after [^.]*\. "
        r"\d old tasks? not stopped yet\.$",
        harness.thread_text(deploy_id, ThreadMessageKind.END),
    )
    harness.ecs.advance(300)
    assert harness.running_tags("web") == {"1.4.2"}
    assert harness.describe_service("web")["runningCount"] == 3


def test_after_a_check_the_old_tasks_are_counted_anew(harness: EngineHarness) -> None:
    with fake_web_server() as web:
        after = PostCheck(http=f"{web.url}/health", duration=60)

        deploy_id = harness.request_deploy("web", "1.4.2", after=after)
        harness.until_over(deploy_id)

    assert re.search(r"It served after \d+ s; all old tasks have stopped\.", harness.thread_text(deploy_id))


def success_text(draining: DrainingTasks | None, serving_at: float | None) -> str:
    done = RolloutCounts(new_desired=3, new_running=3)
    deploy = a_deploy(rollout={"counts": done, "draining": draining, "serving_at": serving_at})
    return outcomes.succeeded(deploy, 80)


@pytest.mark.parametrize(
    ("draining", "serving_at", "text"),
    [
        (None, None, ""),
        (DrainingTasks(tasks=0, read_at=NOW), NOW + 48, " It served after 48 s; all old tasks have stopped."),
        (
            DrainingTasks(tasks=1, read_at=NOW),
            NOW + 48,
            " It served after 48 s; 1 old task not stopped yet.",
        ),
        (DrainingTasks(tasks=0, read_at=NOW), None, " All old tasks have stopped."),
        (DrainingTasks(tasks=2, read_at=NOW), None, " 2 old tasks not stopped yet."),
    ],
)
def test_the_end_says_what_is_known(
    draining: DrainingTasks | None, serving_at: float | None, text: str
) -> None:
    assert success_text(draining, serving_at) == (
        f"*Succeeded.* `web` runs `1.4.2`: 3 tasks running, after 1 min 20 s.{text}"
    )


@pytest.mark.usefixtures("short_watch_interval")
def test_task_records_that_cannot_be_read_hold_nothing_up(harness: EngineHarness) -> None:
    harness.ecs.faults.add(kind="access-denied", operation="ListTasks", times=1000)

    deploy_id = harness.request_deploy("web", "1.4.2")
    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert "*Serving*" not in harness.thread_text(deploy_id)
    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == (
        "*Succeeded.* ECS completed the rollout of `1.4.2` to `web`: 3 tasks running, after 1 min. "
        "Whether its tasks run the image that the plan showed is not known: AWS does not allow "
        "ecs:ListTasks: `arn:aws:iam::123456789012:user/sandbox` needs it on `*`. Add it to the role of the "
        "workers."
    )


def test_where_everything_is_stopped_first_it_is_not_said(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("ledger", "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.rollout.draining is None
    assert serving_message(harness, deploy_id) == ""


def an_old_task(
    arn: str, last: str = "RUNNING", desired: str = "STOPPED", by: str = "ecs-svc/1"
) -> TaskState:
    return TaskState(arn=arn, last_status=last, desired_status=desired, revision="", started_by=by)


@pytest.mark.parametrize(
    ("read", "tasks", "kept"),
    [
        ([], 0, 0),
        ([an_old_task("a"), an_old_task("b", last="STOPPED")], 1, 1),
        ([an_old_task("a", desired="RUNNING"), an_old_task("b", by="ecs-svc/2")], 0, 0),
        ([an_old_task(str(number)) for number in range(MOST_KEPT)], MOST_KEPT, MOST_KEPT),
        ([an_old_task(str(number)) for number in range(MOST_KEPT + 1)], MOST_KEPT + 1, 0),
    ],
    ids=["none", "one has stopped", "none is old and is to stop", "few", "too many to be kept"],
)
def test_which_tasks_drain(read: list[TaskState], tasks: int, kept: int) -> None:
    draining = with_draining(a_deploy(ecs={"deployment_id": "ecs-svc/2"}), read, NOW).rollout.draining

    assert draining is not None
    assert (draining.tasks, len(draining.arns), draining.read_at) == (tasks, kept, NOW)
