"""What the card of a deploy offers that its first checks refused. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploys.errors import (
    ExternalRolloutInProgress,
    ImageAlreadyRuns,
    ImageMissing,
    NothingToFollow,
    NothingToRollBackTo,
    RevisionAlreadyRuns,
    RollbackImageChanged,
    RolloutIsOurs,
    UnknownRollbackTarget,
)
from deploys.records.plan import Instead

_NOTHING_TO_ASK_FOR = (NothingToFollow, RevisionAlreadyRuns, RolloutIsOurs)
"""The same request would be refused again, whatever anybody changes in AWS."""


def hints_of(error: Exception) -> Mapping[str, Any]:
    """Fields of `RefusalHints` for what refused it. What somebody can put right can be asked for again."""
    match error:
        case ExternalRolloutInProgress():
            return {"external_deployment_id": error.facts["deployment"], "instead": Instead.AGAIN}
        case ImageMissing() | UnknownRollbackTarget():
            return {"likely_tags": error.facts["likely"], "instead": Instead.AGAIN}
        case ImageAlreadyRuns():
            return {"instead": Instead.RESTART}
        case RollbackImageChanged():
            return {"instead": Instead.DEPLOY, "instead_tag": error.facts["tag"]}
        case NothingToRollBackTo():
            return {"instead": Instead.FORM}
        case _ if isinstance(error, _NOTHING_TO_ASK_FOR):
            return {}
    return {"instead": Instead.AGAIN}
