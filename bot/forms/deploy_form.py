"""The views of the form, as Slack takes them, and what they keep in their `private_metadata`. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.grammar import MAX_REASON_LENGTH
from bot.private_reply import context_block, section_block
from deploys.buttons.button import plain_text
from deploys.catalogue.service import Service
from deploys.errors import StaleForm
from deploys.mrkdwn import channel_link, code, verbatim
from deploys.records.record import Record
from deploys.redaction import Redacted
from deploys.text_limits import SECTION, clip

DEPLOY_FORM, PLAN_VIEW = "deploy_form", "deploy_plan"
"""Callback ids of the views."""
SHORTCUT, MESSAGE_SHORTCUT = "deploy", "deploy_in_thread"
"""Callback ids of the shortcuts in the manifest."""
SERVICE, TAG, REASON, CHANNEL, PLAN_FIRST = "service", "tag", "reason", "channel", "plan_first"
"""Action ids. The block ids are the same; those of the tag and the channel end with `:` and the service that
they are for, so that Slack forgets what was chosen for another one, and tells for which one it asks."""

LABEL, HINT, PLACEHOLDER, OPTION, TITLE = 2000, 2000, 150, 75, 24
"""Characters (docs.slack.dev, "Block Kit")."""

View = dict[str, Any]
Kept = TypeVar("Kept", bound=Record)


class FormOrigin(Record):
    """Where a form was opened."""

    channel: str = ""
    """Empty: in none, so the form asks for one."""
    thread_ts: str | None = None
    new_thread: bool = False
    response_url: str | None = None


class PlannedDeploy(Record):
    """What was entered in the form whose plan is shown."""

    origin: FormOrigin
    service: str
    tag: str
    reason: Redacted = ""


def read_origin(view: Mapping[str, Any]) -> FormOrigin:
    """Where the form in this payload was opened. Raises StaleForm."""
    return _read(FormOrigin, view)


def read_planned(view: Mapping[str, Any]) -> PlannedDeploy:
    """What the plan in this payload is of. Raises StaleForm."""
    return _read(PlannedDeploy, view)


def _read(kind: type[Kept], view: Mapping[str, Any]) -> Kept:
    try:
        return kind.model_validate_json(view.get("private_metadata") or "")
    except ValidationError as error:
        raise StaleForm() from error


def deploy_form(
    origin: FormOrigin,
    service: Service | None = None,
    *,
    notes: Sequence[str] = (),
    refusal: str = "",
) -> View:
    """The form; at a service, if that is known.

    notes: what is to be known of the service, as mrkdwn. refusal: why the last submission was refused.
    """
    blocks = [
        *([section_block(_refusal_text(refusal))] if refusal else []),
        _service_input(service),
        *([context_block(clip(" · ".join(notes), SECTION))] if notes else []),
        _tag_input(service),
        _reason_input(),
        *([] if origin.channel else [_channel_input(service)]),
        _plan_first_input(),
        *([context_block(_told_where(origin, service))] if origin.channel else []),
    ]
    return {
        "type": "modal",
        "callback_id": DEPLOY_FORM,
        "private_metadata": origin.model_dump_json(),
        "title": plain_text("Deploy", TITLE),
        "submit": plain_text("Deploy", TITLE),
        "close": plain_text("Cancel", TITLE),
        "blocks": verbatim(blocks),
    }


def plan_frame(planned: PlannedDeploy) -> View:
    """The modal that shows a plan, without what it says."""
    return {
        **_plan_modal(),
        "callback_id": PLAN_VIEW,
        "private_metadata": planned.model_dump_json(),
        "submit": plain_text("Deploy", TITLE),
    }


def reading_plan(planned: PlannedDeploy, plan_id: str) -> View:
    """The same while a worker reads what would change: nothing can be deployed from it yet."""
    what = f"Looking at what {code(planned.service)} {code(planned.tag)} would change. The plan follows here."
    waiting = "If nothing follows within a minute, go back and try again, or deploy without a plan."
    blocks = [section_block(what), context_block(waiting)]
    return {**_plan_modal(), "external_id": plan_id, "blocks": verbatim(blocks)}


def refused_plan(refusal: str) -> View:
    """The same after the deploy was refused: the form is below it."""
    return {**_plan_modal(), "blocks": verbatim([section_block(_refusal_text(refusal))])}


def _plan_modal() -> View:
    return {"type": "modal", "title": plain_text("Plan", TITLE), "close": plain_text("Back", TITLE)}


def _refusal_text(refusal: str) -> str:
    return clip(f":no_entry_sign: {refusal}", SECTION)


def block_for(name: str, service: str) -> str:
    """The id of the block of a tag or channel that is for this service; empty: for none yet."""
    return f"{name}:{service}"


def _service_input(service: Service | None) -> dict[str, Any]:
    element = _search(SERVICE, "Search for a service")
    if service:
        element["initial_option"] = option(service.name, service.name, place_of(service))
    return {**_input(SERVICE, "Service", element), "dispatch_action": True}


def _tag_input(service: Service | None) -> dict[str, Any]:
    placeholder = f"Search the tags of {service.name}" if service else "Choose the service first"
    block = _input(
        block_for(TAG, service.name if service else ""),
        "Tag",
        _search(TAG, placeholder),
        hint="The newest come first. A tag that is not in the list can be typed in full.",
    )
    if service:
        block["element"]["focus_on_load"] = True
    return block


def _reason_input() -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": REASON, "max_length": MAX_REASON_LENGTH}
    hint = "Everybody in the thread reads it."
    return {**_input(REASON, "Why", element, hint=hint), "optional": True}


def _channel_input(service: Service | None) -> dict[str, Any]:
    """People see their own channels by name; Slipway knows only ids. Left out: the first of the service."""
    has_first = service is None or bool(service.channels)
    element: dict[str, Any] = {
        "type": "conversations_select",
        "action_id": CHANNEL,
        "placeholder": plain_text(
            "The first channel of the service" if has_first else "Choose a channel", PLACEHOLDER
        ),
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    if service and service.channels:
        element["initial_conversation"] = service.channels[0]
    block_id = block_for(CHANNEL, service.name if service else "")
    hint = "Where its card and thread go. The service has to allow deploys from there."
    return {**_input(block_id, "Channel", element, hint=hint), "optional": has_first}


def _plan_first_input() -> dict[str, Any]:
    choice = {
        "text": plain_text("Plan first", OPTION),
        "value": PLAN_FIRST,
        "description": plain_text("Shows what would change before anything is queued.", OPTION),
    }
    element = {
        "type": "checkboxes",
        "action_id": PLAN_FIRST,
        "options": [choice],
        "initial_options": [choice],
    }
    return {**_input(PLAN_FIRST, "Plan", element), "optional": True}


def _told_where(origin: FormOrigin, service: Service | None) -> str:
    where = channel_link(origin.channel)
    if origin.thread_ts:
        where = f"the thread of that message in {where}"
    elif origin.channel.startswith("D"):
        where = "this conversation"
    told = service.told.channel if service else None
    if told and told != origin.channel:
        return f"The card and its thread will be in {channel_link(told)}; a link to it follows in {where}."
    return f"The card and its thread will be in {where}."


def place_of(service: Service) -> str:
    """`production, eu-west-1`: where it is deployed to."""
    return f"{service.cluster}, {service.region}"


def option(value: str, text: str, description: str = "") -> dict[str, Any]:
    """An option of a menu."""
    found = {"text": plain_text(text, OPTION), "value": value}
    return {**found, "description": plain_text(description, OPTION)} if description else found


def _search(action_id: str, placeholder: str) -> dict[str, Any]:
    return {
        "type": "external_select",
        "action_id": action_id,
        "min_query_length": 0,
        "placeholder": plain_text(placeholder, PLACEHOLDER),
    }


def _input(block_id: str, label: str, element: dict[str, Any], *, hint: str = "") -> dict[str, Any]:
    block = {
        "type": "input",
        "block_id": block_id,
        "label": plain_text(label, LABEL),
        "element": element,
    }
    return {**block, "hint": plain_text(hint, HINT)} if hint else block
