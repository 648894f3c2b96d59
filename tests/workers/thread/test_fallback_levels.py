"""Fallback levels of a card: each within Slack's limits and true, and a question keeps its buttons."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import clicks
from deploys import buttons as ids
from deploys.message_size import MAX_BLOCKS, MAX_BLOCKS_CHARACTERS, MAX_EDIT_BYTES, message_size, utf8_bytes
from deploys.queue_forecast import WaitingDeploy
from deploys.records.batch import MAX_SERVICES
from deploys.records.deploy import Deploy
from deploys.text_limits import STATE_BYTES
from sandbox.slack.blockkit.block_limits import check_message_blocks
from sandbox.slack.blockkit.total_length import is_too_long
from tests.builders import a_batch, a_plan, a_service, a_stop_start_service
from tests.workers.thread.record_generators import deploys, moments
from tests.workers.thread.sample_deploys import (
    LATER,
    POSSIBLE_STATES,
    State,
    awaiting,
    following,
    rolling,
    sample_deploy,
)
from tests.workers.thread.test_pause_card import paused
from workers.thread import batch_card, card_buttons
from workers.thread.card import Card, deploy_card
from workers.thread.fallback_levels import FallbackLevel, FittedMessage, fit_message, write_message

JAPANESE = "本番環境のログインの不具合を修正します。"
thorough = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))


def a_question(number: int) -> Deploy:
    """One of many, with the longest names that services.yml and ECS allow."""
    service = a_stop_start_service(
        f"service-{number:02}-{'x' * 52}", cluster="c" * 255, region="ap-northeast-1", approvals=3
    )
    plan = a_plan(old_tag="1" * 128, downtime=True, downtime_seconds=60)
    return awaiting(
        id=f"abcdef{number:02}", service=service, tag="2" * 128, plan=plan, end_reason=JAPANESE * 50
    )


def of_batch(*members: Deploy, **changes: Any) -> Card:
    batch, belonging = a_batch(*members, **{"request": {"reason": JAPANESE * 100}, **changes})
    return batch_card.batch_card(batch, [WaitingDeploy(each) for each in belonging], LATER)


def pressed(message: FittedMessage) -> list[tuple[str, str]]:
    """Action and deploy of each button, as the bot would receive them."""
    found = []
    for block in json.loads(json.dumps(message.blocks)):
        for element in block["elements"] if block["type"] == "actions" else ():
            if element["type"] == "button":
                click = clicks.read_click({"actions": [element]})
                value = ids.parse_button_value(click.value)
                assert value is not None
                found.append((click.action_id, value.deploy_id))
    return found


def answers_of(deploy: Deploy) -> set[str]:
    """The answers to the record's open question."""
    row = card_buttons.button_row(deploy)
    return {each["action_id"] for each in row.to_dict()["elements"]} & ids.QUESTION_BUTTONS if row else set()


def is_taken(message: FittedMessage) -> None:
    """Slack takes it as a new message and as an edit."""
    blocks = json.loads(json.dumps(message.blocks))
    assert check_message_blocks(blocks) == []
    assert not is_too_long(blocks)
    assert 0 < utf8_bytes(message.text) <= MAX_EDIT_BYTES


@pytest.mark.parametrize("form", FallbackLevel)
@pytest.mark.parametrize("count", [1, 2, 6, 7, 12, MAX_SERVICES])
def test_of_many_questions_each_has_its_buttons_in_every_form(count: int, form: FallbackLevel) -> None:
    message = fit_message(of_batch(*(a_question(number) for number in range(count))), form)

    is_taken(message)
    assert message.level >= form
    asked = [(action, f"abcdef{n:02}") for n in range(count) for action in (ids.APPROVE, ids.REJECT)]
    answers = [each for each in pressed(message) if each[0] in ids.QUESTION_BUTTONS]
    assert answers == ([] if form is FallbackLevel.TEXT else asked)
    assert message.lacks_buttons == (form is FallbackLevel.TEXT)
    waiting = {1: "waiting for approval", 2: "both waiting for approval"}
    assert f"*{waiting.get(count, f'all {count} waiting for approval')}*" in message.text.splitlines()[0]


def test_twenty_questions_take_the_compact_form_and_a_few_the_full_one() -> None:
    forms = {
        count: fit_message(
            of_batch(*(a_question(number) for number in range(count))), FallbackLevel.FULL
        ).level
        for count in (1, 4, MAX_SERVICES)
    }

    assert forms == {
        1: FallbackLevel.PLAIN_BLOCKS,
        4: FallbackLevel.PLAIN_BLOCKS,
        MAX_SERVICES: FallbackLevel.COMPACT,
    }


def test_every_service_and_its_state_is_in_the_text_of_twenty() -> None:
    lines = of_batch(*(a_question(number) for number in range(MAX_SERVICES))).text.splitlines()

    for number in range(MAX_SERVICES):
        assert f"*service-{number:02}-{'x' * 52}*: waiting for 3 approvals" in lines


def test_a_failing_service_gets_the_space_that_the_others_leave() -> None:
    calm = [rolling(id=f"abcdef{n:02}", service=a_service(f"calm-{n}")) for n in range(MAX_SERVICES - 1)]
    failing = following(id="zzzzzzzz", service=a_service("failing"), end_reason=JAPANESE * 12)

    text = of_batch(*calm, failing, request={"reason": ""}).text

    assert f"Reason: {JAPANESE * 12}" in text


def test_the_compact_form_has_the_whole_text_and_buttons_that_are_reported_apart() -> None:
    shown = of_batch(*(a_question(number) for number in range(2)), request={"reason": "Friday"})

    message = write_message(shown, FallbackLevel.COMPACT)

    *sections, row = message.blocks
    assert "\n".join(section["text"]["text"] for section in sections) == shown.text
    assert [element["action_id"] for element in row["elements"]] == [
        "deploy:approve/0",
        "deploy:reject/1",
        "deploy:approve/2",
        "deploy:reject/3",
        "batch:cancel",
    ]
    assert ["confirm" in element for element in row["elements"]] == [False] * 4 + [True]
    assert row["elements"][0]["text"]["text"] == f"Approve service-00-{'x' * 52}"


def test_without_dialogs_only_answers_and_menus_go_at_once() -> None:
    shown = of_batch(a_question(1), following(id="abcdef99"))
    before = copy.deepcopy(shown)

    message = write_message(shown, FallbackLevel.NO_CONFIRMS)
    write_message(shown, FallbackLevel.COMPACT)

    elements = [each for block in message.blocks for each in block.get("elements", [])]
    elements += [block["accessory"] for block in message.blocks if "accessory" in block]
    asks = {each["action_id"]: "confirm" in each for each in elements if "action_id" in each}
    assert asks == {ids.APPROVE: False, ids.REJECT: False, ids.MORE: False, ids.CANCEL_BATCH: True}
    assert shown == before, "the card itself is left alone"


def test_a_button_that_is_no_answer_keeps_its_dialog_in_every_form() -> None:
    shown = deploy_card(following(), (), LATER)

    for form in (FallbackLevel.NO_CONFIRMS, FallbackLevel.COMPACT, FallbackLevel.STATE_LINE):
        [row] = [block for block in write_message(shown, form).blocks if block["type"] == "actions"]
        assert [(each["action_id"], "confirm" in each) for each in row["elements"]] == [(ids.CANCEL, True)]


@pytest.mark.parametrize("state", sorted(POSSIBLE_STATES, key=str))
@pytest.mark.parametrize("form", FallbackLevel)
def test_whatever_is_asked_can_be_answered_in_every_form_with_blocks(
    state: State, form: FallbackLevel
) -> None:
    deploy = sample_deploy(state)
    shown = deploy_card(deploy, (), LATER)
    asked = answers_of(deploy)

    message = write_message(shown, form)

    is_taken(message)
    answers = {action for action, _ in pressed(message) if action in ids.QUESTION_BUTTONS}
    assert answers == (set() if form is FallbackLevel.TEXT else asked)
    assert message.lacks_buttons == (form is FallbackLevel.TEXT and bool(asked))


@thorough
@given(deploy=deploys, ahead=st.lists(deploys, max_size=2), now=moments, plainness=st.integers(0, 9))
def test_whatever_a_record_holds_its_message_is_taken_and_tells_the_state(
    deploy: Deploy, ahead: list[Deploy], now: float, plainness: int
) -> None:
    shown = deploy_card(deploy, ahead, now)

    message = fit_message(shown, plainness)

    is_taken(message)
    assert message.text.startswith(shown.state_line)
    assert shown.state_line.endswith("*")
    assert utf8_bytes(shown.state_line) <= STATE_BYTES


@thorough
@given(
    members=st.lists(deploys, min_size=1, max_size=3), times=st.sampled_from([1, MAX_SERVICES]), now=moments
)
def test_whatever_the_records_of_a_batch_hold_its_message_is_taken(
    members: list[Deploy], times: int, now: float
) -> None:
    many = [each.evolve(id=f"{number:08}") for number in range(times) for each in members][:MAX_SERVICES]
    batch, belonging = a_batch(*many, name="漢" * 2000)
    shown = batch_card.batch_card(batch, [WaitingDeploy(each) for each in belonging], now)

    message = fit_message(shown, FallbackLevel.FULL)

    is_taken(message)
    assert message.text.startswith(shown.state_line)
    asked = {each.id for each in belonging if answers_of(each)}
    assert {deploy_id for action, deploy_id in pressed(message) if action in ids.QUESTION_BUTTONS} == asked


def test_twenty_pauses_of_a_batch_can_all_be_answered() -> None:
    many = [paused().evolve(id=f"abcdef{n:02}", tag="2" * 128) for n in range(MAX_SERVICES)]

    message = fit_message(of_batch(*many), FallbackLevel.FULL)

    is_taken(message)
    answers = [each for each in pressed(message) if each[0] in ids.QUESTION_BUTTONS]
    assert answers == [
        (a, f"abcdef{n:02}") for n in range(MAX_SERVICES) for a in (ids.CONTINUE, ids.ROLL_BACK)
    ]


def test_the_size_of_a_message_counts_what_people_read_and_what_programs_do() -> None:
    blocks: list[dict[str, Any]] = [
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "漢🚢"},
            "accessory": {"type": "button", "action_id": "go", "value": "7", "style": "danger"},
        },
        {"type": "divider"},
    ]

    size = message_size("&amp;漢🚢", blocks)

    assert (size.text_bytes, size.blocks, size.characters) == (5 + 3 + 4, 2, 3 + 3 + 200)
    assert size.fits


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("漢" * (MAX_EDIT_BYTES // 3 + 1), []),
        ("x", [{"type": "divider"}] * (MAX_BLOCKS + 1)),
        (
            "x",
            [{"type": "section", "text": {"type": "plain_text", "text": "x" * (MAX_BLOCKS_CHARACTERS - 99)}}],
        ),
    ],
    ids=["text", "blocks", "together"],
)
def test_what_is_too_long_does_not_fit(text: str, blocks: list[dict[str, Any]]) -> None:
    assert not message_size(text, blocks).fits
