"""Deploys that `services.yml` does not allow at this time."""

from __future__ import annotations

from deploys.errors.base import Refused


class ServiceFrozen(Refused):
    sentence = """{why} Rollbacks pass. Those who may let a deploy pass: {people}, with `/deploy override {service}
    {tag} REASON`. Nothing was queued."""


class RestartFrozen(Refused):
    sentence = """{why} Rollbacks pass. Those who may let a deploy pass: {people}, with `/deploy override {service}
    TAG REASON`. Nothing was queued."""


class ReasonMissing(Refused):
    sentence = """A freeze is overridden only with a reason: `/deploy override {service} {tag} REASON`. Nothing was
    queued."""


class NothingToOverride(Refused):
    sentence = (
        """No freeze holds {what}, so there is nothing to override. Nothing was changed by your click."""
    )
