"""Redis does not confirm that an intent is on its disk: AWS is not asked, and nothing is left stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from deploys.deploy import MilestoneKind, Outcome, Phase
from deploys.durability import Durability
from tests.workers.flows.preparing import ask as ask_with_a_task
from tests.workers.flows.preparing import one_offs
from tests.workers.yard import Yard
from workers.flows.trouble import LOUD_AFTER_SECONDS


@dataclass
class Disk:
    """Redis's disk: whether it takes what is written, and how often that was asked."""

    good: bool = True
    asked: int = 0
    good_for: int = 10**6
    """Times that it takes what is written, before it does not any more (count)."""


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    own = Disk()

    def confirmed(durability: Durability, within: float) -> bool:
        own.asked += 1
        return own.good and own.asked <= own.good_for

    monkeypatch.setattr(Durability, "confirmed", confirmed)
    return own


def wait(yard: Yard, seconds: int) -> None:
    for _ in range(seconds):
        yard.tick()


def changed(yard: Yard) -> list[str]:
    names = ["RegisterTaskDefinition", "UpdateService", "TagResource", "RunTask"]
    return [name for name in names if yard.ecs.calls(name)]


def test_nothing_is_changed_until_it_is_confirmed_and_then_it_goes_on(yard: Yard, disk: Disk) -> None:
    deploy_id = yard.ask("web", "1.4.2")
    disk.good = False
    wait(yard, 60)
    assert changed(yard) == []
    assert "Redis has not confirmed" in yard.get(deploy_id).last_error

    disk.good = True

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED


def test_it_is_asked_only_before_a_change(yard: Yard, disk: Disk) -> None:
    deploy_id = yard.ask("web", "1.4.2")
    before = disk.asked

    yard.until_over(deploy_id)

    assert disk.asked - before == len(changed(yard)) == 2


def test_a_disk_that_stays_away_refuses_in_the_end_and_says_why(yard: Yard, disk: Disk) -> None:
    deploy_id = yard.ask("web", "1.4.2", deadline=120)
    disk.good = False

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.REFUSED
    assert changed(yard) == []
    assert yard.said(deploy_id, MilestoneKind.END).startswith(
        "*Refused*, nothing was changed: Redis has not confirmed within 2 s that what I am about to do is "
        "written to its disk, so I do not ask AWS for it yet: look at the disk of Redis. That has been so "
        "for "
    )


def cancelled(yard: Yard, deploy_id: str) -> None:
    yard.cancel(deploy_id)


def left_alone(yard: Yard, deploy_id: str) -> None:
    pass


@pytest.mark.parametrize("act", [cancelled, left_alone])
def test_a_service_that_is_stopped_comes_back_though_the_disk_is_away(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, disk: Disk, act: Callable[[Yard, str], None]
) -> None:
    deploy_id = yard.ask("billing", "1.4.2")
    yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    yard.approve(deploy_id)
    yard.until_phase(deploy_id, Phase.DRAINING)
    act(yard, deploy_id)
    disk.good = False

    wait(yard, int(LOUD_AFTER_SECONDS) + 60)

    assert yard.service("billing")["desiredCount"] == 2
    assert yard.images_running("billing") == {"1.4.0"}
    assert yard.until_over(deploy_id).outcome in (Outcome.CANCELLED, Outcome.ROLLED_BACK)


def test_a_task_that_was_not_asked_for_is_not_taken_for_one_that_may_run(yard: Yard, disk: Disk) -> None:
    disk.good_for = 2  # the request, and the revision
    deploy_id = ask_with_a_task(yard)
    wait(yard, 60)
    assert yard.get(deploy_id).phase is Phase.PREPARING
    assert one_offs(yard) == []

    disk.good_for = 10**6

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert len(one_offs(yard)) == 1
