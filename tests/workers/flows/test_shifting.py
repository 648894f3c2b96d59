"""What is told of traffic, and what the deadline counts, as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploys.catalogue.service import Strategy
from deploys.deploy import Cancel, Deploy, Phase, Verb
from deploys.traffic import HookAction, PauseEnd, Shift, TrafficPlan
from tests.builders import NOW, a_deploy, a_native_service, a_plan, a_service
from tests.deploys.test_hooks import a_pause
from tests.workers.flows.test_rollout import a_deployment, enum, own, service_with
from workers.ecs.seen import HookSeen, ServiceDeploymentSeen, ServiceSeen
from workers.flows import foreign_traffic
from workers.flows.deadline import allowed, back_deadline, ecs_overdue, overdue
from workers.flows.shifting import observe

BOB = "U02BOB0000"
STEPS = TrafficPlan(strategy="LINEAR", step_percent=5, step_wait=60, bake=300)
FORWARD = {"PENDING", "IN_PROGRESS", "SUCCESSFUL"}


def going(traffic: TrafficPlan | None = STEPS, **changes: Any) -> Deploy:
    return a_deploy(a_native_service(), plan=a_plan(traffic=traffic), started_at=NOW, **changes)


def seen(
    stage: str = "PRODUCTION_TRAFFIC_SHIFT", status: str = "IN_PROGRESS", **more: Any
) -> ServiceDeploymentSeen:
    return ServiceDeploymentSeen(**{**vars(own(status)), "stage": stage, **more})


def texts(deploy: Deploy) -> list[str]:
    return [each.text for each in deploy.milestones]


def test_of_many_steps_the_first_and_each_quarter_are_told() -> None:
    deploy = going()
    for share in range(5, 105, 5):
        deploy = observe(deploy, seen(production=float(share)), NOW + share)

    shares = [text.split(" of the")[0] for text in texts(deploy)]
    assert shares[:-1] == ["5 %", "25 %", "50 %", "75 %"]
    assert shares[-1].startswith("All production traffic")


def test_of_few_steps_each_is_told() -> None:
    deploy = going(STEPS.evolve(step_percent=10))
    for share in range(10, 110, 10):
        deploy = observe(deploy, seen(production=float(share)), NOW + share)

    assert len(texts(deploy)) == 10


def test_the_same_look_tells_nothing_twice() -> None:
    deploy = going()
    for second in range(3):
        deploy = observe(deploy, seen(production=5.0, test=100.0), NOW + second)

    assert len(texts(deploy)) == 1
    assert deploy.shift
    assert deploy.shift.stage_since == NOW


def test_a_stage_is_timed_from_its_last_shift() -> None:
    deploy = observe(going(), seen(production=5.0), NOW)
    deploy = observe(deploy, seen(production=10.0, source_production=90.0), NOW + 60)

    assert deploy.shift
    assert (deploy.shift.stage_since, deploy.shift.kept) == (NOW + 60, 90.0)


@pytest.mark.parametrize("status", sorted(enum("ServiceDeploymentStatus")))
def test_stages_are_told_on_the_way_forward_only(status: str) -> None:
    deploy = observe(going(), seen(status=status, production=5.0), NOW)

    assert bool(texts(deploy)) is (status in FORWARD)
    assert deploy.shift
    assert deploy.shift.production == 5.0


@pytest.mark.parametrize("changes", [{"cancel": Cancel(user=BOB, at=NOW)}, {"reason": "an alarm."}])
def test_whoever_goes_back_is_told_no_more_stages_and_asked_nothing(changes: dict[str, Any]) -> None:
    hook = HookSeen("h1", "AWAITING_ACTION", "PAUSE", NOW + 60)
    deploy = observe(going(**changes), seen(production=5.0, hooks=(hook,)), NOW)

    assert texts(deploy) == []
    assert deploy.shift
    assert deploy.shift.pauses == ()


@pytest.mark.parametrize("status", sorted(enum("ServiceDeploymentStatus")))
def test_a_pause_is_asked_on_the_way_forward_only(status: str) -> None:
    hook = HookSeen("h1", "AWAITING_ACTION", "PAUSE", NOW + 60)
    deploy = observe(going(), seen("POST_SCALE_UP", status, hooks=(hook,)), NOW)

    assert bool(texts(deploy)) is (status in FORWARD)


@pytest.mark.parametrize("status", sorted(enum("DeploymentLifecycleHookStatus")))
def test_only_a_hook_that_awaits_an_action_is_asked_about(status: str) -> None:
    """A Lambda function that runs is nobody's to answer."""
    deploy = observe(going(), seen("POST_SCALE_UP", hooks=(HookSeen("h1", status),)), NOW)

    assert bool(texts(deploy)) is (status == "AWAITING_ACTION")


@pytest.mark.parametrize(("bake", "told"), [(300, True), (0, False)])
def test_the_bake_time_is_told_where_there_is_one(bake: int, told: bool) -> None:
    deploy = observe(going(STEPS.evolve(bake=bake)), seen("BAKE_TIME", production=100.0), NOW)

    assert any(text.startswith("Baking") for text in texts(deploy)) is told


def test_where_ecs_replaces_the_tasks_there_is_no_traffic_to_tell_of() -> None:
    native = going()
    rolling = native.evolve(service=a_service("web", strategy=Strategy.ROLLING))

    assert observe(rolling, seen(production=5.0), NOW) == rolling
    assert observe(native, None, NOW) == native


HOOK = HookSeen("h1", "AWAITING_ACTION", "PAUSE", NOW + 60)


def foreign(**changes: Any) -> Deploy:
    return going(verb=Verb.FOLLOW, phase=Phase.LOOKING_ON, **changes)


def shifting_service(traffic: TrafficPlan | None = STEPS) -> ServiceSeen:
    return replace(service_with(a_deployment()), traffic=traffic)


@pytest.mark.parametrize("status", sorted(enum("ServiceDeploymentStatus")))
def test_of_a_foreign_rollout_stages_and_pauses_are_told_on_the_way_forward_only(status: str) -> None:
    look = seen(status=status, production=5.0, hooks=(HOOK,))

    assert len(texts(foreign_traffic.observe(foreign(), shifting_service(), look, NOW))) == (
        2 if status in FORWARD else 0
    )


def test_nor_once_it_was_seen_to_go_back() -> None:
    look = seen(production=5.0, hooks=(HOOK,))

    assert texts(foreign_traffic.observe(foreign(reason="an alarm."), shifting_service(), look, NOW)) == []


def test_a_foreign_rollout_that_shifts_no_traffic_has_no_stages() -> None:
    deploy = foreign()

    assert foreign_traffic.observe(deploy, shifting_service(None), seen("SCALE_UP"), NOW) == deploy
    assert foreign_traffic.observe(deploy, shifting_service(), None, NOW) == deploy
    assert foreign_traffic.observe(deploy, None, seen("SCALE_UP"), NOW) == deploy


@pytest.mark.parametrize(
    ("status", "said"),
    [("SUCCEEDED", "Somebody let the rollout continue."), ("FAILED", None), ("AWAITING_ACTION", None)],
)
def test_what_became_of_a_foreign_pause(status: str, said: str | None) -> None:
    waits = foreign_traffic.observe(foreign(), shifting_service(), seen("POST_SCALE_UP", hooks=(HOOK,)), NOW)
    look = seen("POST_SCALE_UP", hooks=(replace(HOOK, status=status),))

    after = foreign_traffic.observe(waits, shifting_service(), look, NOW + 5)

    assert texts(after)[1:] == ([said] if said else [])


@pytest.mark.parametrize(
    ("pauses", "waited"),
    [
        ((), 0),
        ((a_pause(since=NOW + 100),), 400),
        ((a_pause(since=NOW + 100, end=PauseEnd.ANSWERED, ended_at=NOW + 130),), 30),
        ((a_pause(since=NOW, end=PauseEnd.TIMED_OUT, ended_at=NOW + 70), a_pause(since=NOW + 300)), 270),
    ],
)
def test_pauses_and_configured_waits_are_added_to_the_deadline(
    pauses: tuple[Any, ...], waited: float
) -> None:
    canary = TrafficPlan(strategy="CANARY", step_percent=10, step_wait=120, bake=60)
    deploy = going(canary, shift=Shift(pauses=pauses))
    most = deploy.service.deadline + 180 + waited

    assert allowed(deploy, NOW + 500) == most
    assert not overdue(deploy.evolve(started_at=NOW + 500 - most), NOW + 500)
    assert overdue(deploy.evolve(started_at=NOW + 499 - most), NOW + 500)


@pytest.mark.parametrize(("deadline", "back"), [(60, 900 + 180), (1200, 1200 + 180)])
def test_a_way_back_has_a_deadline_of_its_own(deadline: int, back: int) -> None:
    canary = TrafficPlan(strategy="CANARY", step_percent=10, step_wait=120, bake=60)
    deploy = going(canary).evolve(service=a_native_service(deadline=deadline))
    both = deadline + 180 + back

    assert back_deadline(deploy) == back
    assert not ecs_overdue(deploy, NOW + both)
    assert ecs_overdue(deploy, NOW + both + 1)


def test_an_action_newer_than_we_are_is_no_action_of_ours() -> None:
    assert HookAction.read("DANCE") is None
