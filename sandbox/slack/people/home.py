"""Opening the app's Home tab."""

from __future__ import annotations

from typing import Any

from sandbox.slack.people.refused import Refused
from sandbox.slack.state import State
from sandbox.slack.store.views import View
from sandbox.slack.team.workspace import User


async def open_home(state: State, user: User) -> View | None:
    """Tells the app, waits until it took that, and returns what is published by then."""
    if not state.installation.manifest.home_tab:
        raise Refused(
            "home_disabled", "The manifest's features.app_home.home_tab_enabled is off.", status=409
        )
    event: dict[str, Any] = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": state.workspace.direct_messages_with(user.id).id,
        "event_ts": state.ids.timestamp(),
        "tab": "home",
    }
    shown = state.views.homes.get(user.id)
    if shown is not None:
        event["view"] = shown.as_slack_writes()
    await state.events.send(event, subscription="app_home_opened", scope=None)
    return state.views.homes.get(user.id)
