"""How ECS moves the traffic: as planned, and while it does."""

from __future__ import annotations

from deploys.catalogue.service import Service
from deploys.deploy import Deploy, Plan
from deploys.hooks import AT_TIMEOUT
from deploys.mrkdwn import code, mentions, plural
from deploys.traffic import PlannedPause, TrafficPlan
from workers.flows.words.measures import duration, when
from workers.flows.words.stages import at, percent

NAMES = {"BLUE_GREEN": "blue/green", "LINEAR": "linear", "CANARY": "canary"}


def strategy(plan: Plan, traffic: TrafficPlan, service: Service) -> list[str]:
    """What the ECS service does with a new revision, as lines of a plan."""
    lines = [
        f"{NAMES.get(traffic.strategy, traffic.strategy)}, no downtime: "
        f"{plural(plan.desired_count, 'new task')} beside the old {plan.desired_count}, then "
        f"{_shifts(traffic)}",
        f"both versions run for {duration(traffic.bake)} more (bake time), then the old tasks are stopped"
        if traffic.bake
        else "then the old tasks are stopped, without bake time",
    ]
    lines += [_pause(pause, service) for pause in traffic.pauses]
    if traffic.alarms:
        then = "rolls back" if traffic.alarms_roll_back else "stops there"
        lines.append(f"if one of the alarms {_named(traffic.alarms)} goes off meanwhile, ECS {then}")
    return lines


def _shifts(traffic: TrafficPlan) -> str:
    if not traffic.waits:
        return "all production traffic moves at once"
    pause = f" for {duration(traffic.step_wait)}" if traffic.step_wait else ""
    share = percent(traffic.step_percent)
    if traffic.strategy == "CANARY":
        return f"{share} of the production traffic moves{pause}, then the rest"
    each = f", {duration(traffic.step_wait)} apart" if traffic.step_wait else ""
    return f"the production traffic moves in {traffic.waits + 1} steps of {share}{each}"


def _pause(pause: PlannedPause, service: Service) -> str:
    stages = " and ".join(at(stage) for stage in pause.stages)
    who = mentions(service.approvers or service.deployers, nobody="everybody")
    return (
        f"*pauses* {stages}, for up to {duration(pause.timeout)}: {who} may let it continue; unanswered, ECS "
        f"{AT_TIMEOUT[pause.timeout_action]}"
    )


def _named(alarms: tuple[str, ...]) -> str:
    return ", ".join(code(alarm) for alarm in alarms)


def test_traffic() -> str:
    """All test traffic goes to the new revision."""
    return "The new tasks run and get the test traffic. Production traffic still goes to the old ones."


def production(share: float, wait: float) -> str:
    """So much of the production traffic goes to the new revision; `wait` seconds until more does."""
    if share >= 100:
        return "All production traffic goes to the new tasks now. The old ones still run."
    longer = f", for {duration(wait)} before more does" if wait else ""
    return f"{percent(share)} of the production traffic goes to the new tasks now{longer}."


def baking(seconds: int, until: float) -> str:
    """Both revisions run until then."""
    how_long = f"{duration(seconds)}, until {when(until)}"
    return f"Baking for {how_long}: the old tasks still run, so going back is quick."


def baking_on(until: float) -> str:
    """The same where nobody saw when it began."""
    return f"Baking, until {when(until)} at the latest: the old tasks still run, so going back is quick."


def foreign(traffic: TrafficPlan) -> str:
    """How ECS moves the traffic of a rollout that is not ours."""
    bakes = (
        f"then both versions run for {duration(traffic.bake)} (bake time)" if traffic.bake else "no bake time"
    )
    return f"It is {NAMES.get(traffic.strategy, traffic.strategy)}: {_shifts(traffic)}; {bakes}."


def alarm(alarms: tuple[str, ...]) -> str:
    """Why ECS gave up: an alarm of the deployment."""
    return f"{_rang(alarms)}, and ECS rolls back by itself."


def alarm_stopped(alarms: tuple[str, ...]) -> str:
    """The same where ECS only stops."""
    return f"{_rang(alarms)}, and ECS stopped the rollout."


def _rang(alarms: tuple[str, ...]) -> str:
    if len(alarms) > 1:
        return f"the alarms {_named(alarms)} went off"
    return f"the alarm {_named(alarms)} went off" if alarms else "an alarm of the deployment went off"


def without_waits(deploy: Deploy) -> str:
    """What of a rollout's time the deadline does not count; empty where it counts all."""
    if deploy.plan is None or deploy.plan.traffic is None:
        return ""
    if deploy.shift is None:
        return " Bake and step times do not count; the time at pauses does, as I did not see them."
    return " Bake and step times and the time at pauses do not count."
