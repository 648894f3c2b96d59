"""Which of Slack's newer blocks this workspace takes, as all workers learn it from what Slack refuses.

docs.slack.dev/reference/block-kit/blocks: a workspace or client that does not know a type answers
`invalid_blocks`, without naming it. So all newer types of a refused message are noted together, once a
plainer one was taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workers.thread.rate_limits import SharedRateLimits

NATIVE_BLOCKS = frozenset({"plan", "data_table", "data_visualization"})
AGAIN_SECONDS = 24 * 3600.0
"""After a refusal, until such blocks are tried again (seconds)."""


def native_types(blocks: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """The newer types among these blocks."""
    return NATIVE_BLOCKS & {each["type"] for each in blocks}


class NativeBlockSupport:
    """In Redis, for as long as a refusal counts."""

    def __init__(self, limits: SharedRateLimits) -> None:
        self._limits = limits

    def takes(self, blocks: Sequence[Mapping[str, Any]]) -> bool:
        """Whether this workspace may take these blocks: neither all their newer types together nor one of
        them was refused lately."""
        types = native_types(blocks)
        noted = {frozenset({each}) for each in types} | ({types} if types else set())
        return not any(self._limits.is_noted(_key(each)) for each in noted)

    def note_refused(self, blocks: Sequence[Mapping[str, Any]]) -> None:
        """Slack took a plainer message in place of one with these blocks."""
        if types := native_types(blocks):
            self._limits.note(_key(types), AGAIN_SECONDS)


def _key(types: frozenset[str]) -> str:
    return f"no-native-blocks:{'+'.join(sorted(types))}"
