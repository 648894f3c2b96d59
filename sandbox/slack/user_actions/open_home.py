"""A person opens the app's Home tab."""

from __future__ import annotations

from typing import Any

from sandbox.slack.api_errors import ActionRefused
from sandbox.slack.store.open_views import OpenView
from sandbox.slack.team.workspace import SlackUser
from sandbox.slack.workspace_state import WorkspaceState


async def open_home(state: WorkspaceState, user: SlackUser) -> OpenView | None:
    """Sends app_home_opened, waits for the acknowledgement, and returns the view that is published by
    then."""
    if not state.installation.manifest.home_tab:
        raise ActionRefused(
            "home_disabled", "The manifest's features.app_home.home_tab_enabled is off.", status=409
        )
    event: dict[str, Any] = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": state.workspace.direct_messages_with(user.id).id,
        "event_ts": state.ids.new_timestamp(),
        "tab": "home",
    }
    shown = state.views.homes.get(user.id)
    if shown is not None:
        event["view"] = shown.to_api_json()
    await state.events_api.send(event, subscription="app_home_opened", scope=None)
    return state.views.homes.get(user.id)
