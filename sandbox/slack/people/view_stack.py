"""Putting views on a person's screen and changing them there."""

from __future__ import annotations

import secrets
from typing import Any

from sandbox.slack.people.view_state import initial_values, kept_values
from sandbox.slack.state import State
from sandbox.slack.store.views import View

Json = dict[str, Any]


def put_on_top(state: State, user: str, content: Json) -> View:
    """Opens a modal on top of those that this person has open."""
    stack = state.views.stack(user)
    view = new_view(state, user, content, stack[-1] if stack else None)
    stack.append(view)
    state.changes.record("view", {user})
    return view


def replace(state: State, view: View, content: Json) -> None:
    """Gives a view new content; what was entered in inputs that remain is kept."""
    view.content = content
    view.hash = _new_hash(state)
    view.values = kept_values(view.blocks, view.values)
    state.changes.record("view" if view.kind == "modal" else "home", {view.user})


def new_view(state: State, user: str, content: Json, previous: View | None) -> View:
    view_id = state.ids.lettered("V")
    return View(
        id=view_id,
        user=user,
        content=content,
        hash=_new_hash(state),
        root_id=previous.root_id if previous is not None else view_id,
        previous_id=previous.id if previous is not None else None,
        values=initial_values(content["blocks"]),
    )


def _new_hash(state: State) -> str:
    return f"{int(float(state.ids.timestamp()))}.{secrets.token_urlsafe(6)}"
