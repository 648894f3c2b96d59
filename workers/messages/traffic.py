"""How ECS shifts traffic: as planned, and stage by stage."""

from __future__ import annotations

from collections.abc import Mapping

from deploys.catalogue.service import Service
from deploys.decisions import PAUSE_TIMEOUT_ACTIONS
from deploys.formatting import duration, percent, slack_time
from deploys.mrkdwn import code, escape_line, mentions, plural
from deploys.records.deploy import Deploy
from deploys.records.plan import Plan
from deploys.records.traffic import PlannedPause, TrafficPlan

STRATEGY_NAMES = {"BLUE_GREEN": "blue/green", "LINEAR": "linear", "CANARY": "canary"}


def plan_lines(plan: Plan, traffic: TrafficPlan, service: Service) -> list[str]:
    """How the ECS service replaces a revision, as lines of a plan."""
    lines = [
        f"{_strategy_name(traffic)}, no downtime: "
        f"{plural(plan.desired_count, 'new task')} beside the old {plan.desired_count}, then "
        f"{_shift_steps(traffic)}",
        f"both versions run for {duration(traffic.bake_seconds)} more (bake time), then the old tasks are "
        "stopped"
        if traffic.bake_seconds
        else "then the old tasks are stopped, without bake time",
    ]
    lines += [_planned_pause(pause, service) for pause in traffic.pauses]
    if traffic.alarms:
        then = "rolls back" if traffic.alarms_roll_back else "stops there"
        lines.append(f"if one of the alarms {_alarm_names(traffic.alarms)} goes off meanwhile, ECS {then}")
    return lines


def _shift_steps(traffic: TrafficPlan) -> str:
    if not traffic.wait_count:
        return "all production traffic moves at once"
    pause = f" for {duration(traffic.step_wait_seconds)}" if traffic.step_wait_seconds else ""
    share = percent(traffic.step_percent)
    if traffic.strategy == "CANARY":
        return f"{share} of the production traffic moves{pause}, then the rest"
    each = f", {duration(traffic.step_wait_seconds)} apart" if traffic.step_wait_seconds else ""
    return f"the production traffic moves in {traffic.wait_count + 1} steps of {share}{each}"


def _planned_pause(pause: PlannedPause, service: Service) -> str:
    stages = " and ".join(stage_moment(stage) for stage in pause.stages)
    who = mentions(service.approvers or service.deployers)
    return (
        f"*pauses* {stages}, for up to {duration(pause.timeout_seconds)}: {who} can continue it; if nobody "
        f"answers, ECS {PAUSE_TIMEOUT_ACTIONS[pause.timeout_action]}"
    )


def _alarm_names(alarms: tuple[str, ...]) -> str:
    return ", ".join(code(alarm) for alarm in alarms)


def test_traffic_shifted() -> str:
    """All test traffic goes to the new revision."""
    return "The new tasks run and get the test traffic. Production traffic still goes to the old ones."


def production_traffic_shifted(share: float, wait: float) -> str:
    """share: percent of production traffic that the new revision gets. wait: seconds until it gets more."""
    if share >= 100:
        return "All production traffic goes to the new tasks now. The old ones still run."
    longer = f", for {duration(wait)} before more does" if wait else ""
    return f"{percent(share)} of the production traffic goes to the new tasks now{longer}."


def bake_started(seconds: int, until: float) -> str:
    """Both revisions run until `until` (epoch seconds)."""
    how_long = f"{duration(seconds)}, until {slack_time(until)}"
    return f"Baking for {how_long}: the old tasks still run, so a rollback is quick."


def bake_under_way(until: float) -> str:
    """The same if its start was not seen."""
    return (
        f"Baking, until {slack_time(until)} at the latest: the old tasks still run, so a rollback is quick."
    )


def external_strategy(traffic: TrafficPlan) -> str:
    """How ECS shifts the traffic of an external rollout."""
    bakes = (
        f"then both versions run for {duration(traffic.bake_seconds)} (bake time)"
        if traffic.bake_seconds
        else "no bake time"
    )
    return f"It is {_strategy_name(traffic)}: {_shift_steps(traffic)}; {bakes}."


def _strategy_name(traffic: TrafficPlan) -> str:
    return STRATEGY_NAMES.get(traffic.strategy) or escape_line(traffic.strategy)


def alarm_rolled_back(alarms: tuple[str, ...]) -> str:
    """Why ECS gave up: an alarm of the deployment."""
    return f"{_alarms_fired(alarms)}, and ECS rolls back by itself."


def alarm_stopped(alarms: tuple[str, ...]) -> str:
    """The same if ECS only stops."""
    return f"{_alarms_fired(alarms)}, and ECS stopped the rollout."


def _alarms_fired(alarms: tuple[str, ...]) -> str:
    if len(alarms) > 1:
        return f"the alarms {_alarm_names(alarms)} went off"
    return f"the alarm {_alarm_names(alarms)} went off" if alarms else "an alarm of the deployment went off"


def time_not_counted(deploy: Deploy) -> str:
    """Which time the deadline does not count; empty if it counts all."""
    if deploy.plan is None or deploy.plan.traffic is None:
        return ""
    if deploy.traffic is None:
        return " Bake and step times do not count; the time at pauses does, as I did not see them."
    return " Bake and step times and the time at pauses do not count."


STAGE_ACTIVITIES: Mapping[str, str] = {
    "RECONCILE_SERVICE": "clearing away an unfinished deployment",
    "PRE_SCALE_UP": "about to start the new tasks",
    "SCALE_UP": "starting the new tasks, without traffic",
    "POST_SCALE_UP": "new tasks started, without traffic",
    "TEST_TRAFFIC_SHIFT": "moving the test traffic",
    "POST_TEST_TRAFFIC_SHIFT": "test traffic moved",
    "PRODUCTION_TRAFFIC_SHIFT": "moving the production traffic",
    "POST_PRODUCTION_TRAFFIC_SHIFT": "production traffic moved",
    "BAKE_TIME": "baking, both versions run",
    "CLEAN_UP": "stopping the old tasks",
}
"""What a rollout does in each stage: every value of the enum ServiceDeploymentLifecycleStage."""

STAGE_MOMENTS: Mapping[str, str] = {
    "RECONCILE_SERVICE": "before anything is started",
    "PRE_SCALE_UP": "before the new tasks start",
    "SCALE_UP": "while the new tasks start",
    "POST_SCALE_UP": "once the new tasks have started",
    "TEST_TRAFFIC_SHIFT": "while the test traffic moves",
    "POST_TEST_TRAFFIC_SHIFT": "once the test traffic has moved",
    "PRE_PRODUCTION_TRAFFIC_SHIFT": "before production traffic moves",
    "PRODUCTION_TRAFFIC_SHIFT": "at a shift of production traffic",
    "POST_PRODUCTION_TRAFFIC_SHIFT": "once the production traffic has moved",
    "BAKE_TIME": "while it bakes",
    "CLEAN_UP": "while the old tasks are stopped",
}
"""The same as a moment, with the stage that only hooks name (enum DeploymentLifecycleHookStage)."""


def stage_activity(stage: str) -> str:
    """What a rollout does in this stage. An unknown stage is shown by ECS's name."""
    return STAGE_ACTIVITIES.get(stage) or f"in stage {code(stage)}"


def stage_moment(stage: str) -> str:
    """The moment of a stage: `once the test traffic has moved`."""
    return STAGE_MOMENTS.get(stage) or f"at stage {code(stage)}"
