"""A success that is history, on its card."""

from __future__ import annotations

from collections.abc import Mapping

from deploys.aftermath import Aftermath
from deploys.deploy import Deploy

SINCE: Mapping[Aftermath, str] = {
    Aftermath.REPLACED: "replaced by a newer deployment since",
    Aftermath.EMPTIED: "set to 0 since",
}


def succeeded(deploy: Deploy) -> str:
    """The state of a rollout that succeeded, in a few words."""
    return f"succeeded, {SINCE[deploy.aftermath]}" if deploy.aftermath else "succeeded"
