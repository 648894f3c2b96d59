"""What became of a service between the end of its rollout and the look that told of it."""

from __future__ import annotations

from enum import StrEnum


class Aftermath(StrEnum):
    """Why a rollout that succeeded is not what runs any more."""

    REPLACED = "replaced"  # somebody else's newer deployment has the service
    EMPTIED = "emptied"  # the desired count was set to 0
