"""Why a worker lets go of a deploy. Nobody reads these but the log."""

from __future__ import annotations

from deploys.errors.refused import SlipwayError


class Conflict(SlipwayError):
    sentence = """Somebody else changed the deploy {id} first."""


class LeaseTooShort(SlipwayError):
    sentence = """Too little of the lease on {id} is left for this call."""
