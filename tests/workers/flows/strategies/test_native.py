"""Blue/green, linear and canary services are followed stage by stage to their end."""

from __future__ import annotations

import re

import pytest

from deploys.catalogue.service import Strategy
from deploys.pauses import unanswered_pause
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from deploys.records.traffic import HookAction
from tests.workers.engine_harness import ALICE, BOB, EngineHarness
from tests.workers.flows.native_deployments import (
    ALARM_NAME,
    CLUSTER,
    attach_alarm,
    configure_native_service,
    newest_service_deployment,
    pause_hook,
    set_attached_alarm,
    stage_and_traffic,
    thread_replies,
    wait_until,
    wait_until_baking,
    wait_until_ended,
)


def without_times(texts: list[str]) -> list[str]:
    """Leaves out dates and durations, which differ between runs."""
    return [re.sub(r"<!date[^>]*>|\d+ min( \d\d s)?|\b\d+ s\b", "SOME TIME", text) for text in texts]


def test_blue_green_is_told_stage_by_stage(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("site", "1.4.2")
    wait_until_ended(harness, deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.SUCCEEDED
    assert without_times(thread_replies(harness, deploy_id)) == [
        "The new tasks run and get the test traffic. Production traffic still goes to the old ones.",
        "All production traffic goes to the new tasks now. The old ones still run.",
        "Baking for SOME TIME, until SOME TIME: the old tasks still run, so a rollback is quick.",
        "*Succeeded.* `site` runs `1.4.2`: 2 tasks running, after SOME TIME. All old tasks have stopped.",
    ]
    assert harness.running_tags("site") == {"1.4.2"}
    assert harness.leftover_keys() == []


def test_linear_tells_each_step(harness: EngineHarness) -> None:
    linear = {"stepPercent": 40.0, "stepBakeTimeInMinutes": 1}
    configure_native_service(harness, "site", strategy="LINEAR", linearConfiguration=linear)

    deploy_id = harness.request_deploy("site", "1.4.2")
    wait_until_ended(harness, deploy_id)

    texts = without_times(thread_replies(harness, deploy_id))
    assert texts[1:4] == [
        "40 % of the production traffic goes to the new tasks now, for SOME TIME before more does.",
        "80 % of the production traffic goes to the new tasks now, for SOME TIME before more does.",
        "All production traffic goes to the new tasks now. The old ones still run.",
    ]
    assert harness.get(deploy_id).outcome is Outcome.SUCCEEDED


def test_the_plan_says_what_ecs_will_do(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("shop", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)

    assert harness.thread_text(deploy_id, ThreadMessageKind.PLAN).splitlines()[4:] == [
        "• canary, no downtime: 3 new tasks beside the old 3, then 10 % of the production traffic moves for "
        "2 min, then the rest",
        "• both versions run for 1 min more (bake time), then the old tasks are stopped",
        f"• *pauses* once the test traffic has moved, for up to 30 min: <@{BOB}> can continue it; if "
        "nobody answers, ECS rolls back by itself",
    ]


def test_a_configuration_that_changed_while_people_decided_voids_their_answer(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("site", "1.4.2", approvals=1)
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    configure_native_service(harness, "site")

    harness.approve(deploy_id)
    harness.tick()

    deploy = harness.get(deploy_id)
    assert (deploy.phase, deploy.approval.question) == (Phase.AWAITING_APPROVAL, 2)


@pytest.mark.parametrize(
    ("service", "strategy", "reason"),
    [
        (
            "shop",
            Strategy.ROLLING,
            "The ECS service `shop` is CANARY: it shifts traffic in stages of its own, but `services.yml` "
            "says `strategy: rolling` for `shop`. Write `strategy: native` there, or "
            "change the ECS service's strategy to ROLLING.",
        ),
        (
            "site",
            Strategy.STOP_START,
            "The ECS service `site` is BLUE_GREEN: it shifts traffic in stages of its own, but "
            "`services.yml` says `strategy: stop-start` for `site`. Write "
            "`strategy: native` there, or change the ECS service's strategy to ROLLING.",
        ),
        (
            "web",
            Strategy.NATIVE,
            "The ECS service `web` is ROLLING: it shifts no traffic, but `services.yml` says "
            "`strategy: native` for `web`. Write `strategy: rolling` there, or make the "
            "ECS service BLUE_GREEN, LINEAR or CANARY.",
        ),
    ],
)
def test_a_strategy_that_is_not_ecss_is_refused_before_anything_changes(
    harness: EngineHarness, service: str, strategy: Strategy, reason: str
) -> None:
    deploy_id = harness.request_deploy(service, "1.4.2", strategy=strategy)
    harness.until_over(deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.REFUSED
    assert (
        harness.thread_text(deploy_id, ThreadMessageKind.END) == f"*Refused*, nothing was changed: {reason}"
    )
    assert harness.ecs.calls("RegisterTaskDefinition") == []


STAGES = [
    ("site", ("SCALE_UP", 0.0)),
    ("site", ("TEST_TRAFFIC_SHIFT", 0.0)),
    ("site", ("PRODUCTION_TRAFFIC_SHIFT", 100.0)),
    ("site", ("BAKE_TIME", 100.0)),
    ("shop", ("SCALE_UP", 0.0)),
    ("shop", ("POST_TEST_TRAFFIC_SHIFT", 0.0)),
    ("shop", ("PRODUCTION_TRAFFIC_SHIFT", 10.0)),
    ("shop", ("PRODUCTION_TRAFFIC_SHIFT", 100.0)),
    ("shop", ("BAKE_TIME", 100.0)),
]


@pytest.mark.parametrize(("service", "at"), STAGES)
def test_cancelled_in_any_stage_it_is_rolled_back(
    harness: EngineHarness, service: str, at: tuple[str, float]
) -> None:
    configure_native_service(
        harness, service, *([pause_hook()] if at[0] == "POST_TEST_TRAFFIC_SHIFT" else [])
    )
    before = harness.describe_service(service)["taskDefinition"]
    deploy_id = harness.request_deploy(service, "1.4.2")

    wait_until(
        harness,
        lambda: harness.get(deploy_id).phase is Phase.FOLLOWING and stage_and_traffic(harness, service) == at,
        step=1.0,
    )
    harness.cancel(deploy_id)
    wait_until_ended(harness, deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.CANCELLED
    assert thread_replies(harness, deploy_id)[-2:] == [
        f"Rolling back to `{before.rpartition('/')[2]}`: cancelled by <@{ALICE}>.",
        f"*Cancelled* by <@{ALICE}>: rolled back to `{before.rpartition('/')[2]}`.",
    ]
    newest = newest_service_deployment(harness, service)
    assert newest
    assert newest.status == "ROLLBACK_SUCCESSFUL"
    assert harness.running_tags(service) == {"1.4.0"}
    assert harness.describe_service(service)["taskDefinition"] == before
    assert harness.leftover_keys() == []


def test_a_version_that_crashes_never_gets_traffic(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("shop", "1.5.0-crash")
    wait_until_ended(harness, deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.ROLLED_BACK
    assert thread_replies(harness, deploy_id)[-1].startswith(
        "*Rolled back* to `shop:31`: ECS gave up on the new revision and rolls back by itself (Service "
        "deployment rolled back because the circuit breaker threshold was exceeded).\n"
        "• 3 tasks: container `shop` exited"
    )


def test_an_alarm_of_the_deployment_is_named(harness: EngineHarness) -> None:
    attach_alarm(harness, "site")
    deploy_id = harness.request_deploy("site", "1.4.2")
    wait_until_baking(harness, "site")

    set_attached_alarm(harness, "ALARM")
    wait_until_ended(harness, deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.ROLLED_BACK
    why = f"the alarm `{ALARM_NAME}` went off, and ECS rolls back by itself."
    assert thread_replies(harness, deploy_id)[-2:] == [
        f"Rolling back to `site:5`: {why}",
        f"*Rolled back* to `site:5`: {why}",
    ]
    assert f"• if one of the alarms `{ALARM_NAME}` goes off meanwhile, ECS rolls back" in harness.thread_text(
        deploy_id
    )
    assert harness.running_tags("site") == {"1.4.0"}


def test_where_ecs_only_stops_the_rollback_is_ours_and_its_pauses_are_continued(
    harness: EngineHarness,
) -> None:
    attach_alarm(harness, "site", pause_hook("POST_SCALE_UP"), rollback=False)
    deploy_id = harness.request_deploy("site", "1.4.2")
    wait_until(harness, lambda: unanswered_pause(harness.get(deploy_id)))
    harness.answer_pause(deploy_id, HookAction.CONTINUE)
    wait_until_baking(harness, "site")

    set_attached_alarm(harness, "ALARM")
    wait_until_ended(harness, deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.ROLLED_BACK
    assert thread_replies(harness, deploy_id)[-3:] == [
        f"Rolling back to `site:5`: the alarm `{ALARM_NAME}` went off, and ECS stopped the rollout.",
        "The rollback paused once the new tasks have started. That was already decided, so I let it "
        "continue.",
        f"*Rolled back* to `site:5`: the alarm `{ALARM_NAME}` went off, and ECS stopped the rollout.",
    ]
    answers = harness.ecs.calls("ContinueServiceDeployment")
    assert [each.params["action"] for each in answers] == ["CONTINUE", "CONTINUE"]
    assert len({each.params["serviceDeploymentArn"] for each in answers}) == 2
    assert harness.running_tags("site") == {"1.4.0"}


def test_somebody_elses_deployment_in_mid_shift_supersedes(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("shop", "1.4.2")
    wait_until(harness, lambda: unanswered_pause(harness.get(deploy_id)))

    revision = register_external_revision(harness, "shop", "1.4.1")
    harness.ecs.client("ecs").update_service(cluster=CLUSTER, service="shop", taskDefinition=revision)
    wait_until_ended(harness, deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.SUPERSEDED
    assert thread_replies(harness, deploy_id)[-1].startswith("*Superseded*: somebody else's newer deployment")
    assert unanswered_pause(harness.get(deploy_id)) is None
    assert harness.ecs.calls("StopServiceDeployment") == []


def register_external_revision(harness: EngineHarness, family: str, tag: str) -> str:
    """Registers a revision, as somebody else does; its ARN."""
    ecs = harness.ecs.client("ecs")
    definition = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
    known = ecs.meta.service_model.shape_for("RegisterTaskDefinitionRequest").members
    request = {key: value for key, value in definition.items() if key in known}
    for container in request["containerDefinitions"]:
        container["image"] = f"{container['image'].rpartition(':')[0]}:{tag}"
    arn: str = ecs.register_task_definition(**request)["taskDefinition"]["taskDefinitionArn"]
    return arn


def test_waits_that_were_configured_are_no_slowness(harness: EngineHarness) -> None:
    configure_native_service(harness, "site", bakeTimeInMinutes=3)
    deploy_id = harness.request_deploy("site", "1.4.2", deadline=120)

    wait_until_ended(harness, deploy_id)

    deploy = harness.get(deploy_id)
    assert deploy.ended_at is not None
    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.ended_at - deploy.request.requested_at > 120 + 60


def test_a_version_that_takes_too_long_is_rolled_back_and_told_what_counts(harness: EngineHarness) -> None:
    deploy_id = harness.request_deploy("site", "1.5.0-slow", deadline=60)
    wait_until_ended(harness, deploy_id)

    assert harness.get(deploy_id).outcome is Outcome.ROLLED_BACK
    assert thread_replies(harness, deploy_id)[-1].startswith(
        "*Rolled back* to `site:5`: the rollout did not finish within its deadline of 1 min. Bake and "
        "step times and the time at pauses do not count."
    )
