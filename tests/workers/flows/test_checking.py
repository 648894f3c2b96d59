"""The check after the rollout: an address that has to answer, and what comes in between."""

from __future__ import annotations

import re
from typing import Any

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase
from deploys.errors import AwsUnavailable
from tests.web_answers import WebAnswers
from tests.workers.flows.checks import ALARM, ask, assert_rolled_back
from tests.workers.yard import Yard
from workers.flows import checking
from workers.http_check import Answer


def test_what_holds_for_its_time_succeeds_and_says_what_was_checked(
    yard: Yard, web: WebAnswers, alarm: Any
) -> None:
    deploy_id = ask(yard, http=f"{web.url}/health?key=s3cret", alarms=(ALARM,))
    checked = f"`{web.url}/health` has to answer with 2xx and alarm `{ALARM}` has to stay quiet"
    began = yard.until_phase(deploy_id, Phase.CHECKING)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.ended_at is not None
    assert 60 <= deploy.ended_at - began.phase_since < 75
    assert f"• after the rollout, for 1 min 00 s: {checked}; else it is rolled back" in yard.said(
        deploy_id, MilestoneKind.PLAN
    )
    assert (
        f"The rollout is complete. Now it is checked for 1 min 00 s: {checked}; else I roll back."
        in yard.said(deploy_id, MilestoneKind.PROGRESS)
    )
    requests = len(web.asked)
    assert 6 <= requests <= 8
    assert yard.said(deploy_id, MilestoneKind.END).endswith(
        f" Checked for 1 min 00 s: `{web.url}/health` answered {requests} of {requests} times, "
        f"`{ALARM}` quiet."
    )
    assert "s3cret" not in yard.said(deploy_id)


def test_an_address_that_misses_three_times_rolls_back(yard: Yard, web: WebAnswers) -> None:
    web.statuses = [200, 200, 503]
    deploy_id = ask(yard, http=web.url)

    deploy = yard.until_over(deploy_id)

    assert_rolled_back(yard, deploy)
    assert len(web.asked) == 5
    assert yard.said(deploy_id, MilestoneKind.END) == (
        f"*Rolled back* to `web:17`: after the rollout `{web.url}` did not answer with 2xx 3 "
        "times in a row, last: "
        "503 Service Unavailable."
    )


def test_a_task_that_stopped_during_the_check_is_not_said_to_run(yard: Yard, web: WebAnswers) -> None:
    deploy_id = ask(yard, http=web.url)
    began = yard.until_phase(deploy_id, Phase.CHECKING).phase_since
    yard.until(lambda: yard.ecs.now() >= began + 52)
    one = yard.console.list_tasks(cluster="production", serviceName="web")["taskArns"][0]
    yard.console.stop_task(cluster="production", task=one)

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED

    assert "*Succeeded.* `web` runs `1.4.2`: 2 of 3 tasks running now, after " in yard.said(
        deploy_id, MilestoneKind.END
    )


def test_single_misses_are_borne(yard: Yard, web: WebAnswers) -> None:
    web.statuses = [503, 503, 200, 500, 200, 404, 404, 200]
    deploy_id = ask(yard, http=web.url)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert f"`{web.url}` answered 3 of 8 times." in yard.said(deploy_id, MilestoneKind.END)


def test_looks_that_break_again_and_again_end_in_a_rollback(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(address: str) -> Answer:
        raise AwsUnavailable(action="anything", detail="silence")

    monkeypatch.setattr(checking, "PATIENCE_SECONDS", 20.0)
    monkeypatch.setattr("workers.http_check.look", broken)
    deploy_id = ask(yard, http="https://shop.example.com/health", lasts=10)

    deploy = yard.until_over(deploy_id)

    assert_rolled_back(yard, deploy)
    assert yard.said(deploy_id, MilestoneKind.END) == (
        "*Rolled back* to `web:17`: AWS does not answer anything for now (silence)."
    )


def test_cancelled_while_it_is_checked_it_is_rolled_back(yard: Yard, web: WebAnswers) -> None:
    deploy_id = ask(yard, http=web.url)
    yard.until_phase(deploy_id, Phase.CHECKING)

    yard.cancel(deploy_id)
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.CANCELLED
    assert yard.images_running("web") == {"1.4.0"}


def test_the_next_deploy_waits_until_it_is_checked(yard: Yard, web: WebAnswers) -> None:
    first = ask(yard, http=web.url)
    second = yard.ask("web", "1.5.0")
    yard.until_phase(first, Phase.CHECKING)
    yard.tick(30)

    assert yard.get(second).phase is Phase.WAITING


def test_a_console_change_while_it_is_checked_supersedes_it(yard: Yard, web: WebAnswers) -> None:
    deploy_id = ask(yard, http=web.url)
    yard.until_phase(deploy_id, Phase.CHECKING)

    yard.ecs.client("ecs").update_service(cluster="production", service="web", taskDefinition="web:17")

    assert yard.until_over(deploy_id).outcome is Outcome.SUPERSEDED
    assert "moves the service to `web:17`. I do not fight it;" in yard.said(deploy_id, MilestoneKind.END)


def test_a_service_that_is_deleted_while_it_is_checked_ends_it(yard: Yard, web: WebAnswers) -> None:
    deploy_id = ask(yard, http=web.url)
    yard.until_phase(deploy_id, Phase.CHECKING)

    yard.console.delete_service(cluster="production", service="web", force=True)

    assert yard.until_over(deploy_id).outcome is Outcome.FAILED
    end = yard.said(deploy_id, MilestoneKind.END)
    assert re.match(
        r"\*Failed\*: the ECS service (is being deleted \(ECS calls it DRAINING\)|was deleted \(ECS calls it "
        r"INACTIVE\)), so there is nothing left to deploy or to bring back\.",
        end,
    )
    assert yard.leftovers() == []


def test_a_worker_that_was_away_goes_on_where_the_check_was(yard: Yard, web: WebAnswers) -> None:
    deploy_id = ask(yard, http=web.url)
    yard.until_phase(deploy_id, Phase.CHECKING)
    yard.tick(400)

    yard.engine = yard.new_engine()
    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.check is not None
    assert deploy.check.answered >= 1, "the end needs a good look, however long nobody looked"
