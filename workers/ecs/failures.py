"""What ECS lists under `failures` beside an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from deploys.errors import AwsRefused
from deploys.mrkdwn import escape

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import FailureTypeDef


def check(action: str, failures: Sequence[FailureTypeDef]) -> None:
    """MISSING is an answer; any other failure of a single thing must not read as 'there is none'.

    Raises AwsRefused.
    """
    for failure in failures:
        reason = failure.get("reason", "")
        if reason != "MISSING":
            said = f"{failure.get('arn', '')}: {reason}. {failure.get('detail', '')}".strip()
            raise AwsRefused(action=action, detail=escape(said), code=reason, request_id="")
