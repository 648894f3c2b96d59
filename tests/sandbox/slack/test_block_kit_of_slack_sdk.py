"""The Block Kit models of the newest slack_sdk are accepted."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models import blocks as kit
from slack_sdk.models.blocks.basic_components import DispatchActionConfig

OPTIONS = [kit.Option(text="A", value="a"), kit.Option(text="B", value="b", description="second")]
FROM_SLACK_SDK: list[kit.Block] = [
    kit.SectionBlock(text="*hello*", fields=["one", "two"], expand=True),
    kit.SectionBlock(
        text="x", accessory=kit.ImageElement(image_url="https://x.example/a.png", alt_text="a picture")
    ),
    kit.ContextBlock(elements=[kit.MarkdownTextObject(text="_x_"), kit.PlainTextObject(text="x")]),
    kit.HeaderBlock(text="Deploying"),
    kit.DividerBlock(),
    kit.ImageBlock(image_url="https://x.example/a.png", alt_text="a picture", title="x"),
    kit.ActionsBlock(
        elements=[
            kit.ButtonElement(
                action_id="b",
                text="Go",
                value="v",
                style="danger",
                confirm=kit.ConfirmObject(
                    title="Sure?", text="*Really*", confirm="Yes", deny="No", style="danger"
                ),
            ),
            kit.LinkButtonElement(action_id="l", text="Log", url="https://x.example/"),
            kit.OverflowMenuElement(action_id="o", options=OPTIONS),
            kit.StaticSelectElement(
                action_id="s",
                placeholder="Pick",
                options=OPTIONS,
                initial_option=OPTIONS[0],
                focus_on_load=False,
            ),
            kit.StaticSelectElement(
                action_id="g", placeholder="Pick", option_groups=[kit.OptionGroup(label="G", options=OPTIONS)]
            ),
            kit.ExternalDataSelectElement(action_id="e", placeholder="Pick", min_query_length=2),
            kit.UserSelectElement(action_id="u", placeholder="Who", initial_user="U01ALICE00"),
            kit.ConversationSelectElement(
                action_id="c", placeholder="Where", filter=kit.ConversationFilter(include=["public"])
            ),
            kit.ChannelSelectElement(action_id="ch", placeholder="Where"),
            kit.RadioButtonsElement(action_id="r", options=OPTIONS),
            kit.CheckboxesElement(action_id="k", options=OPTIONS, initial_options=[OPTIONS[1]]),
            kit.DatePickerElement(action_id="d", initial_date="2026-01-31"),
            kit.TimePickerElement(action_id="t", initial_time="23:59"),
            kit.DateTimePickerElement(action_id="dt", initial_date_time=1_795_000_000),
        ]
    ),
    kit.InputBlock(
        label="Why",
        hint="In a word",
        optional=True,
        dispatch_action=True,
        element=kit.PlainTextInputElement(
            action_id="w",
            multiline=True,
            min_length=1,
            max_length=3000,
            dispatch_action_config=DispatchActionConfig(trigger_actions_on=["on_enter_pressed"]),
        ),
    ),
    kit.RichTextBlock(elements=[kit.RichTextSectionElement(elements=[{"type": "emoji", "name": "rocket"}])]),
    kit.TableBlock(rows=[[{"type": "raw_text", "text": "a"}, {"type": "raw_text", "text": "b"}]]),
    kit.TaskCardBlock(task_id="t", title="T", status="in_progress"),
    kit.PlanBlock(title="P", tasks=[kit.TaskCardBlock(task_id="t", title="T", status="pending")]),
]


@pytest.mark.parametrize("block", FROM_SLACK_SDK, ids=lambda block: str(block.type))
def test_blocks_of_slack_sdk_are_accepted(client: WebClient, block: kit.Block) -> None:
    block.to_dict()  # slack_sdk's own checks

    assert client.chat_postMessage(channel="C01DEPLOYS", text="x", blocks=[block])["ok"]


def post(client: WebClient, block: Any) -> Any:
    return client.chat_postMessage(channel="C01DEPLOYS", text="x", blocks=[block])


NOT_PLAYED = {
    "alert",
    "call",
    "card",
    "carousel",
    "container",
    "context_actions",
    "markdown",
    "video",
}
"""Blocks that an app may post at Slack, and that no app here does: sandbox/README.md lists them."""
NOT_FOR_MESSAGES = {"file", "auth_provider"}
"""Blocks that an app cannot post."""


def test_every_block_of_slack_sdk_is_played_or_listed_as_not_played(client: WebClient) -> None:
    """A new block in slack_sdk has to be played, or listed above."""
    kinds = {
        getattr(kit, name).type
        for name in dir(kit)
        if name.endswith("Block") and isinstance(getattr(getattr(kit, name), "type", None), str)
    }
    unknown = set()
    for kind in kinds - NOT_FOR_MESSAGES:
        with pytest.raises(SlackApiError) as caught:
            post(client, {"type": kind, "no such part": 1})
        if any("unsupported type" in found for found in caught.value.response["errors"]):
            unknown.add(kind)

    assert unknown == NOT_PLAYED
