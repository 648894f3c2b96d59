"""A request that was refused for something that a person can change: a button does that, and repeats it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from deploys.records.record import StoredRecord
from deploys.records.request import DeployRequest
from deploys.redaction import Redacted


class RefusedRequest(StoredRecord):
    """What was typed, by whom and where, and why it was refused."""

    id: str
    subcommand: str
    services: tuple[str, ...] = ()
    tag: str = ""
    target: str = ""
    reason: Redacted = ""
    request: DeployRequest
    error: str
    """Name of the error's class."""
    facts: Mapping[str, str] = Field(default_factory=dict)
    """The facts of the error that buttons need, such as the name of a lock."""
