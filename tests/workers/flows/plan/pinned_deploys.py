"""Deploys of images that are pinned by digest."""

from __future__ import annotations

from typing import Any

from deploys.catalogue.service import Pin
from deploys.records.deploy import Deploy
from tests.workers.engine_harness import EngineHarness


def run_deploy(harness: EngineHarness, tag: str, pin: Pin = Pin.DIGEST, **service: Any) -> Deploy:
    """Runs `/deploy web TAG` to its end."""
    return harness.until_over(harness.request_deploy("web", tag, pin=pin, **service))


def old_tag(deploy: Deploy) -> str:
    """The plan's name for the version that ran before."""
    return deploy.plan.old_tag if deploy.plan else ""


def images_and_tags(harness: EngineHarness, arn: str | None) -> tuple[list[str], dict[str, str]]:
    """The images of the containers, and the tags of the revision."""
    answer = harness.ecs.client("ecs").describe_task_definition(taskDefinition=arn or "", include=["TAGS"])
    containers = answer["taskDefinition"]["containerDefinitions"]
    return [each["image"] for each in containers], {tag["key"]: tag["value"] for tag in answer["tags"]}
