"""Revisions that differ, and the lines that people read about it."""

from __future__ import annotations

from typing import Any

from deploys.records.plan import NewerRevision
from tests.builders import ARN, REGISTRY
from tests.workers.ecs.task_definition_builders import a_revision, container
from workers.ecs.state import RevisionState
from workers.flows.plan.config_diff import find_config_changes
from workers.messages.base_revision import change_lines

WEB = f"{REGISTRY}/web:1.4.0"


ENVOY = container("envoy", "public.ecr.aws/envoy/envoy:v1.30")


def difference_lines(
    old: RevisionState, new: RevisionState, *, used: bool = False, limit: int = 100
) -> list[str]:
    """The lines that people read."""
    found = find_config_changes(old, new, ["web"])
    return change_lines(
        NewerRevision(revision=f"{ARN}:task-definition/web:8", changes=found, used=used), limit
    )


def a_web_revision(**more: Any) -> RevisionState:
    return a_revision(container("web", more.pop("image", WEB), **more))


def environment_list(**variables: str) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in variables.items()]
