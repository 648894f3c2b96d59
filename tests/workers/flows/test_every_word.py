"""What a thread says is true at the moment it says it, and it says why as soon as that is known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deploys.deploy import Deploy, Milestone, MilestoneKind, Outcome, Phase
from tests.workers.flows.test_console_changes import change_in_console
from tests.workers.yard import Yard
from workers.thread import progress
from workers.thread.card import card, headline

LOG = """\
Last lines of `{0}`:
```INFO {0} 1.5.0-crash starting
{1}ERROR configuration: DATABASE_URL names a host that does not resolve: db.internal
FATAL giving up, exit status 1```"""
SERVES = "INFO listening on port 8080\n"
GAVE_UP = (
    "ECS gave up on the new revision and rolls back by itself (Service deployment rolled back because the "
    "circuit breaker threshold was exceeded)."
)


def configure_breaker(yard: Yard, service: str, *, enable: bool, rollback: bool) -> None:
    before = yard.service(service)["deploymentConfiguration"]
    breaker = {"enable": enable, "rollback": rollback}
    yard.console.update_service(
        cluster="production",
        service=service,
        deploymentConfiguration={**before, "deploymentCircuitBreaker": breaker},
    )


def begun(yard: Yard, service: str, tag: str) -> str:
    deploy_id = yard.ask(service, tag)
    if yard.get(deploy_id).service.approvals:
        yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        yard.approve(deploy_id)
    return deploy_id


def troubles(deploy: Deploy) -> list[Milestone]:
    return [each for each in deploy.milestones if each.kind is MilestoneKind.TROUBLE]


def every_card(yard: Yard, deploy_id: str, step: float = 5) -> list[str]:
    """The text of the card at each moment, to the end."""
    texts = []
    while yard.get(deploy_id).phase is not Phase.ENDED:
        yard.tick(step)
        texts.append(card(yard.get(deploy_id), (), yard.ecs.now()).text)
    return texts


def test_that_ecs_gave_up_is_told_with_the_reason_and_the_log_and_not_minutes_later(yard: Yard) -> None:
    deploy = yard.until_over(begun(yard, "web", "1.5.0-crash"))

    [told] = troubles(deploy)
    assert told.text == "\n".join(
        [
            GAVE_UP,
            "• 3 tasks: container `web` exited with code 1. Its last log lines say why.",
            LOG.format("web", SERVES),
        ]
    )
    assert deploy.ended_at is not None
    assert told.at < deploy.ended_at - 30
    assert deploy.reason == GAVE_UP, "the card says it in one sentence"


def test_the_first_task_that_fails_is_told_with_its_log_and_not_told_again(yard: Yard) -> None:
    deploy = yard.until_over(begun(yard, "ledger", "1.5.0-crash"))

    assert [each.text for each in troubles(deploy)] == [
        "New tasks are in trouble; ECS goes on trying:\n"
        "• 1 task: container `ledger` exited with code 1. Its last log lines say why.\n"
        + LOG.format("ledger", ""),
        GAVE_UP,
    ]


def test_trouble_that_only_an_event_tells_of_has_no_log(yard: Yard) -> None:
    deploy_id = begun(yard, "web", "1.5.0-noroom")
    yard.until(lambda: troubles(yard.get(deploy_id)))

    assert "Last lines" not in troubles(yard.get(deploy_id))[0].text
    assert yard.ecs.calls("GetLogEvents") == []


def test_where_the_breaker_only_stops_the_way_back_begins_with_the_reason(yard: Yard) -> None:
    configure_breaker(yard, "web", enable=True, rollback=False)

    deploy = yard.until_over(begun(yard, "web", "1.5.0-crash"))

    [told] = troubles(deploy)
    assert told.text == "\n".join(
        [
            "Rolling back to `web:17`: ECS says that the rollout failed: Service deployment stopped because "
            "the circuit breaker threshold was exceeded.",
            "• 3 tasks: container `web` exited with code 1. Its last log lines say why.",
            LOG.format("web", SERVES),
        ]
    )


def test_without_service_deployments_the_deployment_itself_says_why_ecs_goes_back(yard: Yard) -> None:
    yard.ecs.faults.add(operation="ListServiceDeployments", kind="access-denied", times=None)

    deploy = yard.until_over(begun(yard, "web", "1.5.0-crash"))

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert deploy.reason == (
        "ECS gave up on the new revision and rolls back by itself (ECS deployment circuit breaker: tasks "
        "failed to start)."
    )
    assert progress.failures(deploy) == "3 new tasks failed."


def test_a_permission_that_keeps_the_reason_from_us_is_named_in_its_place(yard: Yard) -> None:
    deploy_id = begun(yard, "web", "1.5.0-crash")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.ecs.faults.add(operation="ListTasks", kind="access-denied", times=None)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    unread = "I could not read which tasks failed, and why: AWS does not allow ecs:ListTasks: "
    assert [unread in each.text for each in troubles(deploy)] == [True]
    assert yard.said(deploy_id).count(unread) == 1, "once"


def test_a_breaker_that_is_off_is_not_said_to_give_up(yard: Yard) -> None:
    configure_breaker(yard, "web", enable=False, rollback=False)
    deploy_id = yard.ask("web", "1.5.0-crash", deadline=30)

    cards = every_card(yard, deploy_id)

    assert any("new tasks failed." in text for text in cards)
    assert not any("circuit breaker" in text for text in cards)


def test_no_old_task_counts_as_stopped_before_anybody_looked(yard: Yard) -> None:
    deploy_id = begun(yard, "billing", "1.4.2")
    yard.until_phase(deploy_id, Phase.DRAINING)

    assert headline(yard.get(deploy_id)).endswith("*waiting until every old task has stopped*")
    assert progress.count(yard.get(deploy_id)) is None

    yard.until(lambda: yard.get(deploy_id).alive)
    assert str(progress.count(yard.get(deploy_id))) == "0 of 2 old tasks stopped"


@pytest.mark.parametrize(("service", "tag"), [("shop", "1.5.0-unhealthy"), ("web", "1.5.0-crash")])
def test_a_rollout_that_went_back_is_at_no_moment_said_to_stop_the_old_tasks(
    yard: Yard, service: str, tag: str
) -> None:
    cards = every_card(yard, begun(yard, service, tag))

    assert not any("stopping the old tasks" in text for text in cards)
    assert not any("running again" in text for text in cards), "the old tasks ran all the time"
    assert "*rolling back to `1.4.0`, 3 of 3 old tasks running*" in "\n".join(cards)


def test_whoever_takes_a_stopped_service_reads_that_its_count_was_set_back(yard: Yard) -> None:
    deploy_id = begun(yard, "billing", "1.4.2")
    yard.until_phase(deploy_id, Phase.DRAINING)
    change_in_console(yard, "billing")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUPERSEDED
    assert yard.said(deploy_id, MilestoneKind.END).endswith(
        " moves the service to `billing:25`. I do not fight it; `/deploy follow billing` follows it. The "
        "service was stopped, so I set its desired count back to 2."
    )
    assert yard.service("billing")["desiredCount"] == 2


def set_to_zero(yard: Yard) -> None:
    yard.console.update_service(cluster="production", service="web", desiredCount=0)


def delete(yard: Yard) -> None:
    yard.console.delete_service(cluster="production", service="web", force=True)


def redeploy(yard: Yard) -> None:
    change_in_console(yard, "web")


@pytest.mark.parametrize(
    ("done", "shown"),
    [
        (set_to_zero, "*superseded: the desired count was set to 0*"),
        (redeploy, "*superseded by somebody else's deployment*"),
        (
            delete,
            "Reason: the ECS service is being deleted (ECS calls it DRAINING), so there is nothing left",
        ),
    ],
)
def test_the_card_says_which_change_ended_it(yard: Yard, done: Callable[[Yard], None], shown: str) -> None:
    deploy_id = begun(yard, "web", "1.4.2")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.tick(5)

    done(yard)

    assert shown in card(yard.until_over(deploy_id), (), yard.ecs.now()).text


def test_a_rollout_that_nobody_could_look_at_is_judged_by_the_first_look_and_not_by_the_deadline(
    yard: Yard,
) -> None:
    deploy_id = yard.ask("web", "1.4.2", deadline=120)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.ecs.faults.add(operation="ecs:DescribeServices", kind="throttle", times=None)
    for _ in range(40):
        yard.tick(10)
    assert yard.get(deploy_id).phase is Phase.FOLLOWING
    assert "*Needs a look*: AWS does not answer ecs:DescribeServices" in yard.said(deploy_id)
    yard.ecs.faults.clear()

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def test_where_we_may_no_longer_look_the_way_back_says_so_and_blames_no_rollout(yard: Yard) -> None:
    deploy_id = yard.ask("web", "1.4.2", deadline=120)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.ecs.faults.add(operation="ecs:DescribeServices", kind="access-denied", times=None)
    yard.until_phase(deploy_id, Phase.RESTORING)

    assert yard.get(deploy_id).reason.startswith(
        "the deadline of 2 min 00 s is over, and I cannot see how the rollout stands. AWS does not allow "
        "ecs:DescribeServices: "
    )
