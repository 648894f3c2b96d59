"""In which Slack modes a story is told."""

from __future__ import annotations

import pytest

IN_SOCKET_MODE = pytest.mark.parametrize("slack", ["socket"], indirect=True)
"""For stories whose way through the bot other stories already take in both modes."""
OVER_HTTP = pytest.mark.parametrize("slack", ["http"], indirect=True)
"""For the like, told over HTTP: the two modes' stages share the work."""
