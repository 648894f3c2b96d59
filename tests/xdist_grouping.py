"""Which tests run in the same test process, one after another."""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

SHARED_PROCESS_GROUPS = {
    "the demo in Socket Mode": re.compile(r"^tests/scenarios/.*[\[-]socket[\]-]"),
    "the demo over HTTP": re.compile(r"^tests/scenarios/.*[\[-]http[\]-]"),
    "the demo whose processes are killed": re.compile(
        r"/test_processes\.py::test_(the_doctor|a_deploy|every)_"
    ),
    "the demo of a newcomer": re.compile(r"/test_newcomer\.py::"),
    "the stack in CloudFormation": re.compile(r"/test_cloudformation\.py::"),
    "the gallery": re.compile(r"^tests/gallery/"),
    "an app of the played Slack in Socket Mode": re.compile(
        r"^tests/sandbox/slack/[^/]+::.*[\[-]socket[\]-]"
    ),
    "an app of the played Slack over HTTP": re.compile(r"^tests/sandbox/slack/[^/]+::.*[\[-]http[\]-]"),
    "the syntax trees of the product": re.compile(r"/test_scopes\.py::"),
    "the browser": re.compile(r"^tests/sandbox/slack/page/"),
}
"""Tests that share something slow to build. (xdist's own groups have no effect with pytest 9.2.)"""


class GroupedScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Each test runs in the next free process, but tests that share something run in the same one."""

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        # xdist goes through all units of work of a process after each test, so those that are over go.
        unit = self._split_scope(self.registered_collections[node][item_index])
        super().mark_test_complete(node, item_index, duration)
        if all(self.assigned_work[node][unit].values()):
            del self.assigned_work[node][unit]

    def _split_scope(self, nodeid: str) -> str:
        return next((name for name, ours in SHARED_PROCESS_GROUPS.items() if ours.search(nodeid)), nodeid)
