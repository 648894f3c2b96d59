"""Moves deploys: ECS out, Slack out. RQ runs it."""
