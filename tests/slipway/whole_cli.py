"""The `slipway` command with all of its commands, as `--help` has it."""

from __future__ import annotations

from slipway.cli import build_app

app = build_app()
