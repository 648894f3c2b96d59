"""A rollout that shifts traffic, of which ECS does not show the workers its record."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.deploy import MilestoneKind, Outcome
from tests.workers.flows.natives import a_pause, configure, until, until_over, waiting
from tests.workers.yard import Yard
from workers.flows.words import reasons

DENIED = {"kind": "access-denied"}
UNKNOWN = {"kind": "error", "code": "UnsupportedFeatureException", "status": 400}


def hide(yard: Yard, fault: dict[str, Any]) -> None:
    yard.ecs.faults.add(operation="ecs:ListServiceDeployments", times=None, **fault)


def until_paused_in_ecs(yard: Yard) -> None:
    until(yard, lambda: waiting(yard, "site"))
    for _ in range(4):
        yard.tick(5)


def unseen(yard: Yard, deploy_id: str) -> list[str]:
    told = [m for m in yard.get(deploy_id).milestones if m.kind is MilestoneKind.TROUBLE and m.broadcast]
    return [m.text for m in told if m.text.startswith("*Needs a look*: ECS does not show me")]


@pytest.mark.parametrize("fault", [DENIED, UNKNOWN])
def test_what_cannot_be_seen_is_said_once_and_the_deadline_tells_what_it_counts(
    yard: Yard, fault: dict[str, Any]
) -> None:
    configure(yard, "site", a_pause("PRE_SCALE_UP"))
    hide(yard, fault)
    deploy_id = yard.ask("site", "1.4.2", deadline=120)

    until_paused_in_ecs(yard)

    [told] = unseen(yard, deploy_id)
    assert told.startswith(
        "*Needs a look*: ECS does not show me how this rollout goes. So its stages, its traffic and its "
        "pauses are not told here, and no button answers a pause: answer it in ECS. The time at pauses "
        "counts towards the deadline of 2 min 00 s. ECS service deployments cannot be used here "
        "(ecs:ListServiceDeployments: "
    )
    assert reasons.overdue(yard.get(deploy_id)) == (
        "the rollout did not finish within its deadline of 2 min 00 s. Bake and step times do not count; the "
        "time at pauses does, as I did not see them."
    )


def test_nothing_is_missing_where_ecs_shows_it(yard: Yard) -> None:
    configure(yard, "site", a_pause("PRE_SCALE_UP"))
    deploy_id = yard.ask("site", "1.4.2")

    until_paused_in_ecs(yard)

    assert unseen(yard, deploy_id) == []


def test_where_no_traffic_is_shifted_nothing_was_promised(yard: Yard) -> None:
    hide(yard, DENIED)
    deploy_id = yard.ask("web", "1.4.2")

    yard.until_over(deploy_id)

    assert unseen(yard, deploy_id) == []


def test_ecs_own_way_back_is_not_taken_for_somebody_elses_deployment(yard: Yard) -> None:
    hide(yard, DENIED)
    deploy_id = yard.ask("shop", "1.5.0-crash")

    until_over(yard, deploy_id)

    assert yard.get(deploy_id).outcome is Outcome.ROLLED_BACK
    assert yard.said(deploy_id, MilestoneKind.END).startswith(
        "*Rolled back* to `shop:31`: ECS rolls the new revision back."
    )
