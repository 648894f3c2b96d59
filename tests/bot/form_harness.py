"""People who open, search and submit the form; Slack's signed requests reach the bot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.forms.deploy_form import MESSAGE_SHORTCUT, SHORTCUT
from deploys.buttons.open_form import OPEN_FORM
from deploys.stores.tag_lists import ListedTag, RunningImages, TagList
from tests.bot.bot_harness import (
    ALICE,
    DEPLOYS_CHANNEL,
    RESPONSE_URL,
    TEAM,
    BotHarness,
    RecordedViews,
)
from tests.slack_directory import KnownDirectory, a_person

Json = dict[str, Any]
MESSAGE = {"ts": "1699999999.000100", "text": "1.4.2 is ready"}


class FormHarness:
    """The form as one person has it open."""

    def __init__(self, bot: BotHarness, by: str = ALICE) -> None:
        self.bot = bot
        self.by = by
        self.trigger = 0

    @property
    def views(self) -> RecordedViews:
        """What Slack was asked to show."""
        views = self.bot.context.views
        assert isinstance(views, RecordedViews)
        return views

    @property
    def shown(self) -> Json:
        """The modal that was opened or changed last."""
        calls = self.views.updated or self.views.opened
        view: Json = calls[-1]["view"]
        return view

    # What people do

    def choose_shortcut(self, message: Json | None = None, channel: str = DEPLOYS_CHANNEL) -> None:
        """Chooses the shortcut; that of a message if there is one."""
        about = {"channel": {"id": channel}, "message": message, "response_url": RESPONSE_URL}
        payload = {
            **self.payload("message_action" if message else "shortcut"),
            "callback_id": MESSAGE_SHORTCUT if message else SHORTCUT,
            "action_ts": f"{self.bot.clock():.6f}",
            **(about if message else {}),
        }
        assert self.bot.send_payload(payload).status == 200

    def press_open_button(self, value: str, channel: str = DEPLOYS_CHANNEL) -> None:
        """Presses a button that opens the form."""
        action = {"action_id": OPEN_FORM, "value": value, "action_ts": f"{self.bot.clock():.6f}"}
        payload = {
            **self.payload("block_actions"),
            "channel": {"id": channel},
            "container": {"type": "message", "channel_id": channel, "message_ts": "1.5"},
            "actions": [action],
        }
        assert self.bot.send_payload(payload).status == 200

    def choose_service(self, service: str) -> None:
        """Chooses a service in the form."""
        action = {"action_id": "service", "block_id": "service", "action_ts": f"{self.bot.clock():.6f}"}
        payload = {
            **self.payload("block_actions"),
            "container": {"type": "view", "view_id": "V1"},
            "view": self.view(self.shown, {"service": service}),
            "actions": [action],
        }
        assert self.bot.send_payload(payload).status == 200

    def search(self, menu: str, typed: str = "") -> list[str]:
        """What a menu offers, as `text | description`."""
        return [
            " | ".join(each[part]["text"] for part in ("text", "description") if part in each)
            for each in self.options(menu, typed)
        ]

    def options(self, menu: str, typed: str = "") -> list[Json]:
        """The options of a menu."""
        [block_id] = [
            each["block_id"]
            for each in self.shown["blocks"]
            if each.get("element", {}).get("action_id") == menu
        ]
        payload = {
            **self.payload("block_suggestion"),
            "action_id": menu,
            "block_id": block_id,
            "value": typed,
            "view": self.view(self.shown, {}),
        }
        del payload["trigger_id"]
        response = self.bot.send_payload(payload)
        assert response.status == 200
        found: list[Json] = json.loads(response.body)["options"]
        return found

    def submit(self, view: Json | None = None, **values: Any) -> Json:
        """Submits the form with these values; returns the ack."""
        payload = {
            **self.payload("view_submission"),
            "view": self.view(view or self.shown, values),
            "response_urls": [],
        }
        response = self.bot.send_payload(payload)
        assert response.status == 200
        body: Json = json.loads(response.body) if response.body else {}
        return body

    # What Slack makes of it

    def payload(self, kind: str) -> Json:
        self.trigger += 1
        return {
            "type": kind,
            "team": {"id": TEAM},
            "user": {"id": self.by, "team_id": TEAM},
            "trigger_id": f"form.{self.trigger}.{self.by}",
        }

    def view(self, view: Json, values: Mapping[str, Any]) -> Json:
        """The view in a payload, with the values under the ids of its blocks."""
        entered: Json = {}
        for block in view["blocks"]:
            element = block.get("element")
            if element:
                name = element["action_id"]
                entered[block["block_id"]] = {name: _value(element, values.get(name))}
        return {"id": "V1", "hash": "1.a", **view, "state": {"values": entered}}

    # What workers do meanwhile

    def know_tags(self, service: str, *tags: str, repository: str = "registry/web", age: float = 1.0) -> None:
        """Writes down tags, the newest first, each pushed an hour after the next; the last one runs."""
        now = self.bot.clock()
        listed = tuple(
            ListedTag(tag=tag, digest=digest_of(tag), pushed_at=now - 3600 * (place + 1))
            for place, tag in enumerate(tags)
        )
        running = RunningImages(
            read_at=now - age, repository=repository, digests=(digest_of(tags[-1]),) if tags else ()
        )
        known = TagList(read_at=now - age, repository=repository, tags=listed)
        self.bot.context.tag_lists.save(service, known, running)


def digest_of(tag: str) -> str:
    """The digest of a tag's image."""
    return f"sha256:{tag}"


def _value(element: Json, value: Any) -> Json:
    match element["type"]:
        case "external_select":
            return {"selected_option": {"value": value} if value else None}
        case "conversations_select":
            return {"selected_conversation": value}
        case "checkboxes":
            return {"selected_options": [{"value": "plan_first"}] if value else []}
    return {"value": value}


def read(view: Json) -> list[str]:
    """What a person reads in a modal, from top to bottom."""
    lines = []
    for block in view["blocks"]:
        match block["type"]:
            case "input":
                element = block["element"]
                value = element.get("initial_option") or {}
                chosen = value.get("value") or element.get("initial_conversation") or ""
                ticked = ", ".join(each["text"]["text"] for each in element.get("initial_options", ()))
                lines.append(f"{block['label']['text']}: {chosen or ticked}".rstrip())
            case "context":
                lines.append(block["elements"][0]["text"])
            case _:
                lines.append(block["text"]["text"])
    return lines


def asked(bot: BotHarness) -> tuple[str, str | None, bool]:
    """Where the one deploy was asked for: channel, thread, and whether that is a new one."""
    request = bot.only_deploy().request
    return request.channel, request.thread_ts, request.new_thread


def buttons_of_answer(bot: BotHarness) -> list[tuple[str, str]]:
    """Label and value of each button of the one private answer."""
    [answer_id] = [args[4] for job, args in bot.queued_jobs() if job == "answer_privately"]
    row = bot.context.threads.answer_blocks(answer_id)[0][-1]
    return [(each["text"]["text"], each["value"]) for each in row["elements"]]


def tagged_for(view: Json, service: str) -> Json:
    """The form as if its tag was chosen for this service."""
    return json.loads(json.dumps(view).replace("tag:api", f"tag:{service}"))  # type: ignore[no-any-return]


def make_guest(bot: BotHarness, user: str) -> None:
    """Slack says that this person is a guest now."""
    directory = bot.context.directory
    assert isinstance(directory, KnownDirectory)
    directory.people[user] = a_person(is_guest=True)


GUEST = (
    "You are a guest of this workspace, and guests may do nothing with `web`: `guests` is not `true` for it "
    f"in `services.yml`. Those who may deploy: <@{ALICE}>, <!subteam^S01DEPLOYERS>."
)
