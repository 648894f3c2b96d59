"""The gallery shows everything that Slipway can say, and all of it is within Slack's limits."""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from redis import Redis

from bot.commands import SUBCOMMANDS
from bot.forms import deploy_form, reason_form
from bot.forms.deploy_form import View
from deploys import buttons
from deploys.catalogue.service import Strategy
from deploys.message_size import message_size
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from sandbox.slack.blockkit.block_limits import check_message_blocks
from sandbox.slack.blockkit.view_limits import check_view
from tests.deploys.test_errors import EVERY_ERROR
from tests.gallery.answers import TYPED
from tests.gallery.collection import collect
from tests.gallery.deploy_cards import states
from tests.gallery.exhibit import Exhibit, Section, Surface
from tests.workers.messages.test_hostile_texts import FUNCTIONS, NO_MESSAGES
from workers.home.view import home_view
from workers.queries.query_handler import QueryHandler


@pytest.fixture(scope="module")
def sections(redis_client: Redis) -> list[Section]:
    return collect(redis_client)


def titles(sections: list[Section], title: str) -> set[str]:
    [found] = [each for each in sections if each.title == title]
    return {each.title for each in found.exhibits}


def exhibits(sections: list[Section]) -> Iterator[Exhibit]:
    return (exhibit for section in sections for exhibit in section.exhibits)


def action_ids(part: Any) -> Iterator[str]:
    """Of all elements, and of the choices in menus."""
    if isinstance(part, dict):
        yield from filter(None, [part.get("action_id"), str(part.get("value", "")).partition("|")[0]])
        for value in part.values():
            yield from action_ids(value)
    elif isinstance(part, list | tuple):
        for each in part:
            yield from action_ids(each)


def test_every_phase_outcome_strategy_and_verb_has_a_card(sections: list[Section]) -> None:
    shown = [(*state, strategy, verb) for state, strategy, verb in states()]

    assert [{each[place] for each in shown} for place in range(4)] == [
        set(Phase),
        {None, *Outcome},
        set(Strategy),
        set(Verb),
    ]
    together = {(strategy, verb) for _, strategy, verb in states()}
    either = {(strategy, verb) for strategy in Strategy for verb in Verb}
    alike = {(strategy, verb) for strategy, verb in either if verb in (Verb.SCALE, Verb.RUN)}
    assert either - alike <= together, "these two are the same for every strategy"
    for strategy, verb in together:
        found = titles(sections, f"Cards: {strategy.value}, {verb.value}")
        assert {f"ended, {outcome.value}" for outcome in Outcome} <= found


def test_every_message_and_refusal_is_shown(sections: list[Section]) -> None:
    messages = titles(sections, "Messages")

    assert messages == FUNCTIONS.keys() - NO_MESSAGES
    assert titles(sections, "Refusals") == {each.__name__ for each in EVERY_ERROR}


def test_every_subcommand_is_typed() -> None:
    typed = {word for _, text in TYPED for word in text.split()[1:2]}

    assert SUBCOMMANDS.keys() - typed == {"deploy"}, "`/deploy SERVICE TAG` needs no word for it"


def test_every_answer_of_a_worker_is_shown_with_its_fallback(sections: list[Section]) -> None:
    answered = {name for name in vars(QueryHandler) if name.startswith(("answer_", "show_"))}

    shown = titles(sections, "Answers of workers")

    assert {title.partition(":")[0] for title in shown} == answered
    tables = {"tags: /deploy tags web", "status: of everything", "stats: of everything"}
    assert {f"answer_{each}, without tables" for each in tables} <= shown


def test_every_modal_is_shown(sections: list[Section]) -> None:
    views = [home_view, *(each for module in (deploy_form, reason_form) for each in public_functions(module))]
    made = {each.__name__ for each in views if typing.get_type_hints(each)["return"] == View}
    made.remove("option")  # a part of a menu

    shown = titles(sections, "Home and the form")

    assert {title.partition(":")[0] for title in shown} == made
    assert {each for title in shown if (each := title.removeprefix("reason_form: ")) != title} == (
        buttons.REASON_QUESTIONS.keys()
    )


def test_the_audit_channel_is_told_of_all_that_was_typed(sections: list[Section]) -> None:
    told = {title.partition(":")[0] for title in titles(sections, "The audit's channel")}

    decisions = {"requested", "locked", "unlocked", "all deploys stopped", "all deploys resumed"}
    assert {"refused", *decisions} <= told


def test_every_offer_of_a_private_refusal_is_shown(sections: list[Section]) -> None:
    [found] = [each for each in sections if each.title == "Private refusals"]
    offered = {each for exhibit in found.exhibits for each in action_ids(list(exhibit.blocks))}

    assert {buttons.LIKELY_TAG, buttons.FOLLOW, buttons.INSTEAD} <= offered


def public_functions(module: ModuleType) -> Iterator[Any]:
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module.__name__ and not name.startswith("_"):
            yield function


def test_every_button_is_shown(sections: list[Section]) -> None:
    shown = {
        buttons.base_action_id(each)
        for exhibit in exhibits(sections)
        for each in action_ids(json.loads(json.dumps(list(exhibit.blocks))))
    }

    assert buttons.HANDLERS.keys() - shown == set()


def test_everything_is_within_slacks_limits(sections: list[Section]) -> None:
    for exhibit in exhibits(sections):
        blocks = json.loads(json.dumps(list(exhibit.blocks)))
        if exhibit.surface is Surface.VIEW:
            words = {"type": "plain_text", "text": "Deploy"}
            assert check_view({"type": "modal", "title": words, "submit": words, "blocks": blocks}) == []
            continue
        assert exhibit.text.strip(), exhibit.title
        assert check_message_blocks(blocks) == [], exhibit.title
        assert message_size(exhibit.text, blocks).fits, exhibit.title
