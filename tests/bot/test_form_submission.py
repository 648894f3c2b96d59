"""What submitting the form does: the same as the typed command."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot import listeners
from deploys.records.request import DeployRequest
from deploys.stores import audit
from tests.bot.bot_harness import (
    ALICE,
    DAVE,
    DEPLOYS_CHANNEL,
    RESPONSE_URL,
    TEAM,
    BotHarness,
)
from tests.bot.form_harness import (
    GUEST,
    MESSAGE,
    FormHarness,
    buttons_of_answer,
    make_guest,
    read,
)
from tests.slack_directory import KnownDirectory, a_channel, a_person


def test_submitting_queues_the_deploy_as_the_typed_command_does(bot: BotHarness, form: FormHarness) -> None:
    bot.type("/deploy")
    form.choose_service("web")

    assert form.submit(service="web", tag="1.4.2", reason="fixes *the* login") == {}

    deploy = bot.only_deploy()
    assert (deploy.service.name, deploy.tag) == ("web", "1.4.2")
    assert deploy.request == DeployRequest(
        reason="fixes *the* login",
        requester=ALICE,
        team=TEAM,
        channel=DEPLOYS_CHANNEL,
        requested_at=bot.clock(),
        from_form=True,
    )
    assert bot.queued_answers() == [
        (
            DEPLOYS_CHANNEL,
            None,
            ALICE,
            f"Queued: `web` `1.4.2` (deploy `{deploy.id}`). Its thread follows here after the first checks.",
        )
    ]
    assert bot.response_urls() == [RESPONSE_URL]
    assert bot.context.threads.response_url(deploy.id) == RESPONSE_URL
    [entry] = audit.trail(bot.redis)
    assert (entry["what"], entry["verb"], entry["source"]) == ("requested", "deploy", "form")


def test_a_typed_command_does_not_come_from_the_form(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")

    [entry] = audit.trail(bot.redis)
    assert (entry["what"], entry["source"]) == ("requested", "")


NO_TAG_RULE = (
    " is not an image tag. A tag has letters, digits, _, . and -, 128 at most, and begins with a letter, a "
    "digit or _."
)


@pytest.mark.parametrize(
    ("values", "block", "said"),
    [
        ({"tag": "1.4!"}, "tag:web", f"1.4!{NO_TAG_RULE}"),
        ({"tag": "<b>&"}, "tag:web", f"<b>&{NO_TAG_RULE}"),
        ({"tag": None}, "tag:web", "Choose a tag, or type it in full."),
        ({"reason": "x" * 501}, "reason", "The reason has 501 characters; it may have 500."),
        ({"service": "api"}, "tag:web", "This tag was chosen for another service. Choose one of api."),
    ],
)
def test_what_is_wrong_with_a_field_is_said_at_the_field(
    bot: BotHarness, form: FormHarness, values: dict[str, Any], block: str, said: str
) -> None:
    bot.type("/deploy web")

    answer = form.submit(**{"service": "web", "tag": "1.4.2", **values})

    assert answer == {"response_action": "errors", "errors": {block: said}}
    assert bot.context.store.active() == []


def test_what_is_refused_is_said_at_the_top_of_the_form(bot: BotHarness, form: FormHarness) -> None:
    bot.type("/deploy web")
    make_guest(bot, ALICE)

    answer = form.submit(service="web", tag="1.4.2")

    assert answer["response_action"] == "update"
    assert read(answer["view"])[:2] == [f":no_entry_sign: {GUEST}", "Service: web"]
    assert bot.context.store.active() == []
    [entry] = audit.trail(bot.redis)
    assert (entry["what"], entry["verb"], entry["service"], entry["tag"], entry["source"]) == (
        "refused",
        "deploy",
        "web",
        "1.4.2",
        "form",
    )


def test_what_a_button_can_lift_closes_the_form_and_is_answered_with_the_buttons(
    bot: BotHarness, form: FormHarness
) -> None:
    bot.type("/deploy lock web checking the graphs", by=DAVE)
    bot.type("/deploy web")

    assert form.submit(service="web", tag="1.4.2") == {}

    [(_, _, user, text)] = bot.queued_answers()
    assert user == ALICE
    assert text.startswith("`web` is locked")
    assert [label for label, _ in buttons_of_answer(bot)] == [
        "Queue it for when it is free",
        "Ask the holder",
    ]
    assert bot.context.store.active() == []


@pytest.mark.parametrize(
    ("person", "channel", "said"),
    [
        ({"is_guest": True}, {}, "guest"),
        ({"teams": ("T99OTHER",)}, {}, "another organisation"),
        ({}, {"is_shared": True}, "shared"),
    ],
)
def test_guests_foreign_people_and_shared_channels_are_refused_as_for_the_typed_command(
    bot: BotHarness, form: FormHarness, person: dict[str, Any], channel: dict[str, Any], said: str
) -> None:
    bot.type("/deploy web")
    directory = bot.context.directory
    assert isinstance(directory, KnownDirectory)
    directory.people[ALICE] = a_person(**person)
    directory.channels[DEPLOYS_CHANNEL] = a_channel(**channel)

    answer = form.submit(service="web", tag="1.4.2")

    typed = bot.type("/deploy web 1.4.2")
    assert said in typed
    assert read(answer["view"])[0] == f":no_entry_sign: {typed}"


def test_the_form_of_another_version_is_refused(bot: BotHarness, form: FormHarness) -> None:
    bot.type("/deploy web")

    answer = form.submit({**form.shown, "private_metadata": '{"somewhere": 1}'}, service="web", tag="1.4.2")

    assert answer["errors"] == {
        "service": "This form was made by another version of me. Nothing was changed. Close it and type "
        "/deploy again."
    }


def test_the_same_submission_delivered_twice_is_answered_the_same_and_done_once(
    bot: BotHarness, form: FormHarness
) -> None:
    bot.type("/deploy web")
    payload = {
        **form.payload("view_submission"),
        "view": form.view(form.shown, {"service": "web", "tag": "1.4!"}),
    }

    first = bot.send_payload(payload)
    bot.clock.advance(1)  # a second signature
    again = bot.send_payload(payload)

    assert json.loads(first.body) == json.loads(again.body)
    assert json.loads(first.body)["response_action"] == "errors"


def test_two_submissions_add_one_deploy(bot: BotHarness, form: FormHarness) -> None:
    bot.type("/deploy web")

    form.submit(service="web", tag="1.4.2")
    form.submit(service="web", tag="1.4.2")

    bot.only_deploy()
    assert bot.queued_answers()[-1][3].startswith("Nothing was added: ")


def test_another_workspace_opens_and_submits_nothing(
    bot: BotHarness, form: FormHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot.type("/deploy web")
    bot.clear_jobs()
    payload = form.payload
    monkeypatch.setattr(
        form, "payload", lambda kind: {**payload(kind), "user": {"id": ALICE, "team_id": "T99OTHER"}}
    )
    refusal = "This workspace is not the one this Slipway belongs to. Nothing was changed."

    form.choose_shortcut(MESSAGE)
    answer = form.submit(service="web", tag="1.4.2")

    assert answer["errors"] == {"service": refusal}
    assert len(form.views.opened) == 1
    assert bot.context.store.active() == []
    assert [(user, text) for _, _, user, text in bot.queued_answers()] == [(ALICE, refusal)]


def test_a_person_and_a_channel_that_are_unknown_are_read_before_it_is_refused(
    bot: BotHarness, form: FormHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    form.choose_shortcut()
    directory = bot.context.directory
    assert isinstance(directory, KnownDirectory)
    directory.channels["C9"] = None
    monkeypatch.setattr(listeners, "KNOWLEDGE_WAIT_SECONDS", 0.0)

    answer = form.submit(service="api", tag="1.4.2", channel="C9")

    assert answer == {}
    assert ("read_slack_directory", ["C9"]) in bot.queued_jobs()
    assert [(channel, user) for channel, _, user, _ in bot.queued_answers()] == [("C9", ALICE)]
    assert bot.context.store.active() == []
