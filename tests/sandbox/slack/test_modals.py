"""Modals and external menus as people use them, over Socket Mode and HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.slack.bolt_app import ConnectedApp
from tests.sandbox.slack.expected_errors import api_error_of, control_error_of

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def modal(title: str = "Deploy", **more: Any) -> Json:
    tag = {"type": "plain_text_input", "action_id": "tag", "min_length": 3}
    service = {"type": "external_select", "action_id": "service", "min_query_length": 0}
    loud = {
        "type": "checkboxes",
        "action_id": "loud",
        "options": [{"text": plain("Tell the channel"), "value": "yes"}],
    }
    return {
        "type": "modal",
        "callback_id": "deploy_form",
        "private_metadata": "kept as it is",
        "title": plain(title),
        "submit": plain("Deploy"),
        "blocks": [
            {"type": "input", "block_id": "tag", "label": plain("Tag"), "element": tag},
            {"type": "input", "block_id": "loud", "label": plain("Loud"), "element": loud, "optional": True},
            {"type": "section", "block_id": "service", "text": plain("Service"), "accessory": service},
            {
                "type": "actions",
                "block_id": "do",
                "elements": [{"type": "button", "action_id": "next", "text": plain("Next")}],
            },
        ],
        **more,
    }


def open_modal(connected: ConnectedApp, user: str = "alice", **more: Any) -> Json:
    """Opens the form through the shortcut, and returns it as it is on the screen."""
    connected.app.answers["shortcut"] = lambda ack, body, _: (
        ack(),
        connected.client.views_open(trigger_id=body["trigger_id"], view=modal(**more)),
    )
    connected.slack.run_shortcut(user, "deploy_form")
    views: list[Json] = connected.slack.wait_until(lambda: connected.slack.views(user))
    return views[-1]


def view_at(connected: ConnectedApp, depth: int) -> Json:
    """Alice's view at this depth, once it is open. 1 is the lowest."""
    [view] = connected.slack.wait_until(lambda: connected.slack.views("alice")[depth - 1 :])
    return view


@pytest.fixture(autouse=True)
def _closed(connected: ConnectedApp) -> None:
    for user in ("alice", "bob"):
        if views := connected.slack.views(user):
            connected.slack.close_view(user, views[-1]["id"], whole_stack=True)
    connected.app.reset()


def test_a_modal_opens_for_the_one_who_asked(connected: ConnectedApp) -> None:
    view = open_modal(connected)

    assert view["title"]["text"] == "Deploy"
    assert view["root_view_id"] == view["id"]
    assert view["previous_view_id"] is None
    assert view["state"]["values"] == {
        "tag": {"tag": {"type": "plain_text_input", "value": None}},
        "loud": {"loud": {"type": "checkboxes", "selected_options": []}},
        "service": {"service": {"type": "external_select", "selected_option": None}},
    }
    assert connected.slack.views("bob") == []


def test_what_was_entered_reaches_the_app_and_the_modal_closes(connected: ConnectedApp) -> None:
    view = open_modal(connected)

    entered = {"tag": {"tag": {"value": "1.4.2"}}, "loud": {"loud": {"selected_options": ["yes"]}}}
    submitted = connected.slack.submit_view("alice", view["id"], entered)

    [body] = connected.app.bodies("view_submission")
    assert (submitted["ack"], submitted["views"]) == ("ok", [])
    values = body["view"]["state"]["values"]
    assert values["tag"]["tag"] == {"type": "plain_text_input", "value": "1.4.2"}
    assert values["loud"]["loud"]["selected_options"][0]["value"] == "yes"
    assert body["view"]["private_metadata"] == "kept as it is"
    assert body["view"]["callback_id"] == "deploy_form"
    assert body["response_urls"] == []
    assert body["user"]["id"] == "U01ALICE00"
    assert body["trigger_id"]


@pytest.mark.parametrize("tag", [None, "", "1"])
def test_slack_itself_looks_at_required_fields_and_lengths(connected: ConnectedApp, tag: str | None) -> None:
    view = open_modal(connected)

    submitted = connected.slack.submit_view("alice", view["id"], {"tag": {"tag": {"value": tag}}})

    assert submitted["ack"] == "not_sent"
    assert list(submitted["errors"]) == ["tag"]
    assert connected.app.bodies("view_submission") == []


def test_the_apps_errors_keep_the_modal_open(connected: ConnectedApp) -> None:
    view = open_modal(connected)
    errors = {"tag": "No image has this tag."}
    connected.app.answers["view"] = lambda ack, *_: ack(response_action="errors", errors=errors)

    submitted = connected.slack.submit_view("alice", view["id"], {"tag": {"tag": {"value": "9.9.9"}}})

    assert submitted["errors"] == errors
    assert [open_view["id"] for open_view in submitted["views"]] == [view["id"]]


def test_errors_for_a_block_without_input_are_an_invalid_response(connected: ConnectedApp) -> None:
    view = open_modal(connected)
    errors = {"service": "Not an input block"}
    connected.app.answers["view"] = lambda ack, *_: ack(response_action="errors", errors=errors)

    submitted = connected.slack.submit_view("alice", view["id"], {"tag": {"tag": {"value": "9.9.9"}}})

    assert submitted["ack"] == "invalid_response"


def test_an_answer_may_update_push_or_clear(connected: ConnectedApp) -> None:
    view = open_modal(connected)
    entered = {"tag": {"tag": {"value": "1.4.2"}}}
    answer: Json = {"response_action": "update", "view": modal("Sure?")}
    connected.app.answers["view"] = lambda ack, *_: ack(**answer)

    [updated] = connected.slack.submit_view("alice", view["id"], entered)["views"]
    assert (updated["id"], updated["title"]["text"]) == (view["id"], "Sure?")
    assert updated["state"]["values"]["tag"]["tag"]["value"] == "1.4.2"

    answer = {"response_action": "push", "view": modal("Really?")}
    below, top = connected.slack.submit_view("alice", view["id"])["views"]
    assert (below["id"], top["title"]["text"]) == (view["id"], "Really?")
    assert (top["previous_view_id"], top["root_view_id"]) == (view["id"], view["id"])

    answer = {"response_action": "clear"}
    assert connected.slack.submit_view("alice", top["id"], entered)["views"] == []


def test_an_invalid_view_in_an_answer_is_no_answer(connected: ConnectedApp) -> None:
    view = open_modal(connected)
    connected.app.answers["view"] = lambda ack, *_: ack(response_action="update", view=modal("x" * 25))

    submitted = connected.slack.submit_view("alice", view["id"], {"tag": {"tag": {"value": "1.4.2"}}})

    assert submitted["ack"] == "invalid_response"
    assert "/view/title/text" in str(submitted["problem"])
    assert submitted["views"][0]["title"]["text"] == "Deploy"


def test_a_pushed_view_lies_on_top_and_closing_it_shows_the_one_below(connected: ConnectedApp) -> None:
    view = open_modal(connected)
    connected.app.answers["action"] = lambda ack, body, _: (
        ack(),
        connected.client.views_push(trigger_id=body["trigger_id"], view=modal("Second")),
    )

    connected.slack.click("alice", "next", view_id=view["id"])
    views: list[Json] = connected.slack.wait_until(lambda: connected.slack.views("alice")[1:])
    closed = connected.slack.close_view("alice", views[0]["id"])

    [body] = connected.app.bodies("block_actions")
    assert body["container"] == {"type": "view", "view_id": view["id"]}
    assert body["view"]["id"] == view["id"]
    assert "message" not in body
    assert [left["id"] for left in closed["views"]] == [view["id"]]


def test_three_views_are_the_most(connected: ConnectedApp) -> None:
    problems: list[str] = []

    def push(ack: Any, body: Json, _respond: Any) -> None:
        ack()
        push_it = connected.client.views_push
        if len(connected.slack.views("alice")) < 3:
            push_it(trigger_id=body["trigger_id"], view=modal("More"))
        else:
            problems.append(api_error_of(lambda: push_it(trigger_id=body["trigger_id"], view=modal("More"))))

    connected.app.answers["action"] = push
    view_id = open_modal(connected)["id"]
    for depth in (2, 3):
        connected.slack.click("alice", "next", view_id=view_id)
        view_id = view_at(connected, depth)["id"]
    connected.slack.click("alice", "next", view_id=view_id)

    assert connected.slack.wait_until(lambda: problems) == ["push_limit_reached"]


@pytest.mark.parametrize(("everything", "cleared"), [(False, False), (True, True)])
def test_a_closed_modal_is_reported_if_the_app_asked_for_it(
    connected: ConnectedApp, everything: bool, cleared: bool
) -> None:
    view = open_modal(connected, notify_on_close=True)

    connected.slack.close_view("alice", view["id"], whole_stack=everything)

    [body] = connected.app.bodies("view_closed")
    assert (body["view"]["id"], body["is_cleared"]) == (view["id"], cleared)


def test_a_closed_modal_is_not_reported_otherwise(connected: ConnectedApp) -> None:
    view = open_modal(connected)

    connected.slack.close_view("alice", view["id"])

    assert connected.app.bodies("view_closed") == []


def test_an_external_menu_asks_the_app_for_its_options(connected: ConnectedApp) -> None:
    offered = [{"text": plain("web"), "value": "web"}]
    connected.app.answers["options"] = lambda ack, *_: ack(options=offered)
    view = open_modal(connected)

    answer = connected.slack.load_options("alice", "service", "we", view_id=view["id"])
    connected.slack.click("alice", "service", view_id=view["id"], selected_option=offered[0])

    [body] = connected.app.bodies("block_suggestion")
    assert answer["options"] == offered
    assert (body["action_id"], body["block_id"], body["value"]) == ("service", "service", "we")
    assert (body["view"]["id"], body["view"]["state"]) == (view["id"], {"values": {}})
    [chosen] = connected.app.bodies("block_actions")
    assert chosen["view"]["state"]["values"]["service"]["service"]["selected_option"]["value"] == "web"


def test_options_that_slack_could_not_show_are_no_answer(connected: ConnectedApp) -> None:
    connected.app.answers["options"] = lambda ack, *_: ack(options=[{"text": plain("x" * 76), "value": "x"}])
    view = open_modal(connected)

    assert connected.slack.load_options("alice", "service", view_id=view["id"])["ack"] == "invalid_response"


def test_an_input_is_not_sent_before_its_form_is_submitted(connected: ConnectedApp) -> None:
    view = open_modal(connected)

    assert connected.slack.click("alice", "tag", view_id=view["id"], value="1.4.2")["ack"] == "not_sent"
    assert connected.app.bodies("block_actions") == []
    assert connected.slack.submit_view("alice", view["id"])["ack"] == "ok"


def test_nobody_touches_anothers_modal(connected: ConnectedApp) -> None:
    view = open_modal(connected)

    assert control_error_of(lambda: connected.slack.submit_view("bob", view["id"])) == "view_not_found"
    assert control_error_of(lambda: connected.slack.close_view("bob", view["id"])) == "view_not_found"
