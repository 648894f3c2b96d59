"""Deploys that `services.yml` does not allow at this time."""

from __future__ import annotations

from deploys.errors.base import Refused


class ServiceFrozen(Refused):
    sentence = """{why} Nothing was queued. Rollbacks pass. Those who may override it: {people}{how}."""


class ReasonMissing(Refused):
    sentence = """A freeze is overridden only with a reason, and this request has none. Type `/deploy override
    {service} {tag} REASON`. Nothing was changed."""


class NothingToOverride(Refused):
    sentence = """No freeze holds {what}, so there is nothing to override. Nothing was changed by your
    click."""
