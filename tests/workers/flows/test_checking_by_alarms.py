"""The check after the rollout: alarms that have to stay quiet."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.service import CheckAfter
from deploys.deploy import MilestoneKind, Outcome, Phase, Verb
from tests.builders import a_deploy, a_service
from tests.workers.flows.checks import ALARM, ask, assert_rolled_back, state
from tests.workers.yard import ALICE, Yard


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


def test_an_alarm_that_was_deleted_meanwhile_does_not_count_as_quiet(yard: Yard, alarm: Any) -> None:
    deploy_id = ask(yard, alarms=(ALARM,))
    yard.until_phase(deploy_id, Phase.CHECKING)
    alarm.delete_alarms(AlarmNames=[ALARM])

    deploy = yard.until_over(deploy_id)

    assert_rolled_back(yard, deploy)
    assert f"CloudWatch has no alarm `{ALARM}` any more." in yard.said(deploy_id, MilestoneKind.END)
