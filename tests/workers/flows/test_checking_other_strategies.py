"""The check after the rollout of services that stop and start, and of blue/green ones."""

from __future__ import annotations

import pytest

from deploys.catalogue.service import CheckAfter, Strategy, TaskBefore
from deploys.deploy import MilestoneKind, Outcome, Phase
from tests.web_answers import WebAnswers
from tests.workers.flows.checks import ask, assert_rolled_back
from tests.workers.flows.test_stop_start import assert_strict_order, restore_tags
from tests.workers.yard import Yard


def test_a_stop_start_service_that_somebody_else_moves_and_stops_is_not_left_at_zero(
    yard: Yard, web: WebAnswers
) -> None:
    deploy_id = ask(yard, "billing", http=web.url)
    yard.until_phase(deploy_id, Phase.CHECKING)

    yard.console.update_service(
        cluster="production", service="billing", taskDefinition="billing:23", desiredCount=0
    )

    assert yard.until_over(deploy_id).outcome is Outcome.SUPERSEDED
    assert yard.service("billing")["desiredCount"] == 2


def test_a_stop_start_service_is_checked_and_settles(yard: Yard, web: WebAnswers) -> None:
    deploy_id = ask(yard, "billing", http=web.url)
    yard.until_phase(deploy_id, Phase.CHECKING)
    downtime = yard.get(deploy_id).downtime

    deploy = yard.until_over(deploy_id)

    assert (deploy.outcome, deploy.downtime) == (Outcome.SUCCEEDED, downtime)
    assert f"`{web.url}` answered" in yard.said(deploy_id, MilestoneKind.END)
    assert_strict_order(yard, "billing")
    assert restore_tags(yard, "billing") == []


def test_a_stop_start_service_goes_back_in_order_and_counts_both_downtimes_alone(
    yard: Yard, web: WebAnswers
) -> None:
    web.statuses = [200, 200, 200, 200, 200, 200, 500]
    deploy_id = ask(yard, "billing", http=web.url, lasts=120)
    first = yard.until_phase(deploy_id, Phase.CHECKING).downtime
    turned = yard.until_phase(deploy_id, Phase.RESTORING).phase_since

    deploy = yard.until_over(deploy_id)

    assert_rolled_back(yard, deploy, "billing", 2)
    assert_strict_order(yard, "billing")
    assert restore_tags(yard, "billing") == []
    assert first is not None
    assert deploy.ended_at is not None
    assert deploy.downtime == pytest.approx(first + deploy.ended_at - turned, abs=2)


def test_a_native_service_has_its_task_before_and_its_check_after(yard: Yard, web: WebAnswers) -> None:
    before = TaskBefore(command=("migrate",))
    after = CheckAfter(http=web.url, lasts=30)
    deploy_id = yard.ask("site", "1.4.2", strategy=Strategy.NATIVE, before=before, after=after)
    yard.until_phase(deploy_id, Phase.CHECKING)
    assert len(web.asked) == 1, "the first look, once ECS says it succeeded"

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert yard.images_running("site") == {"1.4.2"}
    said = yard.said(deploy_id)
    assert said.index("`migrate` exited with 0") < said.index("ECS rolls") < said.index("Checked for 30 s")


def test_a_native_service_that_does_not_hold_goes_back(yard: Yard, web: WebAnswers) -> None:
    web.statuses = [500]
    after = CheckAfter(http=web.url, lasts=60)
    deploy_id = yard.ask("site", "1.4.2", strategy=Strategy.NATIVE, after=after)

    deploy = yard.until_over(deploy_id)

    assert_rolled_back(yard, deploy, "site", 2)
    assert "3 times in a row, last: 500 Internal Server Error." in yard.said(deploy_id, MilestoneKind.END)
