"""Sends clicks, shortcuts and submitted views to the app, if its manifest has interactivity."""

from __future__ import annotations

from typing import Any

from sandbox.slack.api_errors import ActionRefused
from sandbox.slack.to_app.delivery import AppAnswer
from sandbox.slack.workspace_state import WorkspaceState


def require_interactivity(state: WorkspaceState) -> None:
    """Raises ActionRefused if the manifest has no interactivity: then Slack sends nothing to the app."""
    if not state.installation.manifest.interactive:
        raise ActionRefused(
            "interactivity_disabled",
            "The manifest's settings.interactivity.is_enabled is off, so the app gets no clicks.",
            status=409,
        )


async def deliver_interaction(state: WorkspaceState, payload: dict[str, Any]) -> AppAnswer:
    url = state.installation.manifest.interactivity_url
    return await state.delivery.deliver("interactive", payload, url=url)
