"""The gallery shows everything that Slipway can say, and all of it is within Slack's limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from bot.commands import SUBCOMMANDS
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
    messages = titles(sections, "Messages in the thread")

    assert messages == (FUNCTIONS.keys() - NO_MESSAGES) | {"audit.audit_line"}
    assert titles(sections, "Refusals") == {each.__name__ for each in EVERY_ERROR}


def test_every_subcommand_is_typed() -> None:
    typed = {word for _, text in TYPED for word in text.split()[1:2]}

    assert SUBCOMMANDS.keys() - typed == {"deploy"}, "`/deploy SERVICE TAG` needs no word for it"


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
