"""A way back that does not hold, because the old version cannot start any more either."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from deploys.catalogue.service import CheckAfter
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from deploys.way_back import WayBack
from tests.builders import ARN, NOW, a_deploy, a_plan
from tests.workers.flows.test_rollout import OLD, OTHERS, a_deployment, service_with
from tests.workers.yard import Yard
from workers.ecs import tasks
from workers.ecs.seen import ServiceSeen, TaskSeen
from workers.flows import deadline
from workers.flows.settling import moved_late
from workers.flows.trouble_back import tell_trouble_back
from workers.flows.way_back import set_again
from workers.turn import Pace, Turn

NOBODY = "http://127.0.0.1:9/health"


def turned(yard: Yard, service: str) -> str:
    """A deploy that its check turned back, to an image that is gone; its id."""
    deploy_id = yard.ask(service, "1.4.2", deadline=60, after=CheckAfter(lasts=60, http=NOBODY))
    if service == "billing":
        yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        yard.approve(deploy_id)
    yard.until_phase(deploy_id, Phase.CHECKING)
    gone = [{"imageTag": "1.4.0"}]
    yard.ecs.client("ecr").batch_delete_image(repositoryName=service, imageIds=gone)
    return deploy_id


def to_its_end(yard: Yard, deploy_id: str) -> Deploy:
    """In longer strides than `yard.until`."""
    for _ in range(200):
        if yard.get(deploy_id).phase is Phase.ENDED:
            break
        yard.tick(5)
    return yard.get(deploy_id)


def test_it_is_told_while_it_is_tried_and_given_up_in_the_end(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "LEAST_BACK_SECONDS", 60)
    deploy_id = turned(yard, "web")

    deploy = to_its_end(yard, deploy_id)

    assert deploy.outcome is Outcome.FAILED
    assert yard.images_running("web") == {"1.4.2"}
    _, alarm, unheld = [m for m in deploy.milestones if m.kind is MilestoneKind.TROUBLE]
    assert (alarm.broadcast, unheld.broadcast) == (True, False), "one event, one alarm"
    first, cause = alarm.text.splitlines()
    assert first == "*Needs a look*: tasks of `web:17` do not start again on the way back:"
    assert "the image could not be pulled: it is not there." in cause
    assert unheld.text == (
        "The way back does not hold: the service is at `web:18` again. I set `web:17` again and again, for "
        "1 min 00 s in all."
    )
    end = deploy.milestones[-1]
    assert end.broadcast
    assert end.text.startswith("*Failed*: the way back to `web:17` did not hold. For 1 min ")
    assert (
        " I set it again and again, and each time the service went to `web:18`, which it is set to now. I "
        f"leave it there. I was going back because: after the rollout `{NOBODY}` did not answer with 2xx 3 "
        "times in a row, last: no answer: the connection is refused, or the host cannot be reached.\n• "
    ) in end.text
    assert "the image could not be pulled: it is not there." in end.text
    assert yard.leftovers() == []


def test_a_stop_start_service_is_not_left_at_zero(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "LEAST_BACK_SECONDS", 60)
    deploy_id = turned(yard, "billing")

    deploy = to_its_end(yard, deploy_id)

    assert deploy.outcome is Outcome.FAILED
    service = yard.service("billing")
    assert (service["desiredCount"], service["runningCount"]) == (2, 2)
    assert yard.images_running("billing") == {"1.4.2"}
    assert yard.leftovers() == []


@pytest.mark.parametrize("cancelled", [False, True])
def test_without_a_breaker_its_end_says_why_the_old_version_does_not_start(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, cancelled: bool
) -> None:
    monkeypatch.setattr(deadline, "LEAST_BACK_SECONDS", 60)
    off = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
    yard.console.update_service(cluster="production", service="web", deploymentConfiguration=off)
    deploy_id = turned(yard, "web")
    if cancelled:
        yard.cancel(deploy_id)

    deploy = to_its_end(yard, deploy_id)

    assert deploy.outcome is Outcome.FAILED
    end = deploy.milestones[-1].text
    assert "came too late" not in end, "a cancel that turned it was not late"
    first, *causes = end.splitlines()
    assert first.startswith("*Failed*: the way back to `web:17` did not finish within 1 min 00 s.")
    assert "the image could not be pulled: it is not there." in causes[0]
    assert causes[1:] == [
        "• tasks fail again and again, so ECS waits longer and longer before it starts the next. What they "
        "stop for has to be mended first.",
        f"It was rolled back for this: {deploy.reason}",
    ]


def at(now: float) -> Turn:
    return cast("Turn", SimpleNamespace(now=lambda: now, pace=Pace(), region=None))


def at_the_new_one(desired: int = 3) -> ServiceSeen:
    return ServiceSeen("arn", "web", "ACTIVE", f"{ARN}:task-definition/web:2", desired, 0, desired)


def going_back(**changes: Any) -> Deploy:
    way_back = WayBack(**{"since": NOW, "set_at": NOW, **changes})
    new = f"{ARN}:task-definition/web:2"
    return a_deploy(phase=Phase.FOLLOWING_BACK, plan=a_plan(), new_revision=new, way_back=way_back)


@pytest.mark.parametrize(
    ("seconds", "changes", "desired", "says"),
    [
        (10, {}, 3, False),  # a stale read, or a call that arrived late
        (40, {}, 3, True),
        (40, {"told_at": NOW + 35}, 3, False),
        (40, {"set_at": NOW + 35}, 3, False),
        (40, {"set_at": None}, 3, False),  # ECS was to go back by itself
        (10, {}, 0, False),
        (40, {}, 0, True),
        (901, {}, 0, True),
    ],
)
def test_it_is_said_once_when_it_can_be_no_stale_read_and_a_stopped_service_is_never_left(
    monkeypatch: pytest.MonkeyPatch, seconds: float, changes: dict[str, Any], desired: int, says: bool
) -> None:
    monkeypatch.setattr(tasks, "of_service", lambda *_: ())

    left = set_again(going_back(**changes), at(NOW + seconds), at_the_new_one(desired), 900).deploy

    assert (left.phase, left.outcome) == (Phase.RESTORING, None)
    assert bool(left.milestones) is says


@pytest.mark.parametrize("known", [False, True], ids=["without a cause", "with its cause"])
def test_where_it_is_the_first_that_is_known_of_it_it_is_the_alarm_and_no_other_follows(
    monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    failed = TaskSeen("arn", "STOPPED", "STOPPED", OLD, stop_code="TaskFailedToStart", stopped_reason="No.")
    monkeypatch.setattr(tasks, "of_service", lambda *_: (failed,) if known else ())
    monkeypatch.setattr(tasks, "stopped_by", lambda *_: (replace(failed, started_by=OTHERS),))

    left = set_again(going_back(), at(NOW + 40), at_the_new_one(), 900).deploy
    (alarm,) = left.milestones
    assert alarm.broadcast
    assert alarm.text.splitlines()[0] == (
        "*Needs a look*: the way back does not hold. I set `web:1`, and the service is at `web:2` again. I "
        "set it again and again, for 15 min 00 s in all."
    )

    again = replace(a_deployment(OTHERS, OLD), created_at=NOW + 50, failed=1)
    later = tell_trouble_back(left, at(NOW + 60), service_with(again))
    cause = "1 task: it could not start; ECS says: `No.`"
    if known:
        assert alarm.text.splitlines()[1:] == [f"• {cause}"]
        assert later.milestones == left.milestones, "the same cause is told once"
    else:
        assert later.milestones[-1].text == f"Also on the way back to `web:1`:\n• {cause}"
        assert not later.milestones[-1].broadcast


@pytest.mark.parametrize("in_vain", [False, True])
def test_what_was_given_up_is_not_taken_for_a_late_call(in_vain: bool) -> None:
    new = f"{ARN}:task-definition/web:2"
    deploy = a_deploy(
        plan=a_plan(),
        new_revision=new,
        outcome=Outcome.FAILED,
        way_back=WayBack(since=0.0, in_vain=in_vain),
    )
    seen = ServiceSeen("arn", "web", "ACTIVE", new, 3, 0, 3)

    assert moved_late(deploy, seen) is not in_vain


def test_a_way_back_that_is_undone_after_its_end_is_set_right_once_and_then_left(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ECS's circuit breaker trips only after the deadline, again and again."""
    monkeypatch.setattr("workers.flows.restoring.back_deadline", lambda _: 10)
    deploy_id = turned(yard, "billing")

    deploy = to_its_end(yard, deploy_id)

    assert (deploy.phase, deploy.outcome) == (Phase.ENDED, Outcome.FAILED)
    found, left = [m for m in deploy.milestones if m.at > (deploy.ended_at or 0)]
    assert found.broadcast
    assert left.broadcast
    assert found.text.startswith("*Needs a look*: a late call moved the service to the new revision again.")
    assert left.text == (
        "*Needs a look*: the service is at `billing:24` again, after I had set `billing:23` back, so it is "
        "no late call of mine that moves it. I leave it there. Look at the service's events."
    )
    assert yard.service("billing")["desiredCount"] == 2
    assert yard.leftovers() == []
