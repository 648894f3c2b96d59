"""For each button: a state in which a press of it changes something, and whom a rule allows that press.

The state is written by the stores, so that it does not depend on who was allowed to bring it about. alice has
asked for everything, and every private answer was given to her. A new button needs a scene here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deploys import buttons
from deploys.access_rules import Action
from deploys.catalogue.service import Service
from deploys.records.asked_request import AskedRequest
from deploys.records.audit_entry import AuditEntry
from deploys.records.count_change import CountChange
from deploys.records.deploy import Deploy
from deploys.records.hold import Hold, HoldKind
from deploys.records.lock import Lock
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import Instead
from deploys.records.refused_request import RefusedRequest
from deploys.records.request import Verb
from deploys.records.stop_all import StopAll
from deploys.records.typed_command import TypedCommand
from deploys.stores.asked_requests import AskedRequests
from tests.bot.bot_harness import ALICE, BOB, BotHarness
from tests.bot.test_pauses import pause_deploy
from tests.builders import a_batch, a_deploy, a_plan
from tests.deploys.access_rules import World
from tests.frozen_services import a_freeze

Rule = Callable[[World], bool]


@dataclass(frozen=True)
class Pressable:
    """A button that is there: its value, and whether it is on a private answer."""

    value_of: str
    """Id of the deploy, batch or refused request."""
    question: int = 0
    private: bool = False


@dataclass(frozen=True)
class Scene:
    """One button in one state."""

    action_id: str
    prepare: Callable[[BotHarness, Service], Pressable]
    allows: Rule
    """Whether a rule allows the person of this world the press."""
    counts_where_asked: bool = False
    """The place that counts is that of the request, not that of the press."""
    frozen: bool = False
    """The service is frozen."""
    in_home_alone: bool = False
    """It is on no message."""


def submit(bot: BotHarness, service: Service, *, by: str = ALICE, **changes: Any) -> Deploy:
    request = {"requester": by, "requested_at": bot.clock(), "reason": "new prices"}
    return bot.context.store.submit(
        a_deploy(service, **{"request": request, "phase": Phase.WAITING, **changes})
    ).deploy


def awaiting_approval(bot: BotHarness, service: Service) -> Pressable:
    question = {"question": 1, "shown_at": bot.clock(), "expires_at": bot.clock() + 1800}
    deploy = bot.commit_step(
        submit(bot, service), phase=Phase.AWAITING_APPROVAL, plan=a_plan(), approval=question
    )
    return Pressable(deploy.id, 1)


def waiting(bot: BotHarness, service: Service) -> Pressable:
    return Pressable(submit(bot, service).id)


def rolling_out(bot: BotHarness, service: Service) -> Pressable:
    ecs = {"update_tried": True, "deployment_id": "ecs-svc/7"}
    return Pressable(bot.commit_step(submit(bot, service), phase=Phase.FOLLOWING, plan=a_plan(), ecs=ecs).id)


def batch_waiting(bot: BotHarness, service: Service) -> Pressable:
    batch, deploys = a_batch(
        a_deploy(service, phase=Phase.WAITING, request={"requested_at": bot.clock(), "requester": ALICE})
    )
    bot.context.store.submit_batch(batch, deploys)
    return Pressable(batch.id)


def paused(bot: BotHarness, service: Service) -> Pressable:
    return Pressable(pause_deploy(bot, submit(bot, service), Phase.FOLLOWING).id, 1)


def ended_refused(bot: BotHarness, service: Service) -> Pressable:
    ended = bot.commit_step(
        submit(bot, service, tag="v1.4.2"),
        phase=Phase.ENDED,
        outcome=Outcome.REFUSED,
        ended_at=bot.clock(),
        refusal={"likely_tags": ("1.4.2",)},
    )
    return Pressable(ended.id)


def held_by_freeze(bot: BotHarness, service: Service) -> Pressable:
    hold = Hold(kind=HoldKind.FREEZE, sentence="`web` is frozen.", until=bot.clock() + 3600)
    return Pressable(bot.commit_step(submit(bot, service), hold=hold).id)


def refused(bot: BotHarness, error: str, **changes: Any) -> Pressable:
    """What alice typed and was refused, with the buttons on its answer."""
    fields: dict[str, Any] = {
        "id": "r3q4s5t6",
        "subcommand": "deploy",
        "services": ("web",),
        "tag": "1.4.2",
        "reason": "new prices",
        "request": a_deploy(request={"requested_at": bot.clock()}).request,
        "error": error,
    }
    kept = RefusedRequest(**{**fields, **changes})
    bot.context.refused_requests.save(kept)
    return Pressable(kept.id, private=True)


def came_too_late(bot: BotHarness, service: Service) -> Pressable:
    return refused(bot, "CommandTooLate")


def refused_by_first_checks(bot: BotHarness, service: Service) -> Pressable:
    ended = bot.commit_step(
        submit(bot, service),
        phase=Phase.ENDED,
        outcome=Outcome.REFUSED,
        ended_at=bot.clock(),
        refusal={"instead": Instead.AGAIN},
    )
    return Pressable(ended.id)


def another_was_meant(bot: BotHarness, service: Service) -> Pressable:
    return refused(bot, "GroupInList", facts={"meant": "web"})


def refused_for_who_she_is(bot: BotHarness, service: Service) -> Pressable:
    return refused(bot, "NotADeployer", facts={"people": f"<@{BOB}>"})


def asked_of_others(bot: BotHarness, service: Service) -> Pressable:
    refused_for_who_she_is(bot, service)
    kept = bot.context.refused_requests.take("r3q4s5t6")
    assert kept is not None
    asked = AskedRequest(id="a3q4s5t6", refused=kept, people=f"<@{BOB}>", asked_at=bot.clock())
    AskedRequests(bot.redis).add(asked)
    return Pressable(asked.id)


def misspelt(bot: BotHarness, service: Service) -> Pressable:
    return refused(bot, "UnknownService", services=("wbe",), facts={"likely": "web"})


def others_refused(bot: BotHarness, service: Service) -> Pressable:
    return refused(bot, "BatchRefused", services=("web", "api"), facts={"others": "web"})


def zero_to_be_confirmed(bot: BotHarness, service: Service) -> Pressable:
    return refused(bot, "ScaleToZero", subcommand="scale", tag="", arguments={"count": 0})


def scaling_up(bot: BotHarness, service: Service) -> Pressable:
    asked = submit(bot, service, verb=Verb.SCALE, tag="", count_change=CountChange(wanted=5, before=3))
    return Pressable(bot.commit_step(asked, phase=Phase.FOLLOWING_COUNT, ecs={"update_tried": True}).id)


def running_command(bot: BotHarness, service: Service) -> Pressable:
    asked = submit(bot, service, verb=Verb.RUN, tag="", command=TypedCommand.of(("ls",)))
    return Pressable(bot.commit_step(asked, phase=Phase.RUNNING_COMMAND).id)


def refused_by_freeze(bot: BotHarness, service: Service) -> Pressable:
    return refused(bot, "ServiceFrozen", facts={"may_override": "yes"})


def refused_by_lock(bot: BotHarness, service: Service) -> Pressable:
    lock = Lock(
        id="k2l3m4n5",
        target="web",
        services=("web",),
        owner=BOB,
        reason="checking the graphs",
        since=bot.clock(),
        channel="C01DEPLOYS",
        team="T01SLIPWAY",
    )
    bot.context.locks.take(lock, AuditEntry(at="0", who=BOB, what="locked"))
    facts = {"target": "web", "lock": lock.id, "may_break": "yes"}
    return refused(bot, "ServiceLocked", facts=facts)


def refused_approval(bot: BotHarness, service: Service) -> Pressable:
    asking = awaiting_approval(bot, service)
    value = buttons.button_value(asking.value_of, asking.question)
    return refused(
        bot,
        "NotAnApprover",
        subcommand="",
        action_id=buttons.APPROVE,
        value=value,
        facts={"approvers": "<@U>"},
    )


def replaceable(bot: BotHarness, service: Service) -> Pressable:
    bot.commit_step(submit(bot, service, tag="1.4.0"), phase=Phase.PLANNING)
    old = submit(bot, service, by=BOB, tag="1.4.1")
    new = submit(bot, service)
    return refused(bot, "NotReplaceable", facts={"new": new.id, "old": old.id, "old_tag": "1.4.1"})


def a_success_that_runs(bot: BotHarness, service: Service) -> Pressable:
    ended: dict[str, Any] = {"phase": Phase.ENDED, "outcome": Outcome.SUCCEEDED, "ended_at": bot.clock()}
    plan = a_plan(old_revision="web:1", old_tag="1.4.0")
    bot.commit_step(submit(bot, service, tag="1.4.0"), plan=a_plan(), ecs={"new_revision": "web:1"}, **ended)
    bot.clock.advance(1)
    second = submit(bot, service, tag="1.4.1")
    return Pressable(bot.commit_step(second, plan=plan, ecs={"new_revision": "web:2"}, **ended).id)


def locked_by_bob(bot: BotHarness, service: Service) -> Pressable:
    refused_by_lock(bot, service)
    [lock] = bot.context.locks.all(bot.clock())
    return Pressable(lock.id)


def stopped_by_bob(bot: BotHarness, service: Service) -> Pressable:
    stop = StopAll(
        id="s2t3u4v5",
        user=BOB,
        reason="an incident",
        since=bot.clock(),
        channel="C01DEPLOYS",
        team="T01SLIPWAY",
    )
    bot.context.stops.stop(stop, AuditEntry(at="0", who=BOB, what="all deploys stopped"))
    return Pressable(stop.id)


def decides(world: World) -> bool:
    return world.may(Action.APPROVE) and (world.user != ALICE or world.service.self_approval)


def withdraws(world: World) -> bool:
    is_named = world.user == ALICE or world.is_listed(Action.APPROVE)
    return is_named and world.is_member and world.is_place_allowed


def rolls_back(world: World) -> bool:
    return world.may(Action.ROLL_BACK, Action.APPROVE)


def lets_continue(world: World) -> bool:
    return decides(world) if world.service.approvers else world.may(Action.DEPLOY)


def deploys(world: World) -> bool:
    return world.may(Action.DEPLOY)


def overrides(world: World) -> bool:
    return world.may(Action.OVERRIDE)


def scales(world: World) -> bool:
    return world.may(Action.SCALE)


def sets_count_back(world: World) -> bool:
    return world.may(Action.SCALE, Action.APPROVE)


def stops_command(world: World) -> bool:
    return world.may(Action.RUN) or withdraws(world)


def unlocks(world: World) -> bool:
    """Bob has locked it."""
    return world.may(Action.LOCK) if world.user == BOB else overrides(world)


def resumes(world: World) -> bool:
    """Bob has stopped them. It concerns all services, so only the kind of place counts."""
    own = (Action.DEPLOY, Action.APPROVE) if world.user == BOB else ()
    return world.is_member and world.is_listed(Action.OVERRIDE, *own) and world.is_kind_of_place_allowed


def hers(rule: Rule) -> Rule:
    """Only for the person who was refused."""
    return lambda world: world.user == ALICE and rule(world)


def approves_of_others(world: World) -> bool:
    return world.may(Action.APPROVE)


SCENES = (
    Scene(buttons.APPROVE, awaiting_approval, decides),
    Scene(buttons.REJECT, awaiting_approval, decides),
    Scene(buttons.CANCEL, waiting, withdraws),
    Scene(buttons.CANCEL, rolling_out, rolls_back),
    Scene(buttons.CANCEL, scaling_up, sets_count_back),
    Scene(buttons.CANCEL, running_command, stops_command),
    Scene(buttons.CANCEL_BATCH, batch_waiting, withdraws),
    Scene(buttons.CONTINUE, paused, lets_continue),
    Scene(buttons.ROLL_BACK, paused, rolls_back),
    Scene(buttons.FOLLOW, ended_refused, deploys),
    Scene(buttons.LIKELY_TAG, ended_refused, deploys, counts_where_asked=True),
    Scene(buttons.OVERRIDE_FREEZE, held_by_freeze, overrides, frozen=True),
    Scene(buttons.OVERRIDE_REFUSED, refused_by_freeze, hers(overrides), counts_where_asked=True, frozen=True),
    Scene(buttons.REPLACE_WAITING, replaceable, hers(approves_of_others), counts_where_asked=True),
    Scene(buttons.ASK_APPROVER, refused_approval, hers(World.may_see)),
    Scene(buttons.ASK_HOLDER, refused_by_lock, hers(World.may_see)),
    Scene(buttons.DEPLOY_OTHERS, others_refused, hers(deploys), counts_where_asked=True),
    Scene(buttons.QUEUE_BEHIND_LOCK, refused_by_lock, hers(deploys), counts_where_asked=True),
    Scene(buttons.BREAK_LOCK, refused_by_lock, hers(overrides)),
    Scene(buttons.ROLL_BACK_TO, a_success_that_runs, lambda world: world.may(Action.ROLL_BACK)),
    Scene(buttons.UNLOCK, locked_by_bob, unlocks, in_home_alone=True),
    Scene(buttons.RESUME_ALL, stopped_by_bob, resumes, in_home_alone=True),
    Scene(buttons.SEND_AGAIN, came_too_late, hers(deploys), counts_where_asked=True),
    Scene(buttons.INSTEAD, refused_by_first_checks, deploys, counts_where_asked=True),
    Scene(buttons.RUN_INSTEAD, another_was_meant, hers(deploys), counts_where_asked=True),
    Scene(buttons.ASK_SOMEBODY, refused_for_who_she_is, hers(World.may_see), counts_where_asked=True),
    Scene(buttons.RUN_ASKED, asked_of_others, deploys),
    Scene(buttons.SCALE_TO_ZERO, zero_to_be_confirmed, hers(scales), counts_where_asked=True),
    Scene(buttons.SUGGESTED_NAME, misspelt, hers(deploys), counts_where_asked=True),
)


def scene_name(scene: Scene) -> str:
    """For the name of a test."""
    return f"{scene.action_id}-{scene.prepare.__name__}"


def services_of(scene: Scene, service: Service, now: float) -> tuple[Service, ...]:
    """What services.yml has for this scene: `web` as it is given, and the open service `api`."""
    return (
        service.model_copy(update={"freezes": (a_freeze(now),)}) if scene.frozen else service,
        service.model_copy(update={"name": "api", "ecs_service": "api"}),
    )
