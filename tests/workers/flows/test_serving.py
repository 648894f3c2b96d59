"""Serving and drained are told apart: old tasks may drain for minutes after the new ones serve."""

from __future__ import annotations

import re

import pytest

from deploys.catalogue.service import CheckAfter
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase, Rollout
from deploys.draining import Draining
from tests.builders import NOW, a_deploy
from tests.web_answers import web_answers
from tests.workers.yard import Yard
from workers.flows.serving import serves
from workers.flows.words import endings
from workers.thread.card import headline
from workers.thread.progress import counts


def serving(yard: Yard, deploy_id: str) -> str:
    """The reply that says so; empty while there is none."""
    told = yard.said(deploy_id, MilestoneKind.PROGRESS).splitlines()
    return next((line for line in told if line.startswith("*Serving*")), "")


def old_tasks(yard: Yard, deploy: Deploy) -> list[str]:
    """lastStatus of every task that is not of this deploy."""
    ecs = yard.ecs.client("ecs")
    listed = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster="production", serviceName="web", desiredStatus=status)["taskArns"]
    ]
    tasks = ecs.describe_tasks(cluster="production", tasks=listed)["tasks"]
    return [task["lastStatus"] for task in tasks if task["startedBy"] != deploy.deployment_id]


def test_serving_is_told_while_the_old_tasks_drain(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.4.2")

    yard.until(lambda: serving(yard, deploy_id))

    deploy = yard.get(deploy_id)
    assert deploy.phase is Phase.FOLLOWING
    assert set(old_tasks(yard, deploy)) == {"DEACTIVATING"}
    assert re.fullmatch(
        r"\*Serving\*: 3 of 3 new tasks run, after \d+ s\. 3 old tasks still drain\.",
        serving(yard, deploy_id),
    )
    assert headline(deploy).endswith("*serving, the old tasks drain, 3 of 3 new tasks running*")
    assert counts(deploy) == (
        "New tasks: 3 running, 0 pending, 3 wanted. Old tasks: 0 running, 0 pending, 3 not stopped yet."
    )


def test_it_is_told_once_and_the_end_says_when_it_served(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.4.2")

    deploy = yard.until_over(deploy_id)

    assert yard.said(deploy_id).count("*Serving*") == 1
    assert deploy.serving_at is not None
    assert deploy.ended_at is not None
    assert deploy.serving_at < deploy.ended_at - 20, "the deregistration delay lies between"
    assert re.search(
        r"after \d+ min \d\d s\. It served after \d+ s; 3 old tasks not stopped yet\.$",
        yard.said(deploy_id, MilestoneKind.END),
    )
    assert deploy.downtime is None


def test_new_tasks_that_run_beside_the_old_ones_are_not_called_serving(yard: Yard) -> None:
    """They run, and no health check ever passes: ECS takes none of the old ones away."""
    deploy_id = yard.ask("web", "1.5.0-unhealthy")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert serving(yard, deploy_id) == ""


@pytest.mark.parametrize(
    ("seen", "answer"),
    [
        (Rollout(), False),
        (Rollout(new_desired=3, new_running=2), False),
        (Rollout(new_desired=3, new_running=3, old_running=1), False),
        (Rollout(new_desired=3, new_running=3, old_pending=1), False),
        (Rollout(new_desired=3, new_running=3), True),
        (Rollout(new_desired=3, new_running=4), True),
        (Rollout(new_desired=0, new_running=0), False),
    ],
)
def test_serves(seen: Rollout, answer: bool) -> None:
    assert serves(seen) is answer


def test_a_success_before_full_scale_says_how_much_of_it_runs(yard: Yard) -> None:
    yard.ecs.client("ecs").update_service(
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

    deploy_id = yard.ask("web", "1.4.2")
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert re.search(
        r": 2 of 3 new tasks running \(66 %\), which is enough for ECS to call it successful, after [^.]*\. "
        r"\d old tasks? not stopped yet\.$",
        yard.said(deploy_id, MilestoneKind.END),
    )
    yard.ecs.advance(300)
    assert yard.images_running("web") == {"1.4.2"}
    assert yard.service("web")["runningCount"] == 3


def test_after_a_check_the_old_tasks_are_counted_anew(yard: Yard) -> None:
    with web_answers() as web:
        after = CheckAfter(http=f"{web.url}/health", lasts=60)

        deploy_id = yard.ask("web", "1.4.2", after=after)
        yard.until_over(deploy_id)

    assert re.search(r"It served after \d+ s; all old tasks have stopped\.", yard.said(deploy_id))


def ended(draining: Draining | None, serving_at: float | None) -> str:
    done = Rollout(new_desired=3, new_running=3)
    deploy = a_deploy(rollout=done, draining=draining, serving_at=serving_at)
    return endings.succeeded(deploy, 80)


@pytest.mark.parametrize(
    ("draining", "serving_at", "text"),
    [
        (None, None, ""),
        (Draining(tasks=0, seen_at=NOW), NOW + 48, " It served after 48 s; all old tasks have stopped."),
        (
            Draining(tasks=1, seen_at=NOW),
            NOW + 48,
            " It served after 48 s; 1 old task not stopped yet.",
        ),
        (Draining(tasks=0, seen_at=NOW), None, " All old tasks have stopped."),
        (Draining(tasks=2, seen_at=NOW), None, " 2 old tasks not stopped yet."),
    ],
)
def test_the_end_says_what_is_known(draining: Draining | None, serving_at: float | None, text: str) -> None:
    assert ended(draining, serving_at) == (
        f"*Succeeded.* `web` runs `1.4.2`: 3 tasks running, after 1 min 20 s.{text}"
    )


def test_task_records_that_cannot_be_read_hold_nothing_up(yard: Yard) -> None:
    yard.ecs.faults.add(kind="access-denied", operation="ListTasks", times=1000)

    deploy_id = yard.ask("web", "1.4.2")
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert "*Serving*" not in yard.said(deploy_id)
    assert yard.said(deploy_id, MilestoneKind.END) == (
        "*Succeeded.* ECS completed the rollout of `1.4.2` to `web`: 3 tasks running, after 1 min 03 s. "
        "Whether its tasks run the image that the plan showed is not known: AWS does not allow "
        "ecs:ListTasks: `arn:aws:iam::123456789012:user/sandbox` needs it on `*`. Add it to the role of the "
        "workers."
    )


def test_where_everything_is_stopped_first_it_is_not_said(yard: Yard) -> None:
    deploy_id = yard.ask("ledger", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)

    deploy = yard.until_over(deploy_id)

    assert deploy.draining is None
    assert serving(yard, deploy_id) == ""
