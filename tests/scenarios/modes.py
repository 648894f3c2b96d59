"""In which Slack modes a story is told."""

from __future__ import annotations

import pytest

IN_SOCKET_MODE = pytest.mark.parametrize("slack", ["socket"], indirect=True)
"""For stories whose way through the bot other stories already take in both modes."""
