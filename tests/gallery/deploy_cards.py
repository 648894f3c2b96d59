"""The card of every state and outcome, of each strategy and verb."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from deploys.catalogue.service import Service, Strategy
from deploys.queue_forecast import WaitingDeploy
from deploys.records.approval import Cancel
from deploys.records.deploy import Deploy, PhaseEntry
from deploys.records.hold import Hold, HoldKind, Override
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import ContainerChange, Instead, Plan
from deploys.records.request import Verb
from deploys.records.stop_all import StopAll
from deploys.records.thread_messages import ThreadMessageKind
from deploys.rollback_offer import RollbackOffer
from tests.builders import (
    ARN,
    NOW,
    REGISTRY,
    a_batch,
    a_native_service,
    a_plan,
    a_service,
    a_stop_start_service,
)
from tests.gallery.exhibit import Exhibit, Section
from tests.workers.thread.sample_deploys import (
    BOB,
    LATER,
    POSSIBLE_STATES,
    State,
    awaiting,
    command,
    following,
    rolling,
    sample_deploy,
    scaling,
)
from tests.workers.thread.test_pause_card import CANARY, paused, shifting
from workers.thread.batch_card import batch_card
from workers.thread.card import Card, deploy_card
from workers.thread.fallback_levels import FallbackLevel, fit_message
from workers.thread.thread_source import DeployThreadSource

STOP = StopAll(
    id="k3m9p2qr", user=BOB, reason="the network is down", since=NOW, channel="C01DEPLOYS", team="T01SLIPWAY"
)
OVERRIDE = Override(user=BOB, kind=HoldKind.FREEZE, reason="payments are down", at=NOW)

COMPARE = "https://github.com/acme/shop/compare/{from}...{to}"
STOPPING = (Phase.SAVING_RESTORE_POINT, Phase.STOPPING, Phase.DRAINING, Phase.STARTING)
FOLLOWED = (Phase.WAITING, Phase.PLANNING, Phase.FOLLOWING_EXTERNAL, Phase.ENDED)
SCALED = (
    Phase.WAITING,
    Phase.PLANNING,
    Phase.SCALING,
    Phase.FOLLOWING_COUNT,
    Phase.RESTORING_COUNT,
    Phase.SETTLING,
    Phase.ENDED,
)
COMMANDED = (Phase.WAITING, Phase.PLANNING, Phase.REGISTERING, Phase.RUNNING_COMMAND, Phase.ENDED)
BEGINNING = (Phase.WAITING, Phase.PLANNING)
WAYS = {
    Strategy.ROLLING: (Phase.REGISTERING, Phase.UPDATING, Phase.FOLLOWING),
    Strategy.NATIVE: (Phase.REGISTERING, Phase.UPDATING, Phase.FOLLOWING),
    Strategy.STOP_START: (Phase.AWAITING_APPROVAL, Phase.REGISTERING, *STOPPING, Phase.FOLLOWING),
}
"""The phases between the plan and the end."""
OTHER_WAYS: dict[Verb, tuple[Phase, ...]] = {
    Verb.FOLLOW: (Phase.FOLLOWING_EXTERNAL,),
    Verb.SCALE: (Phase.SCALING, Phase.FOLLOWING_COUNT),
    Verb.RUN: (Phase.REGISTERING, Phase.RUNNING_COMMAND),
}
BACK = (Phase.RESTORING, Phase.FOLLOWING_ROLLBACK)
STEP_SECONDS = 8.0


def is_possible(state: State, strategy: Strategy, verb: Verb) -> bool:
    """Whether a deploy of this strategy and verb can be in this state."""
    phase, _ = state
    if verb is Verb.FOLLOW:
        return phase in FOLLOWED
    if verb in (Verb.SCALE, Verb.RUN):
        phases = SCALED if verb is Verb.SCALE else COMMANDED
        return phase in phases and strategy is Strategy.ROLLING
    if phase in (Phase.SCALING, Phase.FOLLOWING_COUNT, Phase.RESTORING_COUNT, Phase.RUNNING_COMMAND):
        return False
    if phase in STOPPING:
        return strategy is Strategy.STOP_START
    if phase is Phase.UPDATING:
        return strategy is not Strategy.STOP_START
    return phase is not Phase.FOLLOWING_EXTERNAL


def deploy_in(state: State, strategy: Strategy, verb: Verb) -> Deploy:
    """A deploy of this strategy and verb in this state, with the steps that it went through."""
    if verb in (Verb.SCALE, Verb.RUN):
        return _scaling_or_command(state, verb)
    sample = sample_deploy(state)
    kept: dict[str, Any] = {"before": sample.service.before, "after": sample.service.after}
    if sample.approval.question:
        kept |= {"approvers": sample.service.approvers, "approvals": 1}
    service = _service(strategy).model_copy(update=kept)
    changes: dict[str, Any] = {
        "service": service,
        "verb": verb,
        "plan": _plan(service, verb) if sample.plan else None,
        "tag": "1.4.0" if verb is Verb.ROLLBACK else "1.4.2",
        "timeline": _timeline(state, strategy, verb=verb),
    }
    if state[0] is Phase.FOLLOWING and strategy is Strategy.NATIVE:
        changes["traffic"] = shifting().traffic
    return sample.evolve(**changes)


def _scaling_or_command(state: State, verb: Verb) -> Deploy:
    phase, outcome = state
    ended = {"outcome": outcome, "ended_at": NOW + 90} if outcome else {}
    make = scaling if verb is Verb.SCALE else command
    begun = Phase.PLANNING if phase in BEGINNING else phase
    return make(begun).evolve(
        phase=phase, service=_service(Strategy.ROLLING), timeline=_timeline(state, verb=verb), **ended
    )


def _service(strategy: Strategy) -> Service:
    match strategy:
        case Strategy.ROLLING:
            return a_service(compare=COMPARE)
        case Strategy.STOP_START:
            return a_stop_start_service(compare=COMPARE)
        case Strategy.NATIVE:
            return a_native_service(compare=COMPARE)


def _plan(service: Service, verb: Verb) -> Plan:
    new, old = {Verb.ROLLBACK: ("1.4.0", "1.4.2"), Verb.RESTART: ("1.4.2", "1.4.2")}.get(
        verb, ("1.4.2", "1.4.0")
    )
    name, stops = service.name, service.strategy.stops_service
    return a_plan(
        old_revision=f"{ARN}:task-definition/{name}:6",
        old_tag=old,
        tag=new,
        changes=(
            ContainerChange(
                container=name, old_image=f"{REGISTRY}/{name}:{old}", new_image=f"{REGISTRY}/{name}:{new}"
            ),
        ),
        downtime=stops,
        downtime_seconds=60 if stops else None,
        log_group=f"/ecs/{name}",
        log_region=service.region,
        traffic=CANARY if service.strategy is Strategy.NATIVE else None,
    )


def _timeline(state: State, strategy: Strategy = Strategy.ROLLING, *, verb: Verb) -> tuple[PhaseEntry, ...]:
    phase, outcome = state
    middle = OTHER_WAYS.get(verb, WAYS[strategy])
    went = [*BEGINNING, *middle]
    if phase is Phase.AWAITING_APPROVAL:
        went = [*BEGINNING, phase]
    elif phase in went:
        went = went[: went.index(phase) + 1]
    elif phase in BACK:
        went += BACK[: BACK.index(phase) + 1]
    elif outcome is Outcome.REFUSED:
        went = [*BEGINNING, phase]
    elif outcome in (Outcome.REJECTED, Outcome.EXPIRED):
        went = [*BEGINNING, Phase.AWAITING_APPROVAL, phase]
    elif outcome in (Outcome.ROLLED_BACK, Outcome.CANCELLED) and verb not in OTHER_WAYS:
        went += [*BACK, phase]
    elif phase is Phase.RUNNING_PRE_TASK:
        went = [*BEGINNING, Phase.REGISTERING, phase]
    else:
        went.append(phase)
    return tuple(PhaseEntry(phase=each, at=NOW + number * STEP_SECONDS) for number, each in enumerate(went))


def states() -> Iterator[tuple[State, Strategy, Verb]]:
    """Everything that a single deploy can be."""
    order = {phase: number for number, phase in enumerate(Phase)}
    for strategy in Strategy:
        for verb in Verb:
            for state in sorted(POSSIBLE_STATES, key=lambda each: (order[each[0]], str(each[1]))):
                if is_possible(state, strategy, verb):
                    yield state, strategy, verb


def card_sections() -> list[Section]:
    """One for each strategy and verb, and one of what is special."""
    found: dict[str, list[Exhibit]] = {}
    for state, strategy, verb in states():
        phase, outcome = state
        title = f"{phase.value}, {outcome.value}" if outcome else phase.value
        deploy = deploy_in(state, strategy, verb)
        found.setdefault(f"Cards: {strategy.value}, {verb.value}", []).append(
            _exhibit(title, deploy_card(deploy, (), LATER), deploy)
        )
    return [*(Section(title, each) for title, each in found.items()), Section("Cards: special", _special())]


def _special() -> list[Exhibit]:
    rolled_out = deploy_in((Phase.ENDED, Outcome.SUCCEEDED), Strategy.ROLLING, Verb.DEPLOY)
    held = rolling(phase=Phase.WAITING, plan=None)
    batch, members = a_batch(following(), awaiting(), rolling(phase=Phase.WAITING, plan=None))
    shown = {
        "a success that can be rolled back": deploy_card(
            rolled_out, (), LATER, offer=RollbackOffer("1.4.0", "1.4.0")
        ),
        "a pause of a rollout that shifts traffic": deploy_card(paused(), (), LATER),
        "a cancel that was asked for": deploy_card(following(cancel=Cancel(user=BOB, at=LATER)), (), LATER),
        "queued behind another deploy": deploy_card(
            held.evolve(id="q2r3s4t5", tag="1.5.0"), (following(),), LATER
        ),
        "a step that is tried again": deploy_card(
            following(retries={"attempts": 3, "last_error": "AWS does not answer for now (timeout)."}),
            (),
            LATER,
        ),
        "a pause while all deploys are stopped": deploy_card(paused(), (), LATER, stopped=STOP),
        "a rollout while all deploys are stopped": deploy_card(following(), (), LATER, stopped=STOP),
        "an override": deploy_card(following(override=OVERRIDE), (), LATER),
        "a batch while all deploys are stopped": batch_card(
            batch, [WaitingDeploy(each) for each in members], LATER, STOP
        ),
        "a batch": batch_card(batch, [WaitingDeploy(each) for each in members], LATER),
    }
    for kind in HoldKind:
        hold = Hold(kind=kind, sentence="It waits until somebody lets it go on.", until=NOW + 3600)
        shown[f"held: {kind.value}"] = deploy_card(held.evolve(hold=hold), (), LATER)
    levels = [
        _exhibit(f"fallback {level.name.lower()}", deploy_card(awaiting(), (), LATER), level=level)
        for level in FallbackLevel
    ]
    return [*(_exhibit(title, card) for title, card in shown.items()), *levels]


def private_refusal_section() -> Section:
    """What the requester alone is told, of each check that may refuse a deploy at once and what it offers."""
    refusals: dict[str, dict[str, Any]] = {
        "a tag that is not there": {"likely_tags": ("1.4.1",)},
        "another rollout": {"external_deployment_id": "ecs-svc/4711"},
        "what can be asked for again": {"instead": Instead.AGAIN},
        "what cannot": {},
    }
    return Section("Private refusals", [_private(title, hints) for title, hints in refusals.items()])


def _private(title: str, hints: dict[str, Any]) -> Exhibit:
    text = "*Refused*, nothing was changed: ECR has no image `web:1.4.2`."
    deploy = rolling(
        phase=Phase.ENDED, outcome=Outcome.REFUSED, plan=None, refusal=hints, ended_at=LATER
    ).with_message(LATER, ThreadMessageKind.END, text)
    told = DeployThreadSource(deploy, ()).private_refusal
    assert told is not None
    row = [told.buttons.to_dict()] if told.buttons else []
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": told.text}}, *row] if row else []
    return Exhibit(title, told.text, blocks, private=True)


def _exhibit(
    title: str, card: Card, deploy: Deploy | None = None, level: FallbackLevel = FallbackLevel.FULL
) -> Exhibit:
    message = fit_message(card, level)
    return Exhibit(title, message.text, message.blocks, deploy=deploy)
