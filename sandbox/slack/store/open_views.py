"""Modals and Home tabs: which are open on whose screen, and the values of their inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.slack.team.workspace import APP_ID, BOT_ID, TEAM_ID

Json = dict[str, Any]

# A stack has at most three views (docs.slack.dev, views.push).
MAX_STACK_DEPTH = 3


@dataclass
class OpenView:
    """One view on one person's screen. `values` has the inputs by block_id and action_id."""

    id: str
    user: str
    content: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    values: dict[str, Json] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return str(self.content["type"])

    @property
    def blocks(self) -> list[Json]:
        return list(self.content["blocks"])

    @property
    def external_id(self) -> str:
        return str(self.content.get("external_id") or "")

    def to_api_json(self) -> Json:
        """The view object of the Web API and of payloads."""
        given = self.content
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            "type": self.kind,
            "blocks": given["blocks"],
            "private_metadata": given.get("private_metadata") or "",
            "callback_id": given.get("callback_id") or "",
            "state": {"values": self.values},
            "hash": self.hash,
            "title": given.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
            "clear_on_close": bool(given.get("clear_on_close", False)),
            "notify_on_close": bool(given.get("notify_on_close", False)),
            "close": given.get("close"),
            "submit": given.get("submit"),
            "previous_view_id": self.previous_id,
            "root_view_id": self.root_id,
            "app_id": APP_ID,
            "external_id": self.external_id,
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
        }


class OpenViews:
    """The open modals of each person, bottom first, and their Home tabs."""

    def __init__(self) -> None:
        self.stacks: dict[str, list[OpenView]] = {}
        self.homes: dict[str, OpenView] = {}

    def stack(self, user: str) -> list[OpenView]:
        return self.stacks.setdefault(user, [])

    def find(self, view_id: str) -> OpenView | None:
        return next((view for view in self._all() if view.id == view_id), None)

    def find_external(self, external_id: str) -> OpenView | None:
        return next((view for view in self._all() if external_id and view.external_id == external_id), None)

    def remove(self, view: OpenView) -> None:
        stack = self.stack(view.user)
        if view in stack:
            stack.remove(view)

    def _all(self) -> list[OpenView]:
        return [view for stack in self.stacks.values() for view in stack] + list(self.homes.values())
