"""Redis loses its last writes, or all of them, right after a call that changes AWS: the deploy adopts that.

A table: each call that changes something, of each kind of deploy, against a record that is a commit or more
older than the call, and one that is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase, Verb
from deploys.pauses import unanswered
from deploys.scaling import Suspension
from deploys.traffic import HookAction
from tests.workers.flows.losses import Journal
from tests.workers.flows.natives import a_pause, configure
from tests.workers.flows.preparing import MIGRATE, one_offs
from tests.workers.flows.scaled import target
from tests.workers.flows.test_crashes import CHANGES, Killed, dying
from tests.workers.flows.test_stop_start import assert_strict_order
from tests.workers.flows.truth import Witness
from tests.workers.yard import PACE, SilentBell, Yard, a_service_called
from workers.clock import JANITOR_SECONDS
from workers.ecs.session import Aws
from workers.flows import marks
from workers.janitor import Janitor

ALL_CHANGES = {*CHANGES, "ContinueServiceDeployment"}
COUNTS = {"web": 3, "billing": 2, "shop": 3}
LONGEST_SECONDS = 3600.0


@dataclass(frozen=True)
class Story:
    """One kind of deploy."""

    service: str
    tag: str = "1.4.2"
    verb: Verb = Verb.DEPLOY
    cancel_in: Phase | None = None
    changes: Mapping[str, Any] | None = None
    """Of its entry in services.yml."""
    before: Callable[[Yard], None] = lambda yard: None


def deployed_before(yard: Yard) -> None:
    """There is something to roll back."""
    yard.until_over(ask(yard, Story("web")))


def denied_to_stop(yard: Yard) -> None:
    yard.ecs.faults.add(operation="StopServiceDeployment", kind="access-denied", times=None)


def with_a_pause(yard: Yard) -> None:
    configure(yard, "shop", a_pause())


STORIES: dict[str, tuple[Story, list[str]]] = {
    "rolling": (Story("web"), ["RegisterTaskDefinition", "UpdateService"]),
    "restart": (Story("web", verb=Verb.RESTART), ["RegisterTaskDefinition", "UpdateService"]),
    "rollback": (Story("web", verb=Verb.ROLLBACK, before=deployed_before), ["TagResource", "UpdateService"]),
    "with a task before": (
        Story("web", changes={"before": MIGRATE}),
        ["RegisterTaskDefinition", "RunTask", "UpdateService"],
    ),
    "rolling, cancelled": (
        Story("web", cancel_in=Phase.FOLLOWING),
        ["RegisterTaskDefinition", "UpdateService", "StopServiceDeployment"],
    ),
    "rolling, set back": (
        Story("web", cancel_in=Phase.FOLLOWING, before=denied_to_stop),
        ["RegisterTaskDefinition", "UpdateService", "StopServiceDeployment", "TagResource", "UpdateService"],
    ),
    "native": (
        Story("shop", before=with_a_pause),
        ["RegisterTaskDefinition", "UpdateService", "ContinueServiceDeployment"],
    ),
    "stop-start": (
        Story("billing"),
        [
            "RegisterTaskDefinition",
            "TagResource",  # what to bring back
            "TagResource",  # about to suspend
            "RegisterScalableTarget",
            "TagResource",  # about to stop
            "UpdateService",
            "UpdateService",
            "RegisterScalableTarget",
            "UntagResource",
        ],
    ),
    "stop-start, cancelled while it drains": (
        Story("billing", cancel_in=Phase.DRAINING),
        [
            "RegisterTaskDefinition",
            "TagResource",
            "TagResource",
            "RegisterScalableTarget",
            "TagResource",
            "UpdateService",
            "UpdateService",
            "RegisterScalableTarget",
            "UntagResource",
        ],
    ),
    "stop-start, cancelled while it starts": (
        Story("billing", cancel_in=Phase.FOLLOWING),
        [
            "RegisterTaskDefinition",
            "TagResource",
            "TagResource",
            "RegisterScalableTarget",
            "TagResource",
            "UpdateService",
            "UpdateService",
            "UpdateService",
            "TagResource",  # goes back
            "UpdateService",
            "RegisterScalableTarget",
            "UntagResource",
        ],
    ),
}
CHANGES_NOTHING = ("rolling, set back", "StopServiceDeployment")
"""Denied there."""
CALLS = [
    (kind, number)
    for kind, (_, calls) in STORIES.items()
    for number, call in enumerate(calls, 1)
    if (kind, call) != CHANGES_NOTHING
]
IDS = [f"{kind}: {number} {STORIES[kind][1][number - 1]}" for kind, number in CALLS]


def ask(yard: Yard, story: Story) -> str:
    if story.verb is not Verb.DEPLOY:
        return yard.ask_to(story.verb, story.service)
    return yard.ask(story.service, story.tag, **(story.changes or {}))


class People:
    """Who approves, continues and cancels once; and what runs beside: workers and the janitor."""

    def __init__(self, yard: Yard, story: Story) -> None:
        self.yard = yard
        self.story = story
        self.witness = Witness(yard, story.service)
        self.lies: list[str] | None = None
        self.cancelled = False
        self.janitor = Janitor(
            [a_service_called(name) for name in COUNTS],
            yard.store,
            yard.redis,
            Aws(now=yard.ecs.now),
            SilentBell(),
            settle_seconds=PACE.settle_seconds,
            now=yard.ecs.now,
        )
        self.looks_at = yard.ecs.now()

    def second(self, deploy: Deploy | None) -> None:
        """What happens within one second."""
        if deploy is not None:
            self._people(deploy)
        if self.yard.ecs.now() >= self.looks_at:
            self.looks_at = self.yard.ecs.now() + JANITOR_SECONDS
            self.janitor.look_if_needed()
        self.yard.tick()
        self.witness.look()
        now = self.yard.store.get(deploy.id) if deploy is not None else None
        if now is not None and now.outcome is not None and self.lies is None:
            self.lies = self.witness.lies(now)

    def _people(self, deploy: Deploy) -> None:
        if deploy.phase is Phase.AWAITING_APPROVAL and not deploy.decisions:
            self.yard.approve(deploy.id)
        if unanswered(deploy):
            self.yard.answer(deploy.id, HookAction.CONTINUE)
        if self.story.cancel_in is deploy.phase and not self.cancelled:
            self.cancelled = True
            self.yard.cancel(deploy.id)


def begin(yard: Yard, kind: str) -> tuple[Story, People]:
    story, _ = STORIES[kind]
    yard.ecs.autoscale("billing", minimum=2, maximum=6)
    story.before(yard)
    return story, People(yard, story)


def run(people: People, deploy_id: str, lost: Callable[[], None]) -> Deploy:
    """To the end. A worker that dies takes so much of Redis with it."""
    yard = people.yard
    deadline = yard.ecs.now() + LONGEST_SECONDS
    while (deploy := yard.get(deploy_id)).phase is not Phase.ENDED:
        assert yard.ecs.now() < deadline, yard.describe()
        try:
            people.second(deploy)
        except Killed:
            lost()
            yard.lease_runs_out(deploy_id)
            yard.engine = yard.new_engine()
    return deploy


def run_until_killed(people: People, deploy_id: str) -> None:
    deploy = people.yard.get(deploy_id)
    while deploy.phase is not Phase.ENDED:
        people.second(deploy)
        deploy = people.yard.get(deploy_id)


def tags_of(yard: Yard, service: str) -> dict[str, str]:
    tags: dict[str, str] = yard.ecs.state()["services"][service]["tags"]
    return tags


def registered_for(yard: Yard, service: str, deploy_id: str) -> list[str]:
    arns = yard.console.list_task_definitions(familyPrefix=service)["taskDefinitionArns"]
    told = [yard.console.describe_task_definition(taskDefinition=arn, include=["TAGS"]) for arn in arns]
    mine = {"key": "slipway:deploy", "value": deploy_id}
    return [each["taskDefinition"]["taskDefinitionArn"] for each in told if mine in each["tags"]]


def assert_at_rest(yard: Yard, service: str) -> None:
    """Nothing is at zero, suspended, marked or left in Redis."""
    assert yard.service(service)["desiredCount"] == COUNTS[service]
    assert target(yard).suspended == Suspension()
    assert set(tags_of(yard, service)) & set(marks.KEYS) == set()
    assert yard.leftovers() == []


def assert_the_next_deploy_goes(yard: Yard, service: str) -> None:
    yard.ecs.faults.clear()
    following = Story(service, tag="1.4.1")
    deploy = run(People(yard, following), ask(yard, following), lambda: None)
    assert deploy.outcome is Outcome.SUCCEEDED, yard.said(deploy.id, MilestoneKind.END)


@pytest.mark.parametrize("kind", STORIES)
def test_the_table_names_every_call_that_a_deploy_of_this_kind_makes(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    story, people = begin(yard, kind)
    with dying(monkeypatch, at=0, after=False, among=ALL_CHANGES) as made:
        run(people, ask(yard, story), lambda: None)

    assert made == STORIES[kind][1]


def losses() -> Iterator[Any]:
    """Calls, and how many commits are lost with them (count): two and five for one kind with many calls."""
    for (kind, number), name in zip(CALLS, IDS, strict=True):
        for commits in (1, 2, 5) if kind == "stop-start" else (1,):
            yield pytest.param(kind, number, commits, id=f"{name}, {commits}")


@pytest.mark.parametrize(("kind", "number", "commits"), list(losses()))
def test_a_record_that_is_older_than_the_call_adopts_it(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, kind: str, number: int, commits: int
) -> None:
    story, people = begin(yard, kind)
    journal = Journal(yard.redis, monkeypatch)
    deploy_id = ask(yard, story)
    with dying(monkeypatch, at=number, after=True, among=ALL_CHANGES) as made:
        deploy = run(people, deploy_id, lambda: journal.lose(commits))

    assert len(made) >= number, "the loss never came"
    end = yard.said(deploy.id, MilestoneKind.END)
    assert deploy.outcome in {Outcome.SUCCEEDED, Outcome.CANCELLED, Outcome.ROLLED_BACK}, end
    assert story.cancel_in is not None or deploy.outcome is Outcome.SUCCEEDED, end
    assert people.lies == []
    assert_at_rest(yard, story.service)
    before = {"1.4.2"} if story.verb is Verb.ROLLBACK else {"1.4.0"}
    wanted = {deploy.tag} if deploy.outcome is Outcome.SUCCEEDED else before
    assert yard.images_running(story.service) == wanted, yard.said(deploy.id)
    assert len(registered_for(yard, story.service, deploy.id)) == int(story.verb is not Verb.ROLLBACK)
    assert len(one_offs(yard)) == int(bool(story.changes))
    if story.service == "billing":
        assert_strict_order(yard, story.service)
    assert "error inside Slipway" not in yard.said(deploy.id)


@pytest.mark.parametrize(("kind", "number"), CALLS, ids=IDS)
def test_a_record_that_is_gone_leaves_nothing_stopped_and_no_service_blocked(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, kind: str, number: int
) -> None:
    story, people = begin(yard, kind)
    deploy_id = ask(yard, story)
    with dying(monkeypatch, at=number, after=True, among=ALL_CHANGES), pytest.raises(Killed):
        run_until_killed(people, deploy_id)
    yard.redis.flushall()
    yard.engine = yard.new_engine()
    lost_at = yard.ecs.now()

    while yard.ecs.now() < lost_at + 120:
        people.second(None)
    assert yard.service(story.service)["desiredCount"] == COUNTS[story.service]
    while yard.ecs.now() < lost_at + 1200:
        people.janitor.look()
        yard.tick(JANITOR_SECONDS)

    assert_at_rest(yard, story.service)
    assert len(yard.images_running(story.service)) == 1
    if story.service == "billing":
        assert_strict_order(yard, story.service)
    assert_the_next_deploy_goes(yard, story.service)


@pytest.mark.parametrize("commits", [1, 2])
def test_what_was_set_right_after_the_end_stays_so(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, commits: int
) -> None:
    story, people = begin(yard, "stop-start")
    journal = Journal(yard.redis, monkeypatch)
    deploy_id = ask(yard, story)
    while yard.get(deploy_id).phase is not Phase.SETTLING:
        people.second(yard.get(deploy_id))
    yard.console.update_service(cluster="production", service="billing", desiredCount=0)

    with dying(monkeypatch, at=1, after=True, among={"UpdateService"}) as made:
        deploy = run(people, deploy_id, lambda: journal.lose(commits))

    assert made[0] == "UpdateService"
    assert deploy.outcome is Outcome.SUCCEEDED
    assert_at_rest(yard, "billing")
    yard.ecs.advance(300)
    assert yard.images_running("billing") == {"1.4.2"}
