"""Moves deploys: ECS out, Slack out. RQ runs it."""

from deploys.optional_libraries import load_without_optional

load_without_optional()
