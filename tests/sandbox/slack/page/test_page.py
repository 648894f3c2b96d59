"""What a person does on the page and what they see. The app is a real Bolt app."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect
from slack_sdk import WebClient

from sandbox.slack import SlackSandbox
from tests.sandbox.slack.page.search_form import SECOND_ID, second_view
from tests.sandbox.slack.page.slack_page import SlackPage

DEPLOYS = "C01DEPLOYS"


def test_a_command_is_completed_while_typing_and_answered_to_its_sender_only(
    slack_page: SlackPage, app: WebClient
) -> None:
    slack_page.open("alice")
    slack_page.composer.press_sequentially("/be")
    expect(slack_page.page.get_by_role("option", name="/berth SHIP | form | help")).to_be_visible()
    slack_page.composer.press("Tab")
    expect(slack_page.composer).to_have_value("/berth ")
    slack_page.composer.press_sequentially("help")
    slack_page.composer.press("Enter")

    answer = slack_page.message("Say /berth SHIP.")
    expect(answer).to_contain_text("Only visible to you")
    expect(answer.locator("code")).to_have_text("/berth SHIP")
    expect(slack_page.composer).to_have_value("")

    slack_page.become("bob")
    expect(slack_page.page.get_by_role("radio", name="bob")).to_be_checked()
    expect(slack_page.message("Say /berth SHIP.")).to_have_count(0)


def test_a_button_asks_before_it_acts_and_the_answer_shows_in_message_and_thread(
    slack_page: SlackPage, app: WebClient
) -> None:
    slack_page.open("bob")
    slack_page.say("/berth Ark")
    slack_page.button("Allow").click()
    expect(slack_page.dialog).to_contain_text("Let Ark in?")
    slack_page.page.keyboard.press("Escape")
    expect(slack_page.dialog).to_have_count(0)
    expect(slack_page.message("asks for a berth")).to_be_visible()

    slack_page.button("Allow").click()
    slack_page.button("Let in").click()
    expect(slack_page.message("Ark is in")).to_contain_text("(edited)")
    expect(slack_page.button("Allow")).to_have_count(0)

    slack_page.message("Ark is in").get_by_role("button", name="1 reply").click()
    expect(slack_page.thread).to_contain_text("@bob let Ark in")
    slack_page.thread.get_by_role("checkbox", name="Also send to #deploys").check()
    slack_page.reply("thanks all")
    expect(slack_page.thread.locator(".message", has_text="thanks all")).to_contain_text(
        "Also sent to #deploys"
    )
    expect(slack_page.message("thanks all")).to_contain_text(
        "replied to a thread: Ark is in •The gate closes"
    )

    slack_page.reply("/berth Ark")
    expect(slack_page.thread).to_contain_text("/berth is not supported in threads")
    slack_page.page.keyboard.press("Escape")
    expect(slack_page.thread).to_have_count(0)


def test_a_form_says_what_is_missing_what_the_app_refuses_and_closes_when_it_is_right(
    slack_page: SlackPage, app: WebClient
) -> None:
    slack_page.open("alice")
    slack_page.say("/berth form")
    ship = slack_page.dialog.get_by_label("Ship")
    expect(ship).to_be_focused()
    slack_page.button("Ask").click()
    expect(slack_page.dialog).to_contain_text("Please complete this required field.")
    ship.fill("Titanic")
    ship.press("Enter")
    expect(slack_page.dialog).to_contain_text("Not again.")
    expect(ship).to_have_value("Titanic")
    ship.fill("Mary")
    slack_page.dialog.get_by_role("button", name="Size").click()
    slack_page.page.get_by_role("option", name="large").click()
    slack_page.button("Ask").click()
    expect(slack_page.dialog).to_have_count(0)
    expect(slack_page.message("Mary (large) asked by form")).to_be_visible()


def test_on_a_phone_a_message_opens_a_form_that_is_searched_and_a_second_view_lies_on_it(
    slack_page: SlackPage, app: WebClient
) -> None:
    slack_page.page.set_viewport_size({"width": 390, "height": 844})
    slack_page.open("alice")
    slack_page.say("a ship is near")
    slack_page.message("a ship is near").hover()
    slack_page.message("a ship is near").get_by_role("button", name="More actions").click()
    slack_page.page.get_by_role("menuitem", name="Berth for this").click()

    slack_page.dialog.get_by_label("Why").fill("fog")
    slack_page.dialog.get_by_role("button", name="Pier").click()
    slack_page.page.get_by_role("combobox", name="Search").press_sequentially("sou")
    expect(slack_page.page.get_by_role("option")).to_have_text(["Southby the sea"])
    slack_page.page.keyboard.press("Enter")
    expect(slack_page.dialog.get_by_role("button", name="Place")).to_have_text("Places of South")
    slack_page.dialog.get_by_role("button", name="Place").click()
    expect(slack_page.page.get_by_role("option")).to_have_text(["S1"])
    slack_page.page.get_by_role("option", name="S1").click()
    expect(slack_page.dialog.get_by_role("button", name="Pier")).to_have_text("South")
    expect(slack_page.dialog.get_by_label("Why")).to_have_value("fog")

    slack_page.button("Check").click()
    expect(slack_page.dialog).to_contain_text("Looking.")
    expect(slack_page.button("Take it")).to_have_count(0)
    app.views_update(external_id=SECOND_ID, view=second_view("*South* S1 is free", ready=True))
    expect(slack_page.dialog).to_contain_text("South S1 is free")
    slack_page.button("Back").click()
    expect(slack_page.dialog.get_by_label("Why")).to_have_value("fog")
    expect(slack_page.dialog.get_by_role("button", name="Place")).to_have_text("S1")
    slack_page.button("Check").click()
    expect(slack_page.dialog).to_contain_text("Looking.")
    app.views_update(external_id=SECOND_ID, view=second_view("*South* S1 is free", ready=True))
    slack_page.button("Take it").click()
    expect(slack_page.dialog).to_have_count(0)
    expect(slack_page.message("A berth was taken")).to_be_visible()


def test_each_person_sees_their_own_channels(slack_page: SlackPage) -> None:
    slack_page.open("alice", "#/payments")
    expect(slack_page.page.get_by_role("heading", name="payments")).to_be_visible()
    slack_page.become("carol")
    expect(slack_page.page.get_by_role("heading", name="deploys")).to_be_visible()
    expect(slack_page.page.get_by_role("button", name="payments")).to_have_count(0)


def test_markup_in_messages_is_shown_and_never_run(slack_page: SlackPage, slack: SlackSandbox) -> None:
    attack = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'
    client = WebClient(token=slack.bot_token, base_url=slack.api_url)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": f"head {attack}"}},
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": f"body {attack} <javascript:window.hit=1|link>"},
        },
        {"type": "rich_text", "elements": [_rich_link("javascript:window.hit=1")]},
    ]
    client.chat_postMessage(channel=DEPLOYS, text="blocks", blocks=blocks)
    client.chat_postMessage(channel=DEPLOYS, text=f"text {attack}")
    slack_page.open("alice")
    for part in ("head", "body", "text"):
        expect(slack_page.page.get_by_text(f"{part} {attack}")).to_be_visible()
    expect(slack_page.page.locator(".messages :is(img, script, a)")).to_have_count(0)
    assert slack_page.page.evaluate("window.hit") is None


def test_formatting_looks_as_slack_shows_it(slack_page: SlackPage, slack: SlackSandbox) -> None:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url)
    text = (
        "*bold* _leans_ ~gone~ `x*y*z` snake_case_name 2*3*4 :rocket: <https://a.example/?b=1&amp;c=2|there> "
        "<@U01ALICE00> <!subteam^S02APPROVERS> <!date^86400^on {date_num}|some day>\n"
        "&gt; quoted &lt;b&gt;\n• one\n• two\n```\ncode *stays*\n```"
    )
    client.chat_postMessage(channel=DEPLOYS, text=text)
    shown = slack_page.open("alice").message("snake_case_name 2*3*4")
    for selector, words in {
        "strong": "bold",
        "em": "leans",
        "s": "gone",
        "code": "x*y*z",
        ".emoji": "🚀",
        "a": "there",
        ".mention.me": "@alice",
        ".mention:not(.me)": "@approvers",
        "blockquote": "quoted <b>",
        "li:first-child": "•one",
        "pre": "code *stays*",
    }.items():
        expect(shown.locator(f".text {selector}")).to_have_text(words)
    expect(shown.locator("a")).to_have_attribute("href", "https://a.example/?b=1&c=2")
    expect(shown.locator("time", has_text="on 1970-01-0")).to_be_visible()


def test_an_update_of_a_message_keeps_focus_and_scroll_position(
    slack_page: SlackPage, slack: SlackSandbox
) -> None:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url)
    button = {"type": "button", "action_id": "b", "text": {"type": "plain_text", "text": "Stay"}}
    actions = {"type": "actions", "block_id": "row", "elements": [button]}
    card = client.chat_postMessage(channel="C03RANDOM0", text="card", blocks=[actions])
    for line in range(30):
        client.chat_postMessage(channel="C03RANDOM0", text=f"line {line}\nand more")
    slack_page.open("alice", "#/random")
    slack_page.button("Stay").scroll_into_view_if_needed()
    slack_page.button("Stay").focus()
    scroller = slack_page.page.locator(".scroller")
    place = scroller.evaluate("box => box.scrollTop")

    context = {"type": "context", "elements": [{"type": "plain_text", "text": "half way"}]}
    client.chat_update(channel="C03RANDOM0", ts=card["ts"], text="card", blocks=[actions, context])
    client.chat_postMessage(channel="C03RANDOM0", text="the newest")
    expect(slack_page.message("half way")).to_be_visible()
    expect(slack_page.button("Stay")).to_be_focused()
    assert scroller.evaluate("box => box.scrollTop") == place
    slack_page.button("New messages").click()
    expect(slack_page.message("the newest")).to_be_in_viewport()


def _rich_link(url: str) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": [{"type": "link", "url": url, "text": "rich"}]}


def test_what_happened_while_the_connection_was_lost_is_read_again(
    page: Page, slack_page: SlackPage, slack: SlackSandbox
) -> None:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url)
    lines: list[WebSocketRoute] = []

    def first_one_is_deaf(line: WebSocketRoute) -> None:
        lines.append(line)
        server = line.connect_to_server()
        if len(lines) == 1:
            server.on_message(lambda text: line.send(text) if "hello" in str(text) else None)

    page.route_web_socket("**/sandbox/live*", first_one_is_deaf)
    slack_page.open("alice")
    client.chat_postMessage(channel=DEPLOYS, text="missed")
    lines[0].close()
    expect(slack_page.message("missed")).to_be_visible()
    client.chat_postMessage(channel=DEPLOYS, text="heard")
    expect(slack_page.message("heard")).to_be_visible()


def test_a_failure_is_shown_and_the_typed_text_is_not_lost(page: Page, slack_page: SlackPage) -> None:
    page.route("**/sandbox/type", lambda route: route.abort())
    slack_page.open("alice")
    slack_page.say("good morning")
    expect(page.get_by_role("alert")).to_contain_text("The sandbox does not answer")
    expect(slack_page.composer).to_have_value("good morning")


def test_on_a_phone_channels_are_in_a_drawer_and_a_thread_covers_the_channel(
    page: Page, slack_page: SlackPage, slack: SlackSandbox
) -> None:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url)
    root = client.chat_postMessage(channel=DEPLOYS, text="root " + "long" * 60)
    client.chat_postMessage(channel=DEPLOYS, text="reply", thread_ts=root["ts"])
    page.set_viewport_size({"width": 390, "height": 800})
    slack_page.open("alice")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    slack_page.button("Channels").click()
    page.get_by_role("button", name="general").click()
    expect(page.get_by_role("heading", name="general", level=1)).to_be_visible()
    page.go_back()
    slack_page.message("root long").get_by_role("button", name="1 reply").click()
    expect(slack_page.thread).to_be_visible()
    expect(slack_page.composer).to_be_hidden()
    slack_page.button("Close thread").click()
    expect(slack_page.composer).to_be_visible()
