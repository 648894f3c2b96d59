"""Rollouts that are in the way, or not there to follow."""

from __future__ import annotations

from deploys.errors.refused import Refused


class ForeignRollout(Refused):
    sentence = """Another deployment of `{service}` is in progress ({deployment}, revision `{revision}`), and
    it is not mine. `/deploy follow {service}` follows it to its end in a thread; a deploy asked for meanwhile
    waits for that. Or ask again when it has ended."""


class NothingToFollow(Refused):
    sentence = """No deployment of `{service}` is in progress, so there is nothing to follow. It was set to
    {what}{since}; {counts}."""


class OwnRollout(Refused):
    sentence = """There is nothing foreign to follow: {what}, asked for by {user}, {state}. {thread} shows how
    it goes."""
