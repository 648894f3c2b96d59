"""Somebody changes the service after its rollout ended and before that is told: both are said."""

from __future__ import annotations

import re

import pytest

from deploys.aftermath import Aftermath
from deploys.catalogue.service import CheckAfter
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase, Verb
from tests.workers.flows.test_console_changes import change_in_console
from tests.workers.yard import Yard
from workers.thread import states
from workers.thread.card import card


def when_seen_once(yard: Yard, deploy_id: str, sight: str) -> None:
    """The first look saw this end; the second one is to come."""
    yard.until(lambda: yard.get(deploy_id).seen_end == sight)


def begin(yard: Yard, service: str, tag: str = "1.4.2") -> str:
    """An approved deploy that is followed; its id."""
    deploy_id = yard.ask(service, tag)
    if service == "ledger":
        yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        yard.approve(deploy_id)
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    return deploy_id


def last_words(yard: Yard, deploy: Deploy) -> str:
    """Its end, without ids and times that differ from run to run."""
    text = yard.said(deploy.id, MilestoneKind.END)
    return re.sub(r"after (\d+ min )?\d+ s", "after TIME", re.sub(r"ecs-svc/\d+", "ecs-svc/N", text))


@pytest.mark.parametrize(("service", "ours", "theirs"), [("web", 18, 19), ("ledger", 9, 10)])
def test_what_was_replaced_right_after_is_not_said_to_run(
    yard: Yard, service: str, ours: int, theirs: int
) -> None:
    deploy_id = begin(yard, service)
    when_seen_once(yard, deploy_id, "succeeded")
    change_in_console(yard, service)

    deploy = yard.until_over(deploy_id)

    assert (deploy.outcome, deploy.aftermath) == (Outcome.SUCCEEDED, Aftermath.REPLACED)
    assert last_words(yard, deploy) == (
        f"*Succeeded, but no longer so.* ECS completed the rollout of `{service}` to `1.4.2` (revision "
        f"`{service}:{ours}`) after TIME. By now somebody else's newer deployment `ecs-svc/N` moves the "
        f"service to `{service}:{theirs}`. I do not fight it."
    )
    assert "Strict order was broken" not in yard.said(deploy_id)
    assert states.state(deploy) == "succeeded, replaced by a newer deployment since"
    assert "new tasks running" not in card(deploy, (), yard.ecs.now()).text


def test_what_was_set_to_zero_right_after_is_not_said_to_run(yard: Yard) -> None:
    deploy_id = begin(yard, "web")
    yard.until(lambda: yard.get(deploy_id).serving_at)
    yard.console.update_service(cluster="production", service="web", desiredCount=0)

    deploy = yard.until_over(deploy_id)

    assert (deploy.outcome, deploy.aftermath) == (Outcome.SUCCEEDED, Aftermath.EMPTIED)
    assert last_words(yard, deploy) == (
        "*Succeeded, but no longer so.* ECS completed the rollout of `web` to `1.4.2` (revision `web:18`) "
        "after TIME. By now somebody, or something, set the desired count to 0, so its tasks stop. "
        "I leave that as it is."
    )
    assert states.state(deploy) == "succeeded, set to 0 since"
    assert yard.service("web")["desiredCount"] == 0


def test_a_followed_rollout_too(yard: Yard) -> None:
    yard.console.update_service(cluster="production", service="web", forceNewDeployment=True)
    deploy_id = yard.ask_to(Verb.FOLLOW, "web")
    when_seen_once(yard, deploy_id, "succeeded")
    change_in_console(yard, "web")

    deploy = yard.until_over(deploy_id)

    assert (deploy.outcome, deploy.aftermath) == (Outcome.SUCCEEDED, Aftermath.REPLACED)
    assert last_words(yard, deploy) == (
        "*Succeeded, but no longer so.* The rollout that I followed is over: ECS completed it, of `web` to "
        "`1.4.0` (revision `web:17`), after TIME. By now somebody else's newer deployment `ecs-svc/N` moves "
        "the service to `web:18`. I do not fight it."
    )
    assert states.state(deploy) == "succeeded, replaced by a newer deployment since"


def test_a_check_that_was_asked_for_is_superseded_and_not_passed(yard: Yard) -> None:
    deploy_id = yard.ask("ledger", "1.4.2", after=CheckAfter(alarms=("site-5xx",), lasts=60))
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    when_seen_once(yard, deploy_id, "succeeded")
    change_in_console(yard, "ledger")

    assert yard.until_over(deploy_id).outcome is Outcome.SUPERSEDED
    assert "Strict order was broken" not in yard.said(deploy_id)


def test_what_ecs_rolled_back_and_somebody_replaced_is_said_so(yard: Yard) -> None:
    deploy_id = begin(yard, "web", "1.5.0-crash")
    when_seen_once(yard, deploy_id, "rolled back")
    change_in_console(yard, "web")

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert last_words(yard, deploy).endswith(
        "\nBy now somebody else's newer deployment `ecs-svc/N` moves the service to `web:19`. "
        "I do not fight it."
    )


def test_a_stale_read_beside_a_success_is_not_counted(yard: Yard) -> None:
    deploy_id = begin(yard, "web")
    when_seen_once(yard, deploy_id, "succeeded")
    yard.ecs.faults.add(operation="ecs:DescribeServices", kind="stale", seconds=120)

    deploy = yard.until_over(deploy_id)

    assert (deploy.outcome, deploy.aftermath) == (Outcome.SUCCEEDED, None)
    assert "`web` runs `1.4.2`: 3 tasks running, after " in yard.said(deploy_id, MilestoneKind.END)
