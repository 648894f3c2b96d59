"""Each message is true when it is sent, and gives the reason as soon as it is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessage, ThreadMessageKind
from tests.workers.engine_harness import TIMING, EngineHarness
from tests.workers.flows.external_rollouts import deploy_in_console
from workers.thread import card_progress
from workers.thread.card import card_headline, deploy_card

LOG = """\
Last lines of `{0}`:
```INFO {0} 1.5.0-crash starting
{1}ERROR configuration: DATABASE_URL names a host that does not resolve: db.internal
FATAL giving up, exit status 1```"""
LISTENING_LINE = "INFO listening on port 8080\n"
ECS_GAVE_UP = (
    "ECS gave up on the new revision and rolls back by itself (Service deployment rolled back because the "
    "circuit breaker threshold was exceeded)."
)


def configure_breaker(harness: EngineHarness, service: str, *, enable: bool, rollback: bool) -> None:
    before = harness.describe_service(service)["deploymentConfiguration"]
    breaker = {"enable": enable, "rollback": rollback}
    harness.ecs_client.update_service(
        cluster="production",
        service=service,
        deploymentConfiguration={**before, "deploymentCircuitBreaker": breaker},
    )


def request_approved(harness: EngineHarness, service: str, tag: str) -> str:
    deploy_id = harness.request_deploy(service, tag)
    if harness.get(deploy_id).service.approvals:
        harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        harness.approve(deploy_id)
    return deploy_id


def trouble_messages(deploy: Deploy) -> list[ThreadMessage]:
    return [each for each in deploy.thread_messages if each.kind is ThreadMessageKind.PROBLEM]


def card_texts_until_end(harness: EngineHarness, deploy_id: str, step: float = 5) -> list[str]:
    """The text of the card after each step, until the deploy has ended."""
    texts = []
    while harness.get(deploy_id).phase is not Phase.ENDED:
        harness.tick(step)
        texts.append(deploy_card(harness.get(deploy_id), (), harness.ecs.now()).text)
    return texts


def test_that_ecs_gave_up_is_told_with_the_reason_and_the_log_and_not_minutes_later(
    harness: EngineHarness,
) -> None:
    deploy = harness.until_over(request_approved(harness, "web", "1.5.0-crash"))

    [message] = trouble_messages(deploy)
    assert message.text == "\n".join(
        [
            ECS_GAVE_UP,
            "• 3 tasks: container `web` exited with code 1. Its last log lines say why.",
            LOG.format("web", LISTENING_LINE),
        ]
    )
    assert deploy.ended_at is not None
    assert message.at < deploy.ended_at - 30
    assert deploy.outcome_reason == ECS_GAVE_UP, "the card says it in one sentence"


def test_the_first_task_that_fails_is_told_with_its_log_and_not_told_again(harness: EngineHarness) -> None:
    deploy = harness.until_over(request_approved(harness, "ledger", "1.5.0-crash"))

    assert [each.text for each in trouble_messages(deploy)] == [
        "New tasks are failing; ECS keeps trying:\n"
        "• 1 task: container `ledger` exited with code 1. Its last log lines say why.\n"
        + LOG.format("ledger", ""),
        ECS_GAVE_UP,
    ]


def test_trouble_that_only_an_event_tells_of_has_no_log(harness: EngineHarness) -> None:
    deploy_id = request_approved(harness, "web", "1.5.0-noroom")
    harness.until(lambda: trouble_messages(harness.get(deploy_id)))

    assert "Last lines" not in trouble_messages(harness.get(deploy_id))[0].text
    assert harness.ecs.calls("GetLogEvents") == []


def test_where_the_breaker_only_stops_the_rollback_begins_with_the_reason(harness: EngineHarness) -> None:
    configure_breaker(harness, "web", enable=True, rollback=False)

    deploy = harness.until_over(request_approved(harness, "web", "1.5.0-crash"))

    [message] = trouble_messages(deploy)
    assert message.text == "\n".join(
        [
            "Rolling back to `web:17`: ECS says that the rollout failed: Service deployment stopped because "
            "the circuit breaker threshold was exceeded.",
            "• 3 tasks: container `web` exited with code 1. Its last log lines say why.",
            LOG.format("web", LISTENING_LINE),
        ]
    )


def test_without_service_deployments_the_deployment_itself_says_why_ecs_goes_back(
    harness: EngineHarness,
) -> None:
    for operation in ("ListServiceDeployments", "DescribeServiceDeployments"):
        harness.ecs.faults.add(operation=operation, kind="access-denied", times=None)

    deploy = harness.until_over(request_approved(harness, "web", "1.5.0-crash"))

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert deploy.outcome_reason == (
        "ECS gave up on the new revision and rolls back by itself (ECS deployment circuit breaker: tasks "
        "failed to start)."
    )
    assert card_progress.failures_line(deploy) == "3 new tasks failed."


def test_a_permission_that_keeps_the_reason_from_us_is_named_in_its_place(harness: EngineHarness) -> None:
    deploy_id = request_approved(harness, "web", "1.5.0-crash")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.faults.add(operation="ListTasks", kind="access-denied", times=None)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    unread = "I could not read which tasks failed, and why: AWS does not allow ecs:ListTasks: "
    assert [unread in each.text for each in trouble_messages(deploy)] == [True]
    assert harness.thread_text(deploy_id).count(unread) == 1, "once"


def test_a_breaker_that_is_off_is_not_said_to_give_up(harness: EngineHarness) -> None:
    configure_breaker(harness, "web", enable=False, rollback=False)
    deploy_id = harness.request_deploy("web", "1.5.0-crash", deadline=30)

    cards = card_texts_until_end(harness, deploy_id)

    assert any("new tasks failed." in text for text in cards)
    assert not any("circuit breaker" in text for text in cards)


@pytest.mark.usefixtures("short_watch_interval")
def test_no_old_task_counts_as_stopped_before_anybody_looked(harness: EngineHarness) -> None:
    deploy_id = request_approved(harness, "billing", "1.4.2")
    harness.until_phase(deploy_id, Phase.DRAINING)

    assert card_headline(harness.get(deploy_id)).endswith("*waiting for the old tasks to stop*")
    assert card_progress.task_count(harness.get(deploy_id)) is None

    harness.until(lambda: harness.get(deploy_id).stop.old_tasks)
    assert str(card_progress.task_count(harness.get(deploy_id))) == "0 of 2 old tasks stopped"


@pytest.mark.parametrize(("service", "tag"), [("shop", "1.5.0-unhealthy"), ("web", "1.5.0-crash")])
def test_a_rollout_that_went_back_is_at_no_moment_said_to_stop_the_old_tasks(
    harness: EngineHarness, service: str, tag: str
) -> None:
    harness.engine._timing = replace(TIMING, watch_seconds=2)  # ECS may be back within some seconds
    cards = card_texts_until_end(harness, request_approved(harness, service, tag), step=2)

    assert not any("stopping the old tasks" in text for text in cards)
    assert not any("running again" in text for text in cards), "the old tasks ran all the time"
    assert "*rolling back to `1.4.0`, 3 of 3 old tasks running*" in "\n".join(cards)


def test_whoever_takes_a_stopped_service_reads_that_its_count_was_set_back(harness: EngineHarness) -> None:
    deploy_id = request_approved(harness, "billing", "1.4.2")
    harness.until_phase(deploy_id, Phase.DRAINING)
    deploy_in_console(harness, "billing")

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED
    assert harness.thread_text(deploy_id, ThreadMessageKind.END).endswith(
        " moves the service to `billing:25`. I leave it; `/deploy follow billing` follows it. The service "
        "was stopped, so I set its desired count back to 2."
    )
    assert harness.describe_service("billing")["desiredCount"] == 2


def set_count_to_zero(harness: EngineHarness) -> None:
    harness.ecs_client.update_service(cluster="production", service="web", desiredCount=0)


def delete_service(harness: EngineHarness) -> None:
    harness.ecs_client.delete_service(cluster="production", service="web", force=True)


def redeploy_in_console(harness: EngineHarness) -> None:
    deploy_in_console(harness, "web")


@pytest.mark.parametrize(
    ("done", "shown"),
    [
        (set_count_to_zero, "*superseded: the desired count was set to 0*"),
        (redeploy_in_console, "*superseded by somebody else's deployment*"),
        (
            delete_service,
            "Reason: the ECS service is being deleted (ECS calls it DRAINING), so there is nothing left",
        ),
    ],
)
def test_the_card_says_which_change_ended_it(
    harness: EngineHarness, done: Callable[[EngineHarness], None], shown: str
) -> None:
    deploy_id = request_approved(harness, "web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.tick(5)

    done(harness)

    assert shown in deploy_card(harness.until_over(deploy_id), (), harness.ecs.now()).text


def test_a_rollout_that_nobody_could_look_at_is_judged_by_the_first_look_and_not_by_the_deadline(
    harness: EngineHarness,
) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2", deadline=120)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.faults.add(operation="ecs:DescribeServices", kind="throttle", times=None)
    for _ in range(40):
        harness.tick(10)
    assert harness.get(deploy_id).phase is Phase.FOLLOWING
    assert "*Needs attention*: AWS does not answer ecs:DescribeServices" in harness.thread_text(deploy_id)
    harness.ecs.faults.clear()

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def test_where_we_may_no_longer_look_the_rollback_says_so_and_blames_no_rollout(
    harness: EngineHarness,
) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2", deadline=120)
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.ecs.faults.add(operation="ecs:DescribeServices", kind="access-denied", times=None)
    harness.until_phase(deploy_id, Phase.RESTORING)

    assert harness.get(deploy_id).outcome_reason.startswith(
        "the deadline of 2 min is over, and I cannot read the state of the rollout. AWS does not allow "
        "ecs:DescribeServices: "
    )
