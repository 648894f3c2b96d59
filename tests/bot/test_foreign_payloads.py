"""Every kind of payload, naming another team in every field in which Slack may: nothing is done or shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bot.forms.deploy_form import MESSAGE_SHORTCUT, SHORTCUT
from deploys import buttons
from deploys.buttons.open_form import OPEN_FORM
from deploys.errors import WrongWorkspace
from deploys.stores import audit
from tests.bot.bot_harness import ALICE, DEPLOYS_CHANNEL, BotHarness
from tests.bot.form_harness import MESSAGE, FormHarness

FOREIGN = "T02FOREIGN"
Json = dict[str, Any]


def shortcut(form: FormHarness) -> Json:
    return form.payload("shortcut") | {"callback_id": SHORTCUT, "action_ts": f"{form.bot.clock():.6f}"}


def message_action(form: FormHarness) -> Json:
    return form.payload("message_action") | {
        "callback_id": MESSAGE_SHORTCUT,
        "action_ts": f"{form.bot.clock():.6f}",
        "channel": {"id": DEPLOYS_CHANNEL},
        "message": dict(MESSAGE),
    }


def open_button(form: FormHarness) -> Json:
    action = {"action_id": OPEN_FORM, "value": "web", "action_ts": f"{form.bot.clock():.6f}"}
    return form.payload("block_actions") | {
        "channel": {"id": DEPLOYS_CHANNEL},
        "container": {"type": "message", "channel_id": DEPLOYS_CHANNEL, "message_ts": "1.5"},
        "message": {"ts": "1.5"},
        "actions": [action],
    }


def choose_service(form: FormHarness) -> Json:
    action = {"action_id": "service", "block_id": "service", "action_ts": f"{form.bot.clock():.6f}"}
    return form.payload("block_actions") | {
        "container": {"type": "view", "view_id": "V1"},
        "view": form.view(form.shown, {"service": "web"}),
        "actions": [action],
    }


def search(form: FormHarness) -> Json:
    return form.payload("block_suggestion") | {
        "action_id": "service",
        "block_id": "service",
        "value": "",
        "view": form.view(form.shown, {}),
    }


def submission(form: FormHarness) -> Json:
    return form.payload("view_submission") | {
        "view": form.view(form.shown, {"service": "web", "tag": "1.4.2"}),
        "response_urls": [],
    }


IN_MESSAGE, IN_VIEW = (message_action, open_button), (choose_service, search, submission)
KINDS: tuple[Callable[[FormHarness], Json], ...] = (shortcut, *IN_MESSAGE, *IN_VIEW)
HAS_PART = {"message": IN_MESSAGE, "view": IN_VIEW}
"""The kinds that are about a message or view."""
PARTS: tuple[Json, ...] = (
    *({"team": {"id": FOREIGN}}, {"team_id": FOREIGN}, {"user": {"team_id": FOREIGN}}),
    *({"user_team": FOREIGN}, {"source_team": FOREIGN}, {"context_team_id": FOREIGN}),
    *({"message": {"team": FOREIGN}}, {"message": {"user_team": FOREIGN}}, {"view": {"team_id": FOREIGN}}),
    *({"message": {"source_team": FOREIGN}}, {"message": {"user_profile": {"team": FOREIGN}}}),
)


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        pytest.param(kind, part, id=f"{kind.__name__}-{part}")
        for kind in KINDS
        for part in PARTS
        if kind in HAS_PART.get(next(iter(part)), KINDS)
    ],
)
def test_another_team_anywhere_refuses_it(
    bot: BotHarness, form: FormHarness, kind: Callable[[FormHarness], Json], part: Json
) -> None:
    [(field, named)] = part.items()
    form.press_open_button("web")
    payload = kind(form)
    payload[field] = {**payload.get(field, {}), **named} if isinstance(named, dict) else named
    opened, updated = len(form.views.opened), len(form.views.updated)
    bot.clear_jobs()

    response = bot.send_payload(payload)

    assert (response.status, len(form.views.opened), len(form.views.updated)) == (200, opened, updated)
    assert bot.context.store.active() == []
    if kind is submission:
        assert WrongWorkspace().message in json.dumps(json.loads(response.body))
    else:
        assert response.body == ""
    assert {name for name, _ in bot.queued_jobs()} <= {"answer_privately"}
    assert FOREIGN in [each["team"] for each in audit.trail(bot.redis)]


def test_the_ids_of_our_organisation_are_ours(bot: BotHarness, form: FormHarness) -> None:
    """In an Enterprise Grid a payload may name the organisation beside the team."""
    payload = bot.click_payload(buttons.CANCEL, _queued(bot), by=ALICE)
    payload |= {"enterprise": {"id": "E01OURS000"}, "is_enterprise_install": False}

    bot.send_payload(payload)

    assert bot.only_deploy().cancel is not None


def _queued(bot: BotHarness) -> Any:
    bot.type("/deploy web 1.4.2")
    return bot.only_deploy()
