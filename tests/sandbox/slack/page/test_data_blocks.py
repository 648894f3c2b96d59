"""Data tables and charts on the page."""

from __future__ import annotations

from itertools import combinations

from playwright.sync_api import FloatRect, Page, expect
from slack_sdk import WebClient

from sandbox.slack import SlackSandbox
from tests.sandbox.slack.block_builders import chart, data_table, number, pie, raw, series
from tests.sandbox.slack.page.slack_page import SlackPage

DEPLOYS = "C01DEPLOYS"


def test_a_data_table_turns_its_pages_and_sorts_by_what_is_pressed(
    slack_page: SlackPage, slack: SlackSandbox
) -> None:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url)
    rows = [[raw(f"v{each}"), number(each)] for each in (3, 1, 7, 2, 6, 5, 4)]
    table = data_table([raw("Version"), raw("Tasks")], *rows, caption="Versions", page_size=5)
    client.chat_postMessage(channel=DEPLOYS, text="versions", blocks=[table])
    slack_page.open("alice")

    shown = slack_page.page.get_by_role("table", name="Versions")
    first = shown.get_by_role("rowheader")
    expect(first).to_have_text(["v3", "v1", "v7", "v2", "v6"])
    expect(shown.get_by_role("cell", name="3", exact=True)).to_have_css("text-align", "right")
    slack_page.button("Next").click()
    expect(first).to_have_text(["v5", "v4"])
    expect(slack_page.page.get_by_text("6 to 7 of 7")).to_be_visible()
    slack_page.button("Tasks").click()
    expect(first).to_have_text(["v1", "v2", "v3", "v4", "v5"])
    slack_page.button("Tasks").click()
    expect(first).to_have_text(["v7", "v6", "v5", "v4", "v3"])
    expect(shown.get_by_role("columnheader", name="Tasks")).to_have_attribute("aria-sort", "descending")


def test_charts_are_drawn_and_told_to_screen_readers(slack_page: SlackPage, slack: SlackSandbox) -> None:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url)
    bars = {
        **chart(series("Fine", "Mon", "Tue"), series("Bad", "Mon", "Tue"), categories=("Mon", "Tue")),
        "title": "Deploys",
    }
    client.chat_postMessage(channel=DEPLOYS, text="charts", blocks=[bars, {**pie(3, 1), "title": "Shares"}])
    slack_page.open("alice")

    drawn = slack_page.page.get_by_role("img", name="Deploys. Fine: Mon 1, Tue 1. Bad: Mon 1, Tue 1")
    expect(drawn.locator("rect")).to_have_count(4)
    expect(drawn.get_by_text("Tue")).to_be_visible()
    expect(slack_page.page.get_by_role("img", name="Shares. x: 3, x: 1").locator("path")).to_have_count(2)


def test_no_words_of_a_chart_lie_on_one_another_on_a_phone(
    page: Page, slack_page: SlackPage, slack: SlackSandbox
) -> None:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url)
    days = [f"{day} Nov" for day in range(10, 20)]
    drawn = chart(series("Fine", *days), categories=days)
    drawn["chart"]["axis_config"] |= {"x_label": "day", "y_label": "changes"}
    client.chat_postMessage(channel=DEPLOYS, text="chart", blocks=[{**drawn, "title": "Changes by day"}])
    page.set_viewport_size({"width": 390, "height": 844})
    slack_page.open("alice")

    shown = page.get_by_role("img", name="Changes by day").locator("text:visible")
    expect(shown.filter(has_text="changes")).to_be_visible()
    boxes = [(each.text_content(), each.bounding_box()) for each in shown.all()]
    assert {"changes", "day", "10 Nov"} <= {text for text, _ in boxes}
    assert [(one, other) for (one, a), (other, b) in combinations(boxes, 2) if overlap(a, b)] == []


def overlap(a: FloatRect | None, b: FloatRect | None) -> bool:
    assert a is not None
    assert b is not None
    beside = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
    below = a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]
    return not (beside or below)
