"""Opens views on a person's screen and changes them."""

from __future__ import annotations

import secrets
from typing import Any

from sandbox.slack.store.open_views import OpenView
from sandbox.slack.user_actions.input_values import carried_over_values, initial_values
from sandbox.slack.workspace_state import WorkspaceState

Json = dict[str, Any]


def push_on_stack(state: WorkspaceState, user: str, content: Json) -> OpenView:
    """Opens a modal on top of this person's other modals."""
    stack = state.views.stack(user)
    view = new_view(state, user, content, stack[-1] if stack else None)
    stack.append(view)
    state.change_log.record("view", {user})
    return view


def replace_view_content(state: WorkspaceState, view: OpenView, content: Json) -> None:
    """Replaces the content of a view. Values of inputs that are still there are kept."""
    view.content = content
    view.hash = _new_hash(state)
    view.values = carried_over_values(view.blocks, view.values)
    state.change_log.record("view" if view.kind == "modal" else "home", {view.user})


def new_view(state: WorkspaceState, user: str, content: Json, previous: OpenView | None) -> OpenView:
    view_id = state.ids.new_id("V")
    return OpenView(
        id=view_id,
        user=user,
        content=content,
        hash=_new_hash(state),
        root_id=previous.root_id if previous is not None else view_id,
        previous_id=previous.id if previous is not None else None,
        values=initial_values(content["blocks"]),
    )


def _new_hash(state: WorkspaceState) -> str:
    return f"{int(float(state.ids.new_timestamp()))}.{secrets.token_urlsafe(6)}"
