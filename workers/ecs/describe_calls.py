"""What ECS's Describe calls have in common: a limit of items a call, and a list of failures in the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from deploys.errors import AwsRefused
from deploys.mrkdwn import escape_line
from deploys.quoting import quoted

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import FailureTypeDef


Item = TypeVar("Item")


def in_batches(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of at most `size`, each item once, in order."""
    once = list(dict.fromkeys(items))
    for start in range(0, len(once), size):
        yield once[start : start + size]


def check_failures(action: str, failures: Sequence[FailureTypeDef]) -> None:
    """Refuses an answer in which ECS failed to describe an item. MISSING is an answer: there is no such item.
    Any other failure must not be taken for that.

    Raises AwsRefused.
    """
    for failure in failures:
        reason = failure.get("reason", "")
        if reason != "MISSING":
            said = quoted(failure.get("detail", ""))
            detail = f"{escape_line(failure.get('arn', ''))}: {escape_line(reason)}. {said}".strip()
            raise AwsRefused(action=action, detail=detail, code=reason, request_id="")
