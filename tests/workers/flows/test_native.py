"""Services that are blue/green, linear or canary: followed stage by stage to whatever end."""

from __future__ import annotations

import re

import pytest

from deploys.catalogue.service import Strategy
from deploys.deploy import MilestoneKind, Outcome, Phase
from deploys.pauses import unanswered
from deploys.traffic import HookAction
from tests.workers.flows.checks import a_quiet_alarm, state
from tests.workers.flows.natives import (
    CLUSTER,
    Json,
    a_pause,
    configure,
    replies,
    stage,
    story,
    until,
    until_over,
)
from tests.workers.yard import ALICE, BOB, Yard

ALARM = "site-5xx"


def times_left_out(texts: list[str]) -> list[str]:
    """Dates differ with every run."""
    return [re.sub(r"<!date[^>]*>|\d+ min \d\d s|\b\d+ s\b", "SOME TIME", text) for text in texts]


def test_blue_green_is_told_stage_by_stage(yard: Yard) -> None:
    deploy_id = yard.ask("site", "1.4.2")
    until_over(yard, deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.SUCCEEDED
    assert times_left_out(replies(yard, deploy_id)) == [
        "The new tasks run and get the test traffic. Production traffic still goes to the old ones.",
        "All production traffic goes to the new tasks now. The old ones still run.",
        "Baking for SOME TIME, until SOME TIME: the old tasks still run, so going back is quick.",
        "*Succeeded.* `site` runs `1.4.2`: 2 tasks running, after SOME TIME. All old tasks have stopped.",
    ]
    assert yard.images_running("site") == {"1.4.2"}
    assert yard.leftovers() == []


def test_linear_tells_each_step(yard: Yard) -> None:
    linear = {"stepPercent": 40.0, "stepBakeTimeInMinutes": 1}
    configure(yard, "site", strategy="LINEAR", linearConfiguration=linear)

    deploy_id = yard.ask("site", "1.4.2")
    until_over(yard, deploy_id)

    told = times_left_out(replies(yard, deploy_id))
    assert told[1:4] == [
        "40 % of the production traffic goes to the new tasks now, for SOME TIME before more does.",
        "80 % of the production traffic goes to the new tasks now, for SOME TIME before more does.",
        "All production traffic goes to the new tasks now. The old ones still run.",
    ]
    assert yard.get(deploy_id).outcome is Outcome.SUCCEEDED


def test_the_plan_says_what_ecs_will_do(yard: Yard) -> None:
    deploy_id = yard.ask("shop", "1.4.2")
    yard.until_phase(deploy_id, Phase.FOLLOWING)

    assert yard.said(deploy_id, MilestoneKind.PLAN).splitlines()[4:] == [
        "• canary, no downtime: 3 new tasks beside the old 3, then 10 % of the production traffic moves for "
        "2 min 00 s, then the rest",
        "• both versions run for 1 min 00 s more (bake time), then the old tasks are stopped",
        f"• *pauses* once the test traffic has moved, for up to 30 min 00 s: <@{BOB}> may let it continue; "
        "unanswered, ECS rolls back by itself",
    ]


def test_a_configuration_that_changed_while_people_decided_voids_their_answer(yard: Yard) -> None:
    deploy_id = yard.ask("site", "1.4.2", approvals=1)
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    configure(yard, "site")

    yard.approve(deploy_id)
    yard.tick()

    deploy = yard.get(deploy_id)
    assert (deploy.phase, deploy.question) == (Phase.AWAITING_APPROVAL, 2)


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
    yard: Yard, service: str, strategy: Strategy, reason: str
) -> None:
    deploy_id = yard.ask(service, "1.4.2", strategy=strategy)
    yard.until_over(deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.REFUSED
    assert yard.said(deploy_id, MilestoneKind.END) == f"*Refused*, nothing was changed: {reason}"
    assert yard.ecs.calls("RegisterTaskDefinition") == []


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
def test_cancelled_in_any_stage_it_is_rolled_back(yard: Yard, service: str, at: tuple[str, float]) -> None:
    configure(yard, service, *([a_pause()] if at[0] == "POST_TEST_TRAFFIC_SHIFT" else []))
    before = yard.service(service)["taskDefinition"]
    deploy_id = yard.ask(service, "1.4.2")

    until(
        yard,
        lambda: yard.get(deploy_id).phase is Phase.FOLLOWING and stage(yard, service) == at,
        step=1.0,
    )
    yard.cancel(deploy_id)
    until_over(yard, deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.CANCELLED
    assert replies(yard, deploy_id)[-2:] == [
        f"Rolling back to `{before.rpartition('/')[2]}`: cancelled by <@{ALICE}>.",
        f"*Cancelled* by <@{ALICE}>: rolled back to `{before.rpartition('/')[2]}`.",
    ]
    newest = story(yard, service)
    assert newest
    assert newest.status == "ROLLBACK_SUCCESSFUL"
    assert yard.images_running(service) == {"1.4.0"}
    assert yard.service(service)["taskDefinition"] == before
    assert yard.leftovers() == []


def test_a_version_that_crashes_never_gets_traffic(yard: Yard) -> None:
    deploy_id = yard.ask("shop", "1.5.0-crash")
    until_over(yard, deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.ROLLED_BACK
    assert replies(yard, deploy_id)[-1].startswith(
        "*Rolled back* to `shop:31`: ECS gave up on the new revision and rolls back by itself (Service "
        "deployment rolled back because the circuit breaker threshold was exceeded).\n"
        "• 3 tasks: container `shop` exited"
    )


def watch_alarm(yard: Yard, service: str, *pauses: Json, rollback: bool = True) -> None:
    """An alarm of the deployment, quiet when it begins."""
    a_quiet_alarm(yard.ecs.client("cloudwatch"), ALARM)
    configure(yard, service, *pauses, alarms={"alarmNames": [ALARM], "enable": True, "rollback": rollback})


def quiet(yard: Yard, value: str) -> None:
    state(yard.ecs.client("cloudwatch"), value, name=ALARM)


def until_baking(yard: Yard, service: str) -> None:
    until(yard, lambda: stage(yard, service)[0] == "BAKE_TIME", step=1.0)


def test_an_alarm_of_the_deployment_is_named(yard: Yard) -> None:
    watch_alarm(yard, "site")
    deploy_id = yard.ask("site", "1.4.2")
    until_baking(yard, "site")

    quiet(yard, "ALARM")
    until_over(yard, deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.ROLLED_BACK
    why = f"the alarm `{ALARM}` went off, and ECS rolls back by itself."
    assert replies(yard, deploy_id)[-2:] == [
        f"Rolling back to `site:5`: {why}",
        f"*Rolled back* to `site:5`: {why}",
    ]
    assert f"• if one of the alarms `{ALARM}` goes off meanwhile, ECS rolls back" in yard.said(deploy_id)
    assert yard.images_running("site") == {"1.4.0"}


def test_where_ecs_only_stops_the_way_back_is_ours_and_its_pauses_are_continued(yard: Yard) -> None:
    watch_alarm(yard, "site", a_pause("POST_SCALE_UP"), rollback=False)
    deploy_id = yard.ask("site", "1.4.2")
    until(yard, lambda: unanswered(yard.get(deploy_id)))
    yard.answer(deploy_id, HookAction.CONTINUE)
    until_baking(yard, "site")

    quiet(yard, "ALARM")
    until_over(yard, deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.ROLLED_BACK
    assert replies(yard, deploy_id)[-3:] == [
        f"Rolling back to `site:5`: the alarm `{ALARM}` went off, and ECS stopped the rollout.",
        "The way back paused once the new tasks have started. To go back was decided already, so I let it "
        "continue.",
        f"*Rolled back* to `site:5`: the alarm `{ALARM}` went off, and ECS stopped the rollout.",
    ]
    answers = yard.ecs.calls("ContinueServiceDeployment")
    assert [each.params["action"] for each in answers] == ["CONTINUE", "CONTINUE"]
    assert len({each.params["serviceDeploymentArn"] for each in answers}) == 2
    assert yard.images_running("site") == {"1.4.0"}


def test_somebody_elses_deployment_in_mid_shift_supersedes(yard: Yard) -> None:
    deploy_id = yard.ask("shop", "1.4.2")
    until(yard, lambda: unanswered(yard.get(deploy_id)))

    foreign = register(yard, "shop", "1.4.1")
    yard.ecs.client("ecs").update_service(cluster=CLUSTER, service="shop", taskDefinition=foreign)
    until_over(yard, deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.SUPERSEDED
    assert replies(yard, deploy_id)[-1].startswith("*Superseded*: somebody else's newer deployment")
    assert unanswered(yard.get(deploy_id)) is None
    assert yard.ecs.calls("StopServiceDeployment") == []


def register(yard: Yard, family: str, tag: str) -> str:
    """A revision that somebody else made."""
    ecs = yard.ecs.client("ecs")
    definition = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
    known = ecs.meta.service_model.shape_for("RegisterTaskDefinitionRequest").members
    request = {key: value for key, value in definition.items() if key in known}
    for container in request["containerDefinitions"]:
        container["image"] = f"{container['image'].rpartition(':')[0]}:{tag}"
    arn: str = ecs.register_task_definition(**request)["taskDefinition"]["taskDefinitionArn"]
    return arn


def test_waits_that_were_configured_are_no_slowness(yard: Yard) -> None:
    configure(yard, "site", bakeTimeInMinutes=3)
    deploy_id = yard.ask("site", "1.4.2", deadline=120)

    until_over(yard, deploy_id)

    deploy = yard.get(deploy_id)
    assert deploy.ended_at is not None
    assert deploy.outcome is Outcome.SUCCEEDED
    assert deploy.ended_at - deploy.requested_at > 120 + 60


def test_a_version_that_takes_too_long_is_rolled_back_and_told_what_counts(yard: Yard) -> None:
    deploy_id = yard.ask("site", "1.5.0-slow", deadline=60)
    until_over(yard, deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.ROLLED_BACK
    assert replies(yard, deploy_id)[-1].startswith(
        "*Rolled back* to `site:5`: the rollout did not finish within its deadline of 1 min 00 s. Bake and "
        "step times and the time at pauses do not count."
    )
