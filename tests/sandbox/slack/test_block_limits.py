"""Block Kit's limits: blocks at a limit are accepted, blocks beyond it are refused with their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack import SlackSandbox
from sandbox.slack.blockkit.block_limits import BLOCKS, check_message_blocks
from sandbox.slack.blockkit.element_limits import ELEMENTS
from tests.sandbox.slack.block_builders import (
    DIVIDER,
    RICH_SECTION,
    actions,
    button,
    button_with_confirm,
    chart,
    checkboxes,
    context,
    data_table,
    header,
    image,
    input_block,
    number,
    option,
    options,
    overflow,
    pie,
    plain,
    plan,
    raw,
    rich_text,
    section,
    select,
    series,
    task_card,
)

Json = dict[str, Any]
PARTS = ["type", "text", "elements", "element", "accessory", "fields", "options", "confirm", "block_id"]
PICTURE = "https://x.example/a.png"

# A block, its problem, and the place of the problem in the block.
TOO_MUCH: list[tuple[Any, str, str]] = [
    (section(text=plain("x" * 3001)), "must be less than 3001 characters", "/text/text"),
    (section(text=plain("")), "must be more than 0 characters", "/text/text"),
    (section(fields=[plain()] * 11), "no more than 10 items allowed", "/fields"),
    (section(fields=[plain("x" * 2001)]), "must be less than 2001 characters", "/fields/0/text"),
    (section(), "missing required field: text or fields", ""),
    (section(text=plain(), expand="yes"), "must be a boolean", "/expand"),
    (section(text=plain(), accessory={"type": "lever"}), "unsupported type: lever", "/accessory/type"),
    (header(plain("x" * 151)), "must be less than 151 characters", "/text/text"),
    (header({"type": "mrkdwn", "text": "x"}), "unsupported type: mrkdwn", "/text/type"),
    (context(*[plain()] * 11), "no more than 10 items allowed", "/elements"),
    (context(button()), "unsupported type: button", "/elements/0/type"),
    ({"type": "context", "elements": "x"}, "must be an array", "/elements"),
    (actions(*[button(str(n)) for n in range(26)]), "no more than 25 items allowed", "/elements"),
    (actions(), "no less than 1 items allowed", "/elements"),
    ({"type": "actions", "elements": 5}, "must be an array", "/elements"),
    (actions(button(), block_id="x" * 256), "must be less than 256 characters", "/block_id"),
    (actions(button(text=plain("x" * 76))), "must be less than 76 characters", "/elements/0/text/text"),
    (actions(button("x" * 256)), "must be less than 256 characters", "/elements/0/action_id"),
    (actions(button(value="x" * 2001)), "must be less than 2001 characters", "/elements/0/value"),
    (actions(button(url="x" * 3001)), "must be less than 3001 characters", "/elements/0/url"),
    (actions(button(style="loud")), "must be one of: primary, danger", "/elements/0/style"),
    (actions(button(colour="red")), "invalid additional property: colour", "/elements/0"),
    (actions({"type": "button", "action_id": "go"}), "missing required field: text", "/elements/0"),
    (actions(button("a"), button("a")), "`action_id` 'a' already exists", "/elements/1/action_id"),
    (
        actions(button_with_confirm(title=plain("x" * 101))),
        "less than 101 characters",
        "/elements/0/confirm/title/text",
    ),
    (
        actions(button_with_confirm(text=plain("x" * 301))),
        "less than 301 characters",
        "/elements/0/confirm/text/text",
    ),
    (
        actions(button_with_confirm(confirm=plain("x" * 31))),
        "less than 31 characters",
        "/elements/0/confirm/confirm/text",
    ),
    (
        actions(button_with_confirm(deny=plain("x" * 31))),
        "less than 31 characters",
        "/elements/0/confirm/deny/text",
    ),
    (actions(button_with_confirm(text=None)), "missing required field: text", "/elements/0/confirm"),
    (actions(select(options=options(101))), "no more than 100 items allowed", "/elements/0/options"),
    (actions(select(options=[])), "no less than 1 items allowed", "/elements/0/options"),
    (actions(select(options=None)), "must have exactly one of: options, option_groups", "/elements/0"),
    (actions(select(options=[option("x" * 151)])), "less than 151 characters", "/elements/0/options/0/value"),
    (
        actions(select(options=options(1, text=plain("x" * 76)))),
        "76 characters",
        "/elements/0/options/0/text/text",
    ),
    (actions(select(placeholder=plain("x" * 151))), "151 characters", "/elements/0/placeholder/text"),
    (actions(overflow(6)), "no more than 5 items allowed", "/elements/0/options"),
    (actions(checkboxes(11)), "no more than 10 items allowed", "/elements/0/options"),
    (actions({"type": "plain_text_input"}), "unsupported type: plain_text_input", "/elements/0/type"),
    (actions({"type": "datepicker", "initial_date": "1.4."}), "required format", "/elements/0/initial_date"),
    (image(alt_text="x"), "must have exactly one of: image_url, slack_file", ""),
    (image(image_url=PICTURE), "missing required field: alt_text", ""),
    (image(image_url="x" * 3001, alt_text="x"), "must be less than 3001 characters", "/image_url"),
    (input_block(checkboxes(1), "x" * 2001), "must be less than 2001 characters", "/label/text"),
    (input_block(None), "missing required field: element", ""),
    (input_block(button()), "unsupported type: button", "/element/type"),
    (rich_text({"type": "rich_text_poem"}), "unsupported type: rich_text_poem", "/elements/0/type"),
    (
        rich_text({**RICH_SECTION, "elements": [{"type": "text"}]}),
        "missing required field: text",
        "/elements/0/elements/0",
    ),
    (task_card(status="done"), "must be one of: pending, in_progress, complete, error", "/status"),
    (plan(task_card()), "missing required field: title", ""),
    (plan(DIVIDER, title="x"), "unsupported type: divider", "/tasks/0/type"),
    (
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * 101},
        "no more than 100 items allowed",
        "/rows",
    ),
    (data_table([raw()]), "no less than 2 items allowed", "/rows"),
    (data_table(*[[raw()]] * 102), "no more than 101 items allowed", "/rows"),
    (data_table([raw()] * 21, [raw()] * 21), "no more than 20 items allowed", "/rows/0"),
    (data_table([raw()], [raw(), raw()]), "all rows must have the same number of cells", "/rows/1"),
    (data_table([rich_text(RICH_SECTION)], [raw()]), "unsupported type: rich_text", "/rows/0/0/type"),
    (
        data_table([raw()], [raw("x" * 5000)], [raw("x" * 5000)]),
        "no more than 10000 characters allowed in all cells",
        "/rows",
    ),
    (data_table([raw()], [number("3")]), "must be a number", "/rows/1/0/value"),
    (data_table([raw()], [raw()], caption=None), "missing required field: caption", ""),
    (data_table([raw()], [raw()], page_size=101), "must be between 1 and 100", "/page_size"),
    ({**pie(1), "title": "x" * 51}, "must be less than 51 characters", "/title"),
    (pie(0), "must be greater than 0", "/chart/segments/0/value"),
    (pie(*range(1, 8)), "no more than 6 items allowed", "/chart/segments"),
    (pie(1, label="x" * 21), "must be less than 21 characters", "/chart/segments/0/label"),
    (chart(kind="bubble"), "unsupported type: bubble", "/chart/type"),
    (chart(), "no less than 1 items allowed", "/chart/series"),
    (chart(*map(series, "abcdefg")), "no more than 6 items allowed", "/chart/series"),
    (chart(series(), series()), "series names must be unique", "/chart/series"),
    (chart(series("a", "y")), "labels must match the categories", "/chart/series/0/data"),
    (
        chart(series("a", "x", "x"), categories=("x", "x")),
        "categories must be unique",
        "/chart/axis_config/categories",
    ),
    (
        chart(series("a", *map(str, range(21))), categories=map(str, range(21))),
        "no more than 20 items allowed",
        "/chart/axis_config/categories",
    ),
    (chart(series(), y_label="x" * 51), "must be less than 51 characters", "/chart/axis_config/y_label"),
    ({"type": "sparkline"}, "unsupported type: sparkline", "/type"),
    ({"text": plain()}, "missing required field: type", ""),
    ("text", "must be an object", ""),
]


def problems_of(client: WebClient, blocks: list[Any]) -> list[str]:
    """The problems of these blocks, according to the Web API."""
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="C01DEPLOYS", text="x", blocks=blocks)
    answer = caught.value.response
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {problem}" for problem in answer["errors"]]
    return list(answer["errors"])


@pytest.mark.parametrize(("block", "problem", "place"), TOO_MUCH, ids=range(len(TOO_MUCH)))
def test_blocks_beyond_a_limit_are_refused_with_their_place(
    client: WebClient, block: Any, problem: str, place: str
) -> None:
    problems = problems_of(client, [DIVIDER, block])

    assert any(f"{problem} [json-pointer:/blocks/1{place}]" in found for found in problems), problems


def test_fifty_blocks_are_the_most(client: WebClient) -> None:
    assert problems_of(client, [DIVIDER] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]


def test_a_block_id_is_used_once(client: WebClient) -> None:
    twice = [section(text=plain(), block_id="b"), section(text=plain(), block_id="b")]

    assert problems_of(client, twice) == ["`block_id` 'b' already exists [json-pointer:/blocks/1/block_id]"]


def test_a_message_has_one_table_and_two_charts(client: WebClient) -> None:
    table = data_table([raw()], [raw()])

    assert problems_of(client, [table, {"type": "table", "rows": [[raw()]]}]) == [
        "only_one_table_allowed [json-pointer:/blocks/1]"
    ]
    assert problems_of(client, [pie(1)] * 3) == [
        "no more than 2 data_visualization blocks allowed [json-pointer:/blocks/2]"
    ]


@pytest.mark.parametrize("block", [data_table([raw()], [raw()]), pie(1)], ids=["table", "chart"])
def test_a_workspace_that_does_not_take_a_block_says_what_it_says_of_unknown_ones(
    slack: SlackSandbox, client: WebClient, block: Json
) -> None:
    slack.add_fault("unsupported-blocks")

    for _ in range(2):  # it stays so
        problems = problems_of(client, [DIVIDER, block])
        assert problems == [f"unsupported type: {block['type']} [json-pointer:/blocks/1/type]"]

    slack.clear_faults()
    assert client.chat_postMessage(channel="C01DEPLOYS", text="x", blocks=[block])["ok"]


JUST_ENOUGH: list[list[Json]] = [
    [data_table(*[[raw(), number(2.5)]] * 101, page_size=100, row_header_column_index=1)],
    [
        data_table([raw()], [rich_text(RICH_SECTION)]),
        pie(*[1] * 6),
        chart(series("a", "x"), series("b", "x")),
    ],
    [
        chart(
            series("a", *"abcdefghijklmnopqrst"),
            categories="abcdefghijklmnopqrst",
            kind="area",
            x_label="x" * 50,
        )
    ],
    [DIVIDER] * 50,
    [section(text=plain("x" * 3000), fields=[plain("x" * 2000)], accessory=checkboxes(10))],
    [section(fields=[plain("x" * 800)] * 10)],
    [header(plain("x" * 150))],
    [actions(*[button(str(n), text=plain("x" * 75), value="x" * 2000) for n in range(25)])],
    [actions(button("same")), actions(button("same"))],
    [actions(button_with_confirm(title=plain("x" * 100), text=plain("x" * 300), confirm=plain("x" * 30)))],
    [actions(select(options=options(100, text=plain("x" * 75))))],
    [actions(overflow(5))],
    [rich_text(RICH_SECTION, {"type": "rich_text_list", "style": "bullet", "elements": [RICH_SECTION]})],
    [plan(task_card(), task_card(task_id="t2", details=rich_text(RICH_SECTION)), title="Deploying web")],
]


@pytest.mark.parametrize("blocks", JUST_ENOUGH, ids=range(len(JUST_ENOUGH)))
def test_blocks_at_the_limits_are_accepted(client: WebClient, blocks: list[Json]) -> None:
    assert client.chat_postMessage(channel="C01DEPLOYS", text="x", blocks=blocks)["ok"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(sorted(BLOCKS | ELEMENTS)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PARTS), inner, max_size=4),
    max_leaves=20,
)


@given(blocks=st.lists(JSON, max_size=3))
@settings(max_examples=60, deadline=None)
def test_any_json_as_blocks_gets_an_answer(blocks: list[Any]) -> None:
    assert all("json-pointer:/blocks" in problem for problem in check_message_blocks(blocks))


@pytest.mark.parametrize("blocks", ["no json", "{}", '"text"'])
def test_what_is_no_list_of_blocks_has_the_wrong_format(client: WebClient, blocks: str) -> None:
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="C01DEPLOYS", text="x", blocks=blocks)

    assert caught.value.response["error"] == "invalid_blocks_format"


CALLS: list[Callable[[WebClient, str, list[Json]], Any]] = [
    lambda client, ts, blocks: client.chat_update(channel="C01DEPLOYS", ts=ts, text="x", blocks=blocks),
    lambda client, _, blocks: client.chat_postEphemeral(
        channel="C01DEPLOYS", user="U02BOB0000", text="x", blocks=blocks
    ),
]


@pytest.mark.parametrize("call", CALLS, ids=["update", "ephemeral"])
def test_updates_and_ephemerals_are_checked_too(
    client: WebClient, call: Callable[[WebClient, str, list[Json]], Any]
) -> None:
    ts = client.chat_postMessage(channel="C01DEPLOYS", text="x")["ts"]

    with pytest.raises(SlackApiError) as caught:
        call(client, ts, [{"type": "sparkline"}])

    assert caught.value.response["error"] == "invalid_blocks"
