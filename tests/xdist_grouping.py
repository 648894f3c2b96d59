"""Which tests run in the same test process, one after the other."""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling

SHARED_PROCESS_GROUPS = {
    "the stage in Socket Mode": re.compile(r"^tests/scenarios/.*[\[-]socket[\]-]"),
    "the stage over HTTP": re.compile(r"^tests/scenarios/.*[\[-]http[\]-]"),
    "the stage whose processes get hurt": re.compile(r"/test_processes\.py::test_(a_deploy|every)_"),
    "the browser": re.compile(r"^tests/sandbox/slack/page/"),
}
"""Tests that share something slow to build. (xdist's own groups have no effect under pytest 9.2.)"""


class GroupedScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Each test goes to the process that is free next; those that share something stay together."""

    def _split_scope(self, nodeid: str) -> str:
        return next((name for name, ours in SHARED_PROCESS_GROUPS.items() if ours.search(nodeid)), nodeid)
