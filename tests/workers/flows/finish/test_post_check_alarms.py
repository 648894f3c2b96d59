"""The post-check: alarms that have to stay out of ALARM."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.nested_keys import PostCheck
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import a_deploy, a_service
from tests.workers.engine_harness import ALICE, EngineHarness
from tests.workers.flows.checked_deploys import (
    ALARM_NAME,
    assert_old_version_restored,
    request_checked_deploy,
    set_alarm_state,
)


def test_an_alarm_that_rings_in_the_midst_rolls_back(harness: EngineHarness, cloudwatch: Any) -> None:
    deploy_id = request_checked_deploy(harness, alarms=(ALARM_NAME,))
    harness.until_phase(deploy_id, Phase.CHECKING)
    harness.tick(20)

    set_alarm_state(cloudwatch, "ALARM", "Threshold Crossed: 1 datapoint <9.0> was greater than 5.0.")
    deploy = harness.until_over(deploy_id)

    assert_old_version_restored(harness, deploy)
    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == (
        f"*Rolled back* to `web:17`: after the rollout alarm `{ALARM_NAME}` is in ALARM: Threshold "
        "Crossed: 1 datapoint "
        "&lt;9.0&gt; was greater than 5.0."
    )


def test_an_alarm_that_one_look_alone_found_ringing_does_not_turn_it(
    harness: EngineHarness, cloudwatch: Any
) -> None:
    deploy_id = request_checked_deploy(harness, alarms=(ALARM_NAME,))
    harness.until_phase(deploy_id, Phase.CHECKING)
    for _ in range(2):
        set_alarm_state(cloudwatch, "ALARM")
        harness.until(lambda: harness.get(deploy_id).pending_confirmation)
        set_alarm_state(cloudwatch, "OK")
        harness.until(lambda: not harness.get(deploy_id).pending_confirmation)

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def test_an_alarm_without_data_is_quiet(harness: EngineHarness, cloudwatch: Any) -> None:
    set_alarm_state(cloudwatch, "INSUFFICIENT_DATA")

    assert (
        harness.until_over(request_checked_deploy(harness, alarms=(ALARM_NAME,))).outcome is Outcome.SUCCEEDED
    )


def test_an_alarm_that_does_not_exist_is_refused_at_planning(harness: EngineHarness) -> None:
    deploy_id = request_checked_deploy(harness, alarms=("web-typo",))

    assert harness.until_over(deploy_id).outcome is Outcome.REFUSED
    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == (
        "*Refused*, nothing was changed: CloudWatch has no alarm `web-typo` in eu-west-1, so I "
        "could not check "
        "`web` after the rollout. Check `alarms` under `after` of `web` in "
        "`services.yml`."
    )
    assert harness.ecs.calls("RegisterTaskDefinition") == []


def test_an_alarm_that_rings_already_is_refused_at_planning(harness: EngineHarness, cloudwatch: Any) -> None:
    set_alarm_state(cloudwatch, "ALARM", "Threshold Crossed.")
    deploy_id = request_checked_deploy(harness, alarms=(ALARM_NAME,))

    assert harness.until_over(deploy_id).outcome is Outcome.REFUSED
    assert harness.thread_text(deploy_id, ThreadMessageKind.END) == (
        f"*Refused*, nothing was changed: Alarm `{ALARM_NAME}` is in ALARM: Threshold Crossed. After "
        "the rollout it has "
        "to be quiet, so this would only be rolled back. Ask again when it "
        "is quiet; `/deploy "
        "rollback web` does not wait for it."
    )
    assert harness.ecs.calls("RegisterTaskDefinition") == []


def test_a_role_that_may_not_read_alarms_is_refused_at_planning(
    harness: EngineHarness, cloudwatch: Any
) -> None:
    harness.ecs.faults.add(operation="DescribeAlarms", kind="access-denied", times=5)
    deploy_id = request_checked_deploy(harness, alarms=(ALARM_NAME,))

    assert harness.until_over(deploy_id).outcome is Outcome.REFUSED
    assert "AWS does not allow cloudwatch:DescribeAlarms" in harness.thread_text(
        deploy_id, ThreadMessageKind.END
    )


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.ROLLBACK])
def test_a_restart_or_rollback_is_neither_kept_back_nor_checked(
    harness: EngineHarness, cloudwatch: Any, verb: Verb
) -> None:
    harness.until_over(harness.request_deploy("web", "1.4.2"))
    set_alarm_state(cloudwatch, "ALARM")
    service = a_service("web", after=PostCheck(alarms=(ALARM_NAME,)))
    asked = a_deploy(
        service, verb=verb, tag="", request={"requester": ALICE, "requested_at": harness.ecs.now()}
    )
    deploy_id = harness.store.submit(asked).deploy.id

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert "Checked" not in harness.thread_text(deploy_id)


def test_reads_that_fail_do_not_fail_the_check(harness: EngineHarness, cloudwatch: Any) -> None:
    deploy_id = request_checked_deploy(harness, alarms=(ALARM_NAME,))
    harness.until_phase(deploy_id, Phase.CHECKING)
    harness.ecs.faults.add(operation="DescribeAlarms", kind="throttle", times=4)
    harness.ecs.faults.add(operation="DescribeServices", kind="throttle", times=4)

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def test_alarms_that_can_never_be_read_do_not_count_as_quiet(harness: EngineHarness, cloudwatch: Any) -> None:
    deploy_id = request_checked_deploy(harness, alarms=(ALARM_NAME,))
    harness.until_phase(deploy_id, Phase.CHECKING)
    harness.ecs.faults.add(operation="DescribeAlarms", kind="throttle", times=None)

    deploy = harness.until_over(deploy_id)

    assert_old_version_restored(harness, deploy)
    text = harness.thread_text(deploy_id, ThreadMessageKind.END)
    assert f"after the rollout I still cannot tell whether `{ALARM_NAME}` is quiet." in text
    assert "A check that cannot be made does not count as passed. AWS does not answer" in text
    assert "It is tried again" not in text, "that is over"


def test_an_alarm_that_was_deleted_meanwhile_does_not_count_as_quiet(
    harness: EngineHarness, cloudwatch: Any
) -> None:
    deploy_id = request_checked_deploy(harness, alarms=(ALARM_NAME,))
    harness.until_phase(deploy_id, Phase.CHECKING)
    cloudwatch.delete_alarms(AlarmNames=[ALARM_NAME])

    deploy = harness.until_over(deploy_id)

    assert_old_version_restored(harness, deploy)
    assert f"CloudWatch has no alarm `{ALARM_NAME}` any more." in harness.thread_text(
        deploy_id, ThreadMessageKind.END
    )
