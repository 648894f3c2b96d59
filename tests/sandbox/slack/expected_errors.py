"""The errors of calls that must fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from sandbox.slack import SandboxError


def api_error_of(call: Callable[[], Any]) -> str:
    """The error of the Web API for this call."""
    with pytest.raises(SlackApiError) as caught:
        call()
    return str(caught.value.response["error"])


def control_error_of(act: Callable[[], Any]) -> str:
    """The error of the control API for this action."""
    with pytest.raises(SandboxError) as caught:
        act()
    return caught.value.error
