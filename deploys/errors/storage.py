"""Why a worker leaves a deploy to others, and what is not safely stored."""

from __future__ import annotations

from deploys.errors.base import Refused, SlipwayError


class Conflict(SlipwayError):
    sentence = """Somebody else changed the deploy {id} first."""


class LeaseLost(Conflict):
    sentence = """The lease on {id} ran out, so another worker may have it."""


class LeaseTooShort(SlipwayError):
    sentence = """Too little of the lease on {id} is left for this call."""


class NotOnDisk(SlipwayError):
    sentence = """Redis has not confirmed within {seconds} s that the next change is written to its disk,
    so I do not ask AWS for it yet: look at the disk of Redis. It is tried again."""


class SavedNotOnDisk(Refused):
    sentence = """I have noted this and act on it, but Redis has not confirmed within {seconds} s that it is
    on its disk. If Redis restarts right now, it may be forgotten: `/deploy status` shows whether it is
    known. Tell the people who run Redis that its disk is slow."""


class UnknownSchema(SlipwayError):
    sentence = """This {kind} record has format {found}, and this version of Slipway reads format {known}.
    Another version wrote it, so this one leaves it alone."""
