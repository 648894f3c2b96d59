"""What services.yml can say of one ECS service, and what only a person can decide. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploys.catalogue.service import Service, Strategy
from deploys.errors import ContainerUnclear, ImageUnreadable, NoAppContainer
from deploys.healthy_percent import task_limits
from deploys.mrkdwn import plural
from slipway.account_survey.surveyed_service import SurveyedService
from workers.ecs.images.app_containers import find_app_containers
from workers.ecs.images.image_reference import find_ecr_repository, parse_image, repository_name
from workers.ecs.state import RevisionState, ServiceState
from workers.ecs.task_definitions import containers_by_name
from workers.flows.plan.service_checks import EXPRESS_MODE
from workers.flows.strategies.ecs_strategy import SHIFTS_TRAFFIC

_FIFO_QUEUE = ".fifo"
"""The name of every FIFO queue of Amazon SQS ends with it (SQS developer guide)."""


@dataclass(frozen=True)
class ServiceDraft:
    """The entry of one service."""

    facts: str
    """What ECS says of it, in one line."""
    obstacle: str = ""
    """Why Slipway cannot deploy it; then the entry is a comment. Empty: it can."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """The keys that follow from ECS."""
    notes: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    """Lines that answer a question, once a person removes the `#`."""


def draft_service(surveyed: SurveyedService, *, has_approvers: bool = False) -> ServiceDraft:
    """The entry, without its name. has_approvers: whether `defaults` names some."""
    state = surveyed.state
    if state is None:
        why = "ECS has it no more" if surveyed.is_missing else "ECS did not let it be described"
        return ServiceDraft("", obstacle=why)
    facts = ", ".join(_facts(surveyed, state))
    if obstacle := _obstacle(state):
        return ServiceDraft(facts, obstacle)
    questions: list[str] = []
    suggestions: list[str] = []
    for question, *lines in _questions(surveyed, state, has_approvers=has_approvers):
        questions.append(question)
        suggestions += lines
    return ServiceDraft(
        facts,
        keys={"strategy": Strategy.NATIVE} if SHIFTS_TRAFFIC[state.strategy] else {},
        notes=tuple(_notes(surveyed, state)),
        questions=tuple(questions),
        suggestions=tuple(suggestions),
    )


def has_pauses(surveyed: SurveyedService) -> bool:
    """Whether its rollouts wait for an approver's answer."""
    return bool(surveyed.state and surveyed.state.traffic and surveyed.state.traffic.pauses)


def _facts(surveyed: SurveyedService, state: ServiceState) -> Iterator[str]:
    if state.scheduling == "DAEMON":
        yield f"DAEMON ({plural(state.desired, 'task')} now)"
    else:
        yield plural(state.desired, "task")
    if surveyed.scaling:
        yield f"autoscaled {surveyed.scaling.minimum} to {surveyed.scaling.maximum}"
    yield _where_it_runs(state)
    yield state.strategy if state.controller == "ECS" else f"controller {state.controller}"
    if EXPRESS_MODE.get(state.managed_by):
        yield "Express Mode"
    yield "load balancer" if state.endpoints.load_balancers else "no load balancer"
    if surveyed.revision:
        yield f"family {surveyed.revision.family}"
        containers = list(containers_by_name(surveyed.revision))
        yield f"{'container' if len(containers) == 1 else 'containers'} {' '.join(containers)}"


def _where_it_runs(state: ServiceState) -> str:
    providers = state.run_task_settings.get("capacityProviderStrategy") or ()
    if providers:
        return " and ".join(str(each.get("capacityProvider")) for each in providers)
    return {"FARGATE": "Fargate", "EXTERNAL": "ECS Anywhere"}.get(
        state.launch_type, state.launch_type or "EC2"
    )


def _obstacle(state: ServiceState) -> str:
    if state.status != "ACTIVE":
        return f"ECS says that it is {state.status}"
    if state.controller != "ECS":
        return f"its deployment controller is {state.controller}, so it has to be deployed there"
    if state.managed_by not in EXPRESS_MODE:
        return f"it is managed by {state.managed_by}, which this version of Slipway does not know"
    if state.strategy not in SHIFTS_TRAFFIC:
        return f"its strategy in ECS is {state.strategy}, which this version of Slipway does not know"
    return ""


def _notes(surveyed: SurveyedService, state: ServiceState) -> Iterator[str]:
    if state.desired == 0 and state.scheduling != "DAEMON":
        yield "It runs no task now. Scale it first: a version of which no task runs is not shown to work."
    if (app := _app_containers(surveyed, state)) is None or surveyed.revision is None:
        return
    others = [name for name in containers_by_name(surveyed.revision) if name not in app]
    if others:
        yield f"A deploy gives the new tag to {' and '.join(app)}. It leaves {' and '.join(others)} alone."
    main = app[next(iter(app))]
    if find_ecr_repository(parse_image(main)) is None:
        yield f"Its image {repository_name(main)} is in no private ECR registry, so no tag is checked there."


def _questions(
    surveyed: SurveyedService, state: ServiceState, *, has_approvers: bool
) -> Iterator[tuple[str, ...]]:
    """Each with the lines that answer it."""
    if surveyed.revision is None:
        yield (
            "Its task definition could not be read. Do several containers run in it? Which get the new tag?",
        )
    else:
        yield from _container_questions(surveyed.revision, state)
    if reason := _may_be_ordered(surveyed, state):
        approvers = "approvers: []               # who may approve its deploys; each needs one approval"
        yield (
            f"{reason} May a task of the old version and a task of the new one run side by side? If not:",
            f"strategy: {Strategy.STOP_START}",
            *([] if has_approvers else [approvers]),
        )
    limits = task_limits(state.desired, state.minimum_healthy_percent, state.maximum_percent)
    if limits and limits.blocked and not SHIFTS_TRAFFIC[state.strategy]:
        yield (
            f"ECS cannot replace its tasks with a minimum of {limits.minimum_percent} % and a maximum of "
            f"{limits.maximum_percent} %, so deploys are refused. Which of the two is to be changed in ECS?",
        )


def _container_questions(revision: RevisionState, state: ServiceState) -> Iterator[tuple[str, ...]]:
    try:
        app = find_app_containers(revision, _ANY_SERVICE, state.endpoints)
        for container in app[:1]:
            parse_image(container["image"])
    except (ContainerUnclear, NoAppContainer):
        names = list(containers_by_name(revision))
        yield (
            f"Which containers get the new tag: {', '.join(names)}? Until that is said, deploys are refused.",
            f"containers: [{yaml_text(names[0])}]",
        )
    except ImageUnreadable:
        yield ("Its image cannot be read as a repository and a tag, so deploys are refused. Is it right?",)


def _app_containers(surveyed: SurveyedService, state: ServiceState) -> dict[str, str] | None:
    """The images of the containers that a deploy changes; None if that is not clear."""
    if surveyed.revision is None:
        return None
    try:
        app = find_app_containers(surveyed.revision, _ANY_SERVICE, state.endpoints)
        parse_image(app[0]["image"])
    except (ContainerUnclear, NoAppContainer, ImageUnreadable):
        return None
    return {container["name"]: container["image"] for container in app}


def _may_be_ordered(surveyed: SurveyedService, state: ServiceState) -> str:
    """Why it may be a service whose versions must not run side by side; empty if nothing says so."""
    if SHIFTS_TRAFFIC[state.strategy] or state.scheduling == "DAEMON":
        return ""
    if variable := _fifo_variable(surveyed.revision):
        return f'{variable} names a FIFO queue: see "Which strategy for a queue?" in docs/configuration.md.'
    if state.minimum_healthy_percent == 0 and (state.maximum_percent or 0) <= 100:
        return "ECS stops its old tasks before it starts new ones (minimum 0 %, maximum 100 %)."
    return ""


def _fifo_variable(revision: RevisionState | None) -> str:
    definitions: list[Any] = list(containers_by_name(revision).values()) if revision else []
    variables = (each for container in definitions for each in container.get("environment") or ())
    return next((str(each["name"]) for each in variables if str(each.get("value")).endswith(_FIFO_QUEUE)), "")


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_WORDS_OF_YAML = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def yaml_text(text: str) -> str:
    """A name as YAML reads it as text: in quotes if it could be a number, a truth value or nothing."""
    is_word = text[:1].isalpha() and set(text) <= _PLAIN and text.lower() not in _WORDS_OF_YAML
    return text if is_word else json.dumps(text)


_ANY_SERVICE = Service(name="", cluster="", region="", ecs_service="")
"""For what reads of a service only which containers services.yml names: none."""
