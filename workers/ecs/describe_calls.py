"""ECS takes so many things a call.

What ECS lists under `failures` beside an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from deploys.errors import AwsRefused
from deploys.mrkdwn import escape

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import FailureTypeDef


Item = TypeVar("Item")


def in_batches(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of at most `size`, each item once, in order."""
    once = list(dict.fromkeys(items))
    for start in range(0, len(once), size):
        yield once[start : start + size]


def check_failures(action: str, failures: Sequence[FailureTypeDef]) -> None:
    """MISSING is an answer; any other failure of a single thing must not read as 'there is none'.

    Raises AwsRefused.
    """
    for failure in failures:
        reason = failure.get("reason", "")
        if reason != "MISSING":
            said = f"{failure.get('arn', '')}: {reason}. {failure.get('detail', '')}".strip()
            raise AwsRefused(action=action, detail=escape(said), code=reason, request_id="")
