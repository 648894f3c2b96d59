"""The check after the rollout: an address that has to answer, alarms that have to stay quiet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from deploys.catalogue.service import CheckAfter, Strategy, TaskBefore
from deploys.checked import Check
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase, Verb
from deploys.errors import AwsUnavailable
from tests.builders import a_deploy, a_service
from tests.web_answers import WebAnswers, web_answers
from tests.workers.flows.test_stop_start import assert_strict_order, restore_tags
from tests.workers.yard import ALICE, Yard
from workers.ecs.alarms import RINGS, AlarmSeen
from workers.flows import checking
from workers.flows.checking import MISSES, PATIENCE_SECONDS, Look, Verdict, counted, judge
from workers.http_check import Answer

ALARM = "web-5xx"


@pytest.fixture
def web() -> Iterator[WebAnswers]:
    with web_answers() as serving:
        yield serving


@pytest.fixture
def alarm(yard: Yard) -> Any:
    """CloudWatch, with one alarm that is quiet."""
    cloudwatch = yard.ecs.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=ALARM,
        Namespace="Shop",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=5,
        ComparisonOperator="GreaterThanThreshold",
    )
    state(cloudwatch, "OK")
    return cloudwatch


def state(cloudwatch: Any, value: str, reason: str = "test") -> None:
    cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue=value, StateReason=reason)


def ask(yard: Yard, service: str = "web", tag: str = "1.4.2", lasts: int = 60, **after: Any) -> str:
    """A deploy that is checked afterwards, approved; its id."""
    deploy_id = yard.ask(service, tag, after=CheckAfter(lasts=lasts, **after))
    if service == "billing":
        yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        yard.approve(deploy_id)
    return deploy_id


def assert_rolled_back(yard: Yard, deploy: Deploy, service: str = "web", count: int = 3) -> None:
    assert deploy.outcome is Outcome.ROLLED_BACK
    assert yard.images_running(service) == {"1.4.0"}
    assert yard.service(service)["runningCount"] == count
    assert yard.leftovers() == []


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


def test_an_alarm_that_rings_in_the_midst_rolls_back(yard: Yard, alarm: Any) -> None:
    deploy_id = ask(yard, alarms=(ALARM,))
    yard.until_phase(deploy_id, Phase.CHECKING)
    yard.tick(20)

    state(alarm, "ALARM", "Threshold Crossed: 1 datapoint <9.0> was greater than 5.0.")
    deploy = yard.until_over(deploy_id)

    assert_rolled_back(yard, deploy)
    assert yard.said(deploy_id, MilestoneKind.END) == (
        f"*Rolled back* to `web:17`: after the rollout alarm `{ALARM}` is in ALARM: Threshold "
        "Crossed: 1 datapoint "
        "&lt;9.0&gt; was greater than 5.0."
    )


def test_an_alarm_that_one_look_alone_found_ringing_does_not_turn_it(yard: Yard, alarm: Any) -> None:
    deploy_id = ask(yard, alarms=(ALARM,))
    yard.until_phase(deploy_id, Phase.CHECKING)
    for _ in range(2):
        state(alarm, "ALARM")
        yard.until(lambda: yard.get(deploy_id).seen_end)
        state(alarm, "OK")
        yard.until(lambda: not yard.get(deploy_id).seen_end)

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def test_an_alarm_without_data_is_quiet(yard: Yard, alarm: Any) -> None:
    state(alarm, "INSUFFICIENT_DATA")

    assert yard.until_over(ask(yard, alarms=(ALARM,))).outcome is Outcome.SUCCEEDED


def test_an_alarm_that_does_not_exist_is_refused_at_planning(yard: Yard) -> None:
    deploy_id = ask(yard, alarms=("web-typo",))

    assert yard.until_over(deploy_id).outcome is Outcome.REFUSED
    assert yard.said(deploy_id, MilestoneKind.END) == (
        "*Refused*, nothing was changed: CloudWatch has no alarm `web-typo` in eu-west-1, so I "
        "could not check "
        "`web` after the rollout. Check `alarms` under `after` of `web` in "
        "`services.yml`."
    )
    assert yard.ecs.calls("RegisterTaskDefinition") == []


def test_an_alarm_that_rings_already_is_refused_at_planning(yard: Yard, alarm: Any) -> None:
    state(alarm, "ALARM", "Threshold Crossed.")
    deploy_id = ask(yard, alarms=(ALARM,))

    assert yard.until_over(deploy_id).outcome is Outcome.REFUSED
    assert yard.said(deploy_id, MilestoneKind.END) == (
        f"*Refused*, nothing was changed: Alarm `{ALARM}` is in ALARM: Threshold Crossed. After "
        "the rollout it has "
        "to be quiet, so this would only be rolled back. Ask again when it "
        "is quiet; `/deploy "
        "rollback web` does not wait for it."
    )
    assert yard.ecs.calls("RegisterTaskDefinition") == []


def test_a_role_that_may_not_read_alarms_is_refused_at_planning(yard: Yard, alarm: Any) -> None:
    yard.ecs.faults.add(operation="DescribeAlarms", kind="access-denied", times=5)
    deploy_id = ask(yard, alarms=(ALARM,))

    assert yard.until_over(deploy_id).outcome is Outcome.REFUSED
    assert "AWS does not allow cloudwatch:DescribeAlarms" in yard.said(deploy_id, MilestoneKind.END)


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.ROLLBACK])
def test_a_restart_or_rollback_is_neither_kept_back_nor_checked(yard: Yard, alarm: Any, verb: Verb) -> None:
    yard.until_over(yard.ask("web", "1.4.2"))
    state(alarm, "ALARM")
    service = a_service("web", after=CheckAfter(alarms=(ALARM,)))
    asked = a_deploy(service, verb=verb, tag="", requester=ALICE, requested_at=yard.ecs.now())
    deploy_id = yard.store.request(asked).deploy.id

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert "Checked" not in yard.said(deploy_id)


def test_reads_that_fail_do_not_fail_the_check(yard: Yard, alarm: Any) -> None:
    deploy_id = ask(yard, alarms=(ALARM,))
    yard.until_phase(deploy_id, Phase.CHECKING)
    yard.ecs.faults.add(operation="DescribeAlarms", kind="throttle", times=4)
    yard.ecs.faults.add(operation="DescribeServices", kind="throttle", times=4)

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def test_alarms_that_can_never_be_read_do_not_count_as_quiet(yard: Yard, alarm: Any) -> None:
    deploy_id = ask(yard, alarms=(ALARM,))
    yard.until_phase(deploy_id, Phase.CHECKING)
    yard.ecs.faults.add(operation="DescribeAlarms", kind="throttle", times=None)

    deploy = yard.until_over(deploy_id)

    assert_rolled_back(yard, deploy)
    said = yard.said(deploy_id, MilestoneKind.END)
    assert f"after the rollout I still cannot tell whether `{ALARM}` is quiet." in said
    assert "A check that cannot be made does not count as passed. AWS does not answer" in said
    assert "It is tried again" not in said, "that is over"


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


def test_an_alarm_that_was_deleted_meanwhile_does_not_count_as_quiet(yard: Yard, alarm: Any) -> None:
    deploy_id = ask(yard, alarms=(ALARM,))
    yard.until_phase(deploy_id, Phase.CHECKING)
    alarm.delete_alarms(AlarmNames=[ALARM])

    deploy = yard.until_over(deploy_id)

    assert_rolled_back(yard, deploy)
    assert f"CloudWatch has no alarm `{ALARM}` any more." in yard.said(deploy_id, MilestoneKind.END)


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


def test_every_state_of_an_alarm_is_judged() -> None:
    model = boto3.client("cloudwatch", region_name="eu-west-1").meta.service_model

    assert set(RINGS) == set(model.shape_for("StateValue").enum)  # type: ignore[attr-defined]
    assert {name for name, rings in RINGS.items() if rings} == {"ALARM"}


BOTH = CheckAfter(http="http://web", alarms=(ALARM,), lasts=60)
GOOD = Look(Answer(200))
BAD = Look(Answer(503))
UNREAD = Look(Answer(200), unread="throttled")
RINGING = Look(Answer(200), ringing=(AlarmSeen(ALARM, "ALARM"),))


@pytest.mark.parametrize(
    ("looks", "lasted", "verdict"),
    [
        ([GOOD], 0, Verdict.GOING),
        ([GOOD], 59, Verdict.GOING),
        ([GOOD], 60, Verdict.HELD),
        ([BAD] * (MISSES - 1), 60, Verdict.GOING),
        ([BAD] * (MISSES - 1) + [GOOD], 60, Verdict.HELD),
        ([BAD] * MISSES, 10, Verdict.MISSED),
        ([BAD, GOOD] * MISSES + [BAD], 59, Verdict.GOING),
        ([GOOD, UNREAD], 60, Verdict.GOING),
        ([GOOD, UNREAD], 60 + PATIENCE_SECONDS, Verdict.UNMADE),
        ([UNREAD, GOOD], 60 + PATIENCE_SECONDS, Verdict.HELD),
        ([GOOD, RINGING], 10, Verdict.RINGS),
        ([BAD] * MISSES + [RINGING], 10, Verdict.RINGS),
    ],
)
def test_what_the_looks_mean(looks: list[Look], lasted: float, verdict: Verdict) -> None:
    made = Check()
    for looked in looks:
        made = counted(made, BOTH, looked)

    assert judge(made, BOTH, looks[-1], lasted) is verdict
