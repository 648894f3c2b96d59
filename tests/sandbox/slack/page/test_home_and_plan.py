"""The Home tab, the plan block, and what somebody sees who has never used the app: by role and name, wide and
as on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from slack_sdk import WebClient

from sandbox.slack import SlackSandbox
from tests.sandbox.slack.block_builders import plan, task_card
from tests.sandbox.slack.page.slack_page import SlackPage
from tests.sandbox.slack.page.small_app import LONG_LABEL, SHIP

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def is_whole(shown: Locator) -> bool:
    """Whether all of its text is in sight: not cut, and not beside the page."""
    script = """(box) => [box, ...box.querySelectorAll("*")].every((each) =>
      each.scrollWidth <= each.clientWidth + 1 || getComputedStyle(each).overflow === "visible")
      && box.getBoundingClientRect().right <= innerWidth && box.getBoundingClientRect().left >= 0"""
    return bool(shown.evaluate(script))


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_home_has_whole_buttons_that_ask_before_they_act(
    page: Page, slack_page: SlackPage, app: WebClient, size: Any
) -> None:
    page.set_viewport_size(size)
    home = slack_page.open("dave").open_home("Harbour")

    expect(home).to_match_aria_snapshot(f"""
      - region "Home":
        - heading "The harbour" [level=3]
        - strong: Two
        - text: ships wait
        - img "anchor": ⚓
        - strong: {SHIP}
        - text: asks for a berth at the northern pier, since this morning.
        - button "Send {SHIP} back to the sea": {LONG_LABEL}
        - strong: Ark
        - text: has a berth
        - button "More actions"
    """)
    send = home.get_by_role("button", name="back to the sea")
    assert is_whole(send)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    send.click()
    dialog = page.get_by_role("alertdialog", name="Send it away?")
    expect(dialog).to_contain_text("It has to ask again.")
    expect(dialog.get_by_role("button", name="Keep")).to_be_focused()
    dialog.get_by_role("button", name="Keep").click()
    expect(dialog).to_have_count(0)
    expect(home).to_contain_text("Two ships wait")

    send.click()
    dialog.get_by_role("button", name="Send away").click()
    expect(home).to_contain_text("One ship waits")
    expect(send).to_have_count(0)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_plan_block_tells_each_step_without_colour(
    page: Page, slack_page: SlackPage, slack: SlackSandbox, size: Any
) -> None:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url)
    took = {"type": "rich_text_section", "elements": [{"type": "text", "text": "12 s"}]}
    statuses = ("complete", "error", "in_progress", "pending")
    titles = [f"{status} on {size['width']}" for status in statuses]
    tasks = [
        task_card(
            task_id=title, title=title, status=status, details={"type": "rich_text", "elements": [took]}
        )
        for title, status in zip(titles, statuses, strict=True)
    ]
    client.chat_postMessage(channel="C03RANDOM0", text="steps", blocks=[plan(*tasks, title="Steps")])
    page.set_viewport_size(size)
    slack_page.open("alice", "#/random")

    shown = page.locator(".block-plan", has_text=titles[0])
    expect(shown).to_match_aria_snapshot(f"""
      - strong: Steps
      - text: 1 of 4 done
      - list:
        - listitem:
          - img "done"
          - text: {titles[0]} 12 s
        - listitem:
          - img "failed"
          - text: {titles[1]} 12 s
        - listitem:
          - img "in progress"
          - text: {titles[2]} 12 s
        - listitem:
          - img "not started"
          - text: {titles[3]} 12 s
    """)
    assert is_whole(shown)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_an_empty_channel_with_the_app_says_what_to_begin_with(
    page: Page, slack_page: SlackPage, app: WebClient, size: Any
) -> None:
    page.set_viewport_size(size)
    slack_page.open("bob", "#/partners")

    steps = page.get_by_role("list", name="Begin here")
    expect(steps).to_match_aria_snapshot("""
      - list "Begin here":
        - listitem:
          - button "Berth anywhere Opens a form"
        - listitem:
          - button "Home of Harbour What the app shows you"
        - listitem:
          - button "/berth Ark asks for a berth"
    """)
    assert is_whole(page.locator(".welcome"))

    steps.get_by_role("button", name="/berth Ark").click()
    expect(slack_page.composer).to_have_value("/berth Ark")
    expect(slack_page.composer).to_be_focused()
    slack_page.composer.fill("")
    steps.get_by_role("button", name="Berth anywhere").click()
    expect(slack_page.dialog).to_contain_text("Find a berth")
    page.keyboard.press("Escape")
    expect(slack_page.dialog).to_have_count(0)
    steps.get_by_role("button", name="Home of Harbour").click()
    expect(page.get_by_role("region", name="Home")).to_contain_text("Two ships wait")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_what_can_be_tried_is_beside_the_channels_too(page: Page, slack_page: SlackPage, size: Any) -> None:
    page.set_viewport_size(size)
    slack_page.open("alice", "#/@about")
    if size == PHONE:
        slack_page.button("Channels").click()

    page.get_by_role("navigation").get_by_role("button", name="/berth Ark").click()

    expect(page.get_by_role("heading", name="deploys", level=1)).to_be_visible()
    expect(slack_page.composer).to_have_value("/berth Ark")
    expect(slack_page.composer).to_be_focused()


def test_a_channel_without_the_app_offers_no_command(slack_page: SlackPage) -> None:
    slack_page.open("alice", "#/payments")

    hint = "Nothing has been written here yet. Type / to see what Harbour can do."
    nothing = slack_page.page.locator(".pane-empty", has_text=hint)
    expect(nothing).to_have_text(f"#payments{hint}")
    expect(nothing.locator("strong")).to_have_css("display", "block")


@pytest.mark.parametrize("place", ["", "#/@home", "#/@about", "#/payments"])
def test_every_control_has_a_name(page: Page, slack_page: SlackPage, app: WebClient, place: str) -> None:
    slack_page.open("alice", place)
    expect(page.get_by_role("navigation", name="Channels and apps")).to_be_visible()

    controls = "button, a, input, textarea, [role=button], [role=radio]"
    nameless = page.locator(controls).evaluate_all("""(all) => all.filter((each) => {
      const labels = (each.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean);
      const words = [each.ariaLabel, each.textContent, each.labels?.[0]?.textContent,
        ...labels.map((id) => document.getElementById(id)?.textContent)];
      return !words.some((word) => word?.trim());
    }).map((each) => each.outerHTML)""")
    assert nameless == []
