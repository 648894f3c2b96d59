"""The ids that AWS gave to the calls that changed something: CloudTrail has each call under its id."""

from __future__ import annotations

from typing import Any

from botocore.model import OperationModel

READING_VERBS = ("Describe", "List", "Get", "BatchGet", "Assume")
"""How the names of operations begin that change nothing."""


class RequestIds:
    """Collects them until somebody takes them. One process runs one step at a time."""

    def __init__(self) -> None:
        self._ids: list[str] = []

    def watch(self, client: Any) -> None:
        """Collects from this client's calls from now on, also from those that AWS refuses: a refused
        change is an attempt too."""
        client.meta.events.register("after-call", self._note)

    def __bool__(self) -> bool:
        """Whether some were collected since the last time."""
        return bool(self._ids)

    def take(self) -> tuple[str, ...]:
        """Those that were collected since the last time."""
        taken, self._ids = tuple(self._ids), []
        return taken

    def _note(self, *, parsed: dict[str, Any], model: OperationModel, **_: Any) -> None:
        if not changes_something(model.name):
            return
        metadata = parsed.get("ResponseMetadata") or {}
        if request_id := metadata.get("RequestId"):
            self._ids.append(f"{model.name}:{request_id}")


REQUEST_IDS = RequestIds()
"""Of all clients of this process, in any region and with any role."""


def changes_something(operation: str) -> bool:
    """Whether this operation may change AWS: what is not known to read only, does."""
    return not operation.startswith(READING_VERBS)
