"""Deploys of a service with a newer revision, and what their plan says about it."""

from __future__ import annotations

from typing import Any

from deploys.catalogue.service import BaseChoice
from deploys.records.deploy import Deploy
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.terraform_revisions import (
    describe_revision,
)

REGISTERED_AT = "<!date^1790000000^{date_short_pretty} {time}|2026-09-21 14:13 UTC>"


DIFFERENCE_LINES = (
    "    ◦ task memory: `512` → `1024`\n    ◦ `web` environment: `QUEUE_TOKEN` added, `LOG_LEVEL` changed"
)


def run_deploy(
    harness: EngineHarness, tag: str = "1.4.2", base: BaseChoice = BaseChoice.RUNNING, **service: Any
) -> Deploy:
    """Runs `/deploy web TAG` to its end."""
    return harness.until_over(harness.request_deploy("web", tag, base=base, **service))


def plan_message(harness: EngineHarness, deploy: Deploy) -> str:
    """The plan in the thread."""
    return harness.thread_text(deploy.id, ThreadMessageKind.PLAN)


def copied_revision(deploy: Deploy) -> str:
    """The revision that was copied, such as `web:18`."""
    assert deploy.plan is not None
    return deploy.plan.source_revision.rsplit("/", 1)[-1]


def registered_at_text(harness: EngineHarness, revision: str) -> str:
    """When the revision was registered, as the plan shows it."""
    at = describe_revision(harness, revision)["registeredAt"]
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%Y-%m-%d %H:%M UTC}>"
